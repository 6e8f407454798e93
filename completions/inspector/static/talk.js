// Turns as a chat.

import { make } from "./dom.js";
import { ms } from "./show.js";

/** JSON with its parts in colours. */
export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
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
  try { return JSON.parse(text); } catch { return null; }
}

function folded(kind, name, content, isOpen = false) {
  return make("details", { class: `fold ${kind}`, open: isOpen }, make("summary", {}, make("span", { class: "mono" }, name)), content);
}

function said({ text, pieces, kind }) {
  const value = pieces ? null : json(text);
  if (value !== null) return pretty(value);
  const element = make("div", { class: kind ? `words ${kind}` : "words", dir: "auto" });
  if (pieces) element.append(...pieces.map((each) => make("span", { class: "piece", title: ms(each.at) }, each.text)));
  else element.textContent = text;
  return element;
}

function shown(part) {
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
  return part.json === undefined ? said(part) : pretty(part.json);
}

/** Make a turn of a conversation; `isAnswer` marks what the mock said. */
export function bubble({ role, parts }, isAnswer = false) {
  return make("article", { class: `turn turn-${["user", "assistant", "system", "developer", "tool", "error"].includes(role) ? role : "other"}${isAnswer ? " is-answer" : ""}` },
    make("header", { class: "turn-role" }, isAnswer && role === "assistant" ? "assistant · the answer" : role),
    ...(parts.length ? parts.map(shown) : [make("p", { class: "words muted" }, "Nothing.")]));
}
