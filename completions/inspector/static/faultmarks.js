// The positions of faults in an answer, and the end of an answer that was cut.

import { emptyAnswer, addDocument } from "./answerdata.js";
import { documentOf } from "./stream.js";

const ENDING_FAULTS = new Set(["disconnect", "reset", "error_object", "error_event"]);
const FAULTS_AT_END = new Set(["no_finish", "no_done", "data_after_done"]); // what faultPositions at the end of a stream
const UNPLACED_FAULTS = new Set(["crlf", "comments", "split_bytes", "drip", "slow_headers"]);

/** Say whether an event of a stream hasContent something of what the answer says. */
export function hasContent(document) {
  const answer = emptyAnswer();
  addDocument(answer, document);
  return Boolean(answer.text || answer.reasoning || answer.refusal || answer.calls.size);
}

/** Return the faults with their parameters; of several faults, those of the second are called `2.after_tokens`. */
function faults({ fault, fault_parameters: given }) {
  const names = fault?.split(", ") ?? [];
  const of = (name, at) => given?.[names.length > 1 ? `${at + 1}.${name}` : name];
  return names.map((name, at) => ({ name, tokens: of("after_tokens", at), events: of("after_events", at), ms: of("ms", at) }));
}

/** Return the index of the event after so many with content; the number of all events if there are fewer. */
function afterTokens(chunks, tokens) {
  let left = tokens;
  for (const [index, chunk] of chunks.entries()) {
    if (left <= 0) return index;
    if (hasContent(documentOf(chunk.data))) left -= 1;
  }
  return chunks.length;
}

/** Return for each fault its name, and the index of the first event that is wrong, missing or late. */
export function faultPositions(exchange) {
  const chunks = exchange.response.chunks ?? [];
  return faults(exchange).flatMap(({ name, tokens, events }) => {
    if (UNPLACED_FAULTS.has(name)) return [];
    if (FAULTS_AT_END.has(name)) return [{ name, index: chunks.length }];
    const index = events !== undefined ? Math.min(events, chunks.length) : tokens !== undefined ? afterTokens(chunks, tokens) : null;
    return index === null ? [] : [{ name, index }];
  });
}

/** Return the end of an incomplete answer, or null: `{why, arrived, all}`, the tokens sent and those of the whole answer. */
export function cutEnd(exchange) {
  const { client_left: left, tokens, tokens_sent: sent, stream } = exchange;
  const cut = faults(exchange).find(({ name, ms }) =>
    (ENDING_FAULTS.has(name) && (stream || name === "reset")) || ["close", "hang"].includes(name) || (name === "stall" && ms === undefined));
  if (!cut && !left) return null;
  if (!cut && exchange.said.choices.every((each) => each.finish_reason)) return null;
  return { why: cut ? cut.name : "the client left", arrived: sent ?? 0, all: tokens?.completion ?? null };
}
