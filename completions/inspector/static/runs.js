// The runs: each run of an agent as one thread with its waterfall, a verdict on the client, and the runs of tests.

import { call } from "./api.js";
import { answerTurns, requestTurns } from "./conversation.js";
import { find, make, namespace, renew, root } from "./dom.js";
import { follow } from "./follow.js";
import { cost, count, ms } from "./display.js";
import { cutEnd } from "./faultmarks.js";
import { bubble } from "./chat.js";
import { when } from "./time.js";
import { gist, waterfall } from "./waterfall.js";

const MOST = 50; // threads that are drawn
const EVERY = 3000; // milliseconds from one look at the namespaces to the next

const field = (id) => find(`#${id}`);
const open = new Set(); // the ids of the threads that are open
const first = new URLSearchParams(location.search).get("thread");
if (first) open.add(first);
const base = root.replace(/(ns\/[^/]+\/)?_mock\/$/, "");
const pageOf = (name, path = "") => (name === "default" ? `${base}_mock/${path}` : `${base}ns/${encodeURIComponent(name)}/_mock/${path}`);

// Threads

function facts(thread) {
  const { turns, tokens } = thread;
  const tools = turns.reduce((sum, each) => sum + each.tool_calls.length, 0);
  const failed = turns.filter((each) => each.status === 0 || each.status >= 400).length;
  return [
    `${turns.length} turn${turns.length === 1 ? "" : "s"}`, tools ? `${tools} tool call${tools === 1 ? "" : "s"}` : "", failed ? `${failed} failed` : "",
    `${count(tokens.total)} tokens`, cost(thread.cost_usd), ms(thread.duration_ms),
  ].filter(Boolean).join(" · ");
}

/** Show the whole conversation, which the last turn has. */
async function conversation(thread, place) {
  try {
    const exchange = await call("GET", `exchanges/${encodeURIComponent(thread.turns.at(-1).id)}`);
    const end = cutEnd(exchange);
    place.replaceChildren(...requestTurns(exchange).map((each) => bubble(each)), ...answerTurns(exchange).map((each) => bubble(each, { isAnswer: true, end })));
  } catch (error) {
    place.replaceChildren(make("p", { class: "muted" }, error.message));
  }
}

/** Keep the address of a thread while it is the one that is open. */
function keep(id) {
  history.replaceState(null, "", id ? `?thread=${encodeURIComponent(id)}` : location.pathname);
}

function item(thread) {
  const isOpen = open.has(thread.id);
  const talk = make("div", { class: "talk" });
  const list = make("ol", { class: "turns" }, ...thread.turns.map((turn, index) => make("li", {},
    make("a", { href: `${root}inspector/exchanges/${turn.id}` }, `${index + 1}. ${gist(turn)}`))));
  const body = make("div", { class: "thread-body" }, waterfall(thread), make("details", { class: "fold" }, make("summary", {}, "Turns"), list), make("h3", {}, "Conversation"), talk);
  const box = make("details", { class: "card thread", open: isOpen, "data-id": thread.id },
    make("summary", {}, make("span", { class: "thread-asked", dir: "auto" }, thread.asked || "No text"), make("span", { class: "muted num thread-facts" }, facts(thread), " · ", when(thread.time))), body);
  let isShown = false;
  const show = () => { if (!isShown) { isShown = true; conversation(thread, talk); } };
  if (isOpen) show();
  box.addEventListener("toggle", () => {
    if (box.open) { open.add(thread.id); keep(thread.id); show(); } else { open.delete(thread.id); if (box.isConnected) keep([...open].at(-1)); }
  });
  return box;
}

const shown = new Map(); // id: how many turns are drawn of it, and its element

/** Draw what is new or has grown; what somebody reads stays as it is. */
function threads(found) {
  const items = found.slice(0, MOST).map((thread) => {
    const known = shown.get(thread.id);
    if (known?.turns === thread.turns.length) return known.box;
    const box = item(thread);
    shown.set(thread.id, { turns: thread.turns.length, box });
    return box;
  });
  const place = field("threads");
  const isSame = place.childElementCount === items.length && items.every((each, index) => place.children[index] === each);
  if (!isSame) place.replaceChildren(...items);
  place.removeAttribute("aria-busy");
  field("nothing").hidden = found.length > 0;
  field("export").hidden = found.length === 0;
}

// The verdict

const MOST_LOST = 20;

const linked = (ids) => ids.flatMap((id, index) => [index ? ", " : "", make("a", { href: `${root}inspector/exchanges/${id}` }, `request ${index + 1}`)]);

function finding({ rule, message, guide, evidence }) {
  const links = linked(evidence);
  return make("li", {}, make("p", { class: "row" }, make("span", { class: "badge warn" }, rule), make("span", {}, message)), make("p", { class: "muted help" }, guide), make("p", { class: "help" }, ...links));
}

function lost(ids) {
  const told = ids.length === 1 ? "1 call got no answer in the end, which counts in the score." : `${count(ids.length)} calls got no answer in the end, which counts in the score.`;
  const more = ids.length > MOST_LOST ? [", …"] : [];
  return make("li", {}, make("p", { class: "row" }, make("span", { class: "badge warn" }, "no answer"), told), make("p", { class: "help" }, ...linked(ids.slice(0, MOST_LOST)), ...more));
}

function verdict({ requests, score, given_up: lostOnes, findings, text }) {
  field("verdict").hidden = requests === 0;
  field("verdict-facts").textContent = text.slice(0, text.indexOf(":"));
  field("verdict-score").textContent = `Score ${score} of 100`;
  field("verdict-score").className = `badge ${score === 100 ? "ok" : "warn"}`;
  const fine = make("p", { class: "row" }, make("span", { class: "badge ok" }, "ok"), "As far as its requests show, the client handles errors, limits and streams well.");
  const told = [...findings.map(finding), ...(lostOnes.length ? [lost(lostOnes)] : [])];
  renew(field("verdict-found"), told.length ? make("ul", { class: "findings" }, ...told) : fine);
}

// Tests and namespaces

const HEADS = ["Test or namespace", "Requests", "Unmatched", "Errors", "Faults", "Tokens", "Cost", "Time", "Last"];

function run({ namespace: name, requests, unmatched, errors, faults, prompt_tokens: into, completion_tokens: out, cost_usd: dollars, first: from, last }) {
  const values = [count(requests), unmatched, errors, faults].map((value, index) => make("td", { class: `num${index && value ? " is-bad" : ""}` }, String(value)));
  return make("tr", { "aria-current": name === namespace ? "true" : null },
    make("td", {}, make("a", { href: pageOf(name, "inspector/runs") }, name), " ", make("a", { class: "muted", href: pageOf(name), "aria-label": `The list of ${name}` }, "list")),
    ...values, ...[`${count(into)} → ${count(out)}`, cost(dollars), ms(new Date(last) - new Date(from)), when(last)].map((text) => make("td", { class: "num" }, text)));
}

async function spaces() {
  if (document.hidden) return;
  const { runs } = await call("GET", "runs");
  field("spaces").hidden = runs.length === 0 || (runs.length === 1 && runs[0].namespace === namespace);
  field("spaces-count").textContent = count(runs.length);
  const head = make("tr", {}, ...HEADS.map((name, index) => make("th", { scope: "col", class: index ? "num" : null }, name)));
  renew(field("spaces-table"), make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...runs.map(run))));
}

async function read() {
  try {
    const [found, judged] = await Promise.all([call("GET", "threads"), call("GET", "verdict")]);
    threads(found.threads);
    verdict(judged);
    field("problem").hidden = true;
  } catch (error) {
    field("problem").textContent = error.message;
    field("problem").hidden = false;
  }
}

follow(read, (name) => { field("pulse").dataset.state = name; field("pulse").textContent = name === "live" ? "Live" : "Reconnecting"; })();
spaces().catch(() => {});
setInterval(() => spaces().catch(() => {}), EVERY); // what fails is tried again
