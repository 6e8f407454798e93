// Moments, written the same on all pages: the reader's own time, and the moment as the journal has it in the title.

import { make } from "./dom.js";

const two = (value) => String(value).padStart(2, "0");

const dayOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const secondOf = (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

/** A moment as a text: `07:25:45`, or `2026-11-25 07:25:45` if it is not today. */
export function clock(time) {
  const at = new Date(time);
  const day = dayOf(at);
  return day === dayOf(new Date()) ? secondOf(at) : `${day} ${secondOf(at)}`;
}

/** What the marks of an axis say, by the seconds from one step to the next: `07:25:45`, `07:25`, or `11-25` for days. */
export function tickLabel(time, seconds) {
  const at = new Date(time);
  if (seconds >= 86400) return dayOf(at).slice(5);
  return seconds < 60 ? secondOf(at) : secondOf(at).slice(0, 5);
}

/** A moment as an element, with its milliseconds; `hasDay` says that its day is named, whichever it is. */
export function when(time, { hasDay = false, ...attributes } = {}) {
  const at = new Date(time);
  const day = dayOf(at);
  return make("time", { datetime: time, title: time, ...attributes },
    hasDay || day !== dayOf(new Date()) ? make("span", { class: "day" }, `${day} `) : null,
    secondOf(at), make("span", { class: "fraction" }, `.${String(at.getMilliseconds()).padStart(3, "0")}`));
}
