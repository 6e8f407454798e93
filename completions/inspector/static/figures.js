// The figures: plots over time, sums, and tables by model and by rule; they follow what happens.

import { call } from "./api.js";
import { find, make, renew, root } from "./dom.js";
import { follow } from "./follow.js";
import { Plot } from "./plot.js";
import { cost, count, ms } from "./display.js";

const STEPS = 60;

const field = (id) => find(`#${id}`);
const form = field("filters");
const short = (value) => (value >= 1e6 ? `${+(value / 1e6).toFixed(1)}M` : value >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : `${+value.toFixed(2)}`);
const time = (value) => (value >= 1000 ? `${+(value / 1000).toFixed(2)} s` : `${+value.toFixed(value < 10 ? 1 : 0)} ms`);
const middle = (name) => [
  { name: "median", tone: 0, of: (step) => step[name].p50 },
  { name: "95th percentile", tone: 2, of: (step) => step[name].p95 },
];

/** Go to the list of what a step has. */
function pick(from, to) {
  const given = filters();
  for (const name of ["span", "since", "until"]) given.delete(name);
  given.set("since", from);
  given.set("until", to);
  location.href = `${root}?${given}`;
}

/** Show a part of the time alone. */
function zoom(from, to) {
  zoomed = from && { since: from, until: to };
  keep();
  look();
}

const acts = { onPick: pick, onZoom: zoom };
const plots = [
  new Plot({
    ...acts, title: "Requests", form: "bars", write: short,
    series: [{ name: "answered", tone: 0, of: (step) => step.requests - step.errors }, { name: "errors", tone: 1, of: (step) => step.errors }],
  }),
  new Plot({
    ...acts, title: "Tokens", form: "bars", write: short,
    series: [{ name: "in", tone: 0, of: (step) => step.prompt_tokens }, { name: "out", tone: 3, of: (step) => step.completion_tokens }],
  }),
  new Plot({ ...acts, title: "Time to first token", form: "lines", write: time, series: middle("ttft_ms") }),
  new Plot({ ...acts, title: "Inter-token latency", form: "lines", write: time, series: middle("itl_ms") }),
];

let asked = 0;
let look;
let zoomed = null; // the part of the time that is shown, or all of it

function filters() {
  const given = new URLSearchParams();
  const { model, rule, span } = form.elements;
  if (model.value) given.set("model", model.value);
  if (rule.value) given.set("rule", rule.value);
  if (span.value) given.set("span", span.value);
  for (const [name, value] of Object.entries(zoomed ?? {})) given.set(name, value);
  return given;
}

function question() {
  const given = filters();
  const minutes = Number(given.get("span"));
  given.delete("span");
  if (minutes && !zoomed) given.set("since", new Date(Date.now() - minutes * 60000).toISOString());
  given.set("steps", STEPS);
  return given;
}

const total = (steps, name) => steps.reduce((sum, step) => sum + step[name], 0);

function tile(name, value, isBad = false) {
  return make("div", { class: "tile" }, make("dt", {}, name), make("dd", { class: isBad ? "is-bad" : null }, value));
}

function tiles(steps) {
  const requests = total(steps, "requests");
  const errors = total(steps, "errors");
  const unmatched = total(steps, "unmatched");
  const share = requests ? `${+((100 * errors) / requests).toFixed(1)} %` : "0 %";
  renew(field("tiles"),
    tile("Requests", count(requests)), tile("Errors", `${count(errors)} · ${share}`, errors > 0), tile("Unmatched", count(unmatched), unmatched > 0),
    tile("Faults", count(total(steps, "faults"))), tile("Tokens in", short(total(steps, "prompt_tokens"))),
    tile("Tokens out", short(total(steps, "completion_tokens"))), tile("Cost", cost(total(steps, "cost_usd")) || "$0"),
  );
}

function table(groups, key, title) {
  const heads = [title, "Requests", "Errors", "Tokens in", "Tokens out", "Cost", "TTFT median", "95th", "ITL median", "95th"];
  const head = make("tr", {}, ...heads.map((name, index) => make("th", { scope: "col", class: index ? "num" : null }, name)));
  const rows = groups.map((group) => {
    const values = [count(group.requests), count(group.errors), short(group.prompt_tokens), short(group.completion_tokens), cost(group.cost_usd)];
    const times = [group.ttft_ms.p50, group.ttft_ms.p95, group.itl_ms.p50, group.itl_ms.p95].map(ms);
    const link = make("a", { href: `${root}?${new URLSearchParams({ [key]: group[key] })}` }, group[key]);
    return make("tr", {}, make("td", {}, link), ...[...values, ...times].map((text) => make("td", { class: "num" }, text)));
  });
  if (!rows.length) return make("p", { class: "muted" }, "None.");
  return make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** Offer what is there, and keep what is chosen. */
function offer(select, names) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const name of names) if (!known.has(name)) select.append(make("option", { value: name }, name));
}

function length(seconds) {
  const [size, unit] = seconds < 60 ? [1, "second"] : seconds < 3600 ? [60, "minute"] : seconds < 86400 ? [3600, "hour"] : [86400, "day"];
  const number = seconds / size;
  return `each step is ${number} ${unit}${number === 1 ? "" : "s"}`;
}

function show(found) {
  const isEmpty = found.steps.length === 0;
  field("skeleton").hidden = true;
  field("zoomed").hidden = !zoomed;
  field("problem").hidden = true;
  field("figures").hidden = isEmpty;
  field("nothing").hidden = !isEmpty || filters().size > 0;
  field("none").hidden = !isEmpty || filters().size === 0;
  field("step").textContent = isEmpty ? "" : length(found.step_s);
  if (isEmpty) return;
  tiles(found.steps);
  for (const plot of plots) plot.show(found.steps, found.step_s);
  renew(field("by-model"), table(found.by_model, "model", "Model"));
  renew(field("by-rule"), table(found.by_rule, "rule", "Rule"));
  offer(form.elements.model, found.by_model.map((each) => each.model));
  offer(form.elements.rule, found.by_rule.map((each) => each.rule));
}

async function read() {
  const turn = ++asked;
  try {
    const found = await call("GET", `figures?${question()}`);
    if (turn === asked) show(found);
  } catch (error) {
    field("skeleton").hidden = true;
    field("problem").textContent = error.message;
    field("problem").hidden = false;
  }
}

function state(name) {
  field("pulse").dataset.state = name;
  field("pulse").textContent = name === "live" ? "Live" : "Reconnecting";
}

/** Keep the address as the page is. */
function keep() {
  const query = filters().toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

function start() {
  const given = new URLSearchParams(location.search);
  if (given.get("since") && given.get("until")) zoomed = { since: given.get("since"), until: given.get("until") };
  for (const name of ["model", "rule"]) {
    if (given.get(name)) offer(form.elements[name], [given.get(name)]);
  }
  for (const name of ["model", "rule", "span"]) form.elements[name].value = given.get(name) ?? "";
  form.addEventListener("change", (event) => {
    if (event.target.name === "span") zoomed = null;
    keep();
    look();
  });
  field("zoomed").addEventListener("click", () => zoom(null));
  field("all").addEventListener("click", () => { zoomed = null; form.reset(); form.dispatchEvent(new Event("change")); });
  field("plots").append(...plots.map((plot) => plot.card));
  look = follow(read, state);
  look();
}

start();
