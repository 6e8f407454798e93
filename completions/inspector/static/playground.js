// The playground: a request in a form or as JSON, new or that of an exchange, and its answer as it arrives.

import { Answer } from "./answer.js";
import { call } from "./api.js";
import { copy, find, make, root } from "./dom.js";
import { FORMATS, continued, formatOf, headersOf } from "./formats.js";
import { readJson } from "./json.js";
import { FormError, Messages } from "./messages.js";
import { history, ofMark, remember, toMark } from "./requests.js";
import { address as addressOf } from "./snippets.js";
import { send } from "./stream.js";
import { SURFACES } from "./surfaces.js";
import { clock } from "./time.js";
import { Tools } from "./toolform.js";
import { hasTools, readTools, writeTools } from "./tools.js";

const base = root.slice(0, -"/_mock/".length);
const LEFT_OUT = /^(host|connection|content-.*|accept.*|user-agent|origin|referer|sec-.*|cookie|x-stainless-.*|idempotency-key|x-mock-namespace|transfer-encoding)$/i;

const MENUS = { fault: "X-Mock-Fault", pacing: "X-Mock-Pacing" };

const field = (id) => find(`#${id}`);
const messages = new Messages(field("messages"), field("add"));
const tools = new Tools(field("tools"), field("add-tool"), field("tools-count"));
const answer = new Answer({ onResults: proceed });
let stopping = null;
let method = "POST"; // that of the exchange whose request it is
let format = "chat"; // that of the form
let sent = null; // the request that was sent last

// The request

const filled = () => ({ model: field("model").value.trim(), stream: field("stream").checked, messages: messages.value });

/** Read JSON of a field that must hold an object. */
function objectIn(place, name) {
  let value;
  try {
    value = readJson(place.value.trim() || "{}");
  } catch (error) {
    throw new FormError(`${name} is not valid JSON: ${error.message}`, place);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FormError(`${name} must be a JSON object.`, place);
  return value;
}

/** The body that the form makes. */
function written() {
  const more = objectIn(field("more"), "“Other fields”");
  const { tools: made = [] } = hasTools(format) ? writeTools(format, tools.value) : {};
  const all = [...(more.tools ?? []), ...made];
  return FORMATS[format].write(filled(), all.length ? { ...more, tools: all } : more);
}

/** The body as it would be sent. */
function bodyOf() {
  if (method === "GET") return undefined;
  return isForm() ? JSON.stringify(written()) : field("body").value;
}

/** Keep the path as the form has it, where it names the model. */
function address() {
  const { address: made } = FORMATS[format] ?? {};
  if (made && isForm()) field("path").value = made({ model: field("model").value.trim(), stream: field("stream").checked });
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
    wrong(error.message, error.place);
    return false;
  }
  show(false);
  return true;
}

/** Go on with a path that no form is for: what the form says becomes JSON, unless that cannot be. */
function toOther() {
  if (isForm() && !toJson()) field("format").value = format;
  else setFormat("other");
  return format === "other";
}

/** Fill the form from a body; where it has more than the form can hold, stay with JSON, and say so. */
function toForm() {
  const path = field("path").value;
  const name = formatOf(path);
  if (!name) return show(false, "There is no form for this path.");
  let body;
  try {
    body = objectIn(field("body"), "The body");
  } catch (error) {
    show(false); // or else the form would say, and send, something else
    return wrong(error.message, error.place);
  }
  const form = FORMATS[name].read(body, path);
  if (!form) return show(false, "This request has more than the form can show.");
  const { model, stream, messages: _, input: __, prompt: ___, system: ____, contents: _____, systemInstruction: ______, ...more } = body;
  const known = readTools(name, body.tools);
  if (known) delete more.tools;
  field("model").value = form.model ?? model ?? "";
  field("stream").checked = form.stream ?? stream === true;
  messages.value = form.messages;
  tools.value = known ?? [];
  field("more").value = Object.keys(more).length ? JSON.stringify(more, null, 2) : "";
  for (const [id, isFull] of [["tools-part", known?.length], ["more-part", field("more").value]]) if (isFull) field(id).open = true;
  show(true);
}

function setFormat(name) {
  format = field("format").value = name;
  field("tools-part").hidden = !hasTools(name);
}

function choose(name, { path, headers, model } = FORMATS[name]) {
  setFormat(name);
  field("path").value = path;
  field("headers").value = headers;
  suitMenus();
  if (model) field("model").value = model;
}

function wrong(text, place = null) {
  field("ask-wrong").textContent = text;
  field("ask").querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  if (!place) return;
  place.setAttribute("aria-invalid", "true");
  place.closest("details")?.setAttribute("open", "");
  place.focus();
}

// The answer

async function submit(click) {
  click?.preventDefault();
  if (stopping) return;
  let headers, body;
  try {
    headers = headersIn();
    body = bodyOf();
  } catch (error) {
    return wrong(error.message, error.place);
  }
  sent = { format: formatOf(field("path").value), path: field("path").value, body, isForm: isForm() };
  remember(current(body));
  past();
  wrong("");
  field("send").disabled = true;
  field("stop").hidden = false;
  stopping = new AbortController();
  answer.begin();
  try {
    const path = `/${sent.path.replace(/^\/+/, "")}`;
    const took = await send(base + path, {
      method, headers, body, type: isYaml(path, body) ? "application/yaml" : "application/json", signal: stopping.signal, onStart: (response, at) => answer.start(response, at), onEvent: (each) => answer.add(each),
    });
    answer.end({ took, goesOn: Boolean(FORMATS[sent.format]?.list) });
  } catch (error) {
    answer.end({ wrong: error.name === "AbortError" ? "You stopped it." : `The connection broke: ${error.message}` });
  } finally {
    stopping = null;
    field("stop").hidden = true;
    field("send").disabled = false;
  }
}

/** Whether a body is what the control API takes in place of JSON. */
function isYaml(path, body) {
  if (!body || !/^(\/ns\/[^/]+)?\/_mock\//.test(path)) return false;
  try {
    JSON.parse(body);
    return false;
  } catch {
    return true;
  }
}

function headersIn() {
  try {
    const found = headersOf(field("headers").value);
    new Headers(found); // which tells what cannot be one
    return found;
  } catch (error) {
    throw new FormError(error.message, field("headers"));
  }
}

/** Go on from the answer: with the results of its tools, which are sent at once, or with a message that is to be written. */
function proceed(turn, results) {
  field("path").value = sent.path;
  try {
    field("body").value = JSON.stringify(continued(sent.format, readJson(sent.body), [turn, ...results]), null, 2);
  } catch (error) {
    return wrong(error.message);
  }
  setFormat(sent.format);
  show(false);
  if (sent.isForm) toForm();
  if (results.length) submit();
  else if (isForm()) messages.add();
  else field("body").focus();
}

const current = (body) => ({ method, path: field("path").value, headers: field("headers").value, body: body ?? "" });

/** Offer what was sent before. */
function past() {
  const offers = history().map((each, index) => make("option", { value: index }, `${clock(each.time)} ${each.method} ${each.path} ${each.body.slice(0, 600).replace(/\s+/g, " ").slice(0, 60)}`));
  field("past").replaceChildren(make("option", { value: "" }, "Sent before"), ...offers);
  field("past").hidden = offers.length === 0;
}

const headerLines = () => field("headers").value.split("\n").filter((line) => line.trim());
const isOf = (name, line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`);

/** Put a header in the place of one of the same name, or take that away. */
function setHeader(name, value) {
  const kept = headerLines().filter((line) => !isOf(name, line));
  field("headers").value = [...kept, ...(value ? [`${name}: ${value}`] : [])].join("\n");
}

/** Have the menus say what the headers say, which may be more than the menus offer. */
function suitMenus() {
  for (const [id, name] of Object.entries(MENUS)) {
    const menu = field(id);
    const value = headerLines().find((line) => isOf(name, line))?.slice(name.length + 1).trim() ?? "";
    find("option.as-written", menu)?.remove();
    if (![...menu.options].some((option) => option.value === value)) menu.append(make("option", { value, class: "as-written" }, value));
    menu.value = value;
  }
}

/** Offer the faults, and the models that the script lists, or else one of each API. */
async function menus() {
  const { components } = await call("GET", "openapi.json");
  for (const name of components.schemas.one_fault.anyOf.flatMap((each) => each.enum ?? [])) field("fault").append(make("option", {}, name));
  const { models } = await call("GET", "script");
  const offered = models.length ? models : Object.values(FORMATS).map((each) => each.model);
  field("models").append(...[...new Set(offered)].map((value) => make("option", { value })));
}

function share() {
  try {
    const mark = toMark(current(isForm() ? JSON.stringify(written(), null, 2) : field("body").value));
    window.history.replaceState(null, "", `${location.pathname}#${mark}`);
    copy(location.href, "Copied the link");
  } catch (error) {
    wrong(error.message, error.place);
  }
}

const surfaceOf = (path) => Object.keys(SURFACES).find((name) => SURFACES[name].path === path);

/** Take up a request that another page has left: an example of the manual, or one that an address has. */
function takeUp({ method: asked = "POST", path, headers = "", body = "" }) {
  method = asked;
  choose(formatOf(path) ?? surfaceOf(path) ?? "other", { path, headers });
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
  choose(name ?? surfaceOf(path) ?? "other", { path, headers: kept.map(([key, value]) => `${key}: ${value}`).join("\n") });
  field("body").value = request.encoding === "json" ? JSON.stringify(request.body, null, 2) : request.body;
  if (method === "POST") toForm();
  else show(false, `It is a ${method}.`);
  const cut = request.truncated ? " The journal has only the beginning of its body." : "";
  field("origin").replaceChildren("The request of ", make("a", { href: `${root}inspector/exchanges/${encodeURIComponent(id)}` }, id), `, to send again, unchanged or edited.${cut}`);
}

function start() {
  const options = (kinds) => Object.entries(kinds).map(([value, { name }]) => make("option", { value }, name));
  field("format").append(...options(FORMATS), make("optgroup", { label: "As JSON" }, ...options(SURFACES), make("option", { value: "other" }, "Another path")));
  choose("chat");
  messages.value = [{ role: "user", content: "Hello! What can you do?" }];
  field("format").addEventListener("change", () => {
    const name = field("format").value;
    method = "POST";
    if (name === "other") { if (toOther()) field("path").focus(); return; }
    if (name in SURFACES) return takeUp({ ...SURFACES[name], body: JSON.stringify(SURFACES[name].body, null, 2) });
    const hadForm = formatOf(field("path").value) !== null;
    if (!isForm() && hadForm) toForm();
    const asked = headerLines().filter((line) => /^x-mock-/i.test(line)); // what the menus wrote is not the API's
    choose(name, { ...FORMATS[name], headers: [FORMATS[name].headers, ...asked].filter(Boolean).join("\n") });
    if (!hadForm) show(true);
    address();
    if (!isForm()) show(false);
    else wrong("");
  });
  field("path").addEventListener("change", () => {
    const name = formatOf(field("path").value);
    if (name) setFormat(name);
    else toOther();
  });
  for (const id of ["model", "stream"]) field(id).addEventListener("input", address);
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
  for (const [name, header] of Object.entries(MENUS)) field(name).addEventListener("change", () => setHeader(header, field(name).value));
  field("headers").addEventListener("input", suitMenus);
  past();
  menus().catch(() => {}).finally(suitMenus); // without them one types
}

start();
