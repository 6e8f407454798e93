// The playground's answer while it arrives: its parts, its raw events, and the results for its tool calls.

import { find, make, root } from "./dom.js";
import { readJson } from "./json.js";
import { addDocument, emptyAnswer, turnOf } from "./answerdata.js";
import { ms } from "./display.js";

const MAX_EVENTS = 2000;
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
  #answer = emptyAnswer();
  #count = 0;
  #due = 0;

  /** `onResults(turn, results)` is called with the answer as a turn, and the results that were entered for its calls. */
  constructor({ onResults }) {
    this.onResults = onResults;
  }

  begin() {
    this.#answer = emptyAnswer();
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

  /** Add an event; its content is painted in the next frame. */
  add(each) {
    addDocument(this.#answer, each.document);
    this.#due ||= requestAnimationFrame(() => this.#paint());
    field("events-card").hidden = false;
    if (++this.#count <= MAX_EVENTS) follow(field("events"), event(each));
    field("events-count").textContent = this.#count > MAX_EVENTS ? `${this.#count}, the first ${MAX_EVENTS} shown` : String(this.#count);
  }

  /** Show the end: the duration, or the error. */
  end({ took = null, wrong = "", goesOn = false }) {
    cancelAnimationFrame(this.#due);
    this.#paint();
    if (took !== null) field("facts").append(make("span", { class: "muted" }, `whole ${ms(took)}`));
    field("answer-wrong").textContent = wrong;
    field("reply").setAttribute("aria-busy", "false"); // now it is read out, and not piece by piece
    field("waiting").hidden = true;
    if (goesOn && !this.#answer.error) this.#ask();
    field("links").hidden = field("links").childElementCount === 0;
  }

  #paint() {
    this.#due = 0;
    const answer = this.#answer;
    const parts = [];
    if (answer.reasoning) parts.push(part("reasoning", "Reasoning", answer.reasoning));
    if (answer.text) parts.push(make("div", { class: "part-text said-text", dir: "auto" }, answer.text));
    if (answer.refusal) parts.push(part("refusal", "Refusal", answer.refusal));
    for (const source of answer.pictures) parts.push(make("img", { src: source, alt: "A picture of the answer", class: "picture" }));
    for (const { name, given } of answer.calls.values()) parts.push(part("call", `Calls ${name}`, given));
    if (answer.error) parts.push(part("error", "Error", answer.error));
    field("reply").replaceChildren(...parts);
    field("reply").hidden = parts.length === 0;
  }

  /** Show the form for the results of the calls, or without calls, the button for the next message. */
  #ask() {
    const turn = turnOf(this.#answer);
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
