// One exchange: on a page of its own, or beside the list.

import { call } from "./api.js";
import { answerTurns, requestTurns } from "./conversation.js";
import { copy, find, make, root, say } from "./dom.js";
import { Player } from "./play.js";
import { cost, count, ms, tone } from "./display.js";
import { address, curl, isRequest, isText, python } from "./snippets.js";
import { cutEnd } from "./faultmarks.js";
import { bubble } from "./chat.js";
import { when } from "./time.js";
import { timeline } from "./timeline.js";
import { why } from "./why.js";
import { raw } from "./wire.js";

function marks(exchange) {
  const badge = (kind, text) => make("span", { class: `badge ${kind}` }, text);
  return [
    badge(tone(exchange.status), exchange.status ? String(exchange.status) : "no response"),
    exchange.unmatched ? badge("bad", "unmatched") : exchange.rule ? badge("accent", `rule ${exchange.rule}`) : null,
    exchange.upstream ? badge("quiet", `upstream ${exchange.upstream}`) : null,
    exchange.cassette ? badge("quiet", `cassette ${exchange.cassette}`) : null,
    exchange.stage ? badge("quiet", `stage ${exchange.stage}`) : null,
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
    "Answered by": exchange.cassette ? `cassette ${exchange.cassette}` : exchange.upstream ? `upstream ${exchange.upstream}` : exchange.rule ? `rule ${exchange.rule}` : exchange.unmatched ? "fallback" : "",
    Model: exchange.model,
    Time: when(exchange.time, { hasDay: true }),
    "Tokens in → out": tokens ? `${count(tokens.prompt)} → ${count(tokens.completion)}` : "",
    Cost: cost(exchange.cost_usd),
    TTFT: ms(exchange.ttft_ms),
    Duration: ms(exchange.duration_ms),
    Sent: `${count(exchange.bytes)} bytes${exchange.stream ? `, ${count(exchange.chunks)} chunks` : ""}`,
    "Idempotency key": exchange.idempotency_key,
  };
  return Object.entries(all).filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", { class: "num" }, value)));
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

function talk(exchange, isMarkdown) {
  const end = cutEnd(exchange);
  const answers = answerTurns(exchange);
  return [
    ...requestTurns(exchange).map((each) => bubble(each, { isMarkdown })),
    ...(answers.length ? answers : [{ role: "assistant", parts: [] }]).map((each) => bubble(each, { isAnswer: true, isMarkdown, end })),
  ];
}

/** What shows an exchange within a place that has the elements of `detail.html`. */
export class Detail {
  #requestNumber = 0;
  #empty;
  #heading;

  constructor(place) {
    this.place = place;
    this.#empty = [...place.cloneNode(true).childNodes];
    this.#heading = find("#title", place).localName;
  }

  /** Fetch an exchange and show it; return it, or nothing where it is not there or another was asked for meanwhile. */
  async open(id) {
    const mine = ++this.#requestNumber;
    this.player?.stop();
    this.place.setAttribute("aria-busy", "true");
    try {
      const exchange = await call("GET", `exchanges/${encodeURIComponent(id)}`);
      if (mine !== this.#requestNumber) return null;
      this.show(exchange);
      const said = await why(exchange).catch((error) => [make("p", { class: "muted" }, error.message)]);
      if (mine !== this.#requestNumber) return null;
      find("#why", this.place).replaceChildren(...said.filter(Boolean));
      return exchange;
    } catch (error) {
      if (mine === this.#requestNumber) this.#missing(error.message);
      return null;
    } finally {
      if (mine === this.#requestNumber) this.place.removeAttribute("aria-busy");
    }
  }

  show(exchange) {
    const at = (id) => find(`#${id}`, this.place);
    if (!at("title")) this.place.replaceChildren(...this.#empty.map((node) => node.cloneNode(true)));
    const id = encodeURIComponent(exchange.id);
    at("title").textContent = `${exchange.method} ${address(exchange)}`;
    at("again").href = `${root}inspector/playground?exchange=${id}`;
    at("rule-from").href = `${root}inspector/script?exchange=${id}`;
    at("marks").replaceChildren(...marks(exchange));
    at("facts").replaceChildren(...facts(exchange));
    at("why").replaceChildren();
    const picture = timeline(at("timeline"), exchange);
    at("request").replaceChildren(...raw("Request", exchange.request, exchange));
    at("response").replaceChildren(...raw("Response", exchange.response, exchange));
    for (const [name, write] of Object.entries({ curl, python })) at(`copy-${name}`).onclick = () => copy(write(exchange), "Copied");
    for (const each of ["again", "copy-curl", "copy-python"]) at(each).hidden = !isRequest(exchange);
    at("again").hidden ||= !isText(exchange);
    at("copy-rule").onclick = () => copyRule(exchange.id);
    this.player = new Player(at("play"), at("talk"), picture, exchange);
    at("markdown").onclick = () => this.#talk(exchange, at("markdown").getAttribute("aria-pressed") !== "true");
    this.#talk(exchange, at("markdown").getAttribute("aria-pressed") === "true");
  }

  #talk(exchange, isMarkdown) {
    this.player.stop();
    find("#markdown", this.place).setAttribute("aria-pressed", String(isMarkdown));
    find("#talk", this.place).replaceChildren(...talk(exchange, isMarkdown));
  }

  #missing(message) {
    this.place.replaceChildren(make("div", { class: "empty" }, make(this.#heading, {}, "This exchange was not found"), make("p", { class: "muted" }, message), make("p", {}, make("a", { class: "button", href: root }, "All exchanges"))));
  }
}
