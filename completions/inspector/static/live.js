// The live list: rows that come by themselves, filters that live in the address, keys.

import { call } from "./api.js";
import { copy, find, make, namespace, root, say } from "./dom.js";
import { Rows, move, offer } from "./rows.js";
import { count } from "./show.js";

const PAGE = 200;
const form = find("#filters");
const list = find("#rows");
const rows = new Rows(list);
const first = JSON.parse(find("#first").textContent);
const unshown = JSON.parse(find("#given").textContent); // the filters of the address; some have no field, as `path`
const held = []; // what came while nobody followed
let source = null;
let skipped = 0;
let asked = 0;

const follows = () => find("#follow").getAttribute("aria-pressed") === "true";

function filters() {
  const given = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value && name !== "namespace") given.set(name, value);
  for (const [name, value] of Object.entries(unshown)) {
    if (!form.elements.namedItem(name)) given.set(name, String(value));
  }
  return given;
}

function tell() {
  find("#shown").textContent = rows.size ? `${count(rows.size)} shown${skipped ? `, ${count(skipped)} left out` : ""}` : "";
  find("#follow").textContent = follows() ? "Follow" : held.length ? `Paused · ${held.length} new` : "Paused";
  const isFiltered = filters().size > 0;
  find("#list").hidden = rows.size === 0;
  find("#nothing").hidden = rows.size > 0 || isFiltered;
  find("#none").hidden = rows.size > 0 || !isFiltered;
}

function state(name, text) {
  const pulse = find("#pulse");
  pulse.dataset.state = name;
  pulse.textContent = text;
}

function arrive({ exchanges, skipped: more }) {
  skipped += more;
  for (const each of exchanges) {
    for (const name of ["model", "rule", "status"]) offer(form.elements[name], String(each[name] ?? ""));
  }
  if (follows()) rows.add(exchanges);
  else held.push(...exchanges);
  tell();
}

/** Listen for what comes after the newest row. A page that nobody looks at gives its connection back. */
function listen() {
  source?.close();
  if (document.hidden) return;
  const given = filters();
  const newest = held.at(-1)?.id ?? rows.newest;
  if (newest) given.set("since", newest);
  source = new EventSource(`${root}exchanges/events?${given}`);
  source.onopen = () => { state("live", "Live"); if (!newest) load(); };
  source.onerror = () => state("lost", "Reconnecting");
  source.onmessage = (event) => arrive(JSON.parse(event.data));
  source.addEventListener("lost", () => load({ anew: true }));
}

/** Read the list; what is answered after a later question counts no more. */
async function load({ anew = false } = {}) {
  const mine = ++asked;
  try {
    const { exchanges, more } = await call("GET", `exchanges?limit=${PAGE}&${filters()}`);
    if (mine !== asked) return;
    if (anew) rows.clear();
    rows.add(exchanges.reverse());
    find("#more").hidden = !more;
    tell();
  } catch (error) {
    state("lost", "Not there");
    say(error.message);
  }
}

async function change() {
  const given = filters();
  history.replaceState(null, "", given.size ? `${root}?${given}` : root);
  held.length = 0;
  skipped = 0;
  await load({ anew: true });
  listen();
}

async function options() {
  const totals = await call("GET", "exchanges/count");
  for (const name of ["model", "rule", "status"]) {
    for (const value of Object.keys(totals[`by_${name}`])) offer(form.elements[name], value);
  }
  const { namespaces } = await call("GET", "namespaces");
  const select = form.elements.namespace;
  for (const name of [...new Set(["default", namespace, ...namespaces])]) {
    select.append(make("option", { value: name, selected: name === namespace }, name));
  }
  select.hidden = select.options.length < 2;
}

function follow(isOn = !follows()) {
  find("#follow").setAttribute("aria-pressed", String(isOn));
  if (isOn) rows.add(held.splice(0));
  tell();
}

async function clear() {
  const given = filters();
  const what = given.size ? "the exchanges that match the filters" : "all exchanges of this namespace";
  if (!confirm(`Delete ${what} from the journal?`)) return;
  const { deleted } = await call("DELETE", `exchanges?${given}`);
  say(`${deleted} deleted`);
  held.length = 0;
  await load({ anew: true });
  listen();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") document.activeElement?.blur();
  if (isTyping) return;
  if (event.key === "j" || event.key === "ArrowDown") move(list, 1);
  else if (event.key === "k" || event.key === "ArrowUp") move(list, -1);
  else if (event.key === "/") form.elements.search.focus();
  else if (event.key === "p") follow();
  else return;
  event.preventDefault();
}

async function older() {
  const { exchanges, more } = await call("GET", `exchanges?limit=${PAGE}&before=${rows.oldest}&${filters()}`);
  rows.append(exchanges);
  find("#more").hidden = !more;
  tell();
}

let typing;
form.addEventListener("input", (event) => {
  if (event.target.name === "namespace") {
    const at = root.replace(/(ns\/[^/]+\/)?_mock\/$/, "");
    location.href = event.target.value === "default" ? `${at}_mock/` : `${at}ns/${event.target.value}/_mock/`;
    return;
  }
  clearTimeout(typing);
  typing = setTimeout(change, event.target.type === "search" ? 150 : 0);
});
form.addEventListener("submit", (event) => event.preventDefault());
find("#follow").addEventListener("click", () => follow());
find("#clear").addEventListener("click", clear);
find("#more").addEventListener("click", older);
find("#all").addEventListener("click", () => { location.href = root; });
find("#copy-try").addEventListener("click", () => copy(find("#try").textContent));
document.addEventListener("keydown", key);
document.addEventListener("visibilitychange", () => (document.hidden ? source?.close() : listen()));
list.addEventListener("click", () => sessionStorage.setItem("list", location.href));

list.replaceChildren();
rows.add(first.reverse());
find("#more").hidden = rows.size < 100;
tell();
listen();
options().catch((error) => say(error.message));
