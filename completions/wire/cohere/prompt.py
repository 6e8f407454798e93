"""Step 2 for Cohere's chat: the request's body -> `Prompt`, and what is refused of it.

Messages and tools are OpenAI's but for thinking, documents as results of tools, and the names of a few fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import ANY_FORM, ANY_TOOL, Message, Prompt, ResponseFormat, Thought, ToolChoice
from completions.exceptions import RequestError
from completions.wire.cohere.base import check
from completions.wire.cohere.rules import OPTIONS, RULES
from completions.wire.cohere.types import DOCUMENT, MESSAGE, TOOL
from completions.wire.fields import dicts, mapping, text, texts, unwrapped
from completions.wire.openai.chat.format import read_prompt as read_chat
from completions.wire.shapes import Shape
from completions.wire.validation import keep_rules

FIELDS: Mapping[str, Shape] = {
    "model": str,
    "messages": [MESSAGE],
    "stream": bool,
    "tools": [TOOL],
    "tool_choice": str,
    "strict_tools": bool,
    "documents": [(DOCUMENT, str)],
    "citation_options": {"mode": str},
    "response_format": {"type": str, "json_schema": dict, "schema": dict},
    "safety_mode": str,
    "max_tokens": int,
    "stop_sequences": [str],
    "temperature": float,
    "seed": int,
    "frequency_penalty": float,
    "presence_penalty": float,
    "k": int,
    "p": float,
    "logprobs": bool,
    "thinking": {"type": str, "token_budget": int},
    "priority": int,
}
BOUNDS: Mapping[str, tuple[float, float]] = {"k": (0, 500), "p": (0.01, 0.99)}
SAFETY = ("CONTEXTUAL", "STRICT", "OFF", "NONE")
ROLES = ("user", "assistant", "system", "tool")
CHOICES = ("REQUIRED", "NONE")
MAX_STOPS = 5
REFERENCE = "For proper usage, please refer to https://docs.cohere.com/reference/chat"


def validate(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse."""
    check(body, FIELDS, ("model", "messages"))
    if not body["messages"]:
        raise RequestError("invalid request: messages must have at least one message")
    for at, message in enumerate(body["messages"]):
        _check_message(message, at)
    if (choice := body.get("tool_choice")) is not None:
        if choice not in CHOICES:
            raise RequestError(f"invalid request: tool_choice must be one of {', '.join(CHOICES)}, but it is {choice}")
        if not body.get("tools"):
            raise RequestError("invalid request: tool_choice needs tools")
    keep_rules(RULES, body)
    check_options(body)


def check_options(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first option that no version of the API would take."""
    for name, (low, high) in BOUNDS.items():
        if (value := body.get(name)) is not None and not low <= value <= high:
            raise RequestError(f"invalid request: {name} must be between {low} and {high} inclusive.")
    if (given := len(body.get("stop_sequences") or ())) > MAX_STOPS:
        raise RequestError(
            f"invalid request: too many stop sequences provided, maximum is {MAX_STOPS}, received {given}."
        )
    if (mode := body.get("safety_mode")) is not None and mode not in SAFETY:
        raise RequestError(f"unrecognized safety mode '{mode}'. {REFERENCE}")
    keep_rules(OPTIONS, body)


def _check_message(message: Any, at: int) -> None:
    role = mapping(message).get("role")
    if role not in ROLES:
        raise RequestError(f"invalid request: messages[{at}].role must be one of {', '.join(ROLES)}, but it is {role}")


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return what a request asks."""
    asked = read_chat(body, headers)
    return replace(
        asked,
        format="cohere",
        messages=tuple(map(_completed, asked.messages, dicts(body.get("messages")))),
        tool_choice={"REQUIRED": ToolChoice("required"), "NONE": ToolChoice("none")}.get(
            text(body.get("tool_choice")), ANY_TOOL
        ),
        parallel_tool_calls=True,
        response_format=_form(mapping(body.get("response_format"))),
        n=1,
        stop=texts(body.get("stop_sequences")),
        top_logprobs=None,
        reasoning_effort="none" if mapping(body.get("thinking")).get("type") == "disabled" else None,
    )


def _completed(message: Message, given: Mapping[str, Any]) -> Message:
    """Return a message with its thinking, what it said of its calls, and with what a tool's documents say."""
    if plan := text(given.get("tool_plan")):
        message = replace(message, text="\n".join(filter(None, (plan, message.text))))
    blocks = dicts(given.get("content"))
    thoughts = tuple(Thought(text(block.get("thinking"))) for block in blocks if block.get("type") == "thinking")
    documents = [mapping(block.get("document")).get("data") for block in blocks if block.get("type") == "document"]
    if not thoughts and not documents:
        return message
    said, wrapped = (
        "\n".join(filter(None, (message.text, *map(_document, data))))
        for data in (map(unwrapped, documents), documents)
    )
    return replace(message, text=said, thoughts=thoughts, wrapped=wrapped)


def _document(data: object) -> str:
    return data if isinstance(data, str) else orjson.dumps(data or {}).decode()


def _form(given: Mapping[str, Any]) -> ResponseFormat:
    if given.get("type") != "json_object":
        return ResponseFormat() if given.get("type") == "text" else ANY_FORM
    schema = mapping(given.get("json_schema") or given.get("schema"))
    return ResponseFormat("json_schema", "answer", schema) if schema else ResponseFormat("json_object")
