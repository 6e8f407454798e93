// A textarea with line numbers, which marks lines and goes to them.

export class Editor {
  constructor(area, gutter) {
    this.area = area;
    this.gutter = gutter;
    this.marks = new Map();
    this.lines = 0;
    area.addEventListener("input", () => this.number());
    area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.number();
  }

  /** Mark lines: a map of their numbers to `error` or `warning`. */
  mark(marks) {
    this.marks = marks;
    this.number(true);
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

  number(anew = false) {
    const count = this.text.split("\n").length;
    if (count === this.lines && !anew) return;
    this.lines = count;
    const numbers = [];
    for (let line = 1; line <= count; line++) {
      const number = document.createElement("span");
      number.textContent = line;
      number.className = this.marks.get(line) ?? "";
      numbers.push(number);
    }
    const end = document.createElement("span"); // as far as the other one's scroll bar lets it scroll
    end.textContent = " \n ";
    this.gutter.replaceChildren(...numbers, end);
    this.gutter.scrollTop = this.area.scrollTop;
  }
}

/** Return a script with a rule, as an item of a list, on top of its rules. */
export function withRule(text, item) {
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
