// From a request's body, in any of the formats, to turns: {role, parts}. A part is one of
// {text}, {image}, {link}, {call: {name, arguments}}, {result: {name, text}}, {json}.

const IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/;

/** What a picture's address is shown as: one that came along, or a link that nobody follows by itself. */
const picture = (url) => (IMAGE.test(url ?? "") ? { image: url } : { link: String(url ?? "") });

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function part(each) {
  if (typeof each === "string") return { text: each };
  switch (each?.type) {
    case "text": case "input_text": case "output_text": case "summary_text": return { text: String(each.text ?? "") };
    case "refusal": return { text: String(each.refusal ?? "") };
    case "image_url": return picture(each.image_url?.url ?? each.image_url);
    case "input_image": return picture(each.image_url);
    case "image": return picture(each.source?.url ?? `data:${each.source?.media_type};base64,${each.source?.data}`);
    case "tool_use": return { call: { id: each.id, name: each.name, arguments: each.input } };
    case "tool_result": return { result: { name: each.tool_use_id, text: parts(each.content).map((one) => one.text ?? asText(one)).join("\n") } };
    case "thinking": return { text: String(each.thinking ?? ""), kind: "thought" };
    default: return { json: each };
  }
}

/** Read a message's content: a text, a list of parts, or none. */
export function parts(content) {
  if (content === null || content === undefined || content === "") return [];
  return Array.isArray(content) ? content.map(part) : [part(content)];
}

const call = (each) => ({ call: { id: each.call_id ?? each.id, name: each.function?.name ?? each.name, arguments: parsed(each.function?.arguments ?? each.arguments ?? each.input) } });

/** Read arguments as JSON where they are; a model may have said anything. */
export function parsed(text) {
  if (typeof text !== "string") return text;
  try { return JSON.parse(text); } catch { return text; }
}

/** Read a message of a chat, or an item of Responses. */
export function turn(message) {
  switch (message?.type) {
    case "function_call": case "custom_tool_call": return { role: "assistant", parts: [call(message)] };
    case "function_call_output": case "custom_tool_call_output": return { role: "tool", parts: [{ result: { name: message.call_id, text: asText(message.output) } }] };
    case "reasoning": return { role: "assistant", parts: parts(message.summary).map((each) => ({ ...each, kind: "thought" })) };
  }
  if (message === null || typeof message !== "object") return { role: "user", parts: [{ json: message }] };
  const { role = message.type ?? "user" } = message;
  if (role === "tool") return { role, parts: [{ result: { name: message.tool_call_id, text: parts(message.content).map((each) => each.text ?? "").join("\n") } }] };
  const said = [...parts(message.content), ...(message.refusal ? [{ text: message.refusal }] : []), ...(message.tool_calls ?? []).map(call)];
  const known = said.length || message.content !== undefined ? said : [{ json: message }];
  return { role, parts: known };
}

const list = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** Let results have the names of the functions that were called, not the calls' ids. */
function named(all) {
  const every = all.flatMap((each) => each.parts);
  const names = new Map(every.filter((each) => each.call?.id).map(({ call: { id, name } }) => [id, name]));
  for (const { result } of every) if (result) result.name = names.get(result.name) ?? result.name;
  return all;
}

/** Return the turns of a request. */
export const turns = (body) => named(read(body));

function read(body) {
  if (body === null || typeof body !== "object" || Array.isArray(body)) return body ? [{ role: "user", parts: [{ text: asText(body) }] }] : [];
  const system = body.instructions ?? (Array.isArray(body.messages) ? body.system : undefined);
  const first = system === undefined || system === null ? [] : [{ role: "system", parts: parts(system) }];
  if (Array.isArray(body.messages)) return [...first, ...body.messages.map(turn)];
  const rest = list(body.input ?? body.prompt).map((each) => (typeof each === "string" ? { role: "user", parts: [{ text: each }] } : turn(each)));
  return [...first, ...rest];
}

/** Return the last thing that a user said, as a text. */
export function lastUser(body) {
  const last = turns(body).filter((each) => each.role === "user").at(-1);
  return last?.parts.map((each) => each.text ?? "").filter(Boolean).join("\n") ?? "";
}
