"""`reply: {body: …}`: a document of any API goes out there as it stands, and the others say the same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from completions.conversation import Prompt, Reply
from completions.exceptions import ScriptError
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.base import WireFormat
from completions.wire.bedrock.converse import Converse
from completions.wire.cohere.chat import CohereChat
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.responses.stored import at
from tests.scripts import rules, script
from tests.wire.anthropic import stream as anthropic_stream
from tests.wire.gemini.test_generate import chunks, fold_gemini
from tests.wire.openai.typed_events import fold_response, typed_events

Json = dict[str, Any]

BODIES: Mapping[str, Json] = {
    "chat": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "Let me look.",
                    "reasoning": "Hm.",
                    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
                },
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    },
    "anthropic": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {"type": "text", "text": "Let me look."},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 5,
            "cache_read_input_tokens": 4,
            "output_tokens": 3,
            "output_tokens_details": {"thinking_tokens": 2},
            "service_tier": "priority",
        },
    },
    "responses": {
        "id": "resp_1",
        "object": "response",
        "created_at": 5,
        "model": "m",
        "status": "completed",
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Let me look.", "annotations": [], "logprobs": []}],
            },
            {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12},
    },
    "gemini": {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Hm.", "thought": True},
                        {"text": "Let me look.", "thoughtSignature": "c2ln"},
                        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c1"}},
                    ],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1, "thoughtsTokenCount": 2},
        "modelVersion": "m",
        "responseId": "r1",
    },
    "ollama": {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {
            "role": "assistant",
            "content": "Let me look.",
            "thinking": "Hm.",
            "tool_calls": [{"id": "c1", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}],
        },
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 9,
        "eval_count": 3,
    },
    "cohere": {
        "id": "i1",
        "message": {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}],
            "tool_plan": "Let me look.",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
        },
        "finish_reason": "TOOL_CALL",
        "usage": {"tokens": {"input_tokens": 9, "output_tokens": 3}},
    },
    "converse": {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                    {"text": "Let me look."},
                    {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"a": 1}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12},
        "metrics": {"latencyMs": 5},
    },
}

PLAIN: Mapping[str, Json] = {
    "ollama": {"model": "m", "message": {"role": "assistant", "content": "Hi", "tool_calls": None}, "done": True},
    "ollama_generate": {"model": "m", "response": "Hi", "done": True, "done_reason": "length", "eval_count": 1},
    "cohere": {"message": {"content": [{"type": "text", "text": "Hi"}]}, "finish_reason": "MAX_TOKENS"},
    "converse": {"output": {"message": {"content": [{"text": "Hi"}]}}, "stopReason": "guardrail_intervened"},
}
"""Documents with little in them."""

HI: list[Json] = [{"role": "user", "content": "Hi"}]
ASKED: Mapping[str, tuple[WireFormat, Json, Json]] = {
    "chat": (ChatCompletions(), {"model": "m", "messages": HI}, {}),
    "anthropic": (AnthropicMessages(), {"model": "m", "max_tokens": 9, "messages": HI}, {}),
    "responses": (Responses(), {"model": "m", "input": "Hi", "reasoning": {"summary": "auto"}}, {}),
    "gemini": (
        Gemini(),
        {
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
        },
        {"model": "m", "method": "generateContent", "alt": "sse"},
    ),
    "ollama": (OllamaChat(), {"model": "m", "messages": HI, "think": True}, {}),
    "ollama_generate": (OllamaGenerate(), {"model": "m", "prompt": "Hi"}, {}),
    "cohere": (CohereChat(), {"model": "m", "messages": HI}, {}),
    "converse": (Converse(), {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, {"model": "m"}),
}


def asked(name: str, *, stream: bool = False) -> tuple[WireFormat, Prompt]:
    wire, body, route = ASKED[name]
    if name == "gemini":
        route = route | ({"method": "streamGenerateContent"} if stream else {})
    elif stream:
        body = body | {"stream": True}
    headers = {"anthropic-version": "2023-06-01"} if name == "anthropic" else {}
    return wire, wire.parse(orjson.dumps(body), headers, validate=True, route=route)


def scripted(name: str, prompt: Prompt, body: Json | None = None) -> Reply:
    text = orjson.dumps(body or BODIES[name]).decode()
    answer = script(rules(f"- reply: {{body: {text}}}")).rules[0].answers[0](prompt)
    assert isinstance(answer, Reply)
    return answer


@pytest.mark.parametrize("name", BODIES)
def test_body__goes_out_as_it_stands(name: str) -> None:
    wire, prompt = asked(name)
    assert wire.document(scripted(name, prompt), prompt) == BODIES[name]


@pytest.mark.parametrize("name", PLAIN)
def test_body__may_have_little_in_it(name: str) -> None:
    wire, prompt = asked(name)
    assert wire.document(scripted(name, prompt, PLAIN[name]), prompt) == PLAIN[name]
    chat, asking = asked("chat")
    choice = chat.document(scripted(name, asking, PLAIN[name]), asking)["choices"][0]
    reasons = {"ollama": "stop", "ollama_generate": "length", "cohere": "length", "converse": "content_filter"}
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Hi", reasons[name])


@pytest.mark.parametrize("to", BODIES)
@pytest.mark.parametrize("name", BODIES)
def test_body__is_said_by_the_others(name: str, to: str) -> None:
    wire, prompt = asked(to)
    said = orjson.dumps(wire.document(scripted(name, prompt), prompt)).decode().replace("\\", "")
    assert "Let me look." in said
    assert '"a":1' in said.replace(" ", "")
    assert "Hm." in said or to == "chat"  # which tells no reasoning, but where its own document does
    for stream_name in (to,):
        streaming, asking = asked(stream_name, stream=True)
        assert streaming.events(scripted(name, asking), asking)


def test_body__of_anthropic_is_what_its_stream_folds_to() -> None:
    wire, prompt = asked("anthropic", stream=True)
    events = wire.events(scripted("anthropic", prompt), prompt)
    folded = anthropic_stream.fold(anthropic_stream.read(b"".join(wire.framing(prompt).frames(events))))
    body = BODIES["anthropic"]
    assert folded == body


def test_body__of_anthropic_may_lack_what_the_api_s_have() -> None:
    body = {
        "id": "own",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "output_tokens": 3},
    }
    wire, prompt = asked("anthropic", stream=True)
    events = wire.events(scripted("anthropic", prompt, body), prompt)
    folded = anthropic_stream.fold(anthropic_stream.read(b"".join(wire.framing(prompt).frames(events))))
    assert folded == {**body, "model": "m"}


@pytest.mark.parametrize(
    "item",
    [
        {"id": "i", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]},
        {"id": "i", "type": "message", "content": [{"text": "Hi"}, {"type": "refusal", "refusal": "No."}]},
        {"id": "i", "type": "message", "content": None},
        {"id": "i", "type": "reasoning"},
        {"id": "i", "type": "reasoning", "summary": None, "content": [{"text": "Hm."}]},
        {"id": "i", "type": "mcp_call", "name": "f"},
        {"id": "i", "type": "code_interpreter_call"},
        {"id": "i", "type": "image_generation_call"},
        {"id": "i", "type": "web_search_call", "status": "completed"},
        {"id": "i", "type": "web_search_call", "action": None},
        {"id": "i", "type": "apply_patch_call"},
        {"id": "i", "type": "apply_patch_call", "operation": None},
        {"id": "i", "type": "of_tomorrow", "more": 1},
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_body__of_a_response_may_lack_what_the_api_s_have(item: Json, named: bool) -> None:
    """So do those that were recorded in 2025: their texts had no log probabilities."""
    item = item if named else {key: value for key, value in item.items() if key != "id"}
    body = {"object": "response", "output": [item]}
    wire, prompt = asked("responses")
    assert wire.document(scripted("responses", prompt, body), prompt) == body
    streaming, asking = asked("responses", stream=True)
    events = typed_events(
        b"".join(streaming.framing(asking).frames(streaming.events(scripted("responses", asking, body), asking)))
    )
    told = events[-1]["response"]["output"]
    assert events[-1]["type"] == "response.completed"
    assert told == [{**item, "id": told[0]["id"]}]
    assert told[0]["id"]
    assert {event["item_id"] for event in events if "item_id" in event} <= {told[0]["id"]}


def test_body__of_a_response_is_retrieved_as_it_was_answered() -> None:
    wire, prompt = asked("responses")
    kept = wire.to_store(scripted("responses", prompt), prompt, lambda: (0.0, 1.0))
    assert at(kept[0].document, 2.0) == BODIES["responses"]


def test_body__of_chat_has_its_own_usage_in_its_stream() -> None:
    wire, prompt = asked("chat", stream=True)
    prompt = replace(prompt, include_usage=True)
    body = BODIES["chat"] | {"usage": {"total_tokens": 3, "completion_tokens": 2, "prompt_tokens": 1, "cost": 0.5}}
    events = wire.events(scripted("chat", prompt, body), prompt)
    (told,) = (orjson.loads(event.data)["usage"] for event in events if b'"cost"' in event.data)
    assert told == body["usage"]


def test_body__of_a_response_is_what_its_stream_folds_to() -> None:
    wire, prompt = asked("responses", stream=True)
    events = wire.events(scripted("responses", prompt), prompt)
    folded = fold_response(typed_events(b"".join(wire.framing(prompt).frames(events))))
    assert folded["output"] == BODIES["responses"]["output"]
    assert (folded["id"], folded["usage"]) == ("resp_1", BODIES["responses"]["usage"])


def test_body__of_gemini_is_what_its_stream_folds_to() -> None:
    wire, prompt = asked("gemini", stream=True)
    folded = fold_gemini(chunks(wire.events(scripted("gemini", prompt), prompt)))
    assert folded["candidates"][0]["content"]["parts"] == BODIES["gemini"]["candidates"][0]["content"]["parts"]
    assert (folded["responseId"], folded["modelVersion"]) == ("r1", "m")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{type: message, role: assistant, usage: {input_tokens: 1, output_tokens: 1}}", "content"),
        ("{candidates: [{content: {parts: [{functionCall: {args: {}}}]}}]}", "name"),
        ("{object: response, output: [{id: a}]}", "type"),
        ("{id: a}", "object"),
    ],
)
def test_body__that_lacks_something_says_what(body: str, said: str) -> None:
    with pytest.raises(ScriptError, match=f"lacks .*{said}|{said}"):
        script(rules(f"- reply: {{body: {body}}}"))
