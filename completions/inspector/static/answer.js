// From a response, whole or streamed, to turns as in `request.js`; a streamed text has its `pieces`: {text, at}.

import { parsed, turn } from "./request.js";

/** Return the turns of a document that was answered in one piece. */
export function whole(body) {
  if (body === null || typeof body !== "object") return body ? [{ role: "assistant", parts: [{ text: String(body) }] }] : [];
  if (body.error) return [{ role: "error", parts: [{ text: body.error.message ?? JSON.stringify(body.error) }] }];
  if (Array.isArray(body.choices)) {
    return body.choices.map((each) => (each.message ? turn(each.message) : { role: "assistant", parts: [{ text: String(each.text ?? "") }] }));
  }
  if (Array.isArray(body.output)) return body.output.map(turn);
  if (body.type === "message") return [turn(body)];
  return [{ role: "assistant", parts: [{ json: body }] }];
}

/** Return the events of a stream: {at, name, data}, `data` as JSON where it is. */
export function events(chunks) {
  return chunks.map(({ at_ms: at, data }) => {
    const lines = data.split(/\r?\n/);
    const text = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
    const name = lines.find((line) => line.startsWith("event:"))?.slice(6).trim() ?? "";
    return { at, name, data: parsed(text) };
  });
}

/** What is being said, by choice or block: its text in pieces, its calls by index. */
class Voices {
  #all = new Map();

  of(key) {
    if (!this.#all.has(key)) this.#all.set(key, { pieces: [], thoughts: [], calls: new Map() });
    return this.#all.get(key);
  }

  call(key, index, name, text) {
    const { calls } = this.of(key);
    if (!calls.has(index)) calls.set(index, { name: "", text: "" });
    const call = calls.get(index);
    call.name += name ?? "";
    call.text += text ?? "";
  }

  turns() {
    return [...this.#all.values()].map(({ pieces, thoughts, calls }) => ({
      role: "assistant",
      parts: [
        ...(thoughts.length ? [{ text: thoughts.map((each) => each.text).join(""), pieces: thoughts, kind: "thought" }] : []),
        ...(pieces.length ? [{ text: pieces.map((each) => each.text).join(""), pieces }] : []),
        ...[...calls.values()].map(({ name, text }) => ({ call: { name, arguments: parsed(text) } })),
      ],
    })).filter((each) => each.parts.length);
  }
}

function chat(data, at, voices) {
  for (const { index = 0, delta = {}, text } of data.choices) {
    const said = delta.content ?? delta.refusal ?? text;
    if (said) voices.of(index).pieces.push({ text: said, at });
    for (const call of delta.tool_calls ?? []) voices.call(index, call.index ?? 0, call.function?.name, call.function?.arguments);
  }
}

function anthropic({ type, index, delta, content_block: block }, at, voices) {
  if (type === "content_block_start" && block?.type === "tool_use") voices.call(0, index, block.name, "");
  if (delta?.type === "text_delta") voices.of(0).pieces.push({ text: delta.text, at });
  if (delta?.type === "thinking_delta") voices.of(0).thoughts.push({ text: delta.thinking, at });
  if (delta?.type === "input_json_delta") voices.call(0, index, "", delta.partial_json);
}

function responses({ type, delta, item, output_index: index }, at, voices) {
  if (type === "response.output_item.added" && item?.name) voices.call(0, index, item.name, "");
  if (type === "response.output_text.delta" || type === "response.refusal.delta") voices.of(0).pieces.push({ text: delta, at });
  if (type === "response.reasoning_summary_text.delta") voices.of(0).thoughts.push({ text: delta, at });
  if (type === "response.function_call_arguments.delta") voices.call(0, index, "", delta);
}

/** Return the turns of a stream. */
export function streamed(chunks) {
  const voices = new Voices();
  const errors = [];
  for (const { at, data } of events(chunks)) {
    if (data === null || typeof data !== "object") continue;
    if (data.error) errors.push({ role: "error", parts: [{ text: data.error.message ?? JSON.stringify(data.error) }] });
    else if (Array.isArray(data.choices)) chat(data, at, voices);
    else if (String(data.type).startsWith("response.")) responses(data, at, voices);
    else if (data.type) anthropic(data, at, voices);
  }
  return [...voices.turns(), ...errors];
}

/** Return the turns of what was answered. */
export const answer = ({ chunks, body }) => (chunks ? streamed(chunks) : whole(body));
