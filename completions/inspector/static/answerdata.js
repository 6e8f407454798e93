// The content of an answer, read from its document or from the events of its stream, in any format.

export const emptyAnswer = () => ({ text: "", reasoning: "", refusal: "", signature: "", pictures: [], calls: new Map(), error: null, end: null });

/** Return an answer as a turn in the form of `turns.js`, to continue the conversation, without calls of tools that the API ran itself. */
export function turnOf(answer) {
  const calls = [...answer.calls.values()].filter((each) => each.kind !== "hosted").map(({ given, ...each }) => ({ ...each, arguments: given }));
  const thought = answer.signature ? { thought: { text: answer.reasoning, signature: answer.signature } } : {};
  return { role: "assistant", content: answer.text, ...(calls.length ? { calls } : {}), ...thought };
}

/** Add the content of a document: of a whole answer, or of an event of a stream. Only the first choice is read. */
export function addDocument(answer, document) {
  if (document === null || typeof document !== "object") return;
  if (Array.isArray(document)) document.forEach((each) => addDocument(answer, each));
  if (words(document.message)) answer.error = document.message;
  if (document.error) answer.error = document.error.message ?? String(document.error);
  const choice = (document.choices ?? []).find((each) => !each.index);
  if (choice) {
    answer.text += words(choice.text);
    message(answer, choice.message ?? choice.delta ?? {});
    answer.end = choice.finish_reason ?? answer.end;
  }
  for (const part of document.candidates?.[0]?.content?.parts ?? []) {
    answer[part.thought ? "reasoning" : "text"] += words(part.text);
    if (part.inlineData?.mimeType?.startsWith("image/")) answer.pictures.push(`data:${part.inlineData.mimeType};base64,${part.inlineData.data}`);
    if (part.functionCall) call(answer, answer.calls.size, part.functionCall.name, part.functionCall.args, { id: part.functionCall.id, signature: part.thoughtSignature });
  }
  message(answer, document.message ?? document.output?.message ?? {});
  if ("done" in document) answer.text += words(document.response);
  if (Array.isArray(document.data)) answer.pictures.push(...document.data.filter((each) => each?.b64_json).map((each) => `data:image/png;base64,${each.b64_json}`));
  for (const vector of vectors(document)) answer.text += `${answer.text && "\n"}${vector}`;
  if (document.type?.endsWith?.(".completed") && document.b64_json) answer.pictures.push(`data:image/png;base64,${document.b64_json}`);
  if (document.object === "response") items(answer, document);
  event(answer, document);
}

/** Summarize the vectors of a document with embeddings. */
function vectors(document) {
  const found = Array.isArray(document.data) ? document.data.map((each) => each?.embedding) : [];
  return found.filter(Boolean).map((each) => (Array.isArray(each) ? `A vector of ${each.length} numbers: ${each.slice(0, 4).join(", ")} …` : "A vector in base64."));
}

/** Add a message, or a part of one; `place` is the index of its call, where it has none. */
function message(answer, from, place) {
  answer.text += words(from.content) + words(from.tool_plan);
  [from.content].flat().forEach((block, at) => block && blocks(answer, at, block));
  answer.reasoning += words(from.reasoning_content ?? from.reasoning ?? from.thinking);
  answer.refusal += words(from.refusal);
  [from.tool_calls].flat().filter(Boolean).forEach((each, index) => {
    const asked = each.function ?? each.custom ?? {};
    call(answer, each.index ?? asked.index ?? place ?? index, asked.name, asked.arguments ?? asked.input, { id: each.id, kind: each.custom && "custom" });
  });
}

function event(answer, document) {
  const { type, index, delta = {} } = document;
  if (type === "message") (document.content ?? []).forEach((block, place) => blocks(answer, place, block));
  if (type === "content_block_start") blocks(answer, index, document.content_block ?? {});
  if (type === "content_block_delta") {
    answer.text += words(delta.text);
    answer.reasoning += words(delta.thinking);
    answer.signature += words(delta.signature);
    if (delta.type === "input_json_delta") call(answer, index, "", delta.partial_json);
  }
  message(answer, delta.message ?? {}, index);
  if ("contentBlockIndex" in document) blocks(answer, document.contentBlockIndex, { ...document.start, ...delta });
  answer.end = document.stopReason ?? (type === "message-end" ? delta.finish_reason : answer.end);
  if (type === "message_delta") answer.end = delta.stop_reason ?? answer.end;
  if (type === "message") answer.end = document.stop_reason;
  if (type === "response.output_text.delta") answer.text += words(document.delta);
  if (type === "response.refusal.delta") answer.refusal += words(document.delta);
  if (/^response\.reasoning.*\.delta$/.test(type ?? "")) answer.reasoning += words(document.delta);
  if (type === "response.output_item.added" && document.item?.name) item(answer, document.output_index, { ...document.item, arguments: "", input: "" });
  if (/^response\.(function_call_arguments|custom_tool_call_input)\.delta$/.test(type ?? "")) call(answer, document.output_index, "", document.delta);
}

const CALLS = { tool_use: undefined, server_tool_use: "hosted", mcp_tool_use: "hosted" };

function blocks(answer, place, block) {
  answer.text += words(block.text);
  answer.reasoning += words(block.thinking);
  answer.signature += words(block.signature);
  const input = block.input && Object.keys(block.input).length ? block.input : "";
  if (block.type in CALLS) call(answer, place, block.name, input, { id: block.id, kind: CALLS[block.type] });
  if (block.toolUse) call(answer, place, block.toolUse.name, block.toolUse.input, { id: block.toolUse.toolUseId });
  const { text, signature, reasoningText = { text, signature } } = block.reasoningContent ?? {};
  answer.reasoning += words(reasoningText.text);
  answer.signature += words(reasoningText.signature);
}

function items(answer, response) {
  (response.output ?? []).forEach((each, place) => {
    for (const part of each.content ?? []) {
      if (each.type === "message") answer.text += words(part.text);
      answer.refusal += words(part.refusal);
    }
    if (each.type === "image_generation_call" && each.result) answer.pictures.push(`data:image/png;base64,${each.result}`);
    for (const part of each.summary ?? []) answer.reasoning += words(part.text);
    if (each.name) item(answer, place, each);
  });
}

const KINDS = { function_call: undefined, custom_tool_call: "custom" };

function item(answer, place, { type, name, call_id: id, arguments: given, input }) {
  call(answer, place, name, given ?? input, { id, kind: type in KINDS ? KINDS[type] : "hosted" });
}

/** Add a call, or a part of one; facts that only one part has are kept. */
function call(answer, place, name, given, facts = {}) {
  const known = answer.calls.get(place) ?? { name: "", given: "" };
  for (const [fact, value] of Object.entries(facts)) known[fact] ||= value;
  known.name += words(name);
  known.given += typeof given === "object" && given !== null ? JSON.stringify(given) : words(given);
  answer.calls.set(place, known);
}

const words = (value) => (typeof value === "string" ? value : "");
