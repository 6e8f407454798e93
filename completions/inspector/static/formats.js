// How the playground's form and a request's body are each other, by format.

const KEY = "sk-playground";
const bearer = `Authorization: Bearer ${KEY}`;

const text = (value) => typeof value === "string";
const plain = (messages) =>
  Array.isArray(messages) && messages.length > 0 && messages.every((each) => text(each.role) && text(each.content) && Object.keys(each).length === 2);

/** Of each format: its name, path and headers, `write(form, base)` a body, and `read(body)` a form, or null. */
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
};

/** The format of a path; null where the form does not know it, and the request is edited as JSON. */
export const formatOf = (path) => Object.keys(FORMATS).find((name) => FORMATS[name].path === path) ?? null;

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
