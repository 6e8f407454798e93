"""Step 2 for Ollama: the request's body -> `Prompt`.

It reads well-formed fields and ignores the rest; `rules` has refused before what the server would refuse.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import ANY_FORM, Message, Part, Prompt, ResponseFormat, Thought, Tool, ToolCall
from completions.wire.fields import dicts, mapping, text, text_or_none, texts, whole

UNLOAD = (0, "0", "0s", "0m", "0h")
"""Values of `keep_alive` with which a request without a prompt unloads the model."""


def read_chat(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return what the body of a chat asks; without messages it only loads the model."""
    messages = _messages(dicts(body.get("messages")))
    tools = tuple(_tool(mapping(tool.get("function"))) for tool in dicts(body.get("tools")))
    return _prompt("ollama", body, headers, messages, tools)


def read_generate(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return what the body of a completion asks; without a prompt it only loads the model."""
    asked = text(body.get("prompt"))
    images = tuple(Part("image", image) for image in texts(body.get("images")))
    messages = [Message("system", text(body["system"]))] if text(body.get("system")) else []
    messages.append(Message("user", asked, parts=images))
    return _prompt("ollama_generate", body, headers, tuple(messages) if asked or images else (), ())


def _prompt(
    name: str, body: dict[str, Any], headers: Mapping[str, str], messages: tuple[Message, ...], tools: tuple[Tool, ...]
) -> Prompt:
    options = mapping(body.get("options"))
    return Prompt(
        format=name,
        task="generate" if messages else "state",
        model=text_or_none(body.get("model")),
        messages=messages,
        tools=tools,
        response_format=_response_format(body.get("format")),
        stop=texts(options.get("stop")),
        max_tokens=whole(options.get("num_predict"), 1),
        top_logprobs=(whole(body.get("top_logprobs"), 0) or 0) if body.get("logprobs") is True else None,
        reasoning_effort=_effort(body.get("think")),
        truncates=body.get("truncate") is not False,
        stream=bool(messages) and body.get("stream") is not False,
        headers=headers,
        body=body,
    )


def _effort(think: object) -> str | None:
    if isinstance(think, bool):
        return "medium" if think else "none"
    return text_or_none(think) or None


def _response_format(asked: object) -> ResponseFormat:
    if asked == "json":
        return ResponseFormat("json_object")
    return (
        ResponseFormat("json_schema", schema=asked)
        if isinstance(asked, dict)
        else ResponseFormat()
        if asked
        else ANY_FORM
    )


def _tool(function: dict[str, Any]) -> Tool:
    return Tool(
        text(function.get("name")), text(function.get("description")), mapping(function.get("parameters")), "function"
    )


def _messages(given: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Read the messages; tool results find their calls by id, by name, or else by their order."""
    messages: list[Message] = []
    open_calls: list[ToolCall] = []
    for place, message in enumerate(given):
        calls = tuple(_call(call, place, at) for at, call in enumerate(dicts(message.get("tool_calls"))))
        open_calls += calls
        name = text_or_none(message.get("tool_name")) or text_or_none(message.get("name"))
        answered = text_or_none(message.get("tool_call_id"))
        if message.get("role") == "tool" and open_calls:
            call = _answered(open_calls, answered, name)
            open_calls.remove(call)
            answered = call.id
        parts = tuple(Part("image", image) for image in texts(message.get("images")))
        thoughts = (Thought(said),) if (said := text(message.get("thinking"))) else ()
        said = text(message.get("content"))
        messages.append(Message(text(message.get("role")), said, name, calls, answered, parts, thoughts=thoughts))
    return tuple(messages)


def _answered(calls: list[ToolCall], identity: str | None, name: str | None) -> ToolCall:
    """Return the call that a result answers; some clients name an id that did not occur before."""
    named = (call for call in calls if call.name == name)
    return next((call for call in calls if call.id == identity), None) or next(named, calls[0])


def _call(call: dict[str, Any], place: int, at: int) -> ToolCall:
    function = mapping(call.get("function"))
    arguments = function.get("arguments")
    written = arguments if isinstance(arguments, str) else orjson.dumps(mapping(arguments)).decode()
    return ToolCall(text(function.get("name")), written, text(call.get("id")) or f"call_{place}_{at}")
