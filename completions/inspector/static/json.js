// JSON with its numbers as they are written: JavaScript's own have 53 bits, and ids often more.

const LONG = /\d{16}/;

/** Read JSON. A whole number that JavaScript would change is kept as its text, which `JSON.stringify` writes again. */
export function readJson(text) {
  if (!JSON.rawJSON || !LONG.test(text)) return JSON.parse(text);
  const kept = (_, value, { source = "" }) => (Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? JSON.rawJSON(source) : value);
  return JSON.parse(text, kept);
}

/** The text of a number that was kept so, or null. */
export const textOfNumber = (value) => (JSON.isRawJSON?.(value) ? value.rawJSON : null);
