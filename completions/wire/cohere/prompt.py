"""Step 2 for Cohere's chat: the request's body -> `Prompt`, and its validation.

Messages and tools are like OpenAI's, except for thinking, documents as tool results, and the names of a few fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import ANY_FORM, ANY_TOOL, Message, Prompt, ResponseFormat, Thought, ToolChoice
from completions.exceptions import RequestError
from completions.wire.cohere.base import check
from completions.wire.cohere.rules import MESSAGE_RULES, OPTION_RULES
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
SAFETY_MODES = ("CONTEXTUAL", "STRICT", "OFF", "NONE")
ROLES = ("user", "assistant", "system", "tool")
TOOL_CHOICES = ("REQUIRED", "NONE")
MAX_STOP_SEQUENCES = 5
REFERENCE = "For proper usage, please refer to https://docs.cohere.com/reference/chat"


def validate(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse."""
    check(body, FIELDS, ("model", "messages"))
    if not body["messages"]:
        raise RequestError("invalid request: messages must have at least one message")
    for at, message in enumerate(body["messages"]):
        _check_message(message, at)
    if (choice := body.get("tool_choice")) is not None:
        if choice not in TOOL_CHOICES:
            raise RequestError(
                f"invalid request: tool_choice must be one of {', '.join(TOOL_CHOICES)}, but it is {choice}"
            )
        if not body.get("tools"):
            raise RequestError("invalid request: tool_choice needs tools")
    keep_rules(MESSAGE_RULES, body)
    check_options(body)


def check_options(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first option that no version of the API would take."""
    for name, (low, high) in BOUNDS.items():
        if (value := body.get(name)) is not None and not low <= value <= high:
            raise RequestError(f"invalid request: {name} must be between {low} and {high} inclusive.")
    if (count := len(body.get("stop_sequences") or ())) > MAX_STOP_SEQUENCES:
        raise RequestError(
            f"invalid request: too many stop sequences provided, maximum is {MAX_STOP_SEQUENCES}, received {count}."
        )
    if (mode := body.get("safety_mode")) is not None and mode not in SAFETY_MODES:
        raise RequestError(f"unrecognized safety mode '{mode}'. {REFERENCE}")
    keep_rules(OPTION_RULES, body)


def _check_message(message: Any, at: int) -> None:
    role = mapping(message).get("role")
    if role not in ROLES:
        raise RequestError(f"invalid request: messages[{at}].role must be one of {', '.join(ROLES)}, but it is {role}")


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Read a request."""
    prompt = read_chat(body, headers)
    return replace(
        prompt,
        format="cohere",
        messages=tuple(map(_completed, prompt.messages, dicts(body.get("messages")))),
        tool_choice={"REQUIRED": ToolChoice("required"), "NONE": ToolChoice("none")}.get(
            text(body.get("tool_choice")), ANY_TOOL
        ),
        parallel_tool_calls=True,
        response_format=_response_format(mapping(body.get("response_format"))),
        n=1,
        stop=texts(body.get("stop_sequences")),
        top_logprobs=0 if body.get("logprobs") is True else None,
        reasoning_effort="none" if mapping(body.get("thinking")).get("type") == "disabled" else None,
    )


def _completed(message: Message, document: Mapping[str, Any]) -> Message:
    """Return a message with its thinking, the plan of its calls, and the texts of a tool's documents."""
    if plan := text(document.get("tool_plan")):
        message = replace(message, text="\n".join(filter(None, (plan, message.text))))
    blocks = dicts(document.get("content"))
    thoughts = tuple(Thought(text(block.get("thinking"))) for block in blocks if block.get("type") == "thinking")
    documents = [mapping(block.get("document")).get("data") for block in blocks if block.get("type") == "document"]
    if not thoughts and not documents:
        return message
    message_text, wrapped = (
        "\n".join(filter(None, (message.text, *map(_document_text, data))))
        for data in (map(unwrapped, documents), documents)
    )
    return replace(message, text=message_text, thoughts=thoughts, wrapped=wrapped)


def _document_text(data: object) -> str:
    return data if isinstance(data, str) else orjson.dumps(data or {}).decode()


def _response_format(document: Mapping[str, Any]) -> ResponseFormat:
    if document.get("type") != "json_object":
        return ResponseFormat() if document.get("type") == "text" else ANY_FORM
    schema = mapping(document.get("json_schema") or document.get("schema"))
    return ResponseFormat("json_schema", "answer", schema) if schema else ResponseFormat("json_object")
