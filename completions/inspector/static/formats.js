// How the playground's form and a request's body are each other, by format.

const KEY = "sk-playground";
const bearer = `Authorization: Bearer ${KEY}`;

const text = (value) => typeof value === "string";
const plain = (messages) =>
  Array.isArray(messages) && messages.length > 0 && messages.every((each) => text(each.role) && text(each.content) && Object.keys(each).length === 2);

const GEMINI = /^\/v1(?:beta)?\/models\/([^/:]+):(streamGenerateContent|generateContent)/;

/** Gemini's turns as messages; null where they have more than text. */
function turns(contents) {
  if (!Array.isArray(contents) || !contents.length) return null;
  const found = contents.map(({ role = "user", parts }) => ({ role: role === "model" ? "assistant" : role, content: lone(parts) }));
  return found.every((each) => text(each.content)) ? found : null;
}

const lone = (parts) => (Array.isArray(parts) && parts.length === 1 && Object.keys(parts[0]).length === 1 ? parts[0].text : null);

const systemOf = (form) => form.messages.filter((each) => each.role === "system" || each.role === "developer").map((each) => each.content).join("\n");

/**
 * Of each format: its name, path and headers, `write(form, base)` a body, and `read(body, path)` a form, or null. Where
 * the path depends on the form, `address(form)` is it, and `fits(path)` tells whose it is.
 */
export const FORMATS = {
  chat: {
    name: "OpenAI chat", path: "/v1/chat/completions", headers: bearer, model: "gpt-4o",
    write: (form, base) => ({ ...base, model: form.model, messages: form.messages, stream: form.stream }),
    read: (body) => (plain(body.messages) ? { messages: body.messages } : null),
  },
  responses: {
    name: "OpenAI Responses", path: "/v1/responses", headers: bearer, model: "gpt-4o",
    write: (form, base) => ({ ...base, model: form.model, input: form.messages, stream: form.stream }),
    read: (body) =>
      text(body.input) ? { messages: [{ role: "user", content: body.input }] } : plain(body.input) ? { messages: body.input } : null,
  },
  anthropic: {
    name: "Anthropic messages", path: "/v1/messages", headers: `x-api-key: ${KEY}\nanthropic-version: 2023-06-01`, model: "claude-sonnet-4-5",
    write(form, base) {
      const system = form.messages.filter((each) => each.role === "system").map((each) => each.content).join("\n");
      const { system: _, ...rest } = base;
      const messages = form.messages.filter((each) => each.role !== "system");
      return { max_tokens: 1024, ...rest, model: form.model, ...(system ? { system } : {}), messages, stream: form.stream };
    },
    read(body) {
      if (!plain(body.messages) || !(body.system === undefined || text(body.system))) return null;
      return { messages: body.system ? [{ role: "system", content: body.system }, ...body.messages] : body.messages };
    },
  },
  legacy: {
    name: "OpenAI legacy completions", path: "/v1/completions", headers: bearer, model: "gpt-3.5-turbo-instruct",
    write: (form, base) => ({ ...base, model: form.model, prompt: form.messages.map((each) => each.content).join("\n"), stream: form.stream }),
    read: (body) => (text(body.prompt) ? { messages: [{ role: "user", content: body.prompt }] } : null),
  },
  gemini: {
    name: "Gemini", path: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", headers: `x-goog-api-key: ${KEY}`, model: "gemini-2.5-flash",
    fits: (path) => GEMINI.test(path),
    address: ({ model, stream }) => `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    write(form, base) {
      const system = systemOf(form);
      const spoken = form.messages.filter((each) => each.role === "user" || each.role === "assistant");
      const contents = spoken.map(({ role, content }) => ({ role: role === "user" ? "user" : "model", parts: [{ text: content }] }));
      return { ...base, ...(system ? { systemInstruction: { parts: [{ text: system }] } } : {}), contents };
    },
    read(body, path) {
      const [, model, method] = GEMINI.exec(path);
      const messages = turns(body.contents);
      const system = body.systemInstruction ? lone(body.systemInstruction.parts) : "";
      if (!messages || !text(system)) return null;
      const stream = method === "streamGenerateContent";
      return { model: decodeURIComponent(model), stream, messages: system ? [{ role: "system", content: system }, ...messages] : messages };
    },
  },
  ollama: {
    name: "Ollama chat", path: "/api/chat", headers: "", model: "llama3.2",
    write: (form, base) => ({ ...base, model: form.model, messages: form.messages, stream: form.stream }),
    read: (body) => (plain(body.messages) ? { messages: body.messages, stream: body.stream !== false } : null),
  },
  embeddings: {
    name: "OpenAI embeddings", path: "/v1/embeddings", headers: bearer, model: "text-embedding-3-small",
    write(form, base) {
      const texts = form.messages.map((each) => each.content);
      return { ...base, model: form.model, input: texts.length === 1 ? texts[0] : texts };
    },
    read(body) {
      const texts = [body.input].flat();
      return texts.length && texts.every(text) ? { messages: texts.map((content) => ({ role: "user", content })) } : null;
    },
  },
};

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
    if (colon < 1) throw new Error(`“${line.trim()}” is no header; one is written Name: value.`);
    found[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return found;
}
