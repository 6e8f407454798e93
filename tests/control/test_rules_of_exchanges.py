"""What is read of an exchange, and the rule that it makes, over all kinds of reply, all surfaces, streamed or not."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from completions.receive.handler import Handler
from tests.asgi import Answer, call
from tests.control.client import control, told
from tests.same_bytes.requests import GEMINI, SUM, SURFACES, VERSION, Surface, gemini

pytestmark = pytest.mark.usefixtures("world")

KINDS: dict[str, dict[str, Any]] = {
    "text": {"reply": "Plain, with {% templatetag openvariable %} and\na second line\u2028of it 🎁."},
    "nothing": {"reply": ""},
    "reasoning": {"reply": {"reasoning": "Let me think.", "text": "Forty-two."}},
    "refusal": {"reply": {"refusal": "I cannot."}},
    "call": {"reply": {"tool_calls": {"name": "add", "arguments": {"a": 1, "b": "two"}}}},
    "spaced call": {"reply": {"tool_calls": {"name": "add", "arguments": '{"a":  1}', "type": "function"}}},
    "broken call": {"reply": {"tool_calls": {"name": "add", "arguments": '{"a": 1, "b": "tw', "type": "function"}}},
    "calls": {"reply": {"text": "Calling.", "tool_calls": [{"name": "add"}, {"name": "add", "arguments": {"a": 2}}]}},
    "call before text": {"reply": {"blocks": [{"tool_call": {"name": "add", "arguments": {"a": 1}}}, "Calling."]}},
    "call between texts": {"reply": {"blocks": ["First. ", {"tool_call": {"name": "add"}}, {"text": "Then."}]}},
    "custom call": {"reply": {"tool_calls": {"name": "add", "arguments": "free text"}}},
    "cut": {"reply": {"text": "So far", "finish_reason": "length"}},
    "filtered": {"reply": {"text": "So far", "finish_reason": "content_filter"}},
    "error": {"error": {"status": 429, "retry_after": 2, "message": "Later.", "param": "model"}},
    "usual error": {"error": 503},
    "usual error of a model": {"error": {"status": 429}},
    "citation": {
        "reply": {
            "text": "See there.",
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "https://a.example/", "title": "A", "start_index": 4, "end_index": 9},
                }
            ],
        }
    },
    "disconnect": {"reply": "One two three four.", "fault": {"disconnect": {"after_tokens": 2}}},
    "malformed_json": {"reply": "One two.", "fault": "malformed_json"},
    "truncated_json": {"error": 503, "fault": "truncated_json"},
    "bad_utf8": {"reply": "One two three.", "fault": "bad_utf8"},
    "crlf": {"reply": "One two.", "fault": "crlf"},
    "comments": {"reply": "One two.", "fault": "comments"},
    "no_finish": {"reply": "One two.", "fault": "no_finish"},
    "data_after_done": {"reply": "One two.", "fault": "data_after_done"},
}
"""Rules but for their `match:`."""

ALL = {**SURFACES, "gemini": Surface(f"{GEMINI}generateContent", gemini)}
SEEN = ("text", "refusal", "reasoning", "finish_reason", "annotations")


def questions(kind: str) -> Iterator[tuple[str, str, bytes, bytes, dict[str, str]]]:
    """Yield each surface's question, whole and streamed: what it is, and path, body, query and headers."""
    for name, surface in ALL.items():
        if "call" in kind and name in ("legacy", "ollama generate"):
            continue  # they have no tools
        body = surface.body("Reasoning" if kind == "reasoning" else "One call" if "call" in kind else "Text")
        if name == "responses" and kind == "reasoning":
            body["reasoning"] = {"summary": "auto"}
            body["model"] = "o3"
        for how, more in (("whole", {"stream": False}), ("streamed", surface.stream)):
            path, query = surface.path, surface.query
            if name == "gemini":
                path, query, more = (
                    (surface.path, b"", {}) if how == "whole" else (f"{GEMINI}streamGenerateContent", b"alt=sse", {})
                )
            yield f"{name}, {how}", path, json.dumps(body | more).encode(), query, dict(surface.headers)
        if name == "gemini":
            yield "gemini, an array", f"{GEMINI}streamGenerateContent", json.dumps(body).encode(), b"", {}


async def ask(path: str, body: bytes, query: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    return await call(Handler(), "POST", path, body, headers=headers, query=query)


async def use(*rules: dict[str, Any]) -> None:
    await told(
        "PUT", "script", json.dumps({"version": 1, "defaults": {"strict": True}, "rules": rules}, ensure_ascii=False)
    )


async def seen(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = await told("GET", f"exchanges/{answer.headers['x-request-id']}")
    return found


def essence(exchange: dict[str, Any]) -> Any:
    """Return what an exchange comes to, without what is new in each: ids, times, and the rule's name."""
    said = exchange["said"]
    choices = [
        {key: choice[key] or None for key in SEEN}
        | {"blocks": [(block["kind"], block["text"]) for block in choice["blocks"]]}
        | {"calls": [(call["name"], call["arguments"], call["kind"]) for call in choice["tool_calls"]]}
        | {key: choice[key] for key in ("embedding", "moderation", "scores")}
        for choice in said["choices"]
    ]
    facts = {key: exchange[key] for key in ("status", "error", "fault", "fault_parameters", "chunks")}
    return {**facts, "said_error": said["error"], "answer": said["answer"], "choices": choices}


async def assert_same_answer(what: str, kind: dict[str, Any], *question: Any) -> dict[str, Any]:
    """Assert that the rule that an exchange makes gives the same answer to the same question; return the rule."""
    await use(kind)
    first = await seen(await ask(*question))
    made = await told("GET", f"exchanges/{first['id']}/rule")
    rule: dict[str, Any] = made["rule"]
    assert rule["match"], what
    await use({"match": {"last_user": {"contains": "nothing of the kind"}}, "reply": "Another."}, rule)
    second = await seen(await ask(*question))
    assert second["rule"] == rule.get("name", "rule 2"), what
    assert essence(second) == essence(first), (what, made["text"])
    return rule


NO_EFFECT = {"crlf": ("gemini", "ollama"), "comments": ("ollama", "cohere's first")}
"""Faults that change nothing of what some formats stream: Gemini's lines end so, and lines of JSON are no events."""

LAST_WORD_ENDS = ("mistral, streamed", "gemini, streamed", "gemini, an array", "gemini's chat, streamed")
"""Streams whose last token comes with the finish."""


def some_questions(kind: str) -> Iterator[tuple[Any, ...]]:
    """Yield the streamed questions for a fault of streams; else each surface's whole or streamed one, by turns."""
    of_streams = "fault" in KINDS[kind] and "json" not in kind
    for at, question in enumerate(questions(kind)):
        if "whole" not in question[0] if of_streams else (at + at // 2 + [*KINDS].index(kind)) % 2:
            yield question


@pytest.mark.parametrize("kind", KINDS)
async def test_rule__of_an_exchange_gives_the_same_answer(kind: str) -> None:
    for what, *question in some_questions(kind):
        if what in LAST_WORD_ENDS and kind == "disconnect":
            continue  # nothing is left to cut in the answer that was seen
        rule = await assert_same_answer(what, KINDS[kind], *question)
        none = "whole" in what or what.startswith(NO_EFFECT.get(kind, ("nowhere",)))
        assert named(rule.get("fault")) == named(KINDS[kind].get("fault")) or none


def named(fault: Any) -> Any:
    """Return a fault's name."""
    return next(iter(fault)) if isinstance(fault, dict) else fault


TOOLS: list[dict[str, Any]] = [
    {"type": "web_search"},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "image_generation"},
    {"type": "mcp", "server_label": "m", "server_url": "https://m.example/", "require_approval": "never"},
    {"type": "mcp", "server_label": "m", "server_url": "https://m.example/"},
    {"type": "local_shell"},
    {"type": "apply_patch"},
    {"type": "shell", "environment": {"type": "container_auto"}},
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool["type"])
async def test_rule__of_hosted_calls(tool: dict[str, Any], stream: bool) -> None:
    body = {"model": "gpt-5", "input": "Go.", "tools": [tool], "stream": stream}
    name = tool["type"]
    scripted = {
        "reply": {"text": "Done.", "tool_calls": [{"name": name, "arguments": {"query": "x", "code": "1 + 1"}}]}
    }
    for kind in ({"reply": "Done."}, scripted):
        await use(kind)
        first = await seen(await ask("/v1/responses", json.dumps(body).encode()))
        await assert_same_answer(name, kind, "/v1/responses", json.dumps(body).encode())
        types = [item["type"] for item in items(first)]
        made = await told("GET", f"exchanges/{first['id']}/rule")
        await use(made["rule"])
        second = await seen(await ask("/v1/responses", json.dumps(body).encode()))
        assert [item["type"] for item in items(second)] == types


def items(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a response."""
    response = exchange["response"]
    if "chunks" in response:
        last: dict[str, Any] = orjson.loads(response["chunks"][-1]["data"].partition("data: ")[2])
        return list(last["response"]["output"])
    return list(response["body"]["output"])


CALLED = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
TURNS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (
        "/v1/chat/completions",
        {
            "model": "gpt-4o",
            "messages": [
                {"role": "user", "content": "Rain?"},
                {"role": "assistant", "content": None, "tool_calls": [CALLED]},
                {"role": "tool", "tool_call_id": "call_1", "content": "It rains."},
            ],
        },
    ),
    "responses": (
        "/v1/responses",
        {
            "model": "gpt-4o",
            "input": [
                {"role": "user", "content": "Rain?"},
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "It rains."},
            ],
        },
    ),
    "anthropic": (
        "/v1/messages",
        {
            "model": "claude-sonnet-4-5",
            "max_tokens": 99,
            "tools": [{"name": "weather", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "Rain?"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "It rains."}],
                },
            ],
        },
    ),
    "gemini": (
        f"{GEMINI}generateContent",
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Rain?"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]},
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"name": "weather", "response": {"result": "It rains."}}}],
                },
            ]
        },
    ),
    "ollama": (
        "/api/chat",
        {
            "model": "llama3.2",
            "messages": [
                {"role": "user", "content": "Rain?"},
                {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": {}}}]},
                {"role": "tool", "tool_name": "weather", "content": "It rains."},
            ],
        },
    ),
}


@pytest.mark.parametrize("surface", TURNS)
async def test_rule__of_a_tools_result_has_it_and_the_turn(surface: str) -> None:
    path, body = TURNS[surface]
    rule = await assert_same_answer(surface, {"reply": "Take a coat."}, path, json.dumps(body).encode(), b"", VERSION)
    assert rule["match"] == {
        "last_user": {"eq": "Rain?"},
        "tool_result": {"name": "weather", "eq": "It rains."},
        "turn": 1,
    }


def asks(model: str = "gpt-4o", **more: Any) -> dict[str, Any]:
    """Return a body with one message."""
    return {"model": model, "messages": [{"role": "user", "content": "a"}], **more}


CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"
AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
INSTRUCT = {"model": "gpt-3.5-turbo-instruct", "echo": True}
THREE = {"reply": "One two three."}
FLAGGED = {"match": {"format": "moderations"}, "reply": {"moderation": {"flagged": True}}}
DECIDED = {"model": "gpt-6-luna", "input": "a", "questions": [{"type": "predicate", "instructions": "Is it?"}]}
VECTOR = {"match": {"format": "embeddings"}, "reply": {"embedding": [1, 0.5]}}
RANKED = {"query": "a", "documents": ["a", "b", "a b"]}
SCORED = {"match": {"format": "rerank"}, "reply": {"scores": [0.25, 0, 1]}}
OTHERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (EMBEDDINGS, {"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 4}, {}),
    (EMBEDDINGS, {"model": "text-embedding-3-small", "input": "a", "encoding_format": "base64"}, {}),
    (EMBEDDINGS, {"model": "m", "input": "a"}, VECTOR),
    ("/v1/moderations", {"input": ["a", "b"]}, {}),
    ("/v1/moderations", {"input": "a"}, FLAGGED),
    ("/v2/rerank", {"model": "rerank-v3.5", **RANKED}, {}),
    ("/v1/rerank", {"model": "rerank-2.5", **RANKED}, SCORED),
    ("/vllm/score", {"text_1": "a", "text_2": ["a", "b", "a b"]}, SCORED),
    ("/v1/decisions", DECIDED, {}),
    ("/v1/decisions", DECIDED, {"match": {"format": "decisions"}, "reply": {"json": {"0": 0.25}}}),
    ("/v1/responses/input_tokens", {"model": "gpt-4o", "input": "Count these."}, {}),
    ("/v1/messages/count_tokens", asks("claude-sonnet-4-5"), {}),
    (f"{GEMINI}countTokens", {"contents": [{"parts": [{"text": "Count."}]}]}, {}),
    ("/v1beta/models/gemini-embedding-001:embedContent", {"content": {"parts": [{"text": "a"}]}}, {}),
    ("/api/embed", {"model": "all-minilm", "input": ["a", "b"]}, {}),
    ("/api/embeddings", {"model": "all-minilm", "prompt": "a"}, {}),
    ("/api/chat", {"model": "llama3.2", "messages": []}, {}),
    (CHAT, asks(n=2), {"reply": {"choices": ["A", "B"]}}),
    (CHAT, asks(max_tokens=3), {"reply": "One two three four five."}),
    (CHAT, asks(), {"reply": {"text": "A", "model": "other"}}),
    (CHAT, asks("gpt-4o-audio-preview", **AUDIO), THREE),
    (CHAT, asks(functions=[{"name": "f", "parameters": SUM}]), {"reply": {"tool_calls": {"name": "f"}}}),
    ("/vllm/v1/chat/completions", asks(stop=["th"]), THREE),
    (MESSAGES, asks("claude-sonnet-4-5", max_tokens=9, stop_sequences=["th"]), THREE),
    ("/v1/completions", {**INSTRUCT, "prompt": ["a", "b"]}, THREE),
    ("/v1/completions", {**INSTRUCT, "prompt": "a", "stream": True}, THREE),
]


@pytest.mark.parametrize(("path", "body", "kind"), OTHERS)
async def test_rule__of_other_tasks_and_ends(path: str, body: dict[str, Any], kind: dict[str, Any]) -> None:
    question = (path, json.dumps(body).encode(), b"", VERSION)
    kind = kind or {"match": {"last_user": "no such thing"}, "reply": "Never."}
    await assert_same_answer(path, kind, *question)
    await use(kind)
    answer = await ask(*question)
    made = (await told("GET", f"exchanges/{answer.headers['x-request-id']}/rule"))["rule"]
    await use(made)
    assert unlike(await ask(*question)) == unlike(answer)


def unlike(answer: Answer) -> Any:
    """Return an answer's document without what is new in each."""
    if not answer.body.startswith(b"{"):
        return None
    document = orjson.loads(answer.body)
    new = ("id", "created", "created_at", "system_fingerprint")
    return {key: value for key, value in document.items() if key not in new and key != "choices" and key != "model"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/models", b""),
        ("POST", "/v1/chat/completions", b"{oops"),
        ("POST", "/v1/nothing", b"{}"),
        ("GET", "/v1/chat/completions", b""),
    ],
)
async def test_rule__is_not_made_of_what_no_rule_answers(method: str, path: str, body: bytes) -> None:
    answer = await call(Handler(), method, path, body)
    refused = await control("GET", f"exchanges/{answer.headers['x-request-id']}/rule")
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (409, "no_rule_possible")


@pytest.mark.parametrize("path", ["v1/nothing", "v1beta/nothing", "nothing", ""])
async def test_exchange__of_an_unknown_path_is_in_its_namespace(path: str) -> None:
    answer = await ask(f"/ns/mine/{path}", b"{}")
    assert answer.status == 404
    (exchange,) = (await told("GET", "exchanges", space="mine"))["exchanges"]
    assert (exchange["id"], exchange["namespace"]) == (answer.headers["x-request-id"], "mine")


async def test_rule__of_what_no_rule_matched_is_to_be_filled_in() -> None:
    await use({"match": {"last_user": "refund"}, "reply": "Five days."})
    path, body = "/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    id = (await ask(path, json.dumps(body).encode())).headers["x-request-id"]
    rule = (await told("GET", f"exchanges/{id}/rule"))["rule"]
    assert rule == {"name": "Hello", "match": {"last_user": {"eq": "Hello"}}, "reply": "What should be answered?"}


@pytest.mark.parametrize("header", ["retry-after", "retry-after-ms"])
async def test_rule__of_a_wait_of_more_digits_than_a_number_may_have(header: str) -> None:
    await use({"error": {"status": 429, "headers": {header: "9" * 5000}}})
    answer = await ask("/v1/chat/completions", b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}')
    made = await told("GET", f"exchanges/{answer.headers['x-request-id']}/rule")
    assert made["rule"]["error"]["status"] == 429
