// A thread as a waterfall: a line for each turn, from when it was asked to when its answer was out.

import { draw, make, root } from "./dom.js";
import { ms, tone } from "./display.js";

const LINE = 26;
const AXIS = 22;
const RIGHT = 64;

/** Say in a few words what came of a turn: the calls that it asked for, its text, or its error. */
export function gist({ tool_calls: calls, answer, error, status, fault }) {
  const words = calls.length ? calls.map(({ name, arguments: given }) => `${name}(${given})`).join(", ") : answer || (error ? `${status} ${error.message}` : "");
  const text = words || (fault ? fault : status ? `${status}` : "no response");
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}

/** A round step of time that leaves room for the labels. */
function step(total, width) {
  const rough = total / Math.max(1, Math.min(5, Math.floor(width / 80)));
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
}

function bars(turn, index, scale) {
  const y = index * LINE + 5;
  const from = scale(turn.at_ms);
  const first = turn.ttft_ms === null ? from : scale(turn.at_ms + turn.ttft_ms);
  const end = Math.max(scale(turn.at_ms + turn.duration_ms), from + 2);
  const kind = turn.fault ? "fault" : tone(turn.status);
  const link = draw("a", { href: `${root}inspector/exchanges/${turn.id}`, "aria-label": `Turn ${index + 1}: ${gist(turn)}, ${ms(turn.duration_ms)}` },
    draw("rect", { class: "w-hit", x: 0, y: index * LINE, width: end + RIGHT, height: LINE }),
    draw("rect", { class: `w-bar w-wait w-${kind}`, x: from, y, width: Math.max(first - from, 0), height: LINE - 10 }),
    draw("rect", { class: `w-bar w-${kind}`, x: first, y, width: Math.max(end - first, 2), height: LINE - 10, rx: 2 }),
    draw("text", { x: end + 6, y: y + 12 }, ms(turn.duration_ms)));
  return link;
}

function picture(thread, width) {
  const { turns } = thread;
  const total = Math.max(thread.duration_ms, 0.1);
  const scale = (at) => (Math.min(at, total) / total) * (width - RIGHT);
  const height = turns.length * LINE + AXIS;
  const svg = draw("svg", { width, height, role: "group", "aria-label": `Waterfall of ${turns.length} turns over ${ms(total)}` });
  for (let at = 0; at <= total; at += step(total, width - RIGHT)) {
    svg.append(draw("path", { class: "w-grid", d: `M${scale(at)} 0V${height - AXIS + 4}` }), draw("text", { x: scale(at), y: height - 4, "text-anchor": at ? "middle" : "start" }, ms(at).replace(".0 ms", " ms")));
  }
  svg.append(...turns.map((turn, index) => bars(turn, index, scale)));
  return svg;
}

/** Return the waterfall of a thread, which is as wide as its place. */
export function waterfall(thread) {
  const names = make("div", { class: "w-names", "aria-hidden": "true" }, ...thread.turns.map((turn, index) => make("div", { title: gist(turn), dir: "auto" }, `${index + 1}. ${gist(turn)}`)));
  const frame = make("div", { class: "w-frame" });
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth === width || !frame.clientWidth) return;
    width = frame.clientWidth;
    frame.replaceChildren(picture(thread, width));
  }).observe(frame);
  return make("div", { class: "waterfall" }, names, frame);
}
