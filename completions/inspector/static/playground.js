// The playground: a request in a form or as JSON, new or that of an exchange, and its answer as it arrives.

import { call } from "./api.js";
import { copy, find, make, root } from "./dom.js";
import { FORMATS, formatOf, headersOf } from "./formats.js";
import { empty, take } from "./said.js";
import { history, ofMark, remember, toMark } from "./requests.js";
import { clock, ms } from "./show.js";
import { address as addressOf } from "./snippets.js";
import { send } from "./stream.js";

const base = root.slice(0, -"/_mock/".length);
const ROLES = ["system", "developer", "user", "assistant"];
const MOST_EVENTS = 2000;
const LEFT_OUT = /^(host|connection|content-.*|accept.*|user-agent|origin|referer|sec-.*|cookie|x-stainless-.*|idempotency-key|x-mock-namespace|transfer-encoding)$/i;

const field = (id) => find(`#${id}`);
let stopping = null;
let method = "POST"; // that of the exchange whose request it is
let format = "chat"; // that of the form

// The request

function row({ role = "user", content = "" } = {}) {
  const select = make("select", { "aria-label": "Role" }, ...[...new Set([...ROLES, role])].map((each) => make("option", {}, each)));
  select.value = role;
  const area = make("textarea", { rows: Math.min(8, Math.max(2, content.split("\n").length)), "aria-label": "Content" });
  area.value = content;
  const item = make("li", {}, make("div", { class: "row" }, select, make("button", {
    type: "button", class: "plain small end", "aria-label": "Remove this message",
    onclick: () => { item.remove(); field("add").focus(); },
  }, "Remove")), area);
  return item;
}

const messages = () =>
  [...field("messages").children].map((item) => ({ role: find("select", item).value, content: find("textarea", item).value }));

const filled = () => ({ model: field("model").value.trim(), stream: field("stream").checked, messages: messages() });

function written() {
  const more = field("more").value.trim();
  const known = more ? JSON.parse(more) : {};
  if (typeof known !== "object" || known === null || Array.isArray(known)) throw new Error("The other fields must be a JSON object.");
  return FORMATS[format].write(filled(), known);
}

/** Keep the path as the form has it, where it names the model. */
function address() {
  const { address: made } = FORMATS[format] ?? {};
  if (made && isForm()) field("path").value = made(filled());
}

const isForm = () => field("as-form").getAttribute("aria-pressed") === "true";

function show(asForm, note = "") {
  field("as-form").setAttribute("aria-pressed", asForm);
  field("as-json").setAttribute("aria-pressed", !asForm);
  field("form-fields").hidden = !asForm;
  field("json-fields").hidden = asForm;
  field("mode-note").textContent = note;
}

function toJson() {
  try {
    field("body").value = JSON.stringify(written(), null, 2);
  } catch (error) {
    wrong(`The other fields are no JSON: ${error.message}`, field("more"));
    return false;
  }
  show(false);
  return true;
}

/** Go on with a path that no form is for: what the form says becomes JSON, unless that cannot be. */
function toOther() {
  if (isForm() && !toJson()) field("format").value = format;
  else format = field("format").value = "other";
  return format === "other";
}

/** Fill the form from a body; where it has more than the form can hold, stay with JSON, and say so. */
function toForm() {
  const path = field("path").value;
  const kind = FORMATS[formatOf(path)];
  let body;
  try {
    body = JSON.parse(field("body").value);
  } catch (error) {
    return wrong(`The body is no JSON: ${error.message}`, field("body"));
  }
  if (!kind) return show(false, "There is no form for this path.");
  const form = kind.read(body, path);
  if (!form) return show(false, "This request has more than the form can show.");
  const { model, stream, messages: _, input: __, prompt: ___, system: ____, contents: _____, systemInstruction: ______, ...more } = body;
  field("model").value = form.model ?? model ?? "";
  field("stream").checked = form.stream ?? stream === true;
  field("messages").replaceChildren(...form.messages.map(row));
  field("more").value = Object.keys(more).length ? JSON.stringify(more, null, 2) : "";
  show(true);
}

function choose(name, { path, headers, model } = FORMATS[name]) {
  format = field("format").value = name;
  field("path").value = path;
  field("headers").value = headers;
  if (model) field("model").value = model;
}

function wrong(text, place = null) {
  field("ask-wrong").textContent = text;
  for (const each of ["more", "body", "headers"]) field(each).removeAttribute("aria-invalid");
  if (!place) return;
  place.setAttribute("aria-invalid", "true");
  place.closest("details")?.setAttribute("open", "");
  place.focus();
}

// The answer

function part(kind, title, text) {
  return make("div", { class: `part part-${kind}` }, make("h3", {}, title), make("div", { class: "part-text" }, text));
}

function paint(said) {
  const parts = [];
  if (said.reasoning) parts.push(part("reasoning", "Reasoning", said.reasoning));
  if (said.text) parts.push(make("div", { class: "part-text said-text" }, said.text));
  if (said.refusal) parts.push(part("refusal", "Refusal", said.refusal));
  for (const { name, given } of said.calls.values()) parts.push(part("call", `Calls ${name}`, given));
  if (said.error) parts.push(part("error", "Error", said.error));
  field("reply").replaceChildren(...parts);
  field("reply").hidden = parts.length === 0;
}

function event({ ms: at, raw }) {
  const json = raw.trim().startsWith("{");
  return make("li", {}, make("span", { class: "event-at num" }, `+${at.toFixed(0)} ms`), make("code", {}, json ? pretty(raw) : raw.trim()));
}

function pretty(raw) {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}

function begin() {
  wrong("");
  field("answer-wrong").textContent = "";
  for (const id of ["reply", "events", "facts", "links"]) field(id).replaceChildren();
  field("events-count").textContent = "";
  field("waiting").hidden = false;
  field("waiting").textContent = "Waiting for the answer …";
  field("links").hidden = true;
  field("stop").hidden = false;
  field("reply").setAttribute("aria-busy", "true");
  field("send").disabled = true;
}

function answered(response, at) {
  const tone = response.ok ? "ok" : response.status < 500 ? "warn" : "bad";
  field("facts").append(make("span", { class: `badge ${tone}` }, `${response.status}`), make("span", { class: "muted" }, `first byte ${ms(at)}`));
  field("waiting").hidden = true;
  const id = response.headers.get("x-request-id");
  if (!id) return;
  const to = (address, text) => make("a", { class: "button small", href: root + address }, text);
  field("links").append(to(`inspector/exchanges/${encodeURIComponent(id)}`, "Open the exchange"), to(`inspector/script?exchange=${encodeURIComponent(id)}`, "Make a rule of it"));
}

async function submit(click) {
  click?.preventDefault();
  if (stopping) return;
  let headers, body;
  try {
    headers = headersOf(field("headers").value);
  } catch (error) {
    return wrong(error.message, field("headers"));
  }
  try {
    body = method === "GET" ? undefined : isForm() ? JSON.stringify(written()) : field("body").value;
  } catch (error) {
    return wrong(`The other fields are no JSON: ${error.message}`, field("more"));
  }
  remember(current(body));
  past();
  begin();
  stopping = new AbortController();
  const said = empty();
  let count = 0;
  let due = 0;
  const repaint = () => { due = 0; paint(said); };
  try {
    const took = await send(base + `/${field("path").value.replace(/^\/+/, "")}`, {
      method, headers, body, signal: stopping.signal, onStart: answered,
      onEvent(each) {
        take(said, each.document);
        due ||= requestAnimationFrame(repaint);
        if (++count <= MOST_EVENTS) follow(field("events"), event(each));
        field("events-count").textContent = count > MOST_EVENTS ? `${count}, the first ${MOST_EVENTS} shown` : String(count);
      },
    });
    field("facts").append(make("span", { class: "muted" }, `whole ${ms(took)}`));
  } catch (error) {
    field("answer-wrong").textContent = error.name === "AbortError" ? "You stopped it." : `The connection broke: ${error.message}`;
  } finally {
    cancelAnimationFrame(due);
    paint(said);
    stopping = null;
    field("reply").setAttribute("aria-busy", "false"); // now it is read out, and not piece by piece
    field("waiting").hidden = true;
    field("stop").hidden = true;
    field("send").disabled = false;
    field("links").hidden = field("links").childElementCount === 0;
  }
}

/** Add an item; a list that was at its end stays there. */
function follow(list, item) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

const current = (body) => ({ method, path: field("path").value, headers: field("headers").value, body: body ?? "" });

/** Offer what was sent before. */
function past() {
  const offers = history().map((each, index) => make("option", { value: index }, `${clock(each.time)} ${each.method} ${each.path} ${each.body.replace(/\s+/g, " ").slice(0, 60)}`));
  field("past").replaceChildren(make("option", { value: "" }, "Sent before"), ...offers);
  field("past").hidden = offers.length === 0;
}

/** Put a header in the place of one of the same name, or take that away. */
function setHeader(name, value) {
  const kept = field("headers").value.split("\n").filter((line) => line.trim() && !line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  field("headers").value = [...kept, ...(value ? [`${name}: ${value}`] : [])].join("\n");
}

/** Offer the faults of the closed list and the script's models. */
async function menus() {
  const { components } = await call("GET", "openapi.json");
  for (const name of components.schemas.one_fault.anyOf.flatMap((each) => each.enum ?? [])) field("fault").append(make("option", {}, name));
  const response = await fetch(`${base}/v1/models`, { headers: headersOf(FORMATS.chat.headers) });
  const { data = [] } = response.ok ? await response.json() : {};
  field("models").append(...data.map(({ id }) => make("option", { value: id })));
}

function share() {
  try {
    const mark = toMark(current(isForm() ? JSON.stringify(written(), null, 2) : field("body").value));
    window.history.replaceState(null, "", `${location.pathname}#${mark}`);
    copy(location.href, "Copied the link");
  } catch (error) {
    wrong(`The other fields are no JSON: ${error.message}`, field("more"));
  }
}

/** Take up a request that another page has left: an example of the manual, or one that an address has. */
function takeUp({ method: asked = "POST", path, headers = "", body = "" }) {
  method = asked;
  choose(formatOf(path) ?? "other", { path, headers });
  field("body").value = body;
  if (method === "POST" && body) toForm();
  else show(false, method === "POST" ? "" : `It is a ${method}.`);
}

// An exchange's request

async function replay(id) {
  const exchange = await call("GET", `exchanges/${encodeURIComponent(id)}`);
  const { request } = exchange;
  method = exchange.method === "HEAD" ? "GET" : exchange.method;
  const whole = addressOf(exchange);
  const path = base && whole.startsWith(`${base}/`) ? whole.slice(base.length) : whole.replace(/^\/ns\/[^/]+/, "");
  const kept = Object.entries(request.headers).filter(([name]) => !LEFT_OUT.test(name));
  const name = formatOf(path);
  choose(name ?? "other", { path, headers: kept.map(([key, value]) => `${key}: ${value}`).join("\n") });
  field("body").value = request.encoding === "json" ? JSON.stringify(request.body, null, 2) : request.body;
  if (method === "POST") toForm();
  else show(false, `It is a ${method}.`);
  const cut = request.truncated ? " The journal has only the beginning of its body." : "";
  field("origin").replaceChildren("The request of ", make("a", { href: `${root}inspector/exchanges/${encodeURIComponent(id)}` }, id), `, to be sent again as it is or changed.${cut}`);
}

function start() {
  for (const [name, format] of Object.entries(FORMATS)) field("format").append(make("option", { value: name }, format.name));
  field("format").append(make("option", { value: "other" }, "Another path"));
  choose("chat");
  field("messages").append(row({ content: "Hello! What can you do?" }));
  field("format").addEventListener("change", () => {
    const name = field("format").value;
    method = "POST";
    if (name === "other") { if (toOther()) field("path").focus(); return; }
    if (!isForm()) toForm();
    choose(name);
    address();
    if (!isForm()) show(false);
    else wrong("");
  });
  field("path").addEventListener("change", () => {
    const name = formatOf(field("path").value);
    if (name) format = field("format").value = name;
    else toOther();
  });
  for (const id of ["model", "stream"]) field(id).addEventListener("input", address);
  field("add").addEventListener("click", () => { const item = row(); field("messages").append(item); find("textarea", item).focus(); });
  field("as-json").addEventListener("click", () => { if (isForm()) toJson(); });
  field("as-form").addEventListener("click", () => { if (!isForm()) toForm(); });
  field("stop").addEventListener("click", () => stopping?.abort());
  field("ask").addEventListener("submit", submit);
  field("ask").addEventListener("keydown", (key) => { if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) submit(key); });
  const id = new URLSearchParams(location.search).get("exchange");
  const draft = new URLSearchParams(location.search).has("draft") && sessionStorage.getItem("request");
  if (id) replay(id).catch((error) => wrong(error.message));
  else if (draft || ofMark(location.hash)) takeUp(ofMark(location.hash) ?? JSON.parse(draft));
  addEventListener("hashchange", () => { const request = ofMark(location.hash); if (request) takeUp(request); });
  field("share").addEventListener("click", share);
  field("past").addEventListener("change", () => { const chosen = history()[field("past").value]; if (chosen) takeUp(chosen); });
  for (const [name, header] of [["fault", "X-Mock-Fault"], ["pacing", "X-Mock-Pacing"]]) {
    field(name).addEventListener("change", () => { setHeader(header, field(name).value); field("headers").closest("details").open = true; });
  }
  past();
  menus().catch(() => {}); // without them one types
}

start();
