// How the playground's form and a request's body are each other, by format.

import { TURNS } from "./turns.js";

const KEY = "sk-playground";
const bearer = `Authorization: Bearer ${KEY}`;

const text = (value) => typeof value === "string";
const user = (content) => ({ role: "user", content });

const GEMINI = /^\/v1(?:beta)?\/models\/([^/:]+):(streamGenerateContent|generateContent)/;

const isSystem = ({ role }) => role === "system" || role === "developer";
const systemOf = (form) => form.messages.filter(isSystem).map((each) => each.content).join("\n");

const lone = (parts) => (Array.isArray(parts) && parts.length === 1 && Object.keys(parts[0]).length === 1 ? parts[0].text : null);

/** What a form holds of messages, and of a body's instructions before them; null where it cannot hold them. */
const held = (messages, system = "") => (messages && text(system) ? { messages: [...(system ? [{ role: "system", content: system }] : []), ...messages] } : null);

/**
 * Of each format: its name, path and headers, `write(form, base)` a body, `read(body, path)` a form, or null, and `list`,
 * the body's field that has the messages. Where the path depends on the form, `address(form)` is it. Where there are
 * several paths, as those of dialects, `fits(path)` tells which.
 */
export const FORMATS = {
  chat: {
    name: "OpenAI chat", path: "/v1/chat/completions", headers: bearer, model: "gpt-4o", list: "messages",
    fits: (path) => path.endsWith("/chat/completions"),
    write: (form, base) => ({ ...base, model: form.model, messages: TURNS.chat.write(form.messages), stream: form.stream }),
    read: (body) => held(TURNS.chat.read(body.messages)),
  },
  responses: {
    name: "OpenAI Responses", path: "/v1/responses", headers: bearer, model: "gpt-4o", list: "input",
    fits: (path) => path.endsWith("/responses"),
    write: (form, base) => ({ ...base, model: form.model, input: TURNS.responses.write(form.messages), stream: form.stream }),
    read: (body) => held(text(body.input) ? [user(body.input)] : TURNS.responses.read(body.input)),
  },
  anthropic: {
    name: "Anthropic messages", path: "/v1/messages", headers: `x-api-key: ${KEY}\nanthropic-version: 2023-06-01`, model: "claude-sonnet-4-5", list: "messages",
    write(form, base) {
      const system = systemOf(form);
      const { system: _, ...rest } = base;
      const messages = TURNS.anthropic.write(form.messages.filter((each) => !isSystem(each)));
      return { max_tokens: 1024, ...rest, model: form.model, ...(system ? { system } : {}), messages, stream: form.stream };
    },
    read: (body) => held(TURNS.anthropic.read(body.messages), body.system),
  },
  legacy: {
    name: "OpenAI legacy completions", path: "/v1/completions", headers: bearer, model: "gpt-3.5-turbo-instruct",
    fits: (path) => path.endsWith("/completions") && !path.endsWith("/chat/completions"),
    write: (form, base) => ({ ...base, model: form.model, prompt: form.messages.map((each) => each.content).join("\n"), stream: form.stream }),
    read: (body) => (text(body.prompt) ? { messages: [user(body.prompt)] } : null),
  },
  gemini: {
    name: "Gemini", path: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", headers: `x-goog-api-key: ${KEY}`, model: "gemini-2.5-flash", list: "contents",
    fits: (path) => GEMINI.test(path),
    address: ({ model, stream }) => `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    write(form, base) {
      const system = systemOf(form);
      const contents = TURNS.gemini.write(form.messages.filter((each) => !isSystem(each)));
      return { ...base, ...(system ? { systemInstruction: { parts: [{ text: system }] } } : {}), contents };
    },
    read(body, path) {
      const [, model, method] = GEMINI.exec(path);
      const form = held(TURNS.gemini.read(body.contents), body.systemInstruction ? lone(body.systemInstruction.parts) : "");
      return form && { model: decodeURIComponent(model), stream: method === "streamGenerateContent", ...form };
    },
  },
  ollama: {
    name: "Ollama chat", path: "/api/chat", headers: "", model: "llama3.2", list: "messages",
    write: (form, base) => ({ ...base, model: form.model, messages: TURNS.ollama.write(form.messages), stream: form.stream }),
    read(body) {
      const form = held(TURNS.ollama.read(body.messages));
      return form && { stream: body.stream !== false, ...form };
    },
  },
  embeddings: {
    name: "OpenAI embeddings", path: "/v1/embeddings", headers: bearer, model: "text-embedding-3-small",
    fits: (path) => path.endsWith("/embeddings") && !path.endsWith("/api/embeddings"), // Ollama's are others
    write(form, base) {
      const texts = form.messages.map((each) => each.content);
      return { ...base, model: form.model, input: texts.length === 1 ? texts[0] : texts };
    },
    read(body) {
      const texts = [body.input].flat();
      return texts.length && texts.every(text) ? { messages: texts.map(user) } : null;
    },
  },
};

/** Return a body with more messages at its end. */
export function continued(format, body, messages) {
  const { list } = FORMATS[format];
  const before = text(body[list]) ? TURNS[format].write([user(body[list])]) : body[list];
  return { ...body, [list]: [...before, ...TURNS[format].write(messages)] };
}

/** The format of a path; null where the form does not know it, and the request is edited as JSON. */
export function formatOf(path) {
  const [bare] = path.split("?");
  return Object.keys(FORMATS).find((name) => (FORMATS[name].fits ? FORMATS[name].fits(bare) : FORMATS[name].path === bare)) ?? null;
}

/** Read `Name: value` lines. */
export function headersOf(lines) {
  const found = {};
  for (const line of lines.split("\n")) {
    if (!line.trim()) continue;
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`“${line.trim()}” is not a header. Write headers as Name: value.`);
    found[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return found;
}
