// The script: its source with lint, its rules with their hits, a prompt to try, and a rule made of an exchange.

import { call } from "./api.js";
import { Completion } from "./complete.js";
import { copy, find, make, namespace, renew, root, say } from "./dom.js";
import { Editor, withRule } from "./editor.js";
import { follow } from "./follow.js";
import { inLines } from "./display.js";
import { showScenario, startScenarios } from "./scenario.js";
import { when } from "./time.js";

const field = (id) => find(`#${id}`);
const editor = new Editor(field("text"), field("gutter"), field("colours"));
new Completion(editor, field("offers"));
// YAML takes fewer characters as they stand than JSON does.
const json = (value) => JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

const tellOf = (error) => say(error.message);

let saved = "";
let linting = 0;
let waiting;

// Its source

const isChanged = () => editor.text !== saved;

function tell() {
  field("changed").hidden = !isChanged();
  field("save").disabled = !isChanged();
}

function take(state) {
  saved = inLines(state.text);
  editor.text = saved;
  field("source").textContent = state.source;
  field("source").hidden = state.pushed;
  field("pushed").hidden = !state.pushed;
  field("revert").hidden = !state.pushed;
  field("problem").textContent = state.problem ?? "";
  tell();
  return showRules(state.rules);
}

function problem({ kind, message, line }) {
  const go = line ? make("button", { type: "button", onclick: () => editor.go(line) }, `line ${line}`) : null;
  return make("li", {}, make("span", { class: `badge ${kind === "error" ? "bad" : "warn"}` }, kind), go, make("span", {}, message));
}

function showProblems(problems, rules) {
  const shown = problems.map(problem);
  if (!problems.length) shown.push(make("li", {}, make("span", { class: "badge ok" }, "ok"), `${rules} rule${rules === 1 ? "" : "s"}, no errors`));
  field("problems").replaceChildren(...shown);
  const marks = new Map();
  for (const { kind, line } of problems) if (line && marks.get(line) !== "error") marks.set(line, kind);
  editor.mark(marks);
  editor.area.setAttribute("aria-invalid", problems.some((each) => each.kind === "error"));
}

/** Have the text looked at; what comes back late is of an older text. */
async function lint() {
  const turn = ++linting;
  try {
    const found = await call("POST", "script/lint", json({ text: editor.text }));
    if (turn === linting) showProblems(found.problems, found.rules);
  } catch (error) {
    if (turn === linting) showProblems([{ kind: "error", message: error.message, line: null }], null);
  }
}

async function save() {
  if (!isChanged()) return;
  const text = editor.text;
  try {
    const { text: there } = await call("GET", "script");
    if (inLines(there) !== saved && !confirm("The script was changed elsewhere since this page read it. Save yours instead?")) return;
    const state = await call("PUT", "script", text);
    const since = editor.text;
    await Promise.all([take(state), showScenario()]);
    if (since !== text) editor.text = since; // it was typed meanwhile
    tell();
    say(`Saved to the namespace ${namespace}; its counters start from zero.`);
  } catch (error) {
    await lint();
    say(`Not saved: ${error.message}`);
    const line = find("#problems button");
    line?.focus();
  }
}

async function revert() {
  if (isChanged() && !confirm("Your unsaved changes will be lost. Go back to the server's own script?")) return;
  await take(await call("DELETE", "script"));
  await Promise.all([lint(), showScenario()]);
  say("The script file is in use again.");
}

function download() {
  const url = URL.createObjectURL(new Blob([editor.text], { type: "application/yaml" }));
  make("a", { href: url, download: `${namespace}.yaml` }).click();
  URL.revokeObjectURL(url);
}

// Its rules

/** Say which of a list of answers is next; the last one stays. */
function next({ uses, answers, times }) {
  if (uses === null || answers < 2 || (times !== null && uses >= times)) return "";
  return uses < answers - 1 ? `answer ${uses + 1} of ${answers} is next` : `the last of ${answers} answers stays`;
}

/** Return the line of a rule; where JSON in one line is shown in lines, that of its name. */
function lineOf({ name, line }) {
  const named = `"name": ${JSON.stringify(name)}`;
  return (saved.startsWith("{") && saved.split("\n").findIndex((each) => each.includes(named)) + 1) || line;
}

function rule(each, hit) {
  const line = each.line && lineOf(each);
  const name = line
    ? make("button", { type: "button", class: "name", title: `Line ${line}`, onclick: () => editor.go(line) }, each.name)
    : make("span", { class: "name" }, each.name);
  const last = hit?.last ? ["last at ", when(hit.last)] : hit ? ["never answered"] : [];
  const left = each.times === null ? [] : [`${each.uses} of ${each.times} times used`];
  const facts = [last, left, next(each)].filter((part) => part.length).flatMap((part, index) => [index ? " · " : "", ...[part].flat()]);
  const where = each.pushed ? make("span", { class: "badge accent" }, `pushed ${each.pushed}`) : null;
  const away = each.pushed
    ? make("button", { type: "button", class: "plain small", "aria-label": `Remove ${each.name}`, onclick: () => removeRule(each.name).catch(tellOf) }, "Remove")
    : null;
  const count = make("span", { class: "count end" }, hit ? `${hit.count} hit${hit.count === 1 ? "" : "s"}` : "");
  return make("li", {}, make("div", { class: "row" }, name, where, count, away), make("p", {}, ...facts));
}

async function showRules(rules) {
  const hits = await call("GET", "hits").then((found) => found.hits, () => null); // null: there is no journal
  const of = new Map((hits ?? []).map((each) => [each.rule, each]));
  const none = of.get(null);
  const items = rules.map((each) => rule(each, hits && (of.get(each.name) ?? { count: 0, last: null })));
  if (none) items.push(make("li", {}, make("div", { class: "row" }, make("span", { class: "badge bad" }, "unmatched"), make("span", { class: "count end" }, `${none.count} hit${none.count === 1 ? "" : "s"}`)), make("p", {}, "No rule matched; last at ", when(none.last))));
  if (!items.length) items.push(make("li", { class: "muted" }, "This script has no rules: its fallback answers everything."));
  renew(field("rules"), ...items);
  field("rules-count").textContent = rules.length ? `${rules.length}` : "";
}

async function removeRule(name) {
  await call("DELETE", `rules/${encodeURIComponent(name)}`);
  await refresh();
  say(`Removed ${name}.`);
}

/** Show the rules anew, and the text too where nobody is changing it. */
async function refresh() {
  const [state] = await Promise.all([call("GET", "script"), showScenario()]);
  if (isChanged() || inLines(state.text) === saved) return showRules(state.rules);
  await take(state);
  await lint();
}

// A prompt to try

function said({ reply, error, faults }) {
  const parts = [];
  for (const fault of faults ?? []) parts.push(make("p", {}, make("span", { class: "badge fault" }, `fault ${fault.name}`)));
  if (error) parts.push(make("pre", { class: "code" }, `${error.status} ${error.code ?? error.type}: ${error.message}`));
  for (const choice of reply?.choices ?? []) {
    const calls = choice.tool_calls.map((each) => `${each.name}(${each.arguments})`);
    const texts = [choice.reasoning && `reasoning: ${choice.reasoning}`, choice.refusal && `refusal: ${choice.refusal}`, choice.text, ...calls];
    parts.push(make("pre", { class: "code" }, texts.filter(Boolean).join("\n")));
  }
  return parts;
}

function step({ name, line, why }) {
  const title = line
    ? make("button", { type: "button", class: "name", onclick: () => editor.go(line) }, name)
    : make("span", { class: "name" }, name);
  const head = make("div", { class: "row" }, title, why === null ? make("span", { class: "badge ok end" }, "answers") : null);
  return make("li", { class: why === null ? "is-answer" : null }, head, why === null ? null : make("p", {}, why));
}

async function attempt(submitted) {
  submitted?.preventDefault();
  const content = field("try-text").value || field("try-text").placeholder;
  const request = { model: field("try-model").value, messages: [{ role: "user", content }] };
  try {
    const found = await call("POST", "script/try", json({ request, ...(isChanged() ? { text: editor.text } : {}) }));
    const who = found.rule !== null ? `${found.rule} answers:` : (found.refused ? "The API's own rules refuse it:" : "No rule matches, so this is the answer:");
    const title = make("p", { class: "row" }, make("strong", {}, who), isChanged() ? make("span", { class: "badge warn" }, "in the unsaved script") : null);
    field("tried").replaceChildren(title, ...said(found), make("ol", { class: "steps" }, ...found.rules.map(step)));
  } catch (error) {
    field("tried").replaceChildren(make("p", { class: "wrong" }, error.message));
  }
}

// A rule made of an exchange

async function recipe(id) {
  let text, made;
  const write = async () => {
    const isVerbatim = field("recipe-verbatim").checked;
    ({ text, rule: made } = await call("GET", `exchanges/${encodeURIComponent(id)}/rule${isVerbatim ? "?verbatim=true" : ""}`));
    field("recipe-text").textContent = text;
    field("recipe-problem").textContent = "";
  };
  await write();
  field("recipe").hidden = false;
  field("recipe-of").textContent = id;
  field("recipe-of").href = `${root}inspector/exchanges/${encodeURIComponent(id)}`;
  const close = () => { field("recipe").hidden = true; history.replaceState(null, "", location.pathname); };
  field("recipe-close").addEventListener("click", close);
  field("recipe-copy").addEventListener("click", () => copy(text, "Copied the rule"));
  field("recipe-verbatim").addEventListener("change", () => write().catch((error) => {
    field("recipe-verbatim").checked = !field("recipe-verbatim").checked;
    field("recipe-problem").textContent = error.message;
  }));
  field("recipe-insert").addEventListener("click", () => {
    const whole = withRule(editor.text, text, made);
    if (whole === null) return say("The rules of this script are not a list with lines of its own; copy the rule instead.");
    editor.text = whole;
    tell();
    lint();
    close();
    editor.go(editor.text.split("\n").findIndex((line) => /^\s*"?rules"?:/.test(line)) + 2);
  });
  field("recipe-push").addEventListener("click", async () => {
    try {
      const { rules } = await call("POST", "rules", json(made));
      close();
      await refresh();
      say(`Pushed ${rules[0]}.`);
    } catch (error) {
      tellOf(error);
    }
  });
}

function type() {
  tell();
  clearTimeout(waiting);
  waiting = setTimeout(lint, 200);
}

async function start() {
  editor.area.addEventListener("input", type);
  field("save").addEventListener("click", save);
  field("revert").addEventListener("click", () => revert().catch(tellOf));
  field("download").addEventListener("click", download);
  field("try").addEventListener("submit", attempt);
  addEventListener("keydown", (key) => {
    if (key.key.toLowerCase() === "s" && (key.ctrlKey || key.metaKey)) { key.preventDefault(); save(); }
  });
  addEventListener("beforeunload", (leaving) => { if (isChanged()) leaving.preventDefault(); });
  await Promise.all([call("GET", "script").then(take), startScenarios()]);
  const draft = new URLSearchParams(location.search).has("draft") && sessionStorage.getItem("script");
  if (draft) editor.text = draft;
  tell();
  await lint();
  const id = new URLSearchParams(location.search).get("exchange");
  if (id) await recipe(id).catch((error) => { field("problem").textContent = error.message; });
  const look = () => refresh().catch(() => {}); // what fails now is tried with the next exchange
  follow(look);
  addEventListener("focus", look); // another tab, or a test, may have changed it
}

start().catch((error) => { field("problem").textContent = error.message; });
