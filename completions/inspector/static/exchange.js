// The page of one exchange.

import { call } from "./api.js";
import { answered, asked } from "./conversation.js";
import { copy, find, make, root, say } from "./dom.js";
import { cost, count, ms, tone } from "./show.js";
import { address, curl, python } from "./snippets.js";
import { bubble, pretty } from "./talk.js";
import { timeline } from "./timeline.js";
import { why } from "./why.js";

const EVENTS = 400; // what is shown of a stream before one asks for all

function marks(exchange) {
  const badge = (kind, text) => make("span", { class: `badge ${kind}` }, text);
  return [
    badge(tone(exchange.status), exchange.status ? String(exchange.status) : "no response"),
    exchange.unmatched ? badge("bad", "unmatched") : exchange.rule ? badge("accent", `rule ${exchange.rule}`) : null,
    exchange.endpoint ? badge("", exchange.endpoint) : null,
    exchange.stream ? badge("", "stream") : null,
    exchange.retry ? badge("warn", `retry ${exchange.retry}`) : null,
    exchange.fault ? badge("fault", exchange.fault) : null,
    exchange.client_left ? badge("warn", "client left") : null,
  ].filter(Boolean);
}

function facts(exchange) {
  const { tokens } = exchange;
  const all = {
    Model: exchange.model,
    Time: new Date(exchange.time).toLocaleString(),
    "Tokens in → out": tokens ? `${count(tokens.prompt)} → ${count(tokens.completion)}` : "",
    Cost: cost(exchange.cost_usd),
    TTFT: ms(exchange.ttft_ms),
    Duration: ms(exchange.duration_ms),
    Sent: `${count(exchange.bytes)} bytes${exchange.stream ? `, ${count(exchange.chunks)} chunks` : ""}`,
    "Idempotency key": exchange.idempotency_key,
  };
  return Object.entries(all).filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", { class: "num" }, value)));
}

function table(headers) {
  const rows = Object.entries(headers).map(([name, value]) => make("tr", {}, make("th", { scope: "row", class: "mono" }, name), make("td", { class: "mono" }, value)));
  return make("details", { class: "fold" }, make("summary", {}, `${rows.length} headers`), make("table", { class: "plain" }, make("tbody", {}, ...rows)));
}

function stream(chunks) {
  const line = ({ at_ms: at, data }) => make("div", { class: "event" }, make("span", { class: "muted num" }, ms(at)), make("code", {}, data.trim()));
  const list = make("div", { class: "code events", tabindex: "0" }, ...chunks.slice(0, EVENTS).map(line));
  if (chunks.length > EVENTS) {
    const more = make("button", { class: "small", onclick: () => { more.remove(); list.append(...chunks.slice(EVENTS).map(line)); } }, `Show all ${chunks.length}`);
    return make("div", {}, list, more);
  }
  return list;
}

/** What went over the wire, and the button that copies it. */
function raw(name, part) {
  const { chunks, body, encoding } = part;
  const text = chunks ? chunks.map((each) => each.data).join("") : encoding === "json" ? JSON.stringify(body, null, 2) : body;
  const shown = chunks ? stream(chunks) : encoding === "json" ? pretty(body) : make("pre", { class: "code", tabindex: "0" }, text || "There is no body.");
  return [
    make("header", { class: "row" }, make("h2", {}, name), part.truncated ? make("span", { class: "badge warn" }, "cut by JOURNAL_MAX_BODY") : null,
      make("button", { class: "small end", onclick: () => copy(text, `${name} copied`) }, `Copy ${name.toLowerCase()}`)),
    table(part.headers),
    shown,
  ];
}

/** Copy the rule that the server makes of the exchange, or say why there can be none. */
async function copyRule(id) {
  say("Making the rule …");
  try {
    copy((await call("GET", `exchanges/${encodeURIComponent(id)}/rule`)).text, "Copied");
  } catch (error) {
    say(error.message);
  }
}

function show(exchange) {
  find("#title").textContent = `${exchange.method} ${address(exchange)}`;
  document.title = `${exchange.status} ${exchange.summary || exchange.path} · mock`;
  find("#marks").replaceChildren(...marks(exchange));
  find("#facts").replaceChildren(...facts(exchange));
  find("#talk").replaceChildren(...asked(exchange).map((each) => bubble(each)), ...answered(exchange).map((each) => bubble(each, true)));
  timeline(find("#timeline"), exchange);
  find("#request").replaceChildren(...raw("Request", exchange.request));
  find("#response").replaceChildren(...raw("Response", exchange.response));
  for (const [name, make_] of Object.entries({ curl, python })) find(`#copy-${name}`).addEventListener("click", () => copy(make_(exchange), "Copied"));
  find("#copy-rule").addEventListener("click", () => copyRule(exchange.id));
}

const place = find("#exchange");
const back = find("#back");
back.href = sessionStorage.getItem("list")?.startsWith(new URL(root, location.href).href) ? sessionStorage.getItem("list") : root;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.target.matches("input, textarea, select")) back.click();
});

try {
  const exchange = await call("GET", `exchanges/${encodeURIComponent(place.dataset.id)}`);
  show(exchange);
  find("#why").replaceChildren(...(await why(exchange)).filter(Boolean));
} catch (error) {
  if (find("#talk").childElementCount) say(error.message);
  else {
    place.replaceChildren(make("div", { class: "empty" }, make("h2", {}, "This exchange is not here"), make("p", { class: "muted" }, error.message), make("p", {}, make("a", { class: "button", href: root }, "All exchanges"))));
  }
} finally {
  place.removeAttribute("aria-busy");
}
