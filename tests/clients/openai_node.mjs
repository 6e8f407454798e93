// Ask a server by openai-node; run by tests/clients/test_faults.py, and like openai_python.py in all else.
//
//     node openai_node.mjs FOLDER BASE_URL < questions > findings
//
// FOLDER has the node_modules with the SDK. Its streams know no timeout once the headers have come, so what still goes
// on after twice the question's patience is given up, and its ending is `waits`.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const [folder, baseURL] = process.argv.slice(2);
const { OpenAI } = createRequire(`${folder}/`)("openai");
const { completions } = new OpenAI({ baseURL, apiKey: "mock", maxRetries: 0, logLevel: "off" }).chat;

const hear = (finding, part) => {
  for (const choice of part?.choices ?? []) {
    const said = choice.delta ?? choice.message;
    finding.text += said.content ?? "";
    for (const call of said.tool_calls ?? []) finding.text += call.function.arguments ?? "";
    finding.ending = choice.finish_reason ?? finding.ending;
  }
};

const WAYS = {
  whole: async (body, options, finding) => hear(finding, await completions.create(body, options)),
  streamed: async (body, options, finding) => {
    for await (const chunk of await completions.create({ ...body, stream: true }, options)) hear(finding, chunk);
  },
  helper: async (body, options, finding) => {
    const stream = completions.stream(body, options);
    for await (const chunk of stream) hear(finding, chunk);
    await stream.finalChatCompletion();
  },
};

const ask = async ({ fault, way, model, headers, patience }) => {
  const finding = { fault, way, text: "", ending: "silent" };
  const body = { model, messages: [{ role: "user", content: "Hello" }] };
  const leave = new AbortController();
  const options = { headers, timeout: patience * 1000, signal: leave.signal };
  const timer = setTimeout(() => leave.abort(), patience * 2000);
  try {
    await WAYS[way](body, options, finding);
  } catch (error) {
    finding.ending = error.constructor.name;
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
