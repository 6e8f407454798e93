// A request to the mock whose answer is read as it arrives.

const TEXT = /^$|^text\/|json|xml/; // the media types of what can be shown

/**
 * Send a request, and tell of its answer: `onStart(response, ms)`, then `onEvent({ms, raw, document})` for each event
 * of a stream (SSE, or JSON in lines) or once for a whole body. Returns the milliseconds that all of it took.
 */
export async function send(url, { method, headers, body, signal, onStart, onEvent }) {
  const started = performance.now();
  const ms = () => performance.now() - started;
  const response = await fetch(url, { method, headers: { "Content-Type": "application/json", ...headers }, body, signal });
  onStart(response, ms());
  const type = response.headers.get("content-type") ?? "";
  const gap = type.startsWith("text/event-stream") ? /\r?\n\r?\n/ : type.includes("ndjson") ? /\r?\n/ : null;
  if (!TEXT.test(type)) {
    const { byteLength } = await response.arrayBuffer();
    onEvent({ ms: ms(), raw: `${byteLength} bytes of ${type}`, document: null });
    return ms();
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  const tell = (raw) => raw.trim() && onEvent({ ms: ms(), raw, document: documentOf(raw) });
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

/** The JSON of an event of a stream, or null where it has none. */
export function documentOf(raw) {
  const lines = raw.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  try {
    return JSON.parse(lines.length ? lines.join("\n") : raw);
  } catch {
    return null; // `[DONE]`, a comment, or what a fault has left
  }
}
