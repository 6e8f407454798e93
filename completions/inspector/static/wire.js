// The raw request or answer: headers, and a body, or the events of a stream with the content of each.

import { copy, make } from "./dom.js";
import { textOf } from "./frames.js";
import { addDocument, emptyAnswer } from "./answerdata.js";
import { jsonOf, ms, sizeOf } from "./display.js";
import { documentOf } from "./stream.js";
import { faultPositions } from "./faultmarks.js";
import { pretty } from "./chat.js";

const MAX_EVENTS = 400; // of a stream that are shown at first
const SHORT = 120;

function table(headers) {
  const rows = Object.entries(headers).map(([name, value]) => make("tr", {}, make("th", { scope: "row", class: "mono" }, name), make("td", { class: "mono" }, value)));
  return make("details", { class: "fold" }, make("summary", {}, `${rows.length} headers`), make("table", { class: "plain" }, make("tbody", {}, ...rows)));
}

/** Return what an event adds: its kind, and the text of its delta; null where it adds nothing that is known. */
function delta(document) {
  const answer = emptyAnswer();
  addDocument(answer, document);
  const [called] = answer.calls.values();
  const found = [
    ["error", answer.error], ["text", answer.text], ["reasoning", answer.reasoning], ["refusal", answer.refusal],
    ["call", called && `${called.name}${called.name && called.given ? " " : ""}${called.given}`], ["end", answer.end],
  ];
  return found.find(([, text]) => text) ?? null;
}

const nameOf = (data, document) => document?.type ?? /^event: ?(.+)$/m.exec(data)?.[1] ?? Object.keys(document?.choices?.[0]?.delta ?? document ?? {}).join(", ");

/** The line of an event: what it adds, or its name, or its raw text; the whole of it unfolds. */
function event(at, data, piece) {
  const document = documentOf(data);
  const time = make("span", { class: "muted num" }, ms(at));
  const [kind, text] = piece ?? (document && delta(document)) ?? ["", ""];
  if (document === null && !text) return make("div", { class: "event" }, time, make("code", {}, data.trim()));
  const shown = text ? make("q", { dir: "auto", class: `delta delta-${kind}` }, text.length > 4 * SHORT ? `${text.slice(0, 4 * SHORT)}…` : text) : make("span", { class: "muted" }, nameOf(data, document) || data.trim().slice(0, SHORT));
  const whole = make("details", {}, make("summary", {}, make("span", { class: "event-kind" }, kind), shown));
  whole.addEventListener("toggle", () => { if (whole.open && whole.childElementCount === 1) whole.append(make("code", { class: "envelope" }, data.trim())); });
  return make("div", { class: "event" }, time, whole);
}

/** What the events of an answer add to its texts, as the server has read them, by their numbers: [kind, text]. */
function piecesOf({ said }) {
  const found = new Map();
  for (const { event: number, kind, text } of said.choices.flatMap((choice) => choice.pieces)) {
    const before = found.get(number);
    if (!before || before[0] === kind) found.set(number, [kind, (before?.[1] ?? "") + text]);
  }
  return found;
}

function lines(chunks, headers, exchange) {
  const positions = faultPositions(exchange);
  const pieces = piecesOf(exchange);
  const marks = (index) => positions.filter((each) => each.index === index).map(({ name }) => make("div", { class: "event strike" }, make("span", {}), make("span", {}, `✕ ${name} struck here`)));
  const line = ({ at_ms: at, data, encoding }, index) => event(at, textOf({ text: data, encoding, headers }), pieces.get(index));
  return [...chunks.flatMap((chunk, index) => [...marks(index), line(chunk, index)]), ...marks(chunks.length)];
}

function stream({ chunks, headers }, exchange) {
  const all = lines(chunks, headers, exchange);
  const list = make("div", { class: "code events", tabindex: "0" }, ...all.slice(0, MAX_EVENTS));
  if (all.length <= MAX_EVENTS) return list;
  const more = make("button", { type: "button", class: "small", onclick: () => { more.remove(); list.append(...all.slice(MAX_EVENTS)); } }, `Show all ${chunks.length}`);
  return make("div", {}, list, more);
}

const READABLE = /^(text|multipart)\//;

/** A body that is no JSON: binary data in base64, but for the texts between an upload's files. */
function plain({ body, encoding, headers }) {
  const isReadable = READABLE.test(headers["content-type"] ?? "");
  const size = encoding === "base64" ? make("p", { class: "muted" }, sizeOf(body, headers["content-type"])) : null;
  return make("div", {}, size, make("pre", { class: "code", tabindex: "0" }, (isReadable ? textOf({ text: body, encoding, headers }) : body) || "There is no body."));
}

/** A part of an exchange as it was sent, and the button that copies it. */
export function raw(name, part, exchange) {
  const { chunks, body, encoding } = part;
  const json = chunks ? undefined : jsonOf(part);
  const text = chunks ? chunks.map((each) => each.data).join("") : encoding === "json" ? JSON.stringify(body, null, 2) : body;
  const shown = chunks ? stream(part, exchange) : json === undefined ? plain(part) : pretty(json);
  return [
    make("header", { class: "row" }, make("h2", {}, name), part.truncated ? make("span", { class: "badge warn" }, "cut by JOURNAL_MAX_BODY") : null,
      make("button", { type: "button", class: "small end", onclick: () => copy(text, `${name} copied`) }, `Copy ${name.toLowerCase()}`)),
    table(part.headers),
    shown,
  ];
}
