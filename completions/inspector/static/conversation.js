// From a conversation in the form of the control API, for every format, to turns: {role, parts}. A part is one of
// {text, kind, pieces}, {image}, {link}, {call: {name, arguments}}, {result: {name, text}}, {json}; a streamed text has
// its `pieces`: {text, at}.

import { readJson } from "./json.js";
import { addDocument, emptyAnswer } from "./answerdata.js";
import { jsonOf, sizeOf } from "./display.js";
import { documentOf } from "./stream.js";

const IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/;
const TYPES = { iVBOR: "png", "/9j/": "jpeg", R0lG: "gif", UklG: "webp" };

/** What a picture is shown as: one that came along, or a link that nobody follows by itself. */
function picture(source) {
  if (IMAGE.test(source)) return { image: source };
  const type = Object.keys(TYPES).find((start) => source.startsWith(start));
  return type ? { image: `data:image/${TYPES[type]};base64,${source}` } : { link: source };
}

const DATA = /^(?:data:([^;,]*)[^,]*,)?([A-Za-z0-9+/_-]{80,}={0,2})$/;

/** Data are summed up; an address, an id or a name is shown. */
function part({ kind, source }) {
  if (kind === "image") return picture(source);
  const [, type, data] = DATA.exec(source) ?? [];
  return { text: `[${kind}] ${data ? sizeOf(data, type) : source.slice(0, 200)}` };
}

/** Read arguments as JSON where they are; a model may have said anything. */
function parsed(text) {
  try { return readJson(text); } catch { return text; }
}

const calls = (list) => list.map(({ name, arguments: given }) => ({ call: { name, arguments: parsed(given) } }));

function turn({ role, text, name, tool_calls: called, parts }) {
  if (role === "tool" || role === "function") return { role: "tool", parts: [{ result: { name, text } }, ...parts.map(part)] };
  return { role, parts: [...(text ? [{ text }] : []), ...parts.map(part), ...calls(called)] };
}

/** What is shown of a body that no format reads. */
function raw({ body, encoding, headers }, role) {
  if (!body) return [];
  const json = jsonOf({ body, encoding });
  return [{ role, parts: [json !== undefined ? { json } : { text: encoding === "base64" ? sizeOf(body, headers["content-type"]) : String(body) }] }];
}

/** The pictures of an answer: those that came along, and links to others. */
function pictures({ body, encoding, chunks }) {
  const answer = emptyAnswer();
  const documents = chunks ? chunks.map(({ data }) => documentOf(data)) : encoding === "json" ? [body] : [];
  documents.forEach((each) => addDocument(answer, each));
  const links = documents.flatMap((each) => (Array.isArray(each?.data) ? each.data : [])).map((each) => each?.url).filter((url) => typeof url === "string");
  return [...new Set([...answer.pictures, ...links])].map(picture);
}

/** Return the turns of a request. */
export function requestTurns({ said, request }) {
  return said.messages.length ? said.messages.map(turn) : raw(request, "user");
}

function words(choice, name, kind) {
  if (!choice[name]) return [];
  const pieces = choice.pieces.filter((each) => each.kind === name).map(({ text, at_ms: at }) => ({ text, at }));
  return [{ text: choice[name], kind, ...(pieces.length ? { pieces } : {}) }];
}

function choice(each) {
  const { embedding: vector, moderation, scores } = each;
  return {
    role: "assistant",
    parts: [
      ...words(each, "reasoning", "thought"), ...words(each, "text"), ...words(each, "refusal"), ...calls(each.tool_calls),
      ...(vector ? [{ text: `A vector of ${vector.dimensions} numbers: ${vector.first.join(", ")}${vector.dimensions > vector.first.length ? " …" : ""}` }] : []),
      ...(moderation ? [{ json: moderation }] : []),
      ...(scores ? [{ text: `The scores of ${scores.length} documents: ${scores.join(", ")}` }] : []),
    ],
  };
}

/** Return the turns of an answer. */
export function answerTurns({ said, response }) {
  const turns = said.choices.map(choice);
  const shown = pictures(response);
  if (shown.length && !turns.length) turns.push({ role: "assistant", parts: [] });
  turns[0]?.parts.push(...shown);
  if (said.error) turns.push({ role: "error", parts: [{ text: said.error.message }] });
  if (turns.length) return turns;
  if (said.answer) return [{ role: "assistant", parts: [{ text: said.answer }] }];
  return response.chunks ? [] : raw(response, "assistant");
}
