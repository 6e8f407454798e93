// A diagram of a stream: when each chunk was due (above), when it was sent (below), and the faults.

import { draw, make } from "./dom.js";
import { ms } from "./display.js";
import { faultPositions } from "./faultmarks.js";

const HEIGHT = 132;
const ROOM = 36; // above a whole answer, where nothing is marked
const LEFT = 52;
const RIGHT = 16;

function step(total) {
  const rough = total / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
}

const text = (x, y, words, attributes = {}) => draw("text", { x, y, ...attributes }, words);

function axis(scale, total, width) {
  const group = draw("g", { class: "t-axis" }, draw("path", { d: `M${LEFT} 104H${width - RIGHT}` }));
  for (let at = 0; at <= total; at += step(total)) {
    group.append(draw("path", { d: `M${scale(at)} 104v4` }), text(scale(at), 122, ms(at).replace(".0 ms", " ms"), { "text-anchor": scale(at) > width - 24 ? "end" : "middle" }));
  }
  return group;
}

const ticks = (times, scale, y, kind) => draw("path", { class: kind, d: times.map((at) => `M${scale(at).toFixed(1)} ${y}v20`).join("") });

/** What went wrong, and after how many milliseconds: a fault before the event that it kept from coming as it should. */
function flaws(exchange, chunks) {
  const { duration_ms: end, fault, client_left: left } = exchange;
  const found = faultPositions(exchange).map(({ name, index }) => ({ name, at: index < chunks.length ? chunks[index].at_ms : chunks.at(-1)?.at_ms ?? end }));
  if (!found.length && fault) found.push({ name: fault, at: end });
  if (left) found.push({ name: "the client left", at: end });
  return found;
}

/** A line where something went wrong, with its name on the side that has the room. */
function flaw({ name, at }, place, x, width) {
  const isRight = x < width / 2;
  return [
    draw("path", { class: "t-wrong", d: `M${x} 18V104`, "data-at": at }),
    text(x + (isRight ? 5 : -5), 14 - (place % 2) * 10 + 4, name, { class: "t-wrong-text", "text-anchor": isRight ? "start" : "end" }),
  ];
}

function picture(exchange, chunks, width) {
  const left = chunks.map((each) => each.at_ms);
  const due = chunks.filter((each) => each.due_ms !== undefined).map((each) => each.due_ms);
  const total = Math.max(exchange.duration_ms, ...[left.at(-1) ?? 0, due.at(-1) ?? 0], 0.1);
  const scale = (at) => LEFT + (at / total) * (width - LEFT - RIGHT);
  const svg = draw("svg", { width, height: HEIGHT, role: "img", "aria-label": `Timeline over ${ms(total)}` }, axis(scale, total, width));
  if (exchange.ttft_ms !== null) svg.append(draw("rect", { class: "t-wait", x: scale(0), y: 84, width: Math.max(scale(exchange.ttft_ms) - scale(0), 0), height: 4 }));
  if (chunks.length) {
    svg.append(text(0, 41, "due"), text(0, 69, "sent"), ticks(due, scale, 26, "t-due"), ticks(left, scale, 54, "t-left"));
  } else {
    svg.append(text(0, 69, exchange.status ? "whole" : "none"), draw("rect", { class: "t-whole", x: scale(0), y: 54, width: Math.max(scale(exchange.duration_ms) - scale(0), 2), height: 20, rx: 3 }));
  }
  const flawed = flaws(exchange, chunks);
  flawed.forEach((each, place) => svg.append(...flaw(each, place, scale(each.at), width)));
  const cursor = draw("path", { class: "t-cursor", d: "" });
  svg.append(cursor);
  if (!chunks.length && !flawed.length) {
    svg.setAttribute("viewBox", `0 ${ROOM} ${width} ${HEIGHT - ROOM}`);
    svg.setAttribute("height", HEIGHT - ROOM);
  }
  svg.seek = (at) => cursor.setAttribute("d", at === null ? "" : `M${scale(Math.min(at, total)).toFixed(1)} 18V104`);
  return svg;
}

function summary(exchange, chunks) {
  if (!exchange.status) return `No answer was sent; the connection ended after ${ms(exchange.duration_ms)}.`;
  if (!chunks.length) return `Answered in one piece after ${ms(exchange.duration_ms)}.`;
  const late = chunks.filter((each) => each.due_ms !== undefined).map((each) => each.at_ms - each.due_ms).sort((a, b) => a - b);
  const words = `${exchange.chunks} chunks in ${ms(exchange.duration_ms)}, the first token after ${ms(exchange.ttft_ms) || "no time"}.`;
  if (!late.length) return words;
  return `${words} They were sent ${ms(late[Math.floor(late.length / 2)])} after they were due (median), ${ms(late.at(-1))} at most.`;
}

/**
 * Show the timeline in a place, and again whenever that changes its width. It returns what moves the cursor: `seek` takes
 * milliseconds, or null where there is to be none.
 */
export function timeline(place, exchange) {
  const chunks = exchange.response.chunks ?? [];
  const frame = make("div", { class: "t-frame" });
  place.replaceChildren(frame, make("p", { class: "muted t-words" }, summary(exchange, chunks)));
  let width = 0;
  let svg = null;
  new ResizeObserver(() => {
    if (frame.clientWidth === width || !frame.clientWidth) return;
    width = frame.clientWidth;
    frame.replaceChildren(svg = picture(exchange, chunks, width));
  }).observe(frame);
  return { seek: (at) => svg?.seek(at) };
}
