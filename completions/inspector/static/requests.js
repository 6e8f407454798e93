// Requests of the playground that last: in an address that can be shared, and in a history of this browser.

const KEY = "playground-history";
const MOST = 20;

/** Write a request for the part of an address that no server sees; the key among its headers stays behind. */
export function toMark(request) {
  const headers = request.headers.split("\n").filter((line) => !/^(authorization|x-api-key|api-key|x-goog-api-key):/i.test(line)).join("\n");
  const bytes = new TextEncoder().encode(JSON.stringify({ ...request, headers }));
  return `request=${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
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

/** Add one, in the place of one that is the same. */
export function remember(request) {
  const text = JSON.stringify(request);
  const rest = history().filter(({ time, ...each }) => JSON.stringify(each) !== text);
  try {
    localStorage.setItem(KEY, JSON.stringify([{ time: Date.now(), ...request }, ...rest].slice(0, MOST)));
  } catch {
    localStorage.removeItem(KEY); // a body that is larger than what a browser keeps
  }
}
