// Rendering of turns as a chat.

import { make } from "./dom.js";
import { readJson } from "./json.js";
import { markdown } from "./markdown.js";
import { count, ms } from "./display.js";

const LONG = 1500; // characters beyond which a text is folded
const LINES = 24;
const NUMBERS = 16; // of a longer list of numbers, as a vector is, only the first are shown
const FIRST = 4;

/** Sum up vectors, the way they are shown: `[0.1, 0.2, 0.3, 0.4, "… 1536 numbers"]`, in a line. */
function written(value) {
  const kept = [];
  const short = (_, each) => {
    if (!Array.isArray(each) || each.length <= NUMBERS || !each.every((number) => typeof number === "number")) return each;
    kept.push(`[${each.slice(0, FIRST).join(", ")}, … ${each.length} numbers]`);
    return `\u0000${kept.length - 1}`;
  };
  return (JSON.stringify(value, short, 2) ?? "").replace(/"\\u0000(\d+)"/g, (_, at) => kept[at]);
}

/** JSON with its parts in colours. */
export function pretty(value) {
  const text = written(value);
  const element = make("pre", { class: "code", tabindex: "0" });
  let at = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g)) {
    const kind = match[0].startsWith('"') ? (match[1] ? "key" : "text") : /\d/.test(match[0]) ? "number" : "word";
    element.append(text.slice(at, match.index), make("span", { class: `json-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  element.append(text.slice(at));
  return element;
}

function json(text) {
  if (!/^\s*[{[]/.test(text)) return null;
  try { return readJson(text); } catch { return null; }
}

function folded(kind, name, content, isOpen = false) {
  return make("details", { class: `fold ${kind}`, open: isOpen }, make("summary", {}, make("span", { class: "mono" }, name)), content);
}

/** Fold what is long: its beginning, and a button for the rest. */
function clamped(element, text) {
  if (text.length <= LONG && text.split("\n", LINES + 1).length <= LINES) return element;
  element.classList.add("clamped");
  const button = make("button", { type: "button", class: "small unclamp", onclick: () => { element.classList.remove("clamped"); button.remove(); } }, `Show all ${count(text.length)} characters`);
  return make("div", {}, element, button);
}

function said({ text, pieces, kind }, isMarkdown) {
  const value = pieces ? null : json(text);
  if (value !== null) return pretty(value);
  const element = make("div", { class: `words${kind ? ` ${kind}` : ""}${isMarkdown ? " is-markdown" : ""}`, dir: "auto" });
  if (isMarkdown) element.append(...markdown(text));
  else if (pieces) element.append(...pieces.map((each) => make("span", { class: "piece", title: ms(each.at), "data-at": each.at }, each.text)));
  else element.textContent = text;
  return clamped(element, text);
}

/** How an answer ended that is not whole. */
function torn({ why, arrived, all }) {
  const tokens = all === null ? `${count(arrived)} tokens were sent` : `${count(arrived)} of ${count(all)} tokens were sent`;
  return make("footer", { class: "torn" }, make("strong", {}, `✕ ${why}`), ` · ${tokens}`);
}

function shown(part, isMarkdown) {
  if (part.call) {
    const { name, arguments: given } = part.call;
    const short = typeof given === "string" ? given : JSON.stringify(given) ?? "";
    return folded("call", `${name ?? "?"}(${short.length > 60 ? `${short.slice(0, 59)}…` : short})`, typeof given === "string" ? make("pre", { class: "code" }, given) : pretty(given));
  }
  if (part.result) {
    const value = json(part.result.text);
    return folded("result", `result of ${part.result.name ?? "?"}`, value === null ? make("pre", { class: "code" }, part.result.text) : pretty(value));
  }
  if (part.image) return make("img", { src: part.image, alt: "A picture of the conversation", class: "picture" });
  if (part.link !== undefined) {
    const isWeb = /^https?:\/\//i.test(part.link);
    return make("p", { class: "words" }, "Picture: ", isWeb ? make("a", { href: part.link, rel: "noreferrer noopener", target: "_blank" }, part.link) : make("code", {}, part.link.slice(0, 200)));
  }
  return part.json === undefined ? said(part, isMarkdown) : pretty(part.json);
}

/** Make a turn of a conversation; `isAnswer` marks what the mock said, and `end` says how it broke off. */
export function bubble({ role, parts }, { isAnswer = false, isMarkdown = false, end = null } = {}) {
  return make("article", { class: `turn turn-${["user", "assistant", "system", "developer", "tool", "error"].includes(role) ? role : "other"}${isAnswer ? " is-answer" : ""}${end ? " is-torn" : ""}` },
    make("header", { class: "turn-role" }, isAnswer && role === "assistant" ? "assistant · the answer" : role),
    ...(parts.length ? parts.map((part) => shown(part, isMarkdown)) : [make("p", { class: "words muted" }, "Nothing.")]),
    end ? torn(end) : null);
}
