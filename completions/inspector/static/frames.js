// What binary data of an exchange says, as text: the frames of AWS' event stream, or bytes that are no UTF-8.

const PRELUDE = 12; // the sizes of a frame and of its headers, and their checksum
const CHECKSUM = 4;
const TEXT = 7; // the type of a header whose value is a text

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const decoded = (bytes) => new TextDecoder().decode(bytes); // with � for what is no UTF-8

function headersOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = {};
  for (let at = 0; at < bytes.length;) {
    const named = at + 1 + bytes[at];
    if (bytes[named] !== TEXT) break;
    const size = view.getUint16(named + 1);
    found[decoded(bytes.subarray(at + 1, named))] = decoded(bytes.subarray(named + 3, named + 3 + size));
    at = named + 3 + size;
  }
  return found;
}

/** A frame as an event is written in text; what a model's own events are wrapped in is left out. */
function written(bytes, headersEnd) {
  const headers = headersOf(bytes.subarray(PRELUDE, headersEnd));
  const data = decoded(bytes.subarray(headersEnd, bytes.length - CHECKSUM));
  const [, wrapped] = /^{"bytes":"([^"]*)"/.exec(data) ?? [];
  return `event: ${headers[":event-type"] ?? headers[":exception-type"] ?? ""}\ndata: ${wrapped ? decoded(bytesOf(wrapped)) : data}\n\n`;
}

/** Return the frames of AWS' event stream that bytes begin with, as texts, and the bytes after the last of them. */
export function frames(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  let at = 0;
  while (bytes.length - at >= PRELUDE + CHECKSUM) {
    const [size, headers] = [view.getUint32(at), view.getUint32(at + 4)];
    if (size < PRELUDE + headers + CHECKSUM || size > bytes.length - at) break;
    found.push(written(bytes.subarray(at, at + size), PRELUDE + headers));
    at += size;
  }
  return { found, rest: bytes.subarray(at) };
}

export const isFramed = (headers) => (headers["content-type"] ?? "").startsWith("application/vnd.amazon.eventstream");

/** The text of a body or chunk, which the journal has in base64 where it is no UTF-8. */
export function textOf({ text, encoding, headers }) {
  if (encoding !== "base64") return text;
  const bytes = bytesOf(text);
  const { found, rest } = isFramed(headers) ? frames(bytes) : { found: [], rest: bytes };
  return found.join("") + decoded(rest);
}
