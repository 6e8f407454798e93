// The playground's answer as it arrives: its parts, its raw events, and the results of the tools that it calls.

import { find, make, root } from "./dom.js";
import { readJson } from "./json.js";
import { empty, take, turnOf } from "./said.js";
import { ms } from "./show.js";

const MOST_EVENTS = 2000;
const LONG = 4000; // characters of a text in JSON

const field = (id) => find(`#${id}`);

function part(kind, title, text) {
  return make("div", { class: `part part-${kind}` }, make("h3", {}, title), make("div", { class: "part-text", dir: "auto" }, text));
}

/** JSON in lines; of a long text, as that of a picture, only the beginning. */
function pretty(raw) {
  const short = (_, value) => (typeof value === "string" && value.length > LONG ? `${value.slice(0, 80)}… ${value.length} characters` : value);
  try {
    return JSON.stringify(readJson(raw), short, 2);
  } catch {
    return raw;
  }
}

function event({ ms: at, raw }) {
  const json = raw.trim().startsWith("{");
  return make("li", {}, make("span", { class: "event-at num" }, `+${at.toFixed(0)} ms`), make("code", {}, json ? pretty(raw) : raw.trim()));
}

/** Add an item; a list that was at its end stays there. */
function follow(list, item) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

export class Answer {
  #said = empty();
  #count = 0;
  #due = 0;

  /** `onResults(turn, results)` is called with the answer as a turn, and what its tools are said to have returned. */
  constructor({ onResults }) {
    this.onResults = onResults;
  }

  begin() {
    this.#said = empty();
    this.#count = 0;
    field("answer-wrong").textContent = "";
    for (const id of ["reply", "events", "facts", "links", "results"]) field(id).replaceChildren();
    field("events-count").textContent = "";
    field("waiting").hidden = false;
    field("waiting").textContent = "Waiting for the answer …";
    for (const id of ["links", "results", "events-card"]) field(id).hidden = true;
    field("reply").setAttribute("aria-busy", "true");
  }

  /** Show the status, and where the exchange will be found. */
  start(response, at) {
    const tone = response.ok ? "ok" : response.status < 500 ? "warn" : "bad";
    field("facts").append(make("span", { class: `badge ${tone}` }, `${response.status}`), make("span", { class: "muted" }, `first byte ${ms(at)}`));
    field("waiting").hidden = true;
    const id = response.headers.get("x-request-id");
    if (!id) return;
    const to = (address, text) => make("a", { class: "button small", href: root + address }, text);
    field("links").append(to(`inspector/exchanges/${encodeURIComponent(id)}`, "Open the exchange"), to(`inspector/script?exchange=${encodeURIComponent(id)}`, "Make a rule from it"));
  }

  /** Take in an event; what it says is painted with the next frame. */
  add(each) {
    take(this.#said, each.document);
    this.#due ||= requestAnimationFrame(() => this.#paint());
    field("events-card").hidden = false;
    if (++this.#count <= MOST_EVENTS) follow(field("events"), event(each));
    field("events-count").textContent = this.#count > MOST_EVENTS ? `${this.#count}, the first ${MOST_EVENTS} shown` : String(this.#count);
  }

  /** Say how it ended: how long it took, or what went wrong. */
  end({ took = null, wrong = "", goesOn = false }) {
    cancelAnimationFrame(this.#due);
    this.#paint();
    if (took !== null) field("facts").append(make("span", { class: "muted" }, `whole ${ms(took)}`));
    field("answer-wrong").textContent = wrong;
    field("reply").setAttribute("aria-busy", "false"); // now it is read out, and not piece by piece
    field("waiting").hidden = true;
    if (goesOn && !this.#said.error) this.#ask();
    field("links").hidden = field("links").childElementCount === 0;
  }

  #paint() {
    this.#due = 0;
    const said = this.#said;
    const parts = [];
    if (said.reasoning) parts.push(part("reasoning", "Reasoning", said.reasoning));
    if (said.text) parts.push(make("div", { class: "part-text said-text", dir: "auto" }, said.text));
    if (said.refusal) parts.push(part("refusal", "Refusal", said.refusal));
    for (const source of said.pictures) parts.push(make("img", { src: source, alt: "A picture of the answer", class: "picture" }));
    for (const { name, given } of said.calls.values()) parts.push(part("call", `Calls ${name}`, given));
    if (said.error) parts.push(part("error", "Error", said.error));
    field("reply").replaceChildren(...parts);
    field("reply").hidden = parts.length === 0;
  }

  /** Ask for what the tools returned, or, where none was called, for the next message. */
  #ask() {
    const turn = turnOf(this.#said);
    if (!turn.calls) {
      if (turn.content) field("links").append(make("button", { type: "button", class: "small", onclick: () => this.onResults(turn, []) }, "Go on"));
      return;
    }
    const places = turn.calls.map(({ name }) => make("textarea", { rows: 3, spellcheck: "false", "aria-label": `Result of ${name}`, placeholder: "What the tool returns: text, or JSON" }));
    const send = () => this.onResults(turn, turn.calls.map(({ id, name, kind }, index) => ({ role: "tool", id, name, kind, content: places[index].value })));
    field("results").replaceChildren(
      ...places.map((place, index) => make("div", {}, make("h3", {}, `Result of ${turn.calls[index].name}`), place)),
      make("p", {}, make("button", { type: "button", class: "primary", onclick: send }, places.length > 1 ? "Send the results" : "Send the result")));
    field("results").hidden = false;
  }
}
