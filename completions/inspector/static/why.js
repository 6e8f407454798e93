// The explanation why a rule answered, or why none did.

import { call } from "./api.js";
import { make } from "./dom.js";
import { readJson } from "./json.js";
import { inLines } from "./display.js";

const MAX_LINES = 30;

/** Cut a rule out of its script's text: from its line to the next rule's. Of JSON in one line it is the rule itself. */
function excerpt(text, { name, line }, rules) {
  if (inLines(text) !== text) {
    const at = rules.filter((each) => !each.pushed).findIndex((each) => each.name === name);
    return JSON.stringify(readJson(text).rules[at], null, 2);
  }
  const next = Math.min(...rules.map((each) => each.line).filter((each) => each > line), Infinity);
  const lines = text.split("\n").slice(line - 1, next === Infinity ? undefined : next - 1).slice(0, MAX_LINES);
  while (lines.length && /^\s*(#.*)?$/.test(lines.at(-1))) lines.pop();
  return lines.join("\n");
}

async function matched(exchange) {
  const { source, text, rules } = await call("GET", "script");
  const found = rules.find((each) => each.name === exchange.rule);
  if (!found) return [make("p", {}, "The rule ", make("strong", {}, exchange.rule), " answered. It is no longer in the script.")];
  if (found.pushed) {
    const pushed = (await call("GET", "rules")).rules.find((each) => each.name === exchange.rule);
    const held = make("p", {}, "The pushed rule ", make("strong", {}, exchange.rule), " was the first whose conditions all matched.");
    return [held, make("pre", { class: "code", tabindex: "0" }, JSON.stringify(pushed?.rule ?? {}, null, 2))];
  }
  const place = found.line ? `, line ${found.line} of ${source === "pushed" ? "the pushed script" : source},` : "";
  return [
    make("p", {}, "The rule ", make("strong", {}, exchange.rule), `${place} was the first whose conditions all matched.`),
    found.line ? make("pre", { class: "code", tabindex: "0" }, excerpt(text, found, rules)) : null,
  ];
}

const NEAR_MISSES = "These rules nearly matched:";

function unmatched({ near_misses: misses, error }) {
  const answered = error?.code === "no_cassette" ? "This request has no recorded answer." : error === null ? "No rule matched, so the script's fallback answered (auto, unless the script sets another)." : "No rule matched, and the script is strict, or has an error as its fallback.";
  if (!misses.length) return [make("p", {}, answered)];
  return [make("p", {}, answered), make("p", {}, NEAR_MISSES), make("dl", { class: "misses" }, ...misses.flatMap(({ rule, why }) => [make("dt", {}, rule), make("dd", {}, why)]))];
}

const UNNAMED = "No rule with this format matched.";
const GENERATED = {
  embed: `The mock made the vectors from the text itself: the same text always gets the same vector. ${UNNAMED}`,
  moderate: `The mock moderated the text itself. ${UNNAMED}`,
  count: `The mock counted the tokens itself. ${UNNAMED}`,
  decide: `The mock decided itself, always the same for the same question. ${UNNAMED}`,
  speak: `The mock spoke the text itself. ${UNNAMED}`,
  transcribe: `The mock made up the recognised text, always the same for the same file. ${UNNAMED}`,
  draw: `The mock drew the picture itself. ${UNNAMED}`,
  compact: `The mock compacted the conversation itself. ${UNNAMED}`,
};
const LOOKED_UP = "The mock answers at this address itself; rules are only tried for generated answers.";

/** Return what refused a request before any rule was tried: its own header, or the API's checks. */
function refusedBy({ request, error }) {
  const asked = request.headers["x-mock-error"];
  const isWrong = error.message.includes("X-Mock-Error");
  if (asked === undefined || isWrong || (/^\d/.test(asked) && Number.parseInt(asked, 10) !== error.status)) {
    return "The request was refused before any rule was tried.";
  }
  return `The request's own header X-Mock-Error: ${asked} asked for this error, so no rule was tried.`;
}

/** Return the explanation as elements. */
export async function why(exchange) {
  const elements = [];
  if (exchange.unmatched) elements.push(...unmatched(exchange));
  else if (exchange.cassette) elements.push(make("p", {}, "The answer was recorded in ", make("strong", {}, exchange.cassette), "."));
  else if (exchange.rule) elements.push(...(await matched(exchange)));
  else if (exchange.upstream) elements.push(make("p", {}, "No rule matched, so the request was passed on to ", make("strong", {}, exchange.upstream), "."));
  else elements.push(make("p", {}, exchange.error ? refusedBy(exchange) : GENERATED[exchange.said.task] ?? LOOKED_UP));
  if (exchange.error && !exchange.unmatched) {
    const { status, code, message } = exchange.error;
    elements.push(make("p", { class: "error-text" }, make("strong", {}, `${status} ${code ?? ""}`), " ", message));
  }
  if (exchange.fault) elements.push(make("p", {}, "The fault ", make("span", { class: "badge fault" }, exchange.fault), " was applied to this answer."));
  for (const { what, why } of exchange.ineffective) elements.push(make("p", {}, make("span", { class: "badge" }, what), ` has no effect: ${why}.`));
  return elements;
}
