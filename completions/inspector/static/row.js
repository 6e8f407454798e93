// A row of the live list. The template `live.html` writes the first ones in the same way.

import { draw, make, root } from "./dom.js";
import { clock, cost, ms, tone } from "./show.js";

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

function rule(exchange) {
  if (!exchange.unmatched) return [exchange.rule ?? ""];
  const nearest = exchange.near_misses[0];
  return [badge("bad", "unmatched"), ...(nearest ? [" ", make("span", { class: "muted" }, `near ${nearest.rule}`)] : [])];
}

/** Make the row; one that `follows` is a later try of the row above it. */
export function row(exchange, follows) {
  const cell = (name, ...content) => make("span", { class: `x-${name}` }, ...content);
  const { tokens } = exchange;
  const kind = `${exchange.unmatched ? "is-unmatched" : ""}${follows ? " is-retry" : ""}`;
  return make("li", { class: kind },
    make("a", { class: "x", href: `${root}inspector/exchanges/${exchange.id}` },
      make("time", { class: "x-time num", datetime: exchange.time, title: exchange.time }, clock(exchange.time)),
      cell(`status num ${tone(exchange.status)}`, exchange.status ? String(exchange.status) : "cut"),
      cell("rule", ...rule(exchange)),
      cell("text",
        make("span", { class: "x-said", dir: "auto" }, exchange.summary || `${exchange.method} ${exchange.path}`),
        exchange.retry ? badge("warn", `retry ${exchange.retry}`) : null,
        exchange.fault ? badge("fault", exchange.fault) : null,
        exchange.client_left ? badge("warn", "client left") : null),
      cell("model", exchange.model ?? "", " ", make("span", { class: "muted" }, exchange.endpoint ?? "")),
      cell("tokens num", tokens ? `${tokens.prompt} → ${tokens.completion}` : ""),
      cell("cost num", cost(exchange.cost_usd)),
      cell("ttft num", ms(exchange.ttft_ms)),
      cell("duration num", ms(exchange.duration_ms)),
      cell("pace", pace(exchange))));
}
