// Requests to the APIs that the playground's form has no fields for, to be changed as JSON.

import { FORMATS } from "./formats.js";

const openai = FORMATS.chat.headers;
const anthropic = FORMATS.anthropic.headers;
const gemini = FORMATS.gemini.headers;

const QUESTION = "How long does a refund take?";
const messages = [{ role: "user", content: QUESTION }];
const contents = [{ role: "user", parts: [{ text: QUESTION }] }];

/** Of each API: its name, path, headers and body. */
export const SURFACES = {
  count_tokens: { name: "Anthropic count tokens", path: "/v1/messages/count_tokens", headers: anthropic, body: { model: FORMATS.anthropic.model, messages } },
  converse: {
    name: "Bedrock Converse", path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse", headers: openai,
    body: { messages: [{ role: "user", content: [{ text: QUESTION }] }] },
  },
  cohere: { name: "Cohere chat", path: "/v2/chat", headers: openai, body: { model: "command-a-03-2025", messages, stream: true } },
  rerank: { name: "Cohere rerank", path: "/v2/rerank", headers: openai, body: { model: "rerank-v3.5", query: QUESTION, documents: ["Refunds take five days.", "Stilton is a cheese."] } },
  embed_content: { name: "Gemini embeddings", path: "/v1beta/models/gemini-embedding-001:embedContent", headers: gemini, body: { content: contents[0] } },
  generate: { name: "Ollama generate", path: "/api/generate", headers: "", body: { model: FORMATS.ollama.model, prompt: QUESTION, stream: true } },
  images: { name: "OpenAI images", path: "/v1/images/generations", headers: openai, body: { model: "gpt-image-1", prompt: "A red bicycle", size: "1024x1024" } },
  moderations: { name: "OpenAI moderations", path: "/v1/moderations", headers: openai, body: { model: "omni-moderation-latest", input: QUESTION } },
  speech: { name: "OpenAI speech", path: "/v1/audio/speech", headers: openai, body: { model: "gpt-4o-mini-tts", voice: "alloy", input: QUESTION, response_format: "wav" } },
};
