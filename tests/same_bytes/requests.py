"""The requests: each subject, asked on each surface, whole and streamed; and what each surface refuses."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Body = dict[str, Any]


class Request(NamedTuple):
    """A request by a name of its own."""

    name: str
    path: str
    body: bytes
    query: bytes = b""
    headers: Mapping[str, str] = {}


SUBJECTS = (
    "Text",
    "Reasoning",
    "One call",
    "Two calls",
    "Refusal",
    "JSON",
    "Cut",
    "Filtered",
    "Limit",
    "Broken",
    "Echo",
    "Auto",
)
"""How the last user message begins; the script has a rule for each."""

CITY: Body = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SUM: Body = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
TOOLS: dict[str, Body] = {"add": SUM, "get_weather": CITY}
STRICT: Body = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def chat(subject: str, model: str = "gpt-4o") -> Body:
    """Return a chat completion's request, with tools and earlier messages where the subject is about them."""
    body: Body = {
        "model": model,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"{subject}, please."}],
    }
    if subject.endswith(("call", "calls")):
        body["tools"] = [
            {"type": "function", "function": {"name": name, "parameters": schema}} for name, schema in TOOLS.items()
        ]
    if subject == "JSON":
        schema = {"name": "person", "schema": STRICT, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def legacy(subject: str) -> Body:
    """Return a legacy completion's request."""
    return {"model": "gpt-3.5-turbo-instruct", "prompt": f"{subject}, please.", "max_tokens": 40}


def responses(subject: str) -> Body:
    """Return a request of OpenAI's Responses."""
    body: Body = {"model": "gpt-4o", "instructions": "Be brief.", "input": f"{subject}, please."}
    if subject.endswith(("call", "calls")):
        body["tools"] = [
            {"type": "function", "name": name, "parameters": schema, "strict": False} for name, schema in TOOLS.items()
        ]
    if subject == "JSON":
        body["text"] = {"format": {"type": "json_schema", "name": "person", "schema": STRICT, "strict": True}}
    return body


def anthropic(subject: str) -> Body:
    """Return a request of Anthropic's Messages."""
    body: Body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 2000,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": f"{subject}, please."}],
    }
    if subject.endswith(("call", "calls")):
        body["tools"] = [{"name": name, "input_schema": schema} for name, schema in TOOLS.items()]
    if subject == "Reasoning":
        body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    return body


def gemini(subject: str) -> Body:
    """Return a request of Gemini's."""
    body: Body = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": f"{subject}, please."}]}],
    }
    if subject.endswith(("call", "calls")):
        body["tools"] = [{"functionDeclarations": [{"name": n, "parameters": s} for n, s in TOOLS.items()]}]
    if subject == "Reasoning":
        body["generationConfig"] = {"thinkingConfig": {"includeThoughts": True}}
    return body


def ollama_generate(subject: str) -> Body:
    """Return a request of Ollama's `generate`."""
    return {"model": "llama3.2", "prompt": f"{subject}, please."}


def ollama(subject: str) -> Body:
    """Return a request of Ollama's `chat`."""
    return {**chat(subject, "llama3.2"), "format": STRICT} if subject == "JSON" else chat(subject, "llama3.2")


def first_cohere(subject: str) -> Body:
    """Return a request of the first version of Cohere's chat."""
    body: Body = {"model": "command-a-03-2025", "preamble": "Be brief.", "message": f"{subject}, please."}
    if subject.endswith(("call", "calls")):
        body["tools"] = [{"name": name, "description": "", "parameter_definitions": {}} for name in TOOLS]
    if subject == "JSON":
        body["response_format"] = {"type": "json_object", "schema": STRICT}
    return body


def cohere(subject: str) -> Body:
    """Return a request of Cohere's chat."""
    body = chat(subject, "command-a-03-2025")
    if subject == "JSON":
        body["response_format"] = {"type": "json_object", "json_schema": STRICT}
    return body


def vertex(subject: str) -> Body:
    """Return a request of Claude's on Vertex AI, whose model is in the address."""
    body = {key: value for key, value in anthropic(subject).items() if key != "model"}
    return {"anthropic_version": "vertex-2023-10-16", **body}


def converse(subject: str) -> Body:
    """Return a request of Bedrock's Converse."""
    body: Body = {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": f"{subject}, please."}]}],
    }
    if subject.endswith(("call", "calls")):
        specs = [{"toolSpec": {"name": name, "inputSchema": {"json": it}}} for name, it in TOOLS.items()]
        body["toolConfig"] = {"tools": specs}
    return body


STREAMED: Body = {"stream": True}


class Surface(NamedTuple):
    """Where a format is spoken, the request that it makes of a subject, and how it asks for a stream."""

    path: str
    body: Callable[[str], Body]
    stream: Body = STREAMED
    query: bytes = b""
    headers: Mapping[str, str] = {}


PROJECT = "/v1/projects/p/locations/us-east5/publishers"
BEDROCK = "/model/anthropic.claude-3-5-sonnet-20241022-v2:0"
VERSION = {"anthropic-version": "2023-06-01"}
USAGE: Body = {"stream": True, "stream_options": {"include_usage": True}}
CHAT = "chat/completions"
SURFACES: dict[str, Surface] = {
    "chat": Surface("/v1/chat/completions", chat, USAGE),
    "legacy": Surface("/v1/completions", legacy, USAGE),
    "responses": Surface("/v1/responses", responses),
    "anthropic": Surface("/v1/messages", anthropic, headers=VERSION),
    "ollama chat": Surface("/api/chat", ollama),
    "ollama generate": Surface("/api/generate", ollama_generate),
    "azure": Surface("/openai/deployments/gpt-4o/chat/completions", chat, USAGE, b"api-version=2024-10-21"),
    "deepseek": Surface(f"/deepseek/{CHAT}", chat),
    "groq": Surface(f"/groq/openai/v1/{CHAT}", chat),
    "mistral": Surface(f"/mistral/v1/{CHAT}", chat),
    "openrouter": Surface(f"/openrouter/api/v1/{CHAT}", chat),
    "vllm": Surface(f"/vllm/v1/{CHAT}", chat, USAGE),
    "xai": Surface(f"/xai/v1/{CHAT}", chat, USAGE),
    "gemini's chat": Surface(f"/v1beta/openai/{CHAT}", lambda subject: chat(subject, "gemini-2.5-flash"), USAGE),
    "cohere's chat": Surface(f"/compatibility/v1/{CHAT}", lambda subject: chat(subject, "command-a"), USAGE),
    "cohere": Surface("/v2/chat", cohere),
    "cohere's first": Surface("/v1/chat", first_cohere),
    "claude on vertex": Surface(f"{PROJECT}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", vertex),
}
GEMINI = "/v1beta/models/gemini-2.5-flash:"

OTHERS: dict[str, Body] = {
    "/v1/embeddings": {"model": "text-embedding-3-small", "input": ["one", "two"], "dimensions": 4},
    "/v1/moderations": {"model": "omni-moderation-latest", "input": "Hello"},
    "/v1/decisions": {
        "model": "gpt-6-luna",
        "input": "Hello",
        "questions": [{"type": "predicate", "instructions": "It is a greeting."}],
    },
    "/v1/responses/input_tokens": {"model": "gpt-4o", "input": "Count these tokens."},
    "/v1/messages/count_tokens": {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Count."}]},
    f"{GEMINI}countTokens": {"contents": [{"parts": [{"text": "Count."}]}]},
    "/v1beta/models/gemini-embedding-001:embedContent": {
        "content": {"parts": [{"text": "one"}]},
        "outputDimensionality": 4,
    },
    "/api/embed": {"model": "all-minilm", "input": "one", "dimensions": 4},
    "/mistral/v1/embeddings": {"model": "mistral-embed", "input": "one"},
    "/mistral/v1/moderations": {"model": "mistral-moderation-latest", "input": ["one", "two"]},
    "/mistral/v1/ocr": {
        "model": "mistral-ocr-latest",
        "document": {"type": "document_url", "document_url": "https://example.com/plan.pdf"},
    },
    "/v2/embed": {
        "model": "embed-v4.0",
        "texts": ["one"],
        "input_type": "search_query",
        "embedding_types": ["float"],
        "output_dimension": 256,
    },
    "/v2/rerank": {"model": "rerank-v3.5", "query": "cat", "documents": ["A dog.", "A cat."]},
    "/v1/rerank": {"model": "jina-reranker-v3", "query": "cat", "documents": ["A dog.", "A cat."]},
    "/vllm/rerank": {"model": "bge", "query": "cat", "documents": ["A dog.", "A cat."]},
    "/vllm/score": {"model": "bge", "text_1": "cat", "text_2": ["A dog.", "A cat."]},
    "/openrouter/api/v1/rerank": {"model": "cohere/rerank-v3.5", "query": "cat", "documents": ["A dog.", "A cat."]},
    "/together/v1/rerank": {"model": "Salesforce/Llama-Rank-V1", "query": "cat", "documents": ["A dog.", "A cat."]},
    "/model/amazon.rerank-v1:0/invoke": {"query": "cat", "documents": ["A dog.", "A cat."]},
    "/v1/audio/speech": {"model": "tts-1", "voice": "alloy", "input": "Hi", "response_format": "wav"},
    f"{PROJECT}/google/models/text-embedding-004:predict": {"instances": [{"content": "one"}]},
    "/v1/nothing": {},
    "/v1beta/nothing": {},
}

WRONG: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b'{"model": oops}',
    "no object": b"[1]",
    "no messages": b'{"model": "gpt-4o"}',
    "unknown field": b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "nothing": 1}',
    "wrong type": b'{"model": 1, "messages": 2, "input": 3, "prompt": false, "contents": 4}',
}


def requests() -> Iterator[Request]:
    """Yield all requests."""
    for name, surface in SURFACES.items():
        for subject in SUBJECTS:
            for how, more in (("whole", {"stream": False}), ("streamed", surface.stream)):
                body = _dump(surface.body(subject) | more)
                yield Request(f"{name}: {subject}, {how}", surface.path, body, surface.query, surface.headers)
        for what, body in WRONG.items():
            yield Request(f"{name}: {what}", surface.path, body, surface.query, surface.headers)
    for subject in SUBJECTS:
        body = _dump(gemini(subject))
        yield Request(f"gemini: {subject}, whole", f"{GEMINI}generateContent", body)
        yield Request(f"gemini: {subject}, streamed", f"{GEMINI}streamGenerateContent", body, b"alt=sse")
    yield Request("gemini: Text, an array", f"{GEMINI}streamGenerateContent", _dump(gemini("Text")))
    for what, body in WRONG.items():
        yield Request(f"gemini: {what}", f"{GEMINI}generateContent", body)
    for subject in SUBJECTS:
        for how in ("converse", "converse-stream"):
            yield Request(f"bedrock: {subject}, {how}", f"{BEDROCK}/{how}", _dump(converse(subject)))
    for what, body in WRONG.items():
        yield Request(f"bedrock: {what}", f"{BEDROCK}/converse", body)
    for path, document in OTHERS.items():
        yield Request(f"POST {path}", path, _dump(document), headers=VERSION if "messages" in path else {})


def _dump(document: Body) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
