"""Validation of a client's messages: `RealtimeSessionCreateRequest` and others of the openai SDK."""

from collections.abc import Mapping
from typing import Any

from completions.wire.openai.conversation_sound import BYTES_PER_MS
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    integer,
    nullable,
    obj,
    record,
    refuse,
    string,
    tagged,
    worded_problem,
    wrong_type,
)

IGNORED = ("type", "strict")
"""Keys that a function may have, and that are ignored."""

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
"""The names of the API's own voices."""

MAX_TOKENS = 4096
"""The highest token limit of a response."""

_FORMAT = record({"type": choice(*BYTES_PER_MS), "rate": anything})
_KINDS = array(choice("text", "audio"), "strings", low=1)


def _modalities(value: Any) -> Problem | None:
    """Check the output modalities: text, or audio with its transcript (measured until October 2026)."""
    problem = _KINDS(value)
    if problem is not None or len(value) == 1:
        return problem
    why = f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio']."
    return worded_problem(why, "invalid_value", "")


_VOICE = either("one of a string or object", string=choice(*VOICES), object=record({"id": string(low=1)}, ("id",)))
_OUTPUT = record({"format": nullable(_FORMAT), "voice": nullable(_VOICE), "speed": decimal(0.25, 1.5)})
_DETECTION = record(
    {
        "type": choice("server_vad", "semantic_vad"),
        "threshold": nullable(decimal(0, 1)),
        **dict.fromkeys(("prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms"), nullable(decimal(0))),
        **dict.fromkeys(("create_response", "interrupt_response"), nullable(boolean)),
        "eagerness": nullable(choice("low", "medium", "high", "auto")),
    }
)
_INPUT = record(
    {
        "format": nullable(_FORMAT),
        "transcription": nullable(obj),
        "noise_reduction": nullable(record({"type": choice("near_field", "far_field"), "strength": decimal()})),
        "turn_detection": nullable(_DETECTION),
    }
)

_FUNCTION = record(
    {
        "name": string(),
        "description": nullable(string()),
        "parameters": nullable(obj),
        **dict.fromkeys(IGNORED, anything),
    },
    ("name",),
)
_CHOSEN = record({"type": string(), "name": string()}, ("name",))


def _tool(value: Any) -> Problem | None:
    """Check a tool: a function has no other keys than its own (`session.tools[0].meta`: livekit/agents 3210)."""
    is_function = type(value) is dict and value.get("type", "function") == "function"
    return _FUNCTION(value) if is_function else obj(value)


def _tool_choice(value: Any) -> Problem | None:
    """Check a tool choice: that of a function contains its name (Azure-Samples/aoai-realtime-audio-sdk 132)."""
    return _CHOSEN(value) if type(value) is dict and value.get("type") == "function" else None


def _max_tokens(value: Any) -> Problem | None:
    """Check the token limit of a response: a number, or `inf` for the model's limit."""
    if type(value) is int:
        return _TOKENS(value)
    return None if value in ("inf", None) else wrong_type("one of an integer or 'inf'", value)


_TOKENS = integer(1, MAX_TOKENS)
_TRUNCATION = either(
    "one of a string or object",
    string=choice("auto", "disabled"),
    object=record(
        {"type": choice("retention_ratio"), "retention_ratio": decimal(0, 1), "token_limits": nullable(obj)},
        ("type", "retention_ratio"),
    ),
)
_TRACING = either(
    "one of a string or object",
    string=choice("auto"),
    object=record({"workflow_name": string(), "group_id": string(), "metadata": nullable(obj)}),
)

SHARED: Mapping[str, Check] = {
    "output_modalities": _modalities,
    "instructions": nullable(string()),
    "tools": array(_tool, "objects"),
    "tool_choice": _tool_choice,
    "max_output_tokens": _max_tokens,
    "prompt": nullable(obj),
    "reasoning": nullable(record({"effort": nullable(choice("minimal", "low", "medium", "high", "xhigh"))})),
    "parallel_tool_calls": nullable(boolean),
}
"""The settings of a session that a response can override."""

SESSION = record(
    {
        **SHARED,
        "type": choice("realtime", "transcription"),
        "audio": record({"input": nullable(_INPUT), "output": nullable(_OUTPUT)}),
        "model": nullable(string()),
        "tracing": nullable(_TRACING),
        "truncation": nullable(_TRUNCATION),
        "include": nullable(array(choice("item.input_audio_transcription.logprobs"), "strings")),
    },
    ("type",),
)
_PART = record({"type": string(), "text": nullable(string()), "transcript": nullable(string())}, ("type",), others=True)
_MESSAGE = record(
    {"role": choice("user", "assistant", "system"), "content": array(_PART, "objects")},
    ("role", "content"),
    others=True,
)
_TEXT_PART = record({"text": string()}, ("text",), others=True)
_ASSISTANT_MESSAGE = record({"content": array(_TEXT_PART, "objects")}, others=True)


def _message(value: Any) -> Problem | None:
    """Check a message: the assistant's parts need a text (openai/openai-agents-js 963)."""
    problem = _MESSAGE(value)
    return _ASSISTANT_MESSAGE(value) if problem is None and value["role"] == "assistant" else problem


_BY_TYPE = tagged(
    "type",
    {
        "message": _message,
        "function_call": record({"name": string(), "arguments": string()}, ("name", "arguments"), others=True),
        "function_call_output": record({"call_id": string(), "output": string()}, ("call_id", "output"), others=True),
        **dict.fromkeys(("mcp_approval_response", "item_reference"), obj),
    },
)
_IDENTIFIED = record({"id": nullable(string())}, others=True)


def item(value: Any) -> Problem | None:
    """Check an item of a conversation by its type; each may have an id."""
    return _BY_TYPE(value) or _IDENTIFIED(value)


RESPONSE = record(
    {
        **SHARED,
        "audio": record({"output": nullable(_OUTPUT)}),
        "conversation": nullable(string()),
        "input": nullable(array(item, "objects")),
        "metadata": nullable(obj),
    }
)
_NAME = string(low=1)
MESSAGES: Mapping[str, Check] = {
    name: record({"type": anything, "event_id": nullable(string()), **fields}, required)
    for name, fields, required in (
        ("session.update", {"session": SESSION}, ("session",)),
        ("input_audio_buffer.append", {"audio": string()}, ("audio",)),
        ("input_audio_buffer.commit", {}, ()),
        ("input_audio_buffer.clear", {}, ()),
        ("conversation.item.create", {"item": item, "previous_item_id": nullable(string())}, ("item",)),
        ("conversation.item.retrieve", {"item_id": _NAME}, ("item_id",)),
        (
            "conversation.item.truncate",
            {"item_id": _NAME, "content_index": decimal(0), "audio_end_ms": decimal(0)},
            ("item_id", "content_index", "audio_end_ms"),
        ),
        ("conversation.item.delete", {"item_id": _NAME}, ("item_id",)),
        ("response.create", {"response": nullable(RESPONSE)}, ()),
        ("response.cancel", {"response_id": nullable(string())}, ()),
    )
}
"""The messages of a client, by their types."""

_TYPE = record({"type": choice(*MESSAGES)}, ("type",), others=True)


def check(message: dict[str, Any]) -> None:
    """Raise the error of an invalid message."""
    refuse(_TYPE(message))
    refuse(MESSAGES[message["type"]](message))
