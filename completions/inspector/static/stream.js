// A request to the mock whose answer is read as it arrives.

import { frames, isFramed } from "./frames.js";
import { readJson } from "./json.js";

const TEXT = /^$|^text\/|json|xml/; // the media types of what can be shown

/**
 * Send a request, of a media type if its headers name none, and tell of its answer: `onStart(response, ms)`, then `onEvent({ms, raw, document})` for each event
 * of a stream (SSE, JSON in lines, or AWS' event stream) or once for a whole body. Returns the milliseconds that all of it took.
 */
export async function send(url, { method, headers, body, type: written, signal, onStart, onEvent }) {
  const started = performance.now();
  const ms = () => performance.now() - started;
  const sent = new Headers(headers);
  if (!sent.has("content-type")) sent.set("content-type", written);
  const response = await fetch(url, { method, headers: sent, body, signal });
  onStart(response, ms());
  const type = response.headers.get("content-type") ?? "";
  const gap = type.startsWith("text/event-stream") ? /\r?\n\r?\n/ : type.includes("ndjson") ? /\r?\n/ : null;
  const tell = (raw) => raw.trim() && onEvent({ ms: ms(), raw, document: documentOf(raw) });
  if (isFramed({ "content-type": type })) {
    await readFrames(response.body.getReader(), tell);
    return ms();
  }
  if (!TEXT.test(type)) {
    const { byteLength } = await response.arrayBuffer();
    onEvent({ ms: ms(), raw: `${byteLength} bytes of ${type}`, document: null });
    return ms();
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    waiting += value;
    if (!gap) continue;
    const parts = waiting.split(gap);
    waiting = parts.pop();
    parts.forEach(tell);
  }
  tell(waiting);
  return ms();
}

async function readFrames(reader, tell) {
  let waiting = new Uint8Array();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const { found, rest } = frames(new Uint8Array([...waiting, ...value]));
    found.forEach(tell);
    waiting = rest;
  }
}

/** The JSON of an event of a stream, or of an item of an array that is sent item by item; null where it has none. */
export function documentOf(raw) {
  const lines = raw.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  const text = lines.length ? lines.join("\n") : raw.trim();
  return parsed(text) ?? parsed(text.replace(/^[[,]\s*/, "").replace(/\s*[\],]$/, ""));
}

function parsed(text) {
  try {
    return readJson(text);
  } catch {
    return null; // `[DONE]`, a comment, or what a fault has left
  }
}
