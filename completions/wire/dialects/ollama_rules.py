"""Step 2 for Ollama in OpenAI's format: the requests that its server refuses, with its errors or Go's decoder's.

Source: the requests of `openai/openai.go` in ollama/ollama, and what makes a request of `/api/chat` of them. Go ignores
unknown fields, and treats null as absent; there are no bounds.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts, mapping, object_of, text
from completions.wire.ollama import rules as ollama_rules
from completions.wire.ollama.rules import ANY, FLAG, GO_TYPES, TEXT, WHOLE, Go

NUMBER = Go("float64", (int, float))
_CALLED_FUNCTION: Mapping[str, Go] = {"name": TEXT, "arguments": TEXT}
_CALL: Mapping[str, Go] = {
    "id": TEXT,
    "index": WHOLE,
    "type": TEXT,
    "function": Go("struct", (dict,), _CALLED_FUNCTION),
}
_MESSAGE: Mapping[str, Go] = {
    **dict.fromkeys(("role", "reasoning", "name", "tool_call_id"), TEXT),
    "content": ANY,
    "tool_calls": Go("[]openai.ToolCall", (list,), _CALL),
}
_OPTIONS = Go("openai.StreamOptions", (dict,), {"include_usage": FLAG})
_SHARED: Mapping[str, Go] = {
    **dict.fromkeys(("max_tokens", "seed"), WHOLE),
    **dict.fromkeys(("temperature", "frequency_penalty", "presence_penalty", "top_p"), NUMBER),
    "model": TEXT,
    "stop": ANY,
    "stream": FLAG,
    "stream_options": _OPTIONS,
}
CHAT: Mapping[str, Go] = {
    **_SHARED,
    "messages": Go("[]openai.Message", (list,), _MESSAGE),
    "response_format": Go(
        "openai.ResponseFormat", (dict,), {"type": TEXT, "json_schema": Go("openai.JsonSchema", (dict,))}
    ),
    "tools": Go("[]api.Tool", (list,), {"type": TEXT, "function": ollama_rules.FUNCTION}),
    "reasoning": Go("openai.Reasoning", (dict,), {"effort": TEXT}),
    "reasoning_effort": TEXT,
    "logprobs": FLAG,
    "top_logprobs": WHOLE,
}
COMPLETION: Mapping[str, Go] = {**_SHARED, **dict.fromkeys(("prompt", "suffix"), TEXT), "logprobs": WHOLE}
EMBEDDINGS: Mapping[str, Go] = {"model": TEXT, "input": ANY, "dimensions": WHOLE, "encoding_format": TEXT}

EFFORTS = ("high", "medium", "low", "max", "none")
UNLISTED_EFFORTS = ("xhigh", "minimal")
"""Efforts that the server also accepts, without listing them, by its tests of autumn 2026."""

IMAGE_PREFIXES = tuple(f"data:{kind};base64," for kind in ("", "image/jpeg", "image/jpg", "image/png", "image/webp"))
"""The prefixes of the accepted addresses of images."""


def effort(body: Mapping[str, Any]) -> str:
    """Return the effort of a request, empty without one; `reasoning` takes precedence."""
    if isinstance(body.get("reasoning"), dict):
        return text(body["reasoning"].get("effort"))
    return text(body.get("reasoning_effort"))


def check_chat(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first problem that the server would report of a chat."""
    ollama_rules.check_types(body, "ChatCompletionRequest.", CHAT)
    if not body.get("messages"):
        raise RequestError("[] is too short - 'messages'")
    for message in body["messages"]:
        _check_message(mapping(message))
    requested_effort = effort(body)
    if requested_effort and requested_effort not in (*EFFORTS, *UNLISTED_EFFORTS):
        known = ", ".join(f'"{name}"' for name in EFFORTS[:-1])
        raise RequestError(f"invalid reasoning value: '{requested_effort}' (must be {known}, or \"none\")")
    _check_model(body)


def check_completion(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first problem that the server would report of a completion."""
    ollama_rules.check_types(body, "CompletionRequest.", COMPLETION)
    stop = body.get("stop")
    for item in stop if isinstance(stop, list) else ():
        if not isinstance(item, str):
            raise RequestError(f"invalid type for 'stop' field: {_go_type(item)}")
    if not body.get("model"):
        raise ollama_rules.no_name()


def check_embeddings(body: Mapping[str, Any]) -> None:
    """Raise `RequestError` for the first problem that the server would report of a request for embeddings."""
    ollama_rules.check_types(body, "EmbedRequest.", EMBEDDINGS)
    encoding, input = text(body.get("encoding_format")), body.get("input")
    if encoding and encoding.lower() not in ("float", "base64"):
        raise RequestError(f"Invalid value for 'encoding_format' = {encoding}. Supported values: ['float', 'base64'].")
    if input is None or input == []:
        raise RequestError("invalid input")
    if not all(isinstance(item, str) for item in (input if isinstance(input, list) else [input])):
        raise RequestError("invalid input type")
    _check_model(body)


def _check_model(body: Mapping[str, Any]) -> None:
    if not body.get("model"):
        raise RequestError("model is required")


def _check_message(message: Mapping[str, Any]) -> None:
    """Refuse content of another type; a message with tool calls may have none."""
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, list):
        for part in content:
            _check_part(part)
    elif not isinstance(content, str) and calls is None:
        raise RequestError(f"invalid message content type: {_go_type(content)}")
    for call in dicts(calls):
        arguments = text(mapping(call.get("function")).get("arguments"))
        if arguments.strip(" \t\r\n") != "null" and object_of(arguments) is None:
            raise RequestError("invalid tool call arguments")


def _check_part(part: object) -> None:
    match part:
        case {"type": "text", "text": str()} | {"type": "input_audio"}:
            return
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            if url.startswith(("http://", "https://")):
                raise RequestError("image URLs are not currently supported, please use base64 encoded data instead")
            base64_data = next((url.removeprefix(prefix) for prefix in IMAGE_PREFIXES if url.startswith(prefix)), None)
            if base64_data is None or not ollama_rules.is_base64(base64_data):
                raise RequestError("invalid image input")
        case _:
            raise RequestError("invalid message format")


def _go_type(value: object) -> str:
    """Return Go's name of the type of a JSON value."""
    if value is None:
        return "<nil>"
    return GO_TYPES.get(type(value), "string" if isinstance(value, str) else "float64")
