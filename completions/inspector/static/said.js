// What an answer says, taken from its document or from the events of its stream, whatever the format.

export const empty = () => ({ text: "", reasoning: "", refusal: "", signature: "", pictures: [], calls: new Map(), error: null, end: null });

/** The turn that an answer is, as `turns.js` has them: what a conversation goes on with. Tools that the API ran itself are left out. */
export function turnOf(said) {
  const calls = [...said.calls.values()].filter((each) => each.kind !== "hosted").map(({ given, ...each }) => ({ ...each, arguments: given }));
  const thought = said.signature ? { thought: { text: said.reasoning, signature: said.signature } } : {};
  return { role: "assistant", content: said.text, ...(calls.length ? { calls } : {}), ...thought };
}

/** Take in what one document adds: a whole answer, or an event of a stream. Choices but the first are left out. */
export function take(said, document) {
  if (document === null || typeof document !== "object") return;
  if (Array.isArray(document)) document.forEach((each) => take(said, each));
  if (words(document.message)) said.error = document.message;
  if (document.error) said.error = document.error.message ?? String(document.error);
  const choice = (document.choices ?? []).find((each) => !each.index);
  if (choice) {
    said.text += words(choice.text);
    message(said, choice.message ?? choice.delta ?? {});
    said.end = choice.finish_reason ?? said.end;
  }
  for (const part of document.candidates?.[0]?.content?.parts ?? []) {
    said[part.thought ? "reasoning" : "text"] += words(part.text);
    if (part.inlineData?.mimeType?.startsWith("image/")) said.pictures.push(`data:${part.inlineData.mimeType};base64,${part.inlineData.data}`);
    if (part.functionCall) call(said, said.calls.size, part.functionCall.name, part.functionCall.args, { id: part.functionCall.id, signature: part.thoughtSignature });
  }
  message(said, document.message ?? document.output?.message ?? {});
  if ("done" in document) said.text += words(document.response);
  if (Array.isArray(document.data)) said.pictures.push(...document.data.filter((each) => each?.b64_json).map((each) => `data:image/png;base64,${each.b64_json}`));
  for (const vector of vectors(document)) said.text += `${said.text && "\n"}${vector}`;
  if (document.type?.endsWith?.(".completed") && document.b64_json) said.pictures.push(`data:image/png;base64,${document.b64_json}`);
  if (document.object === "response") items(said, document);
  event(said, document);
}

/** Sum up the vectors of a document that has embeddings. */
function vectors(document) {
  const found = Array.isArray(document.data) ? document.data.map((each) => each?.embedding) : [];
  return found.filter(Boolean).map((each) => (Array.isArray(each) ? `A vector of ${each.length} numbers: ${each.slice(0, 4).join(", ")} …` : "A vector in base64."));
}

/** Take in a message, or a part of one; `place` is that of its call, where it does not say so itself. */
function message(said, from, place) {
  said.text += words(from.content) + words(from.tool_plan);
  [from.content].flat().forEach((block, at) => block && blocks(said, at, block));
  said.reasoning += words(from.reasoning_content ?? from.reasoning ?? from.thinking);
  said.refusal += words(from.refusal);
  [from.tool_calls].flat().filter(Boolean).forEach((each, index) => {
    const asked = each.function ?? each.custom ?? {};
    call(said, each.index ?? asked.index ?? place ?? index, asked.name, asked.arguments ?? asked.input, { id: each.id, kind: each.custom && "custom" });
  });
}

function event(said, document) {
  const { type, index, delta = {} } = document;
  if (type === "message") (document.content ?? []).forEach((block, place) => blocks(said, place, block));
  if (type === "content_block_start") blocks(said, index, document.content_block ?? {});
  if (type === "content_block_delta") {
    said.text += words(delta.text);
    said.reasoning += words(delta.thinking);
    said.signature += words(delta.signature);
    if (delta.type === "input_json_delta") call(said, index, "", delta.partial_json);
  }
  message(said, delta.message ?? {}, index);
  if ("contentBlockIndex" in document) blocks(said, document.contentBlockIndex, { ...document.start, ...delta });
  said.end = document.stopReason ?? (type === "message-end" ? delta.finish_reason : said.end);
  if (type === "message_delta") said.end = delta.stop_reason ?? said.end;
  if (type === "message") said.end = document.stop_reason;
  if (type === "response.output_text.delta") said.text += words(document.delta);
  if (type === "response.refusal.delta") said.refusal += words(document.delta);
  if (/^response\.reasoning.*\.delta$/.test(type ?? "")) said.reasoning += words(document.delta);
  if (type === "response.output_item.added" && document.item?.name) item(said, document.output_index, { ...document.item, arguments: "", input: "" });
  if (/^response\.(function_call_arguments|custom_tool_call_input)\.delta$/.test(type ?? "")) call(said, document.output_index, "", document.delta);
}

const CALLS = { tool_use: undefined, server_tool_use: "hosted", mcp_tool_use: "hosted" };

function blocks(said, place, block) {
  said.text += words(block.text);
  said.reasoning += words(block.thinking);
  said.signature += words(block.signature);
  const input = block.input && Object.keys(block.input).length ? block.input : "";
  if (block.type in CALLS) call(said, place, block.name, input, { id: block.id, kind: CALLS[block.type] });
  if (block.toolUse) call(said, place, block.toolUse.name, block.toolUse.input, { id: block.toolUse.toolUseId });
  const { text, signature, reasoningText = { text, signature } } = block.reasoningContent ?? {};
  said.reasoning += words(reasoningText.text);
  said.signature += words(reasoningText.signature);
}

function items(said, response) {
  (response.output ?? []).forEach((each, place) => {
    for (const part of each.content ?? []) {
      if (each.type === "message") said.text += words(part.text);
      said.refusal += words(part.refusal);
    }
    if (each.type === "image_generation_call" && each.result) said.pictures.push(`data:image/png;base64,${each.result}`);
    for (const part of each.summary ?? []) said.reasoning += words(part.text);
    if (each.name) item(said, place, each);
  });
}

const KINDS = { function_call: undefined, custom_tool_call: "custom" };

function item(said, place, { type, name, call_id: id, arguments: given, input }) {
  call(said, place, name, given ?? input, { id, kind: type in KINDS ? KINDS[type] : "hosted" });
}

/** Take in a call, or a part of one; what is known of it only later, or only at first, stays. */
function call(said, place, name, given, facts = {}) {
  const known = said.calls.get(place) ?? { name: "", given: "" };
  for (const [fact, value] of Object.entries(facts)) known[fact] ||= value;
  known.name += words(name);
  known.given += typeof given === "object" && given !== null ? JSON.stringify(given) : words(given);
  said.calls.set(place, known);
}

const words = (value) => (typeof value === "string" ? value : "");
