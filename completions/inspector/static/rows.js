// The list's rows: the newest on top, the attempts of one call folded into one row, and no more than a browser likes.

import { make } from "./dom.js";
import { row } from "./row.js";

const MOST = 2000;

const WINDOW = 120_000; // milliseconds from one attempt to the next, at the most

const keyOf = (exchange) => exchange.idempotency_key ?? exchange.fingerprint;

/** Say whether an exchange is a later attempt of one that has the same key. */
function follows(exchange, earlier) {
  if (exchange.idempotency_key) return true;
  const wait = new Date(exchange.time) - new Date(earlier.time) - earlier.duration_ms;
  return exchange.retry > earlier.retry && wait < WINDOW;
}

/** The attempts of one call: a row of what became of it in the end, and below it, folded, one for each attempt. */
class Group {
  attempts = [];
  items = [];
  isOpen = false;

  constructor(exchange) {
    this.add(exchange);
  }

  get last() {
    return this.attempts.at(-1);
  }

  add(exchange, isEarlier = false) {
    this.attempts[isEarlier ? "unshift" : "push"](exchange);
    this.paint();
  }

  toggle() {
    this.isOpen = !this.isOpen;
    this.items.slice(1).forEach((item) => { item.hidden = !this.isOpen; });
    this.items[0].querySelector(".unfold").setAttribute("aria-expanded", String(this.isOpen));
  }

  /** Write the rows anew, in the place of those that are there. */
  paint() {
    const [before, ...rest] = this.items;
    const focused = this.items.find((item) => item.contains(document.activeElement))?.dataset.id;
    const current = this.items.find((item) => item.querySelector("[aria-current]"))?.dataset.id;
    const isMany = this.attempts.length > 1;
    this.items = [row(this.last, { attempts: isMany ? this.attempts : null, isOpen: this.isOpen, onToggle: () => this.toggle() })];
    if (isMany) this.items.push(...this.attempts.map((each) => row(each, { isAttempt: true })));
    this.items.slice(1).forEach((item) => { item.hidden = !this.isOpen; });
    before?.replaceWith(...this.items);
    rest.forEach((item) => item.remove());
    if (current) this.select(current);
    if (focused) (this.items.findLast((item) => item.dataset.id === focused && !item.hidden) ?? this.items[0]).querySelector("a").focus();
  }

  /** Mark the row of an exchange, or the row that it is folded into. */
  select(id) {
    const shown = this.items.findLast((item) => item.dataset.id === id && !item.hidden) ?? this.items[0];
    shown.querySelector("a").setAttribute("aria-current", "true");
    return shown;
  }
}

export class Rows {
  #list;
  #known = new Map(); // id: the exchange, its group and its place in the order
  #latest = new Map(); // what attempts have in common: the latest group of it
  #next = 0;
  #before = -1;

  constructor(list) {
    this.#list = list;
  }

  get size() {
    return this.#known.size;
  }

  /** The ids of the newest exchange and of the oldest. */
  get newest() {
    return this.#end((a, b) => a > b);
  }

  get oldest() {
    return this.#end((a, b) => a < b);
  }

  #end(isBetter) {
    let found = null;
    for (const each of this.#known.values()) if (!found || isBetter(each.order, found.order)) found = each;
    return found?.id ?? null;
  }

  /** Put exchanges on top, the oldest first; those that are there already stay. */
  add(exchanges) {
    const fresh = [];
    for (const exchange of exchanges) {
      if (this.#known.has(exchange.id)) continue;
      const known = this.#latest.get(keyOf(exchange));
      const group = known && follows(exchange, known.last) ? known : new Group(exchange);
      if (group === known) group.add(exchange);
      else fresh.unshift(group);
      this.#latest.set(keyOf(exchange), group);
      this.#note(exchange, group, this.#next++);
    }
    this.#list.prepend(...fresh.flatMap((group) => group.items));
    this.#cut();
  }

  /** Put older exchanges at the end, the newest first. */
  append(exchanges) {
    for (const exchange of exchanges) {
      if (this.#known.has(exchange.id)) continue;
      const known = this.#latest.get(keyOf(exchange));
      const group = known && follows(known.attempts[0], exchange) ? known : new Group(exchange);
      if (group === known) group.add(exchange, true);
      else this.#list.append(...group.items);
      if (!known) this.#latest.set(keyOf(exchange), group);
      this.#note(exchange, group, this.#before--);
    }
  }

  clear() {
    this.#known.clear();
    this.#latest.clear();
    this.#list.replaceChildren();
  }

  /** Mark the row of an exchange, and no other; return it, or nothing where there is none. */
  select(id) {
    this.#list.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
    return this.#known.get(id)?.group.select(id);
  }

  #note({ id, ...exchange }, group, order) {
    this.#known.set(id, { id, key: keyOf(exchange), group, order });
  }

  #cut() {
    while (this.#known.size > MOST) {
      const { group, key } = this.#known.get(this.#list.lastElementChild.dataset.id);
      group.attempts.forEach(({ id }) => this.#known.delete(id));
      group.items.forEach((item) => item.remove());
      if (this.#latest.get(key) === group) this.#latest.delete(key);
    }
  }
}

/** Move the focus to the next row (1) or the one before it (-1): from the one that has it, or from the current one. */
export function move(list, by) {
  const now = document.activeElement?.closest("#rows > li") ?? list.querySelector("[aria-current]")?.closest("li");
  let to = now ? now : list.firstElementChild;
  if (now) do to = by > 0 ? to.nextElementSibling : to.previousElementSibling; while (to?.hidden);
  to?.querySelector("a").focus();
  to?.scrollIntoView({ block: "nearest" });
  return to ?? null;
}

/** Let a select offer a value. */
export function offer(select, value) {
  if (value === "" || [...select.options].some((option) => option.value === value)) return;
  select.append(make("option", { value }, value));
}
