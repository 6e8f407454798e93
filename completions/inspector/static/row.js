// A row of the live list.

import { draw, make, root } from "./dom.js";
import { cost, ms, tone } from "./display.js";
import { when } from "./time.js";

const BAR = 72;

/** The pace: how long the first token took, as a line, and then the stream. */
function pace({ ttft_ms: ttft, duration_ms: duration }) {
  if (ttft === null || !duration) return null;
  const wait = Math.round(Math.min(ttft / duration, 1) * (BAR - 5) * 10) / 10;
  return draw("svg", { width: BAR, height: 8, "aria-hidden": "true" },
    draw("rect", { class: "pace-wait", y: 3, width: wait, height: 2 }),
    draw("rect", { class: "pace-flow", x: wait + 1, width: BAR - 1 - wait, height: 8, rx: 2 }));
}

const badge = (kind, text) => make("span", { class: `badge ${kind}` }, text);

const status = (exchange) => (exchange.status ? String(exchange.status) : "cut");

/** What became of each attempt: `429 → 503 → 200`. */
function chain(attempts) {
  const steps = attempts.flatMap((each, index) => [index ? " → " : "", make("b", { class: tone(each.status) }, status(each))]);
  return make("span", { class: "chain num" }, ...steps);
}

function rule(exchange) {
  if (!exchange.unmatched) return [exchange.rule ?? (exchange.upstream ? "upstream" : "")];
  const nearest = exchange.near_misses[0];
  return [badge("quiet", "unmatched"), ...(nearest ? [" ", make("span", { class: "muted" }, `near ${nearest.rule}`)] : [])];
}

function link(exchange, attempts) {
  const cell = (name, ...content) => make("span", { class: `x-${name}` }, ...content);
  const { tokens } = exchange;
  return make("a", { class: "x", href: `${root}inspector/exchanges/${exchange.id}` },
    when(exchange.time, { class: "x-time num" }),
    cell(`status num ${tone(exchange.status)}`, status(exchange)),
    cell("rule", ...rule(exchange)),
    cell("text",
      make("span", { class: "x-said", dir: "auto" }, exchange.summary || `${exchange.method} ${exchange.path}`),
      attempts ? chain(attempts) : exchange.retry ? badge("warn", `retry ${exchange.retry}`) : null,
      exchange.error ? badge(tone(exchange.status), exchange.error.code ?? exchange.error.type) : null,
      exchange.fault ? badge("fault", exchange.fault) : null,
      exchange.client_left ? badge("warn", "client left") : null),
    cell("model", exchange.model ?? "", " ", make("span", { class: "muted" }, exchange.endpoint ?? "")),
    cell("tokens num", tokens ? `${tokens.prompt} → ${tokens.completion}` : ""),
    cell("cost num", cost(exchange.cost_usd)),
    cell("ttft num", ms(exchange.ttft_ms)),
    cell("duration num", ms(exchange.duration_ms)),
    cell("pace", pace(exchange)));
}

/** Make the row of an exchange, which may stand for several `attempts` of one call, or be one of them. */
export function row(exchange, { attempts = null, isAttempt = false, isOpen = false, onToggle } = {}) {
  const kind = [exchange.unmatched ? "is-unmatched" : "", isAttempt ? "is-attempt" : ""].filter(Boolean).join(" ");
  const unfold = attempts && make("button", {
    type: "button", class: "unfold", "aria-expanded": String(isOpen), "aria-label": `The ${attempts.length} attempts`, onclick: onToggle,
  });
  return make("li", { class: kind, "data-id": exchange.id }, unfold, link(exchange, attempts));
}
