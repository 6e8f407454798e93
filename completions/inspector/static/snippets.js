// An exchange as something to paste: curl, Python.

const OWN = /^(x-mock-|anthropic-|openai-|idempotency-key$|x-stainless-retry-count$)/;

const HIDDEN = "[redacted]";

const SPOKEN = ["realtime"];

/** Whether a request over HTTP can ask what an exchange asked, and not a WebSocket alone. */
export const isRequest = ({ endpoint }) => !SPOKEN.includes(endpoint);

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

export function curl(exchange) {
  const key = hasKey(exchange);
  const lines = [`curl -sS ${exchange.stream ? "-N " : ""}${exchange.method === "POST" ? "" : `-X ${exchange.method} `}${quoted(here(exchange))}`];
  for (const [name, value] of headers(exchange)) lines.push(`  -H ${quoted(`${name}: ${value}`)}`);
  if (key) lines.push(key === "authorization" ? '  -H "Authorization: Bearer $API_KEY"' : `  -H "${key}: $API_KEY"`);
  if (exchange.request.body) lines.push(`  -d ${quoted(bodyOf(exchange))}`);
  return lines.join(" \\\n");
}

/** Write a JSON value as Python does. */
function literal(value, indent = "") {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
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
  const given = headers(exchange).filter(([name]) => name !== "content-type");
  const lines = ["import httpx", "", "response = httpx.request(", `    ${JSON.stringify(exchange.method)},`, `    ${JSON.stringify(here(exchange))},`];
  if (key) given.push([key, key === "authorization" ? "Bearer mock-key" : "mock-key"]);
  if (given.length) lines.push(`    headers=${literal(Object.fromEntries(given), "    ")},`);
  if (exchange.request.encoding === "json") lines.push(`    json=${literal(exchange.request.body, "    ")},`);
  else if (exchange.request.body) lines.push(`    content=${JSON.stringify(exchange.request.body)},`);
  return [...lines, "    timeout=60,", ")", "print(response.status_code, response.text)", ""].join("\n");
}
