"""Step 2 for Ollama: the request's body -> `Prompt`.

It reads well-formed fields and ignores the rest; `rules` has refused before what the server would refuse.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import ANY_FORM, Message, Part, Prompt, ResponseFormat, Thought, Tool, ToolCall
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, text, text_or_none, texts, whole
from completions.wire.ollama.rules import integer_option


def read_chat(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Read the body of a chat request; without messages it only loads the model."""
    messages = _messages(dicts(body.get("messages")))
    tools = tuple(_tool(mapping(tool.get("function"))) for tool in dicts(body.get("tools")))
    return _prompt("ollama", body, headers, messages, tools)


def read_generate(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Read the body of a completion request; without a prompt it only loads the model."""
    prompt_text = text(body.get("prompt"))
    images = tuple(Part("image", image) for image in texts(body.get("images")))
    messages = [Message("system", text(body["system"]))] if text(body.get("system")) else []
    if before := conversation_ids(body):
        messages.insert(0, Message("assistant", tokens.join(before, text_or_none(body.get("model")))))
    messages.append(Message("user", prompt_text, parts=images))
    prompt = _prompt("ollama_generate", body, headers, tuple(messages) if prompt_text or images else (), ())
    is_alone = body.get("raw") is True and not images
    return replace(prompt, raw_input=prompt_text) if is_alone else prompt


def conversation_ids(body: Mapping[str, Any]) -> list[int]:
    """Return an earlier answer's `context`: the tokens of the conversation up to its end."""
    context = body.get("context")
    return [token for token in context if type(token) is int] if isinstance(context, list) else []


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
        max_tokens=whole(integer_option(body, "num_predict"), 1),
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


def _response_format(format: object) -> ResponseFormat:
    if format == "json":
        return ResponseFormat("json_object")
    return (
        ResponseFormat("json_schema", schema=format)
        if isinstance(format, dict)
        else ResponseFormat()
        if format
        else ANY_FORM
    )


def _tool(function: dict[str, Any]) -> Tool:
    return Tool(
        text(function.get("name")), text(function.get("description")), mapping(function.get("parameters")), "function"
    )


def _messages(documents: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Read the messages; tool results find their calls by id, by name, or else by their order."""
    messages: list[Message] = []
    open_calls: list[ToolCall] = []
    for index, message in enumerate(documents):
        calls = tuple(
            _call(call, index, call_index) for call_index, call in enumerate(dicts(message.get("tool_calls")))
        )
        open_calls += calls
        name = text_or_none(message.get("tool_name")) or text_or_none(message.get("name"))
        answered_id = text_or_none(message.get("tool_call_id"))
        if message.get("role") == "tool" and open_calls:
            call = _answered_call(open_calls, answered_id, name)
            open_calls.remove(call)
            answered_id = call.id
        parts = tuple(Part("image", image) for image in texts(message.get("images")))
        thoughts = (Thought(thinking),) if (thinking := text(message.get("thinking"))) else ()
        content = text(message.get("content"))
        messages.append(Message(text(message.get("role")), content, name, calls, answered_id, parts, thoughts=thoughts))
    return tuple(messages)


def _answered_call(calls: list[ToolCall], call_id: str | None, name: str | None) -> ToolCall:
    """Return the call that a result answers; some clients name an id that did not occur before."""
    by_id = next((call for call in calls if call.id == call_id), None) if call_id is not None else None
    return by_id or next((call for call in calls if call.name == name), calls[0])


def _call(call: dict[str, Any], message_index: int, call_index: int) -> ToolCall:
    function = mapping(call.get("function"))
    arguments = function.get("arguments")
    arguments_json = arguments if isinstance(arguments, str) else orjson.dumps(mapping(arguments)).decode()
    return ToolCall(
        text(function.get("name")), arguments_json, text(call.get("id")) or f"call_{message_index}_{call_index}"
    )
