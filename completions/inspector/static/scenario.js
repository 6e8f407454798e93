// The scenario of a namespace: which runs and where it is, and those that can be started.

import { call } from "./api.js";
import { find, make, renew, say } from "./dom.js";
import { clock } from "./time.js";

const EVERY = 1000; // milliseconds from one look at a running clock to the next

const field = (id) => find(`#scenario-${id}`);
let waiting;

let offered = "";

/** Offer the scenarios that there are; what the reader has chosen stays chosen. */
function offer({ known, own, scenario }) {
  const now = JSON.stringify([known, own]);
  if (now === offered) return;
  const chosen = offered ? field("name").value : scenario?.name;
  offered = now;
  const group = (label, names) => names.length && make("optgroup", { label }, ...names.map((name) => make("option", { value: name, selected: name === chosen }, name)));
  field("name").replaceChildren(...[group("Of this script", own), group("Built in", known.filter((name) => !own.includes(name)))].filter(Boolean));
}

function stage(name, at, now) {
  const state = at === now ? "runs" : at < now ? "over" : "";
  return make("li", { class: at === now ? "is-answer" : "muted", "aria-current": at === now ? "step" : null },
    make("div", { class: "row" }, make("span", {}, name), state ? make("span", { class: `badge ${state === "runs" ? "ok" : "quiet"} end` }, state) : null));
}

function told({ name, counted, repeat, speed, started_at: started }) {
  const way = counted ? "by requests" : speed === 1 ? "by the clock" : `by a clock ${speed} times as fast`;
  return [name, `since ${clock(new Date(started * 1000).toISOString())}`, way, repeat ? "repeating" : ""].filter(Boolean).join(" · ");
}

function show(state) {
  const { scenario, pushed } = state;
  offer(state);
  field("stop").disabled = !scenario;
  field("own").hidden = !pushed;
  field("told").textContent = scenario ? told(scenario) : "No scenario is running: the rules alone decide.";
  const now = scenario ? scenario.stages.indexOf(scenario.stage) : -1;
  renew(field("stages"), ...(scenario?.stages ?? []).map((name, at) => stage(name, at, now)));
  clearTimeout(waiting);
  if (scenario && !scenario.counted && !document.hidden) waiting = setTimeout(() => showScenario().catch(() => {}), EVERY);
}

/** Show the scenario as it is now. */
export async function showScenario() {
  show(await call("GET", "scenario"));
}

async function change(method, body, done) {
  try {
    show(await call(method, "scenario", body));
    say(done);
  } catch (error) {
    say(error.message);
  }
}

function begin(submitted) {
  submitted.preventDefault();
  const name = field("name").value;
  const speed = Number(field("speed").value);
  return change("PUT", JSON.stringify(speed === 1 ? { name } : { name, speed }), `Started ${name}.`);
}

export function startScenarios() {
  field("form").addEventListener("submit", begin);
  field("stop").addEventListener("click", () => change("PUT", "null", "Stopped."));
  field("own").addEventListener("click", () => change("DELETE", undefined, "The script's own scenario applies again."));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) showScenario().catch(() => {}); });
  return showScenario();
}
