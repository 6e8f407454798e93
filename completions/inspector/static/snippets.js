// An exchange as something to paste: curl, Python.

import { textOfNumber } from "./json.js";

const OWN = /^(x-mock-|anthropic-|openai-|x-goog-upload-|idempotency-key$|x-stainless-retry-count$)/;

const HIDDEN = "[redacted]";

const SPOKEN = ["realtime", "live", "gpt_live"];

/** Whether a request over HTTP can ask what an exchange asked, and not a WebSocket alone. */
export const isRequest = ({ endpoint }) => !SPOKEN.includes(endpoint);

/** Whether the playground can send it again: it sends text, which bytes and forms with files are not. */
export const isText = ({ request }) => request.encoding !== "base64" && !/^multipart\//i.test(request.headers["content-type"] ?? "");

/** The address, with its parameters but for a key, which the journal does not keep. */
export function address({ path, query }) {
  const kept = query.split("&").filter((each) => each && !each.endsWith(`=${HIDDEN}`));
  return kept.length ? `${path}?${kept.join("&")}` : path;
}

const here = (exchange) => `${location.origin}${address(exchange)}`;

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const bodyOf = ({ request }) => (request.encoding === "json" ? JSON.stringify(request.body) : request.body);

/** Return the headers worth sending again; a key is never among them, for the journal has none. */
function headers(exchange) {
  const given = exchange.request.headers;
  const found = Object.entries(given).filter(([name, value]) => OWN.test(name) && value !== HIDDEN);
  if (given["content-type"]) found.unshift(["content-type", given["content-type"]]);
  return found;
}

/** The header that takes the key; one that stood in the address goes to Google's. */
function hasKey({ request, query }) {
  const found = ["authorization", "x-api-key", "api-key", "x-goog-api-key"].find((name) => name in request.headers);
  return found ?? (query.includes(`key=${HIDDEN}`) ? "x-goog-api-key" : undefined);
}

const isBytes = ({ request }) => request.encoding === "base64";

/** What a snippet begins with where the journal has not the whole body; `#` begins a comment in both languages. */
const warned = ({ request }) => (request.truncated ? ["# The journal kept only the beginning of this body: see JOURNAL_MAX_BODY"] : []);

/** The option that makes curl use a method; it posts what has a body without one, and waits for that of a HEAD. */
function verb({ method, request }) {
  if (method === "HEAD") return "-I ";
  return method === "POST" && request.body ? "" : `-X ${method} `;
}

export function curl(exchange) {
  const key = hasKey(exchange);
  const piped = isBytes(exchange) ? `echo ${quoted(exchange.request.body)} | base64 -d | ` : "";
  const lines = [`${piped}curl -sS ${exchange.stream ? "-N " : ""}${verb(exchange)}${quoted(here(exchange))}`];
  for (const [name, value] of headers(exchange)) lines.push(`  -H ${quoted(`${name}: ${value}`)}`);
  if (key) lines.push(key === "authorization" ? '  -H "Authorization: Bearer $API_KEY"' : `  -H "${key}: $API_KEY"`);
  if (isBytes(exchange)) lines.push("  --data-binary @-");
  else if (exchange.request.body) lines.push(`  --data-raw ${quoted(bodyOf(exchange))}`);
  return [...warned(exchange), lines.join(" \\\n")].join("\n");
}

/** Write a JSON value as Python does. */
function literal(value, indent = "") {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  if (textOfNumber(value)) return textOfNumber(value);
  const deeper = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((each) => literal(each, deeper))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (!items.length) return open + close;
  const line = `${open}${items.join(", ")}${close}`;
  return line.length + indent.length <= 90 && !line.includes("\n") ? line : `${open}\n${items.map((each) => `${deeper}${each},\n`).join("")}${indent}${close}`;
}

export function python(exchange) {
  const key = hasKey(exchange);
  const { body, encoding } = exchange.request;
  const given = headers(exchange).filter(([name]) => name !== "content-type" || encoding !== "json");
  const imports = isBytes(exchange) ? ["import base64", "", "import httpx"] : ["import httpx"];
  const lines = [...warned(exchange), ...imports, "", "response = httpx.request(", `    ${JSON.stringify(exchange.method)},`, `    ${JSON.stringify(here(exchange))},`];
  if (key) given.push([key, key === "authorization" ? "Bearer mock-key" : "mock-key"]);
  if (given.length) lines.push(`    headers=${literal(Object.fromEntries(given), "    ")},`);
  if (encoding === "json") lines.push(`    json=${literal(body, "    ")},`);
  else if (isBytes(exchange)) lines.push(`    content=base64.b64decode(${JSON.stringify(body)}),`);
  else if (body) lines.push(`    content=${JSON.stringify(body)},`);
  return [...lines, "    timeout=60,", ")", "print(response.status_code, response.text)", ""].join("\n");
}
