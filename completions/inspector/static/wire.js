// What went over the wire: headers, a body, or the events of a stream by what each of them adds.

import { copy, make } from "./dom.js";
import { empty, take } from "./said.js";
import { ms } from "./show.js";
import { documentOf } from "./stream.js";
import { strikes } from "./struck.js";
import { pretty } from "./talk.js";

const EVENTS = 400; // what is shown of a stream before one asks for all
const SHORT = 120;

function table(headers) {
  const rows = Object.entries(headers).map(([name, value]) => make("tr", {}, make("th", { scope: "row", class: "mono" }, name), make("td", { class: "mono" }, value)));
  return make("details", { class: "fold" }, make("summary", {}, `${rows.length} headers`), make("table", { class: "plain" }, make("tbody", {}, ...rows)));
}

/** Return what an event adds: its kind, and the text of its delta; null where it adds nothing that is known. */
function delta(document) {
  const said = empty();
  take(said, document);
  const [called] = said.calls.values();
  const found = [
    ["error", said.error], ["text", said.text], ["reasoning", said.reasoning], ["refusal", said.refusal],
    ["call", called && `${called.name}${called.name && called.given ? " " : ""}${called.given}`], ["end", said.end],
  ];
  return found.find(([, text]) => text) ?? null;
}

const nameOf = (data, document) => document?.type ?? /^event: ?(.+)$/m.exec(data)?.[1] ?? Object.keys(document?.choices?.[0]?.delta ?? document ?? {}).join(", ");

/** The line of an event: its delta, or its name, or its raw text; the whole of it unfolds. */
export function event({ at_ms: at, data, encoding }) {
  const document = encoding ? null : documentOf(data);
  const time = make("span", { class: "muted num" }, ms(at));
  if (document === null) return make("div", { class: "event" }, time, make("code", {}, encoding ? `${data.length} characters of ${encoding}` : data.trim()));
  const [kind, text] = delta(document) ?? ["", ""];
  const shown = text ? make("q", { dir: "auto", class: `delta delta-${kind}` }, text.length > 4 * SHORT ? `${text.slice(0, 4 * SHORT)}…` : text) : make("span", { class: "muted" }, nameOf(data, document) || data.trim().slice(0, SHORT));
  const whole = make("details", {}, make("summary", {}, make("span", { class: "event-kind" }, kind), shown));
  whole.addEventListener("toggle", () => { if (whole.open && whole.childElementCount === 1) whole.append(make("code", { class: "envelope" }, data.trim())); });
  return make("div", { class: "event" }, time, whole);
}

function lines(chunks, exchange) {
  const struck = strikes(exchange);
  const marks = (index) => struck.filter((each) => each.index === index).map(({ name }) => make("div", { class: "event strike" }, make("span", {}), make("span", {}, `✕ ${name} struck here`)));
  return [...chunks.flatMap((chunk, index) => [...marks(index), event(chunk)]), ...marks(chunks.length)];
}

function stream(chunks, exchange) {
  const all = lines(chunks, exchange);
  const list = make("div", { class: "code events", tabindex: "0" }, ...all.slice(0, EVENTS));
  if (all.length <= EVENTS) return list;
  const more = make("button", { type: "button", class: "small", onclick: () => { more.remove(); list.append(...all.slice(EVENTS)); } }, `Show all ${chunks.length}`);
  return make("div", {}, list, more);
}

/** A part of an exchange as it was sent, and the button that copies it. */
export function raw(name, part, exchange) {
  const { chunks, body, encoding } = part;
  const text = chunks ? chunks.map((each) => each.data).join("") : encoding === "json" ? JSON.stringify(body, null, 2) : body;
  const shown = chunks ? stream(chunks, exchange) : encoding === "json" ? pretty(body) : make("pre", { class: "code", tabindex: "0" }, text || "There is no body.");
  return [
    make("header", { class: "row" }, make("h2", {}, name), part.truncated ? make("span", { class: "badge warn" }, "cut by JOURNAL_MAX_BODY") : null,
      make("button", { type: "button", class: "small end", onclick: () => copy(text, `${name} copied`) }, `Copy ${name.toLowerCase()}`)),
    table(part.headers),
    shown,
  ];
}
