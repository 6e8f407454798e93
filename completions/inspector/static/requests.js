// Requests of the playground that last: in an address that can be shared, and in a history of this browser.

import { count } from "./display.js";

const KEY = "playground-history";
const MOST = 20;
const MOST_SHARED = 100_000; // bytes of a request that an address may hold

/** Write a request for the part of an address that no server sees; the key among its headers stays behind. One too long is an error. */
export function toMark(request) {
  const headers = request.headers.split("\n").filter((line) => !/^(authorization|x-api-key|api-key|x-goog-api-key):/i.test(line)).join("\n");
  const bytes = new TextEncoder().encode(JSON.stringify({ ...request, headers }));
  if (bytes.length > MOST_SHARED) throw new Error(`This request is too long to be shared by its address: it has ${count(bytes.length)} bytes, and at most ${count(MOST_SHARED)} are possible.`);
  return `request=${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Read it back; null where the address has none. */
export function ofMark(mark) {
  const [, text] = /^#request=([\w-]+)$/.exec(mark) ?? [];
  if (!text) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes));
    return typeof found.path === "string" ? found : null;
  } catch {
    return null; // an address that was cut
  }
}

/** The requests that were sent last, the latest first: `{time, method, path, headers, body}`. */
export function history() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

/** Keep a list in the browser, and say whether it has the room for it. */
function keep(requests) {
  try {
    localStorage.setItem(KEY, JSON.stringify(requests));
    return true;
  } catch {
    return false;
  }
}

/** Add one, in the place of one that is the same. Where there is no room for all, the oldest go; one too large for any is left out. */
export function remember(request) {
  const text = JSON.stringify(request);
  const kept = [{ time: Date.now(), ...request }, ...history().filter(({ time, ...each }) => JSON.stringify(each) !== text)].slice(0, MOST);
  while (kept.length && !keep(kept)) kept.pop();
}
