// A textarea with line numbers and colours, which marks lines and goes to them.

import { make } from "./dom.js";
import { readJson } from "./json.js";

// A comment, a key, a quoted text, a template's tag, a number or a word of YAML.
const TOKEN = /(^|\s)(#.*)$|([A-Za-z_][\w.-]*|"[^"]*")(?=\s*:(?:\s|$))|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(\{\{.*?\}\}|\{%.*?%\})|((?<=[\s:,[{]|^)(?:-?\d+(?:\.\d+)?|true|false|null|none)(?=[\s,\]}]|$))/g;
const KINDS = ["", "", "comment", "key", "text", "tag", "word"];

/** A line in colours. */
function coloured(line) {
  const found = [];
  let at = 0;
  for (const match of line.matchAll(TOKEN)) {
    const group = match.findIndex((each, index) => index > 1 && each !== undefined);
    const text = match[group];
    const start = match.index + match[0].length - text.length;
    found.push(line.slice(at, start), make("span", { class: `yaml-${KINDS[group]}` }, text));
    at = start + text.length;
  }
  return [...found, line.slice(at)];
}

export class Editor {
  constructor(area, gutter, colours) {
    Object.assign(this, { area, gutter, colours, marks: new Map(), shown: [] });
    area.addEventListener("input", () => this.draw());
    area.addEventListener("scroll", () => this.scroll());
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.draw();
  }

  /** Mark lines: a map of their numbers to `error` or `warning`. */
  mark(marks) {
    this.marks = marks;
    this.draw();
  }

  /** Select a line, and bring it into view. */
  go(line) {
    const lines = this.text.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    const height = this.area.scrollHeight / Math.max(lines.length, 1);
    this.area.scrollTop = Math.max(0, (line - 1) * height - this.area.clientHeight / 3);
  }

  /** Put a text in the place of what stands between two positions, so that it can be undone. */
  replace(start, end, text) {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) this.area.setRangeText(text, start, end, "end");
    this.draw();
  }

  scroll() {
    this.gutter.scrollTop = this.area.scrollTop;
    this.colours.scrollTop = this.area.scrollTop;
    this.colours.scrollLeft = this.area.scrollLeft;
  }

  /** Draw the lines that have changed. */
  draw() {
    const lines = this.text.split("\n");
    lines.forEach((text, index) => {
      const kind = this.marks.get(index + 1) ?? "";
      const known = this.shown[index];
      if (known?.text === text && known.kind === kind) return;
      const number = make("span", { class: kind || null }, String(index + 1));
      const line = make("span", { class: kind ? `line is-${kind}` : "line" }, ...coloured(text), "\n");
      if (known) { known.number.replaceWith(number); known.line.replaceWith(line); }
      else { this.gutter.append(number); this.colours.append(line); }
      this.shown[index] = { text, kind, number, line };
    });
    for (const { number, line } of this.shown.splice(lines.length)) { number.remove(); line.remove(); }
    this.scroll();
  }
}

/** Return a script with a rule on top of its rules: as an item of a list in YAML, or in JSON the rule itself. */
export function withRule(text, item, rule) {
  if (/^\s*\{/.test(text)) {
    try {
      const script = readJson(text);
      return JSON.stringify({ ...script, rules: [rule, ...script.rules] }, null, 2);
    } catch {
      return null;
    }
  }
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^rules:\s*(\[\s*\])?\s*(#.*)?$/.test(line));
  if (at < 0) {
    if (lines.some((line) => /^["']?rules["']?\s*:/.test(line))) return null; // written in a line, or as JSON
    return `${text.trimEnd() || "version: 1"}\nrules:\n${indented(item, "  ")}`;
  }
  const next = lines.slice(at + 1).find((line) => /^\s*-(\s|$)/.test(line));
  lines[at] = "rules:";
  lines.splice(at + 1, 0, indented(item, next ? next.match(/^\s*/)[0] : "  ").trimEnd());
  return lines.join("\n");
}

const indented = (text, by) => text.split("\n").map((line) => (line ? by + line : line)).join("\n");
