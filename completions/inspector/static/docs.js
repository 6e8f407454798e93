// The manual: a page of it as elements, its examples ready to try, and a search in all of it.

import { commands } from "./curl.js";
import { copy, find, make, root } from "./dom.js";
import { markdown } from "./markdown.js";

const MOST = 30;
const base = root.replace(/(ns\/[^/]+\/)?_mock\/$/, "");

/** Where a link of the manual leads in the inspector: to another page, or as it is. */
function link(address) {
  if (/^(https?:|#)/.test(address)) return address;
  const [path, mark] = address.split("#");
  const name = path === "../README.md" ? "start" : path.replace(/^docs\//, "").replace(/\.md$/, "");
  if (!/^[\w-]+$/.test(name)) return null;
  return `${root}docs/${name === "README" ? "" : name}${mark ? `#${mark}` : ""}`;
}

const image = (address) => `${root}docs/images/${address.split("/").at(-1)}`;

/** A script of the manual as a whole: some show only rules. */
const whole = (text) => (/^(#.*\n)*version/.test(text) ? text : `version: 1\nrules:\n${text}`);

/** Take something along to another page of this window. */
function take(name, value, page) {
  sessionStorage.setItem(name, value);
  location.href = `${base}_mock/inspector/${page}?draft`;
}

/** An example, what it can be done with, and nothing that runs by itself. */
function code(text, language) {
  const button = (label, onclick) => make("button", { type: "button", class: "small", onclick }, label);
  const tries = language === "console" ? commands(text).map((command, index, all) =>
    button(all.length > 1 ? `Try ${index + 1}` : "Try it", () => take("request", JSON.stringify(command), "playground"))) : [];
  if (language === "yaml") tries.push(button("Open in the editor", () => take("script", whole(text), "script")));
  return make("div", { class: "example" }, make("pre", { class: "code", tabindex: "0" }, text), make("div", { class: "row" }, ...tries, button("Copy", () => copy(text))));
}

/** Bring what the address names into view, once it is there. */
function go() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.scrollIntoView();
}

function draw() {
  const doc = find("#doc");
  doc.replaceChildren(...markdown(find("pre", doc).textContent, { link, image, code, hasAnchors: true }));
  document.title = `${find("h1", doc)?.textContent ?? "Docs"} · mock`;
  go();
}

let pages = null;
let turn = 0;

/** The passage around a word, in a line. */
function passage(text, at, length) {
  const from = Math.max(0, text.lastIndexOf("\n", Math.max(0, at - 40)) + 1);
  const to = at + length + 60;
  return [text.slice(from, at), make("mark", {}, text.slice(at, at + length)), text.slice(at + length, to)];
}

async function search() {
  const words = find("#words").value.trim().toLowerCase();
  const mine = ++turn;
  pages ??= fetch(`${root}docs/pages.json`).then((response) => response.json()).then((found) => found.pages);
  const all = words.length > 1 ? await pages : [];
  if (mine !== turn) return;
  const hits = all.flatMap(({ name, title, text }) => {
    const at = text.toLowerCase().indexOf(words);
    return at < 0 ? [] : [make("li", {}, make("a", { href: `${root}docs/${name}` }, title), make("p", { class: "muted help" }, ...passage(text, at, words.length)))];
  });
  find("#found").hidden = words.length < 2;
  find("#index").hidden = words.length > 1;
  find("#found").replaceChildren(...(hits.length ? hits.slice(0, MOST) : [make("li", { class: "muted" }, "No page has these words.")]));
}

const wide = matchMedia("(min-width: 901px)");
const unfold = () => { find("#nav").open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();
if (wide.matches) find("#nav [aria-current]")?.scrollIntoView({ block: "nearest" });
find("#words").addEventListener("input", search);
find("#search").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, textarea")) return;
  event.preventDefault();
  find("#nav").open = true;
  find("#words").focus();
});
draw();
