// The list's rows: the newest on top, each retry below the tries before it, and no more than a browser likes.

import { make } from "./dom.js";
import { row } from "./row.js";

const MOST = 2000;

export class Rows {
  #list;
  #known = new Map(); // id: the exchange and its element
  #groups = new Map(); // idempotency key: the elements of its tries

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
      const tries = exchange.idempotency_key ? this.#groups.get(exchange.idempotency_key) : null;
      const element = this.#note(exchange, this.#next++, Boolean(tries));
      if (tries) this.#last(tries).after(element);
      else fresh.unshift(element);
      this.#group(exchange, element);
      if (!tries && exchange.idempotency_key) { // its retries in the same batch find it in the document
        this.#list.prepend(...fresh.splice(0));
      }
    }
    this.#list.prepend(...fresh);
    this.#cut();
  }

  /** Put older exchanges at the end, the newest first. */
  append(exchanges) {
    for (const exchange of exchanges) {
      if (this.#known.has(exchange.id)) continue;
      const element = this.#note(exchange, this.#before--, false);
      const tries = exchange.idempotency_key ? this.#groups.get(exchange.idempotency_key) : null;
      if (tries) { // an earlier try than those there: it stands above them, and they follow it
        tries[0].before(element);
        tries[0].classList.add("is-retry");
        tries.unshift(element);
      } else {
        this.#list.append(element);
        this.#group(exchange, element);
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

  #group({ idempotency_key: key }, element) {
    if (!key) return;
    if (!this.#groups.has(key)) this.#groups.set(key, []);
    this.#groups.get(key).push(element);
  }

  #last(tries) {
    return tries[tries.length - 1];
  }

  #cut() {
    while (this.#known.size > MOST) {
      const element = this.#list.lastElementChild;
      const { exchange } = this.#known.get(element.dataset.id);
      this.#known.delete(exchange.id);
      if (exchange.idempotency_key) this.#groups.delete(exchange.idempotency_key);
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
