// The list's rows: the newest on top, each retry below the tries before it, and no more than a browser likes.

import { make } from "./dom.js";
import { row } from "./row.js";

const MOST = 2000;

const WINDOW = 120_000; // milliseconds from one try to the next, at the most; `cells.py` groups the first rows alike

const keyOf = (exchange) => exchange.idempotency_key ?? exchange.fingerprint;

/** Say whether an exchange is a later try of one that has the same key. */
function follows(exchange, earlier) {
  if (exchange.idempotency_key) return true;
  const wait = new Date(exchange.time) - new Date(earlier.time) - earlier.duration_ms;
  return exchange.retry > earlier.retry && wait < WINDOW;
}

/** Put an element below another, which is in the document or among those that are about to be. */
function place(fresh, above, element) {
  const at = fresh.indexOf(above);
  if (at < 0) above.after(element);
  else fresh.splice(at + 1, 0, element);
}

export class Rows {
  #list;
  #known = new Map(); // id: the exchange and its element
  #groups = new Map(); // what tries have in common: the exchanges and elements of the latest of them

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
    for (const { exchange, order } of this.#known.values()) if (!found || isBetter(order, found.order)) found = { exchange, order };
    return found?.exchange.id ?? null;
  }

  #next = 0;
  #before = -1;

  /** Put exchanges on top, the oldest first; those that are there already stay. */
  add(exchanges) {
    const fresh = [];
    for (const exchange of exchanges) {
      if (this.#known.has(exchange.id)) continue;
      const known = this.#groups.get(keyOf(exchange));
      const tries = known && follows(exchange, known.at(-1).exchange) ? known : null;
      const element = this.#note(exchange, this.#next++, Boolean(tries));
      if (tries) place(fresh, tries.at(-1).element, element);
      else fresh.unshift(element);
      if (!tries) this.#groups.set(keyOf(exchange), []);
      this.#groups.get(keyOf(exchange)).push({ exchange, element });
    }
    this.#list.prepend(...fresh);
    this.#cut();
  }

  /** Put older exchanges at the end, the newest first. */
  append(exchanges) {
    for (const exchange of exchanges) {
      if (this.#known.has(exchange.id)) continue;
      const element = this.#note(exchange, this.#before--, false);
      const tries = this.#groups.get(keyOf(exchange));
      if (tries && follows(tries[0].exchange, exchange)) { // an earlier try than those there: they follow it
        tries[0].element.before(element);
        tries[0].element.classList.add("is-retry");
        tries.unshift({ exchange, element });
      } else {
        this.#list.append(element);
        this.#older(exchange, element);
      }
    }
  }

  clear() {
    this.#known.clear();
    this.#groups.clear();
    this.#list.replaceChildren();
  }

  #note(exchange, order, follows) {
    const element = row(exchange, follows);
    element.dataset.id = exchange.id;
    this.#known.set(exchange.id, { exchange, element, order });
    return element;
  }

  /** Let older exchanges join it, unless there are tries that later ones may join. */
  #older(exchange, element) {
    if (!this.#groups.has(keyOf(exchange))) this.#groups.set(keyOf(exchange), [{ exchange, element }]);
  }

  #cut() {
    while (this.#known.size > MOST) {
      const element = this.#list.lastElementChild;
      const { exchange } = this.#known.get(element.dataset.id);
      this.#known.delete(exchange.id);
      this.#groups.delete(keyOf(exchange));
      element.remove();
    }
  }
}

/** Move the focus to the next row (1) or the one before it (-1). */
export function move(list, by) {
  const now = document.activeElement?.closest("#rows > li");
  const to = now ? (by > 0 ? now.nextElementSibling : now.previousElementSibling) : list.firstElementChild;
  to?.querySelector("a").focus();
  to?.scrollIntoView({ block: "nearest" });
}

/** Let a select offer a value. */
export function offer(select, value) {
  if (value === "" || [...select.options].some((option) => option.value === value)) return;
  select.append(make("option", { value }, value));
}
