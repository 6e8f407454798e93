// Messages as each API writes them, and as the playground's form has them: `{role, content}`; an assistant's may have
// `calls` ({id, name, arguments, kind, signature}) and `thought` ({text, signature}); a tool's result is
// `{role: "tool", id, name, content}`.

import { readJson } from "./json.js";

const text = (value) => typeof value === "string";
const isOnly = (object, ...names) => Object.keys(object).every((name) => names.includes(name));

/** JSON without what says nothing, with its keys in one order, so that two ways to write the same are the same text. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value === "" ? null : value;
  const found = Object.entries(value).map(([name, each]) => [name, plain(each)]);
  const says = (each) => each !== null && !(typeof each === "object" && Object.keys(each).length === 0);
  return Object.fromEntries(found.filter(([, each]) => says(each)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isSame = (one, other) => JSON.stringify(plain(one)) === JSON.stringify(plain(other));

/** What a form makes of a list, if it can write the same list again; or else null. */
function whole({ read, write }) {
  return (list) => {
    if (!Array.isArray(list) || !list.length) return null;
    try {
      const found = list.flatMap(read);
      const isRead = found.every((each) => text(each.role) && text(each.content));
      return isRead && isSame(write(found), list) ? named(found) : null;
    } catch {
      return null; // a list with something else in it
    }
  };
}

/** Give the results the names of the calls that they are of, which some APIs do not repeat. */
function named(messages) {
  const names = new Map(messages.flatMap(({ calls = [] }) => calls.map(({ id, name }) => [id, name])));
  return messages.map((each) => (each.role === "tool" && !each.name ? { ...each, name: names.get(each.id) ?? "" } : each));
}

/** Read what was written as arguments; an object is what most APIs take. */
function objectOf(called) {
  try {
    return readJson(called.arguments || "{}");
  } catch {
    throw new Error(`The arguments of the call of ${called.name} are not valid JSON.`);
  }
}

const written = (value) => (text(value) ? value : JSON.stringify(value ?? {}));

// OpenAI's chat completions

function chatCall({ id, name, arguments: given, kind }) {
  return kind === "custom" ? { id, type: "custom", custom: { name, input: given } } : { id, type: "function", function: { name, arguments: given } };
}

const chat = {
  write: (messages) => messages.map(({ role, content, calls, id }) => {
    if (role === "tool") return { role, tool_call_id: id, content };
    return calls?.length ? { role, content: content || null, tool_calls: calls.map(chatCall) } : { role, content };
  }),
  read({ role, content, tool_calls: called, tool_call_id: id }) {
    const calls = (called ?? []).map(({ id: of, type, function: asked, custom }) =>
      type === "custom" ? { id: of, name: custom.name, arguments: custom.input, kind: "custom" } : { id: of, name: asked.name, arguments: asked.arguments });
    if (role === "tool") return { role, id, name: "", content };
    return { role, content: content ?? (calls.length ? "" : null), ...(calls.length ? { calls } : {}) };
  },
};

// OpenAI's responses, in which calls and results are items beside the messages

const responses = {
  write: (messages) => messages.flatMap(({ role, content, calls = [], id, kind }) => {
    if (role === "tool") return { type: kind === "custom" ? "custom_tool_call_output" : "function_call_output", call_id: id, output: content };
    const items = calls.map(({ id: of, name, arguments: given, kind: sort }) => (sort === "custom"
      ? { type: "custom_tool_call", call_id: of, name, input: given } : { type: "function_call", call_id: of, name, arguments: given }));
    return [...(content || !calls.length ? [{ role, content }] : []), ...items];
  }),
  read(item) {
    const { type, call_id: id, name } = item;
    if (type === "function_call") return { role: "assistant", content: "", calls: [{ id, name, arguments: item.arguments }] };
    if (type === "custom_tool_call") return { role: "assistant", content: "", calls: [{ id, name, arguments: item.input, kind: "custom" }] };
    if (type === "custom_tool_call_output") return { role: "tool", id, name: "", content: item.output, kind: "custom" };
    if (type === "function_call_output") return { role: "tool", id, name: "", content: item.output };
    return { role: item.role, content: item.content };
  },
};

// Anthropic's messages, in which all results of a turn are one message of the user

const anthropic = {
  write: (messages) => merged(messages, ({ role, content, calls, id, thought }) => {
    if (role === "tool") return { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] };
    if (!calls?.length && !thought) return { role, content };
    return { role, content: [
      ...(thought ? [{ type: "thinking", thinking: thought.text, signature: thought.signature }] : []),
      ...(content ? [{ type: "text", text: content }] : []),
      ...(calls ?? []).map((each) => ({ type: "tool_use", id: each.id, name: each.name, input: objectOf(each) })),
    ] };
  }, "content"),
  read({ role, content }) {
    if (!Array.isArray(content)) return { role, content };
    if (role === "user") return content.map((block) => ({ role: "tool", id: block.tool_use_id, name: "", content: block.content ?? "" }));
    const of = (type) => content.filter((block) => block.type === type);
    const [thinking] = of("thinking");
    return {
      role, content: of("text")[0]?.text ?? "",
      calls: of("tool_use").map(({ id, name, input }) => ({ id, name, arguments: written(input) })),
      ...(thinking ? { thought: { text: thinking.thinking, signature: thinking.signature } } : {}),
    };
  },
};

// Gemini's contents, whose results have the names of the functions

const gemini = {
  write: (messages) => merged(messages, ({ role, content, calls = [], name, id }) => {
    if (role === "tool") return { role: "user", parts: [{ functionResponse: { ...(id ? { id } : {}), name, response: resultOf(content) } }] };
    const asked = calls.map((each) => ({
      functionCall: { ...(each.id ? { id: each.id } : {}), name: each.name, args: objectOf(each) }, ...(each.signature ? { thoughtSignature: each.signature } : {}),
    }));
    return { role: role === "user" ? "user" : "model", parts: [...(content || !calls.length ? [{ text: content }] : []), ...asked] };
  }, "parts"),
  read({ role = "user", parts }) {
    const results = parts.filter((part) => part.functionResponse);
    if (results.length) return results.map(({ functionResponse: { id = "", name, response } }) => ({ role: "tool", id, name, content: isOnly(response, "result") && text(response.result) ? response.result : written(response) }));
    const calls = parts.filter((part) => part.functionCall).map(({ functionCall: { id = "", name, args }, thoughtSignature: signature }) => ({ id, name, arguments: written(args), signature }));
    return { role: role === "model" ? "assistant" : role, content: parts.find((part) => text(part.text))?.text ?? "", ...(calls.length ? { calls } : {}) };
  },
};

/** The object that Gemini takes as a result. */
function resultOf(content) {
  try {
    const value = readJson(content);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch { /* a text */ }
  return { result: content };
}

// Ollama's chat, in which arguments are objects

const ollama = {
  write: (messages) => messages.map(({ role, content, calls, name }) => {
    if (role === "tool") return { role, content, tool_name: name };
    return calls?.length ? { role, content, tool_calls: calls.map((each) => ({ function: { name: each.name, arguments: objectOf(each) } })) } : { role, content };
  }),
  read({ role, content, tool_calls: called, tool_name: name }) {
    if (role === "tool") return { role, id: "", name, content };
    const calls = (called ?? []).map(({ function: asked }) => ({ id: "", name: asked.name, arguments: written(asked.arguments) }));
    return { role, content: content ?? "", ...(calls.length ? { calls } : {}) };
  },
};

/** Write messages, the results that follow each other as one. */
function merged(messages, write, key) {
  const found = [];
  messages.forEach((message, index) => {
    const next = write(message);
    if (message.role === "tool" && messages[index - 1]?.role === "tool") found.at(-1)[key].push(...next[key]);
    else found.push(next);
  });
  return found;
}

const both = (turns) => ({ write: turns.write, read: whole(turns) });

/** Of each API, `write(messages)` the list of its body, and `read(list)` the messages, or null if the form cannot hold them. */
export const TURNS = { chat: both(chat), responses: both(responses), anthropic: both(anthropic), gemini: both(gemini), ollama: both(ollama) };
