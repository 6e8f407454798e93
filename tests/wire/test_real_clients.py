"""What real clients send and the APIs take, as recordings and issues of 2025 and 2026 have it, on a live server."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from tests.server import QUICK, LiveServer

HI: Any = [{"role": "user", "content": "Hi"}]
CLAUDE = {"anthropic-version": "2023-06-01", "x-api-key": "k"}
NUMBERED = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]}
BLANK = [{"type": "text", "text": text} for text in ("One.", " ", "Two.")]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}


def user(*parts: Any) -> Any:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "what?"}, *parts]}]}


KEPT = {"role": "assistant", "refusal": None, "annotations": [], "tool_calls": [CALL]}
OF_CODEX = {"internal_chat_message_metadata_passthrough": {"turn_id": "t"}}
CACHED = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "the Agents SDK for JavaScript: a text with what stood around it": (
        "/v1/chat/completions",
        {
            "messages": [
                *HI,
                {"role": "assistant", "content": [{"type": "text", "text": "Wait.", **KEPT}], "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "21"},
                {"role": "assistant", "content": [{**KEPT, "type": "refusal", "refusal": "No."}]},
                *HI,
            ]
        },
    ),
    "LangChain: Anthropic's cache mark in a system message": (
        "/v1/chat/completions",
        {"messages": [{"role": "system", "content": CACHED}, *HI]},
    ),
    "Codex CLI's metadata": ("/v1/responses", {"input": "hi", "client_metadata": {"session_id": "s"}}),
    "Codex CLI signed in with ChatGPT: its metadata in each item": (
        "/v1/responses",
        {
            "input": [
                {"role": "user", "type": "message", "content": "hi", **OF_CODEX},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", **OF_CODEX},
                {"type": "function_call_output", "call_id": "c", "output": "4", **OF_CODEX},
                {"type": "message", "role": "assistant", "content": [], "phase": "commentary", **OF_CODEX},
            ]
        },
    ),
    "LlamaIndex's nulls": ("/v1/responses", {"input": "hi", "user": None, "text": {"format": None}, "prompt": None}),
    "an empty text to embed": ("/v1/embeddings", {"input": ""}),
    "Mistral: tools without a type": (
        "/mistral/v1/chat/completions",
        {"messages": HI, "tools": [{"function": {"name": "f", "parameters": LOOSE}}]},
    ),
    "Mistral: an image's address as a text": (
        "/mistral/v1/chat/completions",
        user({"type": "image_url", "image_url": "https://example.com/a.png"}),
    ),
    "Mistral: a document": (
        "/mistral/v1/chat/completions",
        user({"type": "document_url", "document_url": "https://example.com/a.pdf"}),
    ),
    "OpenRouter: a cache point in a part": (
        "/openrouter/api/v1/chat/completions",
        user({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}),
    ),
    "OpenRouter: a tool of its own": (
        "/openrouter/api/v1/chat/completions",
        {"messages": HI, "tools": [{"type": "openrouter:web_search"}]},
    ),
    "OpenRouter: an image of a tool": (
        "/openrouter/api/v1/chat/completions",
        {
            "messages": [
                *HI,
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": [IMAGE]},
            ]
        },
    ),
    "OpenRouter: responses with a provider": (
        "/openrouter/api/v1/responses",
        {"input": "hi", "provider": {"only": ["openai"]}},
    ),
    "Groq: its own tier": ("/groq/openai/v1/chat/completions", {"messages": HI, "service_tier": "on_demand"}),
    "Azure: responses": ("/openai/v1/responses", {"input": "hi"}),
    "Azure: responses with a version": ("/openai/responses?api-version=2025-04-01-preview", {"input": "hi"}),
    "Azure: the models of others": ("/models/chat/completions?api-version=2024-05-01-preview", {"messages": HI}),
    "xAI": ("/xai/v1/chat/completions", {"messages": HI, "search_parameters": None}),
    "Gemini in OpenAI's format": ("/v1beta/openai/chat/completions", {"messages": HI, "extra_body": {"google": {}}}),
}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with (
        LiveServer(MOCK_SCRIPT="auto", **QUICK) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        yield client


@pytest.mark.parametrize("name", TAKEN)
def test_request__is_taken(http: httpx.Client, name: str) -> None:
    path, body = TAKEN[name]
    answer = http.post(path, json={"model": "m", **body})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [*HI, {"role": "assistant", "content": BLANK}, *HI]},
        {"messages": HI, "mcp_servers": [{"type": "url", "name": "a", "url": "https://example.com"}]},
        {"messages": HI, "tools": [{"type": "advisor_20260301", "name": "advisor"}]},
        {
            "messages": HI,
            "tools": [{"name": "f", "input_schema": LOOSE}],
            "tool_choice": {"type": "any"},
            "thinking": {"type": "adaptive"},
        },
    ],
    ids=["a blank text of its own", "MCP servers", "an advisor", "adaptive thinking before a forced call"],
)
def test_anthropic__takes_what_its_betas_send(http: httpx.Client, body: Any) -> None:
    asked = {"model": "claude-opus-4-6", "max_tokens": 99, **body}
    headers = CLAUDE | {"anthropic-beta": "mcp-client-2025-04-04"}
    answer = http.post("/v1/messages?beta=true", json=asked, headers=headers)
    assert answer.status_code == 200, answer.text


def test_gemini__reads_types_in_capitals_in_a_json_schema(http: httpx.Client) -> None:
    config = {"responseMimeType": "application/json", "responseJsonSchema": NUMBERED}
    asked = {"contents": [{"role": "user", "parts": [{"text": "pick"}]}], "generationConfig": config}
    answer = http.post("/v1beta/models/gemini-2.5-flash:generateContent", json=asked, headers={"x-goog-api-key": "k"})
    said = answer.json()["candidates"][0]["content"]["parts"][-1]["text"]
    assert isinstance(httpx.Response(200, text=said).json()["n"], int)


def test_vllm__takes_what_benchmarks_send_and_says_as_much_as_is_asked(http: httpx.Client) -> None:
    asked = {"model": "m", "messages": HI, "max_tokens": 40, "max_completion_tokens": 40, "ignore_eos": True}
    answer = http.post("/vllm/v1/chat/completions", json={**asked, "min_tokens": 40}).json()
    assert (answer["usage"]["completion_tokens"], answer["choices"][0]["finish_reason"]) == (40, "length")
    text = http.post("/vllm/v1/completions", json={"model": "m", "prompt": "x", "max_tokens": 30, "ignore_eos": True})
    assert text.json()["usage"]["completion_tokens"] == 30
    options = {"include_usage": True, "continuous_usage_stats": True}
    told = http.post("/vllm/v1/chat/completions", json={**asked, "stream": True, "stream_options": options})
    chunks = [
        httpx.Response(200, text=line[6:]).json() for line in told.text.splitlines() if line.startswith("data: {")
    ]
    counts = [chunk["usage"]["completion_tokens"] for chunk in chunks]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == 40
    told = http.post(
        "/vllm/v1/completions",
        json={"model": "m", "prompt": "x", "max_tokens": 7, "min_tokens": 7, "stream": True, "stream_options": options},
    )
    chunks = [orjson.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: {")]
    assert [chunk["usage"]["completion_tokens"] for chunk in chunks] == [1, 2, 3, 4, 5, 6, 7, 7, 7]
    assert chunks[-2]["choices"][0]["finish_reason"] == "length", "as many as there may be"
    wrong = http.post("/vllm/v1/completions", json={"model": "m", "prompt": "x", "max_tokens": -1})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, 400)
    assert http.get("/vllm/health").status_code == http.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/groq/openai/v1/chat/completions", {"messages": HI, "top_k": 5}, "property 'top_k' is unsupported"),
        (
            "/groq/openai/v1/chat/completions",
            {"messages": [{"role": "user", "content": "a", "id": 1}]},
            "'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'id' is ",
        ),
        *(
            ("/v1/chat/completions", {"messages": [{"role": role, "content": CACHED}]}, "[0].content[0].cache_control'")
            for role in ("user", "developer")
        ),
        ("/mistral/v1/chat/completions", {"messages": HI, "store": False}, "Extra inputs are not permitted"),
        ("/deepseek/chat/completions", {}, "missing field `messages`"),
        ("/openrouter/api/v1/chat/completions", {}, 'specify \\"prompt\\" or \\"messages\\"'),
        ("/v1/completions", {"prompt": [12345, 123456]}, "Invalid token in prompt: 123456. Minimum value is 0"),
    ],
)
def test_request__is_refused_in_the_vendor_s_words(http: httpx.Client, path: str, body: Any, said: str) -> None:
    answer = http.post(path, json={"model": "m", **body})
    assert 400 <= answer.status_code < 423
    assert said in answer.text


def test_root__tells_ollama_s_clients_that_it_runs_and_leads_a_browser_to_the_inspector(http: httpx.Client) -> None:
    assert http.get("/").text == "Ollama is running"
    assert http.head("/").status_code == 200
    seen = http.get("/", headers={"accept": "text/html,*/*"})
    assert (seen.status_code, seen.headers["location"]) == (302, "/_mock/")


@pytest.mark.parametrize(
    ("path", "last"),
    [("/vllm/v1/chat/completions", "[DONE]"), ("/openrouter/api/v1/chat/completions", '"finish_reason":"error"')],
)
def test_error__in_a_stream_ends_as_the_vendor_ends_it(http: httpx.Client, path: str, last: str) -> None:
    asked = {"model": "m", "messages": HI, "stream": True}
    answer = http.post(path, json=asked, headers={"X-Mock-Fault": "error_object; after_tokens=2"})
    assert last in answer.text.strip().split("\n\n")[-1]


def test_single_call__comes_with_the_role_and_several_come_after_it(http: httpx.Client) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": LOOSE}}
    asked = {"model": "gpt-4o", "messages": HI, "tools": [tool], "tool_choice": "required", "stream": True}
    first = http.post("/v1/chat/completions", json={**asked, "parallel_tool_calls": False}).text.split("\n\n")[0]
    delta = httpx.Response(200, text=first[6:]).json()["choices"][0]["delta"]
    assert (delta["role"], delta["tool_calls"][0]["function"]) == ("assistant", {"name": "f", "arguments": ""})


def test_anthropic__refuses_a_schema_that_is_none(http: httpx.Client) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "foo"}}}
    asked = {"model": "m", "max_tokens": 9, "messages": HI, "tools": [{"name": "f", "input_schema": schema}]}
    answer = http.post("/v1/messages", json=asked, headers=CLAUDE)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("tools.0.custom.input_schema: JSON schema is invalid.")


def test_gemini__has_no_method_of_another_name(http: httpx.Client) -> None:
    answer = http.post("/v1beta/models/gemini-2.5-flash:fooBar", json={}, headers={"x-goog-api-key": "k"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_responses__refuse_a_file_that_is_sound(http: httpx.Client) -> None:
    file = {"type": "input_file", "filename": "a.mp3", "file_data": "data:audio/mpeg;base64,SUQz"}
    asked = {"model": "gpt-4o", "input": [{"role": "user", "content": [file]}]}
    error = http.post("/v1/responses", json=asked).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "input[0].content[0].file_data")
    assert "but got unsupported MIME type 'audio/mpeg'." in error["message"]
