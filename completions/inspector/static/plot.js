// A plot over time in SVG: stacked bars or lines, with a cross that shows the values of a step.

import { draw, make } from "./dom.js";
import { tickLabel } from "./time.js";

const HEIGHT = 190;
const EDGE = { left: 56, right: 8, top: 10, bottom: 22 };

/** Round marks from 0 up to at least `most`, some four of them, no nearer to each other than `least`. */
export function marks(most, least = 0) {
  if (!(most > 0)) return [0, 1];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= Math.max(rough, least));
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step);
}

const LENGTHS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800]; // seconds

/** The round times among steps that have room for their labels: full minutes, quarters, hours, in the reader's own time. */
function roundTimes(steps, length, room) {
  const wanted = LENGTHS.find((each) => each >= length && (steps.length * length) / each <= room) ?? LENGTHS.at(-1);
  const local = (time) => new Date(time).getTime() / 1000 - new Date(time).getTimezoneOffset() * 60;
  const found = steps.flatMap(({ time }, index) => (local(time) % wanted < length && Math.floor(local(time) / wanted) * wanted >= local(time) - 1e-6 ? [index] : []));
  return found.length ? found : [0];
}

export class Plot {
  /**
   * `series` are `{name, tone, of: step => number or null}`, from the bottom up where they are stacked; `form` is
   * "bars" or "lines"; `write` makes a text of a value. `onPick(from, to)` is told of a step that was chosen, and
   * `onZoom(from, to)` of steps over which the pointer was drawn, by their times.
   */
  constructor({ title, series, form, write, onPick, onZoom }) {
    Object.assign(this, { series, form, write, title, onPick, onZoom, steps: [], length: 1, at: null, from: null });
    this.legend = make("div", { class: "legend" });
    this.svg = draw("svg", { role: "img", tabindex: "0" });
    this.card = make("section", { class: "card plot" }, make("h2", {}, title), this.legend, this.svg);
    this.svg.addEventListener("pointermove", (event) => this.point(this.indexAt(event)));
    this.svg.addEventListener("pointerdown", (event) => { this.from = this.indexAt(event); this.point(this.from); });
    this.svg.addEventListener("pointerup", (event) => this.choose(this.indexAt(event)));
    this.svg.addEventListener("pointerleave", () => { this.from = null; this.point(null); });
    this.svg.addEventListener("blur", () => this.point(null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.paint()).observe(this.svg);
  }

  show(steps, length) {
    this.steps = steps;
    this.length = length;
    if (this.at !== null) this.at = Math.min(this.at, steps.length - 1);
    this.paint();
  }

  get inner() {
    return Math.max(10, this.width - EDGE.left - EDGE.right);
  }

  x(index) {
    return EDGE.left + ((index + 0.5) * this.inner) / this.steps.length;
  }

  y(value) {
    return HEIGHT - EDGE.bottom - (value / this.top) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  indexAt(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left - EDGE.left;
    return Math.max(0, Math.min(this.steps.length - 1, Math.floor((x / this.inner) * this.steps.length)));
  }

  /** Take what was clicked on, or drawn over. */
  choose(index) {
    const { from } = this;
    this.from = null;
    if (from === null || !this.steps.length) return;
    const [first, last] = [Math.min(from, index), Math.max(from, index)];
    (first === last ? this.onPick : this.onZoom)(this.steps[first].time, this.endOf(last));
  }

  /** When a step ends. */
  endOf(index) {
    return new Date(new Date(this.steps[index].time).getTime() + this.length * 1000).toISOString();
  }

  key(event) {
    if (event.key === "Enter" && this.at !== null) this.onPick(this.steps[this.at].time, this.endOf(this.at));
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.steps.length) return;
    event.preventDefault();
    const from = this.at ?? (by > 0 ? -1 : this.steps.length);
    this.point(Math.max(0, Math.min(this.steps.length - 1, from + by)));
    this.svg.setAttribute("aria-label", `${this.title}, ${this.legend.textContent}`);
  }

  point(index) {
    if (index === this.at) return;
    this.at = index;
    this.paint();
  }

  paint() {
    this.width = this.svg.clientWidth;
    if (!this.width || !this.steps.length) return;
    const sum = (step) => this.series.reduce((all, { of }) => all + (of(step) ?? 0), 0);
    const most = (step) => Math.max(0, ...this.series.map(({ of }) => of(step) ?? 0));
    const ticks = marks(Math.max(...this.steps.map(this.form === "bars" ? sum : most)), this.form === "bars" ? 1 : 0);
    this.top = ticks.at(-1);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.svg.setAttribute("aria-label", this.summary());
    this.svg.replaceChildren(...this.grid(ticks), ...this.times(), ...this.cross(), ...(this.form === "bars" ? this.bars() : this.lines()));
    this.tell();
  }

  summary() {
    const named = this.series.map(({ name, of }) => `${name} up to ${this.write(Math.max(0, ...this.steps.map((step) => of(step) ?? 0)))}`);
    return `${this.title}: ${named.join(", ")}. The arrow keys go from step to step, and Enter to its exchanges.`;
  }

  grid(ticks) {
    return ticks.flatMap((value) => [
      draw("line", { class: "plot-grid", x1: EDGE.left, x2: this.width - EDGE.right, y1: this.y(value), y2: this.y(value) }),
      draw("text", { class: "plot-label", x: EDGE.left - 8, y: this.y(value) + 4, "text-anchor": "end" }, this.write(value)),
    ]);
  }

  times() {
    return roundTimes(this.steps, this.length, Math.max(2, Math.floor(this.inner / 90))).map((index) => {
      const anchor = this.x(index) < EDGE.left + 24 ? "start" : this.x(index) > this.width - 36 ? "end" : "middle";
      return draw("text", { class: "plot-label", x: this.x(index), y: HEIGHT - 6, "text-anchor": anchor }, tickLabel(this.steps[index].time, this.length));
    });
  }

  cross() {
    if (this.at === null) return [];
    const x = this.x(this.at);
    const from = this.from === null || this.from === this.at ? x : this.x(this.from);
    return [
      draw("rect", { class: "plot-range", x: Math.min(x, from), width: Math.abs(x - from), y: EDGE.top, height: HEIGHT - EDGE.bottom - EDGE.top }),
      draw("line", { class: "plot-cross", x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
    ];
  }

  bars() {
    const width = Math.max(1, Math.min(48, (this.inner / this.steps.length) * 0.76));
    return this.steps.flatMap((step, index) => {
      let below = 0;
      return this.series.flatMap(({ tone, of }) => {
        const value = of(step) ?? 0;
        if (!value) return [];
        const bottom = this.y(below);
        below += value;
        const height = Math.max(1, bottom - this.y(below));
        return [draw("rect", { class: `plot-bar tone-${tone}`, x: this.x(index) - width / 2, y: bottom - height, width, height, rx: Math.min(2, width / 4) })];
      });
    });
  }

  /** A line for each run of steps that have a value, and a dot for those that stand alone. */
  lines() {
    return this.series.flatMap(({ tone, of }) => {
      const points = this.steps.map((step, index) => ({ value: of(step), index })).filter(({ value }) => value !== null);
      if (!points.length) return [];
      const follows = (at) => at > 0 && points[at].index === points[at - 1].index + 1; // a gap stays open
      const path = points.map(({ value, index }, at) => `${follows(at) ? "L" : "M"}${this.x(index).toFixed(1)} ${this.y(value).toFixed(1)}`).join("");
      const isAlone = (at) => !follows(at) && (at === points.length - 1 || !follows(at + 1));
      const dots = points.filter(({ index }, at) => points.length <= 40 || index === this.at || isAlone(at));
      return [
        draw("path", { class: `plot-line tone-${tone}`, d: path }),
        ...dots.map(({ value, index }) => draw("circle", { class: `plot-dot tone-${tone}`, cx: this.x(index), cy: this.y(value), r: index === this.at ? 4.5 : 3 })),
      ];
    });
  }

  tell() {
    const step = this.at === null ? null : this.steps[this.at];
    const values = this.series.map(({ name, tone, of }) => {
      const value = step === null ? null : of(step);
      const text = step === null ? [] : [" ", make("b", {}, value === null ? "none" : this.write(value))];
      return make("span", { class: `tone-${tone}` }, name, ...text);
    });
    const when = step === null ? [] : [make("time", { class: "end", datetime: step.time, title: step.time }, make("b", {}, tickLabel(step.time, this.length)))];
    this.legend.replaceChildren(...values, ...when);
  }
}
