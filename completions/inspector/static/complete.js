// Completion in the editor: keys and values that the schema of scripts allows where the cursor is.

import { call } from "./api.js";
import { make } from "./dom.js";

const MOST = 12;
const START = "#/components/schemas/script";

let schemas = null;

async function load() {
  schemas ??= call("GET", "openapi.json").then((document) => document.components.schemas);
  return schemas;
}

/** What a schema may be: itself, without references, alternatives and lists. */
function forms(schema, known, depth = 0) {
  if (!schema || typeof schema !== "object" || depth > 12) return [];
  if (schema.$ref) return forms(known[schema.$ref.split("/").at(-1)], known, depth + 1);
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])];
  return [schema, ...inner.flatMap((each) => forms(each, known, depth + 1))];
}

const step = (found, key, known) => found.flatMap((form) => {
  const next = form.properties?.[key] ?? (typeof form.additionalProperties === "object" ? form.additionalProperties : null);
  return next ? forms(next, known) : [];
});

/** A line of YAML: the column of its dash, of what follows, its key, and whether a value stands there too. */
function read(line) {
  const [, space, dashes] = /^(\s*)((?:-\s+)*)/.exec(line);
  const rest = line.slice(space.length + dashes.length);
  const key = /^["']?([\w.-]+)["']?\s*:(\s|$)/.exec(rest);
  const value = key ? rest.slice(key[0].length).replace(/(^|\s)#.*$/, "").trim() : "";
  return { dash: dashes ? space.length + dashes.lastIndexOf("-") : null, first: space.length, col: space.length + dashes.length, key: key?.[1] ?? null, hasValue: Boolean(value), isBlank: /^\s*(#.*)?$/.test(line), rest };
}

/** The keys that lead to a line, from the lines above it. */
function parents(lines, here) {
  const path = [];
  let limit = here.dash === null ? here.col : here.first;
  let mayEqual = here.dash !== null;
  for (const line of [...lines].reverse()) {
    const above = read(line);
    if (above.isBlank) continue;
    if (!mayEqual && above.dash !== null && above.col === limit) { limit = above.first; mayEqual = true; continue; }
    const isParent = above.key && !above.hasValue && (above.col < limit || (mayEqual && above.dash === null && above.col === limit));
    if (!isParent) continue;
    path.unshift(above.key);
    limit = above.dash === null ? above.col : above.first;
    mayEqual = above.dash !== null;
  }
  return path;
}

/** The keys within a line, where mappings are written in braces, and whether a value is being written. */
function within(rest) {
  const path = [];
  let key = null;
  let word = "";
  let quote = null;
  for (const letter of rest) {
    if (quote) { if (letter === quote) quote = null; continue; }
    if (letter === '"' || letter === "'") { quote = letter; word = ""; }
    else if (letter === ":") { key = word.trim(); word = ""; }
    else if (letter === "{" || letter === "[") { path.push(key); key = null; word = ""; }
    else if (letter === "}" || letter === "]") { key = path.pop() ?? null; word = ""; }
    else if (letter === ",") { key = null; word = ""; }
    else word += letter;
  }
  return { path: path.filter(Boolean), key, isQuoted: quote !== null };
}

/** Return where the cursor is: the keys that lead there, the key whose value is written, or null, and the word so far. */
export function place(text, at) {
  const lines = text.slice(0, at).split("\n");
  const last = lines.pop();
  if (/(^|\s)#/.test(last)) return null;
  const here = read(last);
  const { path, key, isQuoted } = within(here.rest);
  if (isQuoted) return null;
  return { path: [...parents(lines, here), ...path], key, word: /[\w.-]*$/.exec(here.rest)[0] };
}

function values(found) {
  const all = found.flatMap((form) => [...(form.enum ?? []), ...("const" in form ? [form.const] : []), ...(form.type === "boolean" ? [true, false] : [])]);
  return [...new Set(all.map(String))].map((text) => ({ text, about: "" }));
}

function keys(found) {
  const all = new Map();
  for (const form of found) for (const [text, { description: about = "" }] of Object.entries(form.properties ?? {})) if (!all.has(text)) all.set(text, { text, about });
  return [...all.values()];
}

/** Return what may stand at a place: `{text, about}`. */
export function offers({ path, key, word }, known) {
  let found = forms({ $ref: START }, known);
  for (const each of path) found = step(found, each, known);
  const all = key ? values(step(found, key, known)) : keys(found);
  return all.filter(({ text }) => text.startsWith(word) && text !== word).slice(0, MOST).map((each) => ({ ...each, isKey: !key }));
}

/** Offers in a list below the cursor: the arrows choose, Enter or Tab takes, Escape leaves. */
export class Completion {
  #items = [];
  #at = 0;
  #word = "";

  constructor(editor, list) {
    Object.assign(this, { editor, area: editor.area, list });
    this.area.addEventListener("input", (event) => { if (event.inputType?.startsWith("insert")) this.open(); else this.close(); });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    for (const gone of ["blur", "scroll", "click"]) this.area.addEventListener(gone, () => this.close());
  }

  async open(isAsked = false) {
    const { selectionStart: at, selectionEnd: end } = this.area;
    const here = at === end ? place(this.area.value, at) : null;
    if (!here || (!isAsked && !here.word)) return this.close();
    const items = offers(here, await load().catch(() => ({})));
    if (this.area.selectionStart !== at || !items.length) return this.close();
    Object.assign(this, { at });
    this.#items = items;
    this.#word = here.word;
    this.#at = 0;
    this.#draw();
  }

  close() {
    this.#items = [];
    this.list.hidden = true;
    this.area.setAttribute("aria-expanded", "false");
    this.area.removeAttribute("aria-activedescendant");
  }

  #draw() {
    this.list.replaceChildren(...this.#items.map(({ text, about }, index) => make("li", {
      id: `offer-${index}`, role: "option", "aria-selected": String(index === this.#at),
      onpointerdown: (event) => { event.preventDefault(); this.#take(index); },
    }, make("b", {}, text), about ? make("span", { class: "muted" }, ` ${about}`) : null)));
    this.list.hidden = false;
    const before = this.area.value.slice(0, this.at).split("\n");
    const style = getComputedStyle(this.area);
    const line = Number.parseFloat(style.lineHeight);
    const column = (before.at(-1).length - this.#word.length) * this.#letter(style);
    this.list.style.setProperty("left", `${Math.max(0, Math.min(column + Number.parseFloat(style.paddingLeft) - this.area.scrollLeft, this.area.clientWidth - this.list.offsetWidth))}px`);
    this.list.style.setProperty("top", `${before.length * line + Number.parseFloat(style.paddingTop) - this.area.scrollTop}px`);
    this.area.setAttribute("aria-expanded", "true");
    this.area.setAttribute("aria-activedescendant", `offer-${this.#at}`);
  }

  #letter(style) {
    const context = (this.canvas ??= document.createElement("canvas")).getContext("2d");
    context.font = `${style.fontSize} ${style.fontFamily}`;
    return context.measureText("m").width;
  }

  #take(index) {
    const { text, isKey } = this.#items[index];
    this.editor.replace(this.at - this.#word.length, this.at, isKey ? `${text}: ` : text);
    this.close();
  }

  #key(event) {
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); this.open(true); return; }
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#at = (this.#at + (event.key === "ArrowDown" ? 1 : -1) + this.#items.length) % this.#items.length;
      this.#draw();
    } else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#at);
    else if (event.key === "Escape") this.close();
    else { if (/^(Arrow|Home|End|Page)/.test(event.key)) this.close(); return; }
    event.preventDefault();
    event.stopPropagation();
  }
}
