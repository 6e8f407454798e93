// The control API, from a page of the same site.

import { root } from "./dom.js";
import { readJson } from "./json.js";

/** An answer of the control API that is none: its message, the field, and the status. */
export class Refusal extends Error {
  constructor(status, error) {
    super(error?.message ?? `The server answers ${status}.`);
    this.status = status;
    this.param = error?.param ?? null;
    this.code = error?.code ?? null;
  }
}

/** Call an operation: `call("GET", "exchanges?limit=5")`. It returns the document, or throws a `Refusal`. */
export async function call(method, address, body, { signal } = {}) {
  const response = await fetch(root + address, { method, body, signal });
  const document = await response.text().then(readJson).catch(() => ({}));
  if (response.status === 401) location.reload(); // the sign-in form stands there
  if (!response.ok) throw new Refusal(response.status, document.error);
  return document;
}
