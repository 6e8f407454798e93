// The messages of the playground's form: rows of a role and a text, and where there are any, calls and results of tools.

import { find, make } from "./dom.js";
import { readJson } from "./json.js";

const LONG = 50_000; // characters of a text beyond which a browser takes seconds to find its direction

const ROLES = ["system", "developer", "user", "assistant", "tool"];

/** An error of the form, with the field that it is about. */
export class FormError extends Error {
  constructor(message, place) {
    super(message);
    this.place = place;
  }
}

const thoughts = new WeakMap(); // row: what the API wants back with it, and nobody edits

function area(name, label, text) {
  const direct = () => { if (name === "content") element.dir = element.value.length < LONG ? "auto" : ""; };
  const element = make("textarea", { rows: Math.min(8, Math.max(2, text.split("\n").length)), "aria-label": label, class: name, oninput: direct });
  element.value = text;
  direct();
  return element;
}

function short(name, label, text) {
  const element = make("input", { "aria-label": label, placeholder: label, class: `${name} mono`, spellcheck: "false", autocomplete: "off" });
  element.value = text;
  return element;
}

/** Have a row show what its role has. */
function suit(item) {
  const isTool = find("select", item).value === "tool";
  find(".of-tool", item).hidden = !isTool;
  find(".content", item).setAttribute("aria-label", isTool ? "Result" : "Content");
}

function row({ role = "user", content = "", calls, id = "", name = "", thought } = {}, onRemove) {
  const select = make("select", { "aria-label": "Role", onchange: () => suit(item) }, ...[...new Set([...ROLES, role])].map((each) => make("option", {}, each)));
  select.value = role;
  const remove = make("button", { type: "button", class: "plain small end", "aria-label": "Remove this message", onclick: () => { item.remove(); onRemove(); } }, "Remove");
  const item = make("li", {},
    make("div", { class: "row" }, select, remove),
    make("div", { class: "of-tool row" }, short("name", "Name of the tool", name), short("id", "Id of the call", id)),
    area("content", "Content", content),
    calls ? make("label", {}, "Calls, in JSON", area("calls", "Calls, in JSON", JSON.stringify(calls, null, 2))) : null);
  if (thought) thoughts.set(item, thought);
  suit(item);
  return item;
}

function callsOf(place) {
  try {
    const calls = readJson(place.value || "[]");
    if (Array.isArray(calls)) return calls;
  } catch { /* said below */ }
  throw new FormError("The calls of a message must be a JSON list.", place);
}

function read(item) {
  const value = (name) => find(`.${name}`, item).value;
  const message = { role: find("select", item).value, content: value("content") };
  if (message.role === "tool") return { ...message, name: value("name"), id: value("id") };
  const calls = find(".calls", item);
  const thought = thoughts.get(item);
  return { ...message, ...(calls ? { calls: callsOf(calls) } : {}), ...(thought ? { thought } : {}) };
}

export class Messages {
  /** `list` has the rows, and `button` adds one. */
  constructor(list, button) {
    this.list = list;
    this.button = button;
    button.addEventListener("click", () => this.add());
  }

  get value() {
    return [...this.list.children].map(read);
  }

  set value(messages) {
    this.list.replaceChildren(...messages.map((each) => this.#row(each)));
  }

  /** Add an empty message, and go to it. */
  add() {
    const item = this.#row();
    this.list.append(item);
    find(".content", item).focus();
  }

  #row(message) {
    return row(message, () => this.button.focus());
  }
}
