"""Whatever is answered is accepted when it comes back: each kind of reply, of each API, whole and streamed.

The answer goes into the next request in the forms in which clients put it there: as the SDK's own object, as a
document with its nulls, and without them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from google.genai import types as google
from openai.types.chat import ChatCompletionMessage
from openai.types.responses import Response

from completions.wire.registry import ADDRESSES
from tests.document import events, merge
from tests.leaky import LEAKY
from tests.server import QUICK, LiveServer, serving
from tests.wire.anthropic import stream as anthropic_stream
from tests.wire.openai.typed_events import fold_response, typed_events

pytestmark = LEAKY

Json = dict[str, Any]
KINDS = (
    "Text.",
    "Empty.",
    "Reasoning.",
    "Only reasoning.",
    "Refusal.",
    "Call.",
    "Calls.",
    "Reasoned call.",
    "JSON.",
    "Annotations.",
    "Cut.",
    "Cut call.",
    "Filtered.",
    "Choices.",
    "Custom.",
    "Auto.",
)
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
SUM = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
PARAMETERS = {"get_weather": CITY, "add": SUM}
FUNCTIONS = [{"type": "function", "function": {"name": name, "parameters": it}} for name, it in PARAMETERS.items()]


SCRIPT = Path(__file__).with_name("closure.yaml")
server = serving(MOCK_SCRIPT=str(SCRIPT), **QUICK, JOURNAL="false")


@pytest.fixture(scope="module")
def http(server: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


# OpenAI's formats, as OpenAI and others speak them

CHATS = {
    "/v1": "gpt-4.1",
    "/openai/v1": "gpt-4.1",
    "/models": "gpt-4.1",
    "/compatibility/v1": "command-a-03-2025",
    "/cerebras/v1": "gpt-oss-120b",
    "/deepseek": "deepseek-chat",
    "/groq/openai/v1": "llama-3.3-70b-versatile",
    "/mistral/v1": "mistral-large-latest",
    "/moonshot/v1": "kimi-k2.6",
    "/together/v1": "openai/gpt-oss-120b",
    "/ollama/v1": "gpt-oss",
    "/openrouter/api/v1": "openai/gpt-4.1",
    "/v1beta/openai": "gemini-2.5-flash",
    "/v1/projects/p/locations/us/endpoints/openapi": "google/gemini-2.5-flash",
    "/vllm/v1": "some/model",
    "/xai/v1": "grok-4",
    "/zai/api/paas/v4": "glm-5.3",
}
OPENAI = ("/v1", "/openai/v1", "/models")
"""Where clients of OpenAI send what its SDK makes of a message, with all its nulls."""

RESPONSES = [base for base in CHATS if not base.startswith(("/models", "/compatibility/v1", "/v1/projects"))]
CUSTOM = {"type": "custom", "custom": {"name": "shout"}}


def test_addresses__are_all_among_these() -> None:
    routes = [
        f"/{re.sub(r'[(][?]:[^)]*[)][?]', '', address.route)}" for address in ADDRESSES if address.use == "generate"
    ]
    routes = [
        route.replace("(?P<vertex>projects/[^/]+/locations/[^/]+/)", "projects/p/locations/us/") for route in routes
    ]
    for ending, known in (("/chat/completions", CHATS), ("/responses", RESPONSES)):
        bases = {route.removesuffix(ending) for route in routes if route.endswith(ending) and "deployment" not in route}
        assert {base.removesuffix("/v1") for base in bases} == {base.removesuffix("/v1") for base in known}


def forms(base: str, message: Json) -> list[Json]:
    """Return a message as clients put it into the next request."""
    typed = ChatCompletionMessage.construct(**message)
    if base not in OPENAI:
        return [message, typed.model_dump(exclude_unset=True, warnings=False)]
    return [message, typed.model_dump(), typed.model_dump(exclude_none=True)]


def chat(http: httpx.Client, base: str, request: Json, *, stream: bool) -> list[Json]:
    answer = http.post(f"{base}/chat/completions", json={**request, "stream": stream})
    assert answer.status_code == 200, answer.text
    if not stream:
        return [choice["message"] for choice in answer.json()["choices"]]
    messages: dict[int, Json] = {}
    for choice in (choice for chunk in events(answer.content) for choice in chunk["choices"]):
        merge(messages.setdefault(choice["index"], {}), choice.get("delta", {}))
    return [messages[index] for index in sorted(messages)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", CHATS)
def test_chat__takes_back_what_it_said(http: httpx.Client, base: str, kind: str, stream: bool) -> None:
    tools = [*FUNCTIONS, CUSTOM] if kind == "Custom." and base in OPENAI else FUNCTIONS
    several = {"n": 2} if kind == "Choices." and base in OPENAI else {}
    request: Json = {"model": CHATS[base], "tools": tools}
    asked: Json = {"role": "user", "content": kind}
    for message in chat(http, base, {**request, **several, "messages": [asked]}, stream=stream):
        calls = message.get("tool_calls") or []
        results: list[Json] = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in calls]
        for form in forms(base, message):
            said = [asked, form, *results, {"role": "user", "content": "And then?"}]
            assert chat(http, base, {**request, "messages": said}, stream=False)[0]["content"] == "Fine."


@pytest.mark.parametrize("whole", [True, False])
def test_audio__is_taken_back_whole_or_by_its_id(http: httpx.Client, whole: bool) -> None:
    sound = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
    request: Json = {"model": "gpt-audio", **sound}
    asked: Json = {"role": "user", "content": "Audio."}
    (message,) = chat(http, "/v1", {**request, "messages": [asked]}, stream=False)
    said = message if whole else {"role": "assistant", "audio": {"id": message["audio"]["id"]}}
    assert chat(http, "/v1", {**request, "messages": [asked, said, asked]}, stream=False)


HOSTED: dict[str, list[Json]] = {
    "Web.": [{"type": "web_search"}],
    "Hosted.": [
        {"type": "web_search"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "shell", "environment": {"type": "container_auto"}},
        {"type": "image_generation"},
        {"type": "mcp", "server_label": "m", "server_url": "https://example.com/mcp", "require_approval": "never"},
    ],
    "Approved.": [{"type": "mcp", "server_label": "m", "server_url": "https://example.com/mcp"}],
    "Custom.": [{"type": "custom", "name": "shout"}],
    "Shell.": [{"type": "shell"}],
    "Local shell.": [{"type": "local_shell"}],
    "Computer.": [
        {"type": "computer_use_preview", "display_width": 900, "display_height": 900, "environment": "browser"}
    ],
    "Patch.": [{"type": "apply_patch"}],
}
"""The tools that a request has besides its functions."""

OUTPUTS: dict[str, Json] = {
    "function_call": {"type": "function_call_output", "output": "sunny"},
    "custom_tool_call": {"type": "custom_tool_call_output", "output": "sunny"},
    "shell_call": {"type": "shell_call_output", "output": []},
    "local_shell_call": {"type": "local_shell_call_output", "output": "sunny"},
    "computer_call": {
        "type": "computer_call_output",
        "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,aGk="},
    },
    "apply_patch_call": {"type": "apply_patch_call_output", "status": "completed", "output": "sunny"},
}
"""What answers a call, without its id."""


def response(http: httpx.Client, base: str, request: Json, *, stream: bool) -> Json:
    answer = http.post(f"{base}/responses", json={**request, "stream": stream})
    assert answer.status_code == 200, answer.text
    found: Json = fold_response(typed_events(answer.content)) if stream else answer.json()
    return found


def result(item: Json) -> Json:
    if item["type"] == "mcp_approval_request":
        return {"type": "mcp_approval_response", "approval_request_id": item["id"], "approve": True}
    return OUTPUTS[item["type"]] | {"call_id": item["call_id"]}


def taken_back(http: httpx.Client, base: str, request: Json, kind: str, *, stream: bool) -> None:
    """Ask, and go on with the output as it came, as the SDK writes it with and without nulls, and by its id."""
    asked: Json = {"role": "user", "content": kind}
    then: Json = {"role": "user", "content": "And then?"}
    first = response(http, base, {**request, "input": [asked]}, stream=stream)
    results: list[Json] = [
        result(item) for item in first["output"] if item["type"] in (*OUTPUTS, "mcp_approval_request")
    ]
    typed = Response.construct(**first)
    outputs = [
        first["output"],
        *(typed.model_dump(by_alias=True, exclude_none=bare)["output"] for bare in (False, True)),
    ]
    for output in outputs if base in OPENAI else outputs[:1]:
        response(http, base, {**request, "input": [asked, *output, *results, then]}, stream=False)
    if request.get("store") is not False:
        more = {"previous_response_id": first["id"], "input": [*results, then]}
        response(http, base, {**request, **more}, stream=False)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", [*KINDS, *(kind for kind in HOSTED if kind != "Custom.")])
@pytest.mark.parametrize("store", [True, False], ids=["stored", "not stored"])
def test_responses__take_back_what_they_said(http: httpx.Client, store: bool, kind: str, stream: bool) -> None:
    functions = [
        {"type": "function", "name": name, "parameters": it, "strict": True} for name, it in PARAMETERS.items()
    ]
    tools = [*functions, *HOSTED.get(kind, [])]
    include = ["reasoning.encrypted_content"]
    model = "computer-use-preview" if kind == "Computer." else "gpt-5"
    request: Json = {"model": model, "tools": tools, "store": store, "include": include}
    taken_back(http, "/v1", request, kind, stream=stream)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", RESPONSES[1:])
def test_responses__of_others_take_back_what_they_said(http: httpx.Client, base: str, kind: str) -> None:
    functions = [
        {"type": "function", "name": name, "parameters": it, "strict": True} for name, it in PARAMETERS.items()
    ]
    model = "gpt-5" if base in OPENAI else CHATS[base]
    taken_back(http, base, {"model": model, "tools": functions, "store": base in OPENAI}, kind, stream=True)


# Anthropic

THINKING: dict[str, Json] = {
    "off": {},
    "budget": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    "adaptive": {"thinking": {"type": "adaptive"}},
    "omitted": {"thinking": {"type": "adaptive", "display": "omitted"}},
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("thinking", THINKING)
@pytest.mark.parametrize("kind", KINDS)
def test_messages__take_back_what_they_said(http: httpx.Client, kind: str, thinking: str, stream: bool) -> None:
    tools = [{"name": name, "input_schema": it} for name, it in PARAMETERS.items()]
    model = "claude-sonnet-4-5" if thinking == "budget" else "claude-opus-5-5"
    request = {"model": model, "max_tokens": 4000, "tools": tools, **THINKING[thinking]}
    headers = {"anthropic-version": "2023-06-01", "x-api-key": "k"}
    asked = {"role": "user", "content": kind}
    first = http.post("/v1/messages", json={**request, "messages": [asked], "stream": stream}, headers=headers)
    assert first.status_code == 200, first.text
    message = anthropic_stream.fold(anthropic_stream.read(first.content)) if stream else first.json()
    results: list[Json] = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": "sunny"}
        for block in message["content"]
        if block["type"] == "tool_use"
    ]
    then = [*results, {"type": "text", "text": "And then?"}]
    for last in (then, results or then):
        said = [asked, {"role": "assistant", "content": message["content"]}, {"role": "user", "content": last}]
        again = http.post("/v1/messages", json={**request, "messages": said}, headers=headers)
        assert again.status_code == 200, again.text


# Gemini, with the SDK's types


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-flash-preview"])
@pytest.mark.parametrize("kind", KINDS)
def test_gemini__takes_back_what_it_said(http: httpx.Client, kind: str, model: str, stream: bool) -> None:
    declared = [{"name": name, "parametersJsonSchema": it} for name, it in PARAMETERS.items()]
    config = {"thinkingConfig": {"includeThoughts": True}}
    request: Json = {"tools": [{"functionDeclarations": declared}], "generationConfig": config}
    asked: Json = {"role": "user", "parts": [{"text": kind}]}
    address = f"/v1beta/models/{model}"
    if stream:
        text = http.post(f"{address}:streamGenerateContent?alt=sse", json={**request, "contents": [asked]}).text
        chunks = [orjson.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    else:
        chunks = [http.post(f"{address}:generateContent", json={**request, "contents": [asked]}).json()]
    whole: Json = {
        "role": "model",
        "parts": [part for chunk in chunks for part in chunk["candidates"][0]["content"].get("parts", [])],
    }
    typed = google.Content.model_validate(whole).model_dump(by_alias=True, exclude_none=True, mode="json")
    results: list[Json] = [
        {"functionResponse": {"name": part["functionCall"]["name"], "response": {"result": "sunny"}}}
        for part in whole["parts"]
        if "functionCall" in part
    ]
    then: Json = {"role": "user", "parts": results or [{"text": "And then?"}]}
    for content in (whole, typed):
        again = http.post(f"{address}:generateContent", json={**request, "contents": [asked, content, then]})
        assert again.status_code == 200, again.text


# Ollama


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("think", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_ollama__takes_back_what_it_said(http: httpx.Client, kind: str, think: bool, stream: bool) -> None:
    request = {"model": "qwen3", "tools": FUNCTIONS, "think": think, "stream": stream}
    asked = {"role": "user", "content": kind}
    lines = http.post("/api/chat", json={**request, "messages": [asked]}).text.splitlines()
    message: Json = {"role": "assistant", "content": ""}
    for line in lines:
        for key, value in orjson.loads(line)["message"].items():
            message[key] = value if key == "role" else message.get(key, type(value)()) + value
    results: list[Json] = [
        {"role": "tool", "content": "sunny", "tool_name": call["function"]["name"]}
        for call in message.get("tool_calls", [])
    ]
    said = [asked, message, *results, {"role": "user", "content": "And then?"}]
    again = http.post("/api/chat", json={**request, "messages": said, "stream": False})
    assert again.status_code == 200, again.text
