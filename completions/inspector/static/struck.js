// Where in an answer a fault struck, and how an answer ended that was cut.

import { empty, take } from "./said.js";
import { documentOf } from "./stream.js";

const ENDS = new Set(["disconnect", "reset", "error_object", "error_event"]);
const LAST = new Set(["no_finish", "no_done", "data_after_done"]); // what strikes at the end of a stream
const EVERYWHERE = new Set(["crlf", "comments", "split_bytes", "drip", "slow_headers"]);

/** Say whether an event of a stream carries something of what the answer says. */
export function carries(document) {
  const said = empty();
  take(said, document);
  return Boolean(said.text || said.reasoning || said.refusal || said.calls.size);
}

/** The faults with their parameters: those of the second of several are written `2.after_tokens`. */
function faults({ fault, fault_parameters: given }) {
  const names = fault?.split(", ") ?? [];
  const of = (name, at) => given?.[names.length > 1 ? `${at + 1}.${name}` : name];
  return names.map((name, at) => ({ name, tokens: of("after_tokens", at), events: of("after_events", at), ms: of("ms", at) }));
}

/** The index of the event after so many that carry something; the number of all events where there are fewer. */
function afterTokens(chunks, tokens) {
  let left = tokens;
  for (const [index, chunk] of chunks.entries()) {
    if (left <= 0) return index;
    if (carries(documentOf(chunk.data))) left -= 1;
  }
  return chunks.length;
}

/** Return where each fault struck: its name, and the index of the first event that is wrong, missing or late. */
export function strikes(exchange) {
  const chunks = exchange.response.chunks ?? [];
  return faults(exchange).flatMap(({ name, tokens, events }) => {
    if (EVERYWHERE.has(name)) return [];
    if (LAST.has(name)) return [{ name, index: chunks.length }];
    const index = events !== undefined ? Math.min(events, chunks.length) : tokens !== undefined ? afterTokens(chunks, tokens) : null;
    return index === null ? [] : [{ name, index }];
  });
}

/** Say how an answer ended that is not whole: `{why, arrived, all}`, the tokens sent and those it would have had. */
export function endOf(exchange) {
  const { client_left: left, tokens, tokens_sent: sent, stream } = exchange;
  const cut = faults(exchange).find(({ name, ms }) =>
    (ENDS.has(name) && (stream || name === "reset")) || ["close", "hang"].includes(name) || (name === "stall" && ms === undefined));
  if (!cut && !left) return null;
  if (!cut && exchange.said.choices.every((each) => each.finish_reason)) return null;
  return { why: cut ? cut.name : "the client left", arrived: sent ?? 0, all: tokens?.completion ?? null };
}
