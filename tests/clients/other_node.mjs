// Ask a server by Anthropic's SDK for node or by the AI SDK; run by tests/clients/test_other_clients.py.
//
//     node other_node.mjs CLIENT FOLDER BASE_URL < questions > findings
//
// FOLDER has the node_modules with the clients. In all else it is like openai_node.mjs.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [name, folder, base] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(createRequire(`${folder}/`).resolve(module)));
const root = base.replace(/\/v1$/, "");

async function anthropic() {
  const { Anthropic } = await load("@anthropic-ai/sdk");
  const { messages } = new Anthropic({ baseURL: root, apiKey: "mock", maxRetries: 0, logLevel: "off" });
  const hear = (finding, event) => {
    if (event.type === "content_block_delta") finding.text += event.delta.text ?? event.delta.partial_json ?? "";
    if (event.type === "message_delta") finding.ending = event.delta.stop_reason ?? finding.ending;
  };
  return {
    whole: async (asked, options, finding) => {
      const message = await messages.create(asked, options);
      for (const block of message?.content ?? []) finding.text += block.text ?? "";
      finding.ending = message?.stop_reason ?? finding.ending;
    },
    streamed: async (asked, options, finding) => {
      for await (const event of await messages.create({ ...asked, stream: true }, options)) hear(finding, event);
    },
    helper: async (asked, options, finding) => {
      const stream = messages.stream(asked, options);
      for await (const event of stream) hear(finding, event);
      await stream.finalMessage();
    },
  };
}

async function aiSdk() {
  const { generateText, streamText } = await load("ai");
  const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
  const model = createOpenAICompatible({ name: "mock", baseURL: base, apiKey: "mock" });
  const asked = ({ model: named, messages }, { headers, signal }) => ({ model: model(named), messages, headers, abortSignal: signal, maxRetries: 0, onError: () => {} });
  return {
    whole: async (body, options, finding) => {
      const answer = await generateText(asked(body, options));
      finding.text = answer.text;
      finding.ending = answer.finishReason;
    },
    streamed: async (body, options, finding) => {
      for await (const part of streamText(asked(body, options)).fullStream) {
        if (part.type === "text-delta") finding.text += part.text;
        if (part.type === "tool-input-delta") finding.text += part.delta;
        if (part.type === "finish") finding.ending = part.finishReason ?? finding.ending;
        if (part.type === "error") throw part.error;
      }
    },
  };
}

const ways = await { "anthropic-node": anthropic, "AI SDK": aiSdk }[name]();

const ask = async ({ fault, way, model, headers, patience }) => {
  const finding = { fault, way, text: "", ending: "silent" };
  const asked = { model, max_tokens: 100, messages: [{ role: "user", content: "Hello" }] };
  const leave = new AbortController();
  const timer = setTimeout(() => leave.abort(), patience * 2000);
  try {
    await ways[way](asked, { headers, timeout: patience * 1000, signal: leave.signal }, finding);
  } catch (error) {
    finding.ending = error?.name && error.name !== "Error" ? error.name : (error?.constructor?.name ?? String(error));
  }
  clearTimeout(timer);
  if (leave.signal.aborted) finding.ending = "waits";
  return finding;
};

const questions = (await text(process.stdin)).trim().split("\n").map((line) => JSON.parse(line));
const patiences = [...new Set(questions.map(({ patience }) => patience))].sort((a, b) => b - a);
for (const most of patiences) {
  const asked = questions.filter(({ patience }) => patience === most);
  for (const finding of await Promise.all(asked.map(ask))) console.log(JSON.stringify(finding));
}
