// Markdown as elements, for answers that are written in it: blocks, lists, code, emphasis, and links that say where to.

import { make } from "./dom.js";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s](?:[^*]*[^*\s])?)\*|\b_([^_\s](?:[^_]*[^_\s])?)_\b|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

function inline(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, , code, strong, alsoStrong, em, alsoEm, name, address] = match;
    found.push(text.slice(at, match.index));
    if (code !== undefined) found.push(make("code", {}, code));
    else if (strong ?? alsoStrong) found.push(make("strong", {}, ...inline(strong ?? alsoStrong)));
    else if (em ?? alsoEm) found.push(make("em", {}, ...inline(em ?? alsoEm)));
    else found.push(make("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, name));
    at = match.index + whole.length;
  }
  return [...found, text.slice(at)];
}

const LISTS = { ul: /^\s*[-*+]\s+(.*)$/, ol: /^\s*\d+[.)]\s+(.*)$/ };

/** Take lines from the front while they are of a kind. */
function taken(lines, pattern) {
  const found = [];
  while (lines.length && pattern.test(lines[0])) found.push(pattern.exec(lines.shift())[1]);
  return found;
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const [head, , ...rows] = lines;
  const row = (line, tag) => make("tr", {}, ...cells(line).map((cell) => make(tag, {}, ...inline(cell))));
  return make("div", { class: "scroll-x" }, make("table", { class: "plain" }, make("thead", {}, row(head, "th")), make("tbody", {}, ...rows.map((line) => row(line, "td")))));
}

function block(lines) {
  const fence = /^\s*(`{3,}|~{3,})/.exec(lines[0]);
  if (fence) {
    lines.shift();
    const end = lines.findIndex((line) => line.trim().startsWith(fence[1]));
    const code = lines.splice(0, end < 0 ? lines.length : end);
    lines.shift();
    return make("pre", { class: "code", tabindex: "0" }, code.join("\n"));
  }
  const heading = /^#{1,6}\s+(.*?)#*$/.exec(lines[0]);
  if (heading) { lines.shift(); return make("p", { class: "md-head" }, ...inline(heading[1])); }
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[0])) { lines.shift(); return make("hr"); }
  if (/\|/.test(lines[0]) && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[1] ?? "")) return table(taken(lines, /^(.*\|.*)$/));
  for (const [tag, pattern] of Object.entries(LISTS)) {
    if (pattern.test(lines[0])) return make(tag, {}, ...taken(lines, pattern).map((item) => make("li", {}, ...inline(item))));
  }
  if (lines[0].startsWith(">")) return make("blockquote", {}, ...markdown(taken(lines, /^>\s?(.*)$/).join("\n")));
  const words = [lines.shift()];
  while (lines.length && lines[0].trim() && !/^(\s*([-*+]|\d+[.)])\s|#{1,6}\s|>|\s*(`{3}|~{3}))/.test(lines[0])) words.push(lines.shift());
  return make("p", {}, ...inline(words.join("\n")));
}

/** Return the elements of a text. */
export function markdown(text) {
  const lines = text.split("\n");
  const found = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else found.push(block(lines));
  }
  return found;
}
