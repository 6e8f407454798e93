// Markdown as elements: for answers that are written in it, and for the manual. Nothing becomes markup.

import { make } from "./dom.js";

const INLINE = /(`+)(.+?)\1|!\[([^\]]*)\]\(([^\s)]+)\)|\[((?:[^\]`]|`[^`]*`)+)\]\(([^\s)]+)\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s](?:[^*]*[^*\s])?)\*|\b_([^_\s](?:[^_]*[^_\s])?)_\b/gs;

const DEEPEST = 40; // what is nested deeper is shown as it is written

const isWeb = (address) => (/^https?:\/\//.test(address) ? address : null);

/**
 * What a text may have besides words: `link(address)` and `image(address)` say where those lead, or null; `code(text,
 * language)` makes the element of a block of code; `hasAnchors` lets headings be headings that links can name.
 */
const PLAIN = {
  link: isWeb,
  image: () => null,
  code: (text) => make("pre", { class: "code", tabindex: "0" }, text),
  hasAnchors: false,
  depth: 0,
};

const within = (options) => ({ ...options, depth: (options.depth ?? 0) + 1 });

function anchor(name, address, options) {
  const to = options.link(address);
  if (!to) return make("span", {}, ...inline(name, options));
  return make("a", isWeb(to) ? { href: to, rel: "noreferrer noopener", target: "_blank" } : { href: to }, ...inline(name, options));
}

function picture(words, address, options) {
  const from = options.image(address);
  return from ? make("img", { src: from, alt: words, class: "picture", loading: "lazy" }) : words;
}

function inline(text, around) {
  const options = within(around);
  if (options.depth > DEEPEST) return [text];
  const found = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, , code, words, source, name, address, strong, alsoStrong, em, alsoEm] = match;
    found.push(text.slice(at, match.index));
    if (code !== undefined) found.push(make("code", {}, code));
    else if (source) found.push(picture(words, source, options));
    else if (address) found.push(anchor(name, address, options));
    else if (strong ?? alsoStrong) found.push(make("strong", {}, ...inline(strong ?? alsoStrong, options)));
    else found.push(make("em", {}, ...inline(em ?? alsoEm, options)));
    at = match.index + whole.length;
  }
  return [...found, text.slice(at)];
}

/** Name a heading as GitHub does. */
const slug = (text) => text.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");

function heading(line, options) {
  const [, marks, text] = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  const words = inline(text, options);
  if (!options.hasAnchors) return make("p", { class: "md-head" }, ...words);
  const element = make(`h${marks.length}`, { id: slug(text.replace(/[`*]/g, "")) }, ...words);
  if (marks.length > 1) element.append(" ", make("a", { class: "anchor", href: `#${element.id}`, "aria-label": `Link to ${element.textContent.trim()}` }, "#"));
  return element;
}

/** The cells of a row; a bar within code is none between cells. */
function cells(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return (inner.match(/(?:`[^`]*`|\\.|[^|`\\]|`)*(?:\||$)/g) ?? []).slice(0, -1).map((cell) => cell.replace(/\|$/, "").replace(/\\\|/g, "|").trim());
}

function table(lines, options) {
  const rows = [];
  while (lines.length && lines[0].includes("|")) rows.push(lines.shift());
  const [head, , ...body] = rows;
  const row = (line, tag) => make("tr", {}, ...cells(line).map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, ...inline(cell, options))));
  return make("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": "Table" }, make("table", { class: "plain" }, make("thead", {}, row(head, "th")), make("tbody", {}, ...body.map((line) => row(line, "td")))));
}

const MARK = /^(\s*)([-*+]|\d+[.)])\s+/;

/** A list: each item has the lines up to the next mark as far to the left, without their indent. */
function list(lines, options) {
  const [, indent, mark] = MARK.exec(lines[0]);
  const isOrdered = /\d/.test(mark);
  const items = [];
  while (lines.length) {
    const found = MARK.exec(lines[0]);
    if (found && found[1].length <= indent.length) {
      if (/\d/.test(found[2]) !== isOrdered || found[1].length < indent.length) break;
      items.push([lines.shift().slice(found[0].length)]);
    } else if (lines[0].trim() && !/^\s/.test(lines[0]) && !items.at(-1).at(-1).trim()) break;
    else if (!lines[0].trim() && !/^\s+\S/.test(lines[1] ?? "") && !MARK.test(lines[1] ?? "")) break;
    else if (/^(#{1,6}\s|```|~~~)/.test(lines[0])) break;
    else items.at(-1).push(lines.shift().replace(/^\s{1,4}/, ""));
  }
  const start = isOrdered && Number.parseInt(mark, 10) !== 1 ? Number.parseInt(mark, 10) : null;
  return make(isOrdered ? "ol" : "ul", { start }, ...items.map((item) => {
    const blocks = markdown(item.join("\n"), options);
    return make("li", {}, ...(blocks.length && blocks[0].tagName === "P" ? [...blocks[0].childNodes, ...blocks.slice(1)] : blocks));
  }));
}

function fenced(lines, options) {
  const [, indent, fence, language] = /^(\s*)(`{3,}|~{3,})\s*(\S*)/.exec(lines.shift());
  const end = lines.findIndex((line) => line.trim().startsWith(fence));
  const code = lines.splice(0, end < 0 ? lines.length : end).map((line) => line.slice(Math.min(indent.length, line.search(/\S|$/))));
  lines.shift();
  return options.code(code.join("\n"), language);
}

const STARTS = /^(\s*([-*+]|\d+[.)])\s|#{1,6}\s|>|\s*(`{3}|~{3}))/;

function block(lines, options) {
  if (/^\s*(`{3,}|~{3,})/.test(lines[0])) return fenced(lines, options);
  if (/^#{1,6}\s/.test(lines[0])) return heading(lines.shift(), options);
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[0])) { lines.shift(); return make("hr"); }
  if (lines[0].includes("|") && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[1] ?? "")) return table(lines, options);
  if (MARK.test(lines[0])) return list(lines, options);
  if (lines[0].startsWith(">")) {
    const quoted = [];
    while (lines.length && lines[0].startsWith(">")) quoted.push(lines.shift().replace(/^>\s?/, ""));
    return make("blockquote", {}, ...markdown(quoted.join("\n"), options));
  }
  const words = [lines.shift()];
  while (lines.length && lines[0].trim() && !STARTS.test(lines[0])) words.push(lines.shift());
  return make("p", {}, ...inline(words.join("\n"), options));
}

/** Return the elements of a text. */
export function markdown(text, around = PLAIN) {
  const options = within(around);
  if (options.depth > DEEPEST) return [make("p", {}, text)];
  const lines = text.split("\n");
  const found = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else found.push(block(lines, options));
  }
  return found;
}
