// The live list: rows that arrive by themselves, filters in the address, keys, and a panel with an exchange.

import { call } from "./api.js";
import { SidePanel } from "./sidepanel.js";
import { copy, find, make, namespace, root, say } from "./dom.js";
import { whenLost } from "./follow.js";
import "./recording.js";
import { Rows, move, offer } from "./rows.js";
import { count } from "./display.js";

const PAGE = 200;
const MAX_HELD = 2000;
const COUNT_INTERVAL = 2000; // milliseconds from one count to the next, at the least
const SUGGESTED_FILTERS = ["model", "rule", "status", "endpoint"];
const form = find("#filters");
const list = find("#rows");
const rows = new Rows(list);
const panel = new SidePanel(find("#beside"), (id) => { rows.select(id); updateAddress(); });
const first = JSON.parse(find("#first").textContent);
const unshown = JSON.parse(find("#given").textContent); // the filters of the address; some have no field, as `path`
const held = []; // new exchanges that would have moved the rows while they are read
let source = null;
let requestNumber = 0;
let isOver = false; // whether a mouse is over the list
let counts = null; // how many there are of this kind, and how many of all

const follows = () => find("#follow").getAttribute("aria-pressed") === "true";

function filters() {
  const given = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value && name !== "namespace") given.set(name, value);
  for (const [name, value] of Object.entries(unshown)) {
    if (!form.elements.namedItem(name)) given.set(name, String(value));
  }
  return given;
}

/** Put the filters and the open exchange into the address. */
function updateAddress() {
  const given = filters();
  if (panel.id) given.set("exchange", panel.id);
  history.replaceState(null, "", given.size ? `${root}?${given}` : root);
}

function updateStatus() {
  const isFiltered = filters().size > 0;
  find("#shown").textContent = !counts ? "" : isFiltered ? `${count(counts.some)} of ${count(counts.all)}` : count(counts.all);
  find("#follow").textContent = follows() ? "Follow" : "Paused";
  find("#fresh").hidden = held.length === 0;
  find("#fresh").textContent = `${count(held.length)} new ↑`;
  find("#list").hidden = rows.size === 0;
  find("#nothing").hidden = rows.size > 0 || isFiltered;
  find("#none").hidden = rows.size > 0 || !isFiltered;
}

let counting = null;

/** Count after a delay, or without one at once; ignore answers to earlier requests. */
function scheduleCount(wait = COUNT_INTERVAL) {
  if (wait === 0) {
    clearTimeout(counting);
    counting = null;
  }
  const mine = counting ??= setTimeout(async () => {
    try {
      const given = filters();
      const had = rows.size;
      const [some, all] = await Promise.all([call("GET", `exchanges/count?${given}`), given.size ? call("GET", "exchanges/count") : null]);
      if (mine !== counting) return;
      counts = { some: some.count, all: (all ?? some).count };
      for (const name of SUGGESTED_FILTERS) for (const value of Object.keys((all ?? some)[`by_${name}`])) offer(form.elements[name], value);
      updateStatus();
      if (some.count < had && mayMove()) load({ anew: true }); // some were deleted elsewhere
    } catch (error) {
      say(error.message);
    } finally {
      if (mine === counting) counting = null;
    }
  }, wait);
}

function state(name, text) {
  const pulse = find("#pulse");
  pulse.dataset.state = name;
  pulse.textContent = text;
}

/** Return whether rows may move: the page is at its top, and no mouse is over them. */
const mayMove = () => follows() && !isOver && scrollY < 8;

/** Show the rows that were held back. */
function release() {
  rows.add(held.splice(0));
  if (panel.id) rows.select(panel.id);
  updateStatus();
}

function arrive({ exchanges }) {
  for (const each of exchanges) for (const name of SUGGESTED_FILTERS) offer(form.elements[name], String(each[name] ?? ""));
  held.push(...exchanges);
  if (held.length > MAX_HELD) held.splice(0, held.length - MAX_HELD);
  if (mayMove() || rows.size === 0) release();
  else updateStatus();
  scheduleCount();
}

/** Listen for exchanges after the newest row; a hidden page closes its connection. */
function listen() {
  source?.close();
  if (document.hidden) return;
  const given = filters();
  const newest = held.at(-1)?.id ?? rows.newest;
  if (newest) given.set("since", newest);
  const mine = source = new EventSource(`${root}exchanges/events?${given}`);
  source.onopen = () => { state("live", "Live"); if (!newest) load(); };
  source.onmessage = (event) => arrive(JSON.parse(event.data));
  source.addEventListener("lost", () => load({ anew: true }));
  whenLost(mine, () => state("lost", "Reconnecting"), () => mine === source && listen());
}

/** Load the list; ignore answers to earlier requests. */
async function load({ anew = false } = {}) {
  const mine = ++requestNumber;
  try {
    const { exchanges, more } = await call("GET", `exchanges?limit=${PAGE}&${filters()}`);
    if (mine !== requestNumber) return;
    if (anew) rows.clear();
    rows.add(exchanges.reverse());
    if (panel.id) rows.select(panel.id);
    find("#more").hidden = !more;
    scheduleCount(0);
    updateStatus();
  } catch (error) {
    state("lost", "Not there");
    say(error.message);
  }
}

async function change() {
  updateAddress();
  held.length = 0;
  counts = null; // those of other filters
  await load({ anew: true });
  listen();
}

async function namespaces() {
  const { namespaces: found } = await call("GET", "namespaces");
  const select = form.elements.namespace;
  for (const name of [...new Set(["default", namespace, ...found])]) {
    select.append(make("option", { value: name, selected: name === namespace }, name));
  }
  select.hidden = select.options.length < 2;
}

function follow(isOn = !follows()) {
  find("#follow").setAttribute("aria-pressed", String(isOn));
  if (mayMove()) release();
  updateStatus();
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

/** Go to the next row, or to the one before it; what is open beside the list goes along. Older ones are fetched where it ends. */
async function step(by) {
  let item = move(list, by);
  if (!item && by > 0 && !find("#more").hidden) {
    await older();
    item = move(list, by);
  }
  if (item && panel.id) panel.open(item.dataset.id, { soon: true });
}

function leave() {
  const row = panel.id && rows.select(panel.id);
  if (!panel.id) return document.activeElement?.blur();
  panel.close();
  row?.querySelector("a").focus();
}

const KEYS = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1), "/": () => form.elements.search.focus(), p: () => follow(),
  l: () => document.activeElement?.closest("#rows > li")?.querySelector(".unfold")?.click(),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") return isTyping ? event.target.blur() : leave();
  const isScrolling = event.key.startsWith("Arrow") && event.target.closest("#beside");
  if (isTyping || isScrolling || !KEYS[event.key]) return;
  KEYS[event.key]();
  event.preventDefault();
}

let coming = null;

/** Fetch the page of rows after the last, once for all who ask meanwhile. */
function older() {
  const fetched = async () => {
    const { exchanges, more } = await call("GET", `exchanges?limit=${PAGE}&before=${rows.oldest}&${filters()}`);
    rows.append(exchanges);
    find("#more").hidden = !more;
    updateStatus();
  };
  coming ??= fetched().catch((error) => say(error.message)).finally(() => { coming = null; });
  return coming;
}

/** Open a row beside the list, where there is room; a new tab stays a new tab. */
function click(event) {
  const link = event.target.closest("a.x");
  if (!link) return;
  sessionStorage.setItem("list", location.href);
  if (event.ctrlKey || event.metaKey || event.shiftKey || !panel.hasRoom) return;
  event.preventDefault();
  panel.open(link.closest("li").dataset.id);
}

let typing;
form.addEventListener("input", (event) => {
  if (event.target.name === "namespace") {
    const at = root.replace(/(ns\/[^/]+\/)?_mock\/$/, "");
    location.href = event.target.value === "default" ? `${at}_mock/` : `${at}ns/${event.target.value}/_mock/`;
    return;
  }
  if (event.target.name === "status_class" && event.target.checked) { // one hundred at a time
    form.querySelectorAll("[name=status_class]").forEach((each) => { each.checked = each === event.target; });
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
find("#fresh").addEventListener("click", () => { scrollTo({ top: 0 }); release(); });
find("#close").addEventListener("click", leave);
document.addEventListener("keydown", key);
document.addEventListener("visibilitychange", () => (document.hidden ? source?.close() : listen()));
addEventListener("focus", () => scheduleCount(0));
addEventListener("scroll", () => { if (held.length && mayMove()) release(); }, { passive: true });
find("#list").addEventListener("pointerover", (event) => { isOver = event.pointerType === "mouse"; });
find("#list").addEventListener("pointerleave", () => { isOver = false; if (held.length && mayMove()) release(); });
list.addEventListener("click", click);

rows.add(first.reverse());
find("#more").hidden = rows.size < 100;
updateStatus();
panel.start();
listen();
scheduleCount(0);
namespaces().catch((error) => say(error.message));
