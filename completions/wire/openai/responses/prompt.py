"""Step 2 for responses: the request's body and the items before it -> `Prompt`.

It reads well-formed fields and ignores the rest; `rules` validates the request before. Shapes:
`ResponseCreateParams` and `ResponseInputItemParam` of the openai SDK.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import (
    ANY_FORM,
    ANY_TOOL,
    Message,
    Part,
    Prompt,
    ResponseFormat,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)
from completions.tokens.deferred import TOOL_ADDING_ITEMS
from completions.wire.fields import dicts, mapping, text, text_or_none, whole
from completions.wire.openai.cache_points import cache_ends
from completions.wire.openai.responses.hosted import API_TOOLS, CLIENT_TOOLS, canonical, client_call

LOGPROBS = "message.output_text.logprobs"
"""The value of `include` that requests log probabilities."""

_OUTPUTS = (
    *("function_call_output", "custom_tool_call_output", "computer_call_output"),
    *("local_shell_call_output", "shell_call_output", "apply_patch_call_output"),
)


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return the prompt of a request's body, without the documents that it references."""
    options, reasoning = mapping(body.get("stream_options")), mapping(body.get("reasoning"))
    form = mapping(mapping(body.get("text")).get("format"))
    return Prompt(
        format="responses",
        model=text_or_none(body.get("model")),
        messages=messages(body, own_items(body)),
        tools=tuple(_tools(body)),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        response_format=response_format(form),
        max_tokens=whole(body.get("max_output_tokens"), 1),
        top_logprobs=_top_logprobs(body),
        reasoning_effort=text_or_none(reasoning.get("effort")),
        user=text_or_none(body.get("user")) or text_or_none(body.get("safety_identifier")),
        metadata=mapping(body.get("metadata")),
        stream=body.get("stream") is True,
        background=body.get("background") is True,
        truncates=body.get("truncation") == "auto",
        include_usage=True,
        include_obfuscation=options.get("include_obfuscation") is not False,
        headers=headers,
        body=body,
    )


def included(body: Mapping[str, object]) -> tuple[str, ...]:
    """Return the request's `include`."""
    values = body.get("include")
    return tuple(item for item in values if isinstance(item, str)) if isinstance(values, list) else ()


def own_items(body: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the items of the request itself; a string is a user message."""
    items = body.get("input")
    return [{"role": "user", "content": items}] if isinstance(items, str) else dicts(items)


def messages(body: Mapping[str, object], items: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Return the conversation: the instructions, then the items; calls belong to the message before them.

    Reasoning belongs to the message after it.
    """
    body_instructions = body.get("instructions")
    instructions = text(body_instructions)
    conversation = [Message("system", instructions)] if instructions else []
    conversation += [
        message for item in dicts(body_instructions) if (message := _message(item)) is not None
    ]  # a prompt template's
    thoughts: tuple[Thought, ...] = ()
    for item in items:
        if item.get("type") == "reasoning":
            thoughts += (_thought(item),)
        elif (call := _call(item)) is not None:
            if conversation and conversation[-1].role == "assistant":
                last = conversation[-1]
                conversation[-1] = replace(
                    last, tool_calls=(*last.tool_calls, call), thoughts=(*last.thoughts, *thoughts)
                )
            else:
                conversation.append(Message("assistant", tool_calls=(call,), thoughts=thoughts))
            thoughts = ()
        elif (message := _message(item)) is not None:
            own_thoughts, thoughts = (thoughts, ()) if message.role == "assistant" else ((), thoughts)
            conversation.append(replace(message, thoughts=own_thoughts) if own_thoughts else message)
    return tuple(conversation)


def _thought(item: Mapping[str, Any]) -> Thought:
    return Thought(_text(item.get("content")), text(item.get("encrypted_content")))


def _message(item: Mapping[str, Any]) -> Message | None:
    if item.get("type") in _OUTPUTS:
        output = item.get("output")
        parts = _parts(output)
        content_text = _text(output) if isinstance(output, str | list) else "" if parts else _json(output)
        call = text(item.get("call_id")) or text(item.get("id"))
        return Message(
            "tool", content_text, tool_call_id=call, parts=parts, cache_ends=cache_ends(dicts(output), _text)
        )
    if item.get("type") == "mcp_approval_response":
        approved = "approved" if item.get("approve") is True else "denied"
        return Message("tool", approved, tool_call_id=text(item.get("approval_request_id")))
    if item.get("type", "message") != "message" or not isinstance(item.get("role"), str):
        return None
    content = item.get("content")
    ends = cache_ends(content, _text) if isinstance(content, list) else ()
    return Message(item["role"], _text(content), parts=_parts(content), cache_ends=ends)


def _json(value: object) -> str:
    return orjson.dumps(value).decode() if value is not None else ""


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    kinds = ("input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text")
    return "\n".join(
        text(part.get("text") or part.get("refusal")) for part in dicts(content) if part.get("type") in kinds
    )


def _parts(content: object) -> tuple[Part, ...]:
    items = [content] if isinstance(content, dict) else dicts(content)
    return tuple(part for item in items if (part := _part(item)) is not None)


def _part(item: Mapping[str, Any]) -> Part | None:
    match item.get("type"):
        case "input_image" | "computer_screenshot":
            return Part("image", text(item.get("image_url")) or text(item.get("file_id")), text(item.get("detail")))
        case "input_file":
            return Part(
                "file", next((text(item[key]) for key in ("file_id", "file_data", "file_url") if item.get(key)), "")
            )
        case "input_audio":
            return Part("audio", text(mapping(item.get("input_audio")).get("data")))
    return None


def _call(item: Mapping[str, Any]) -> ToolCall | None:
    match item.get("type"):
        case "function_call":
            return ToolCall(text(item.get("name")), text(item.get("arguments")), text(item.get("call_id")))
        case "custom_tool_call":
            return ToolCall(text(item.get("name")), text(item.get("input")), text(item.get("call_id")), "custom")
    return client_call(item)


def _tools(body: Mapping[str, object]) -> Iterable[Tool]:
    """Yield the tools that the client runs; those that the API runs itself are made by the answer's document.

    Among them are those that items bring: a search's output, and what is added in the middle of a conversation.
    """
    added = [dicts(item.get("tools")) for item in dicts(body.get("input")) if item.get("type") in TOOL_ADDING_ITEMS]
    yield from _own_tools(dicts(body.get("tools")))
    if added:
        known = {tool.name for tool in _own_tools(dicts(body.get("tools")))}
        added_tools = {tool.name: tool for tools in added for tool in _own_tools(tools)}
        yield from (tool for name, tool in added_tools.items() if name not in known)


def _own_tools(tools: Iterable[dict[str, Any]]) -> Iterable[Tool]:
    for tool in tools:
        kind = tool.get("type")
        if kind in ("function", "custom"):
            yield _tool(tool)
        elif kind == "namespace":
            yield from (_tool(inner) for inner in dicts(tool.get("tools")))
        elif isinstance(kind, str) and kind in CLIENT_TOOLS and canonical(tool) not in API_TOOLS:
            yield CLIENT_TOOLS[kind]


def _tool(tool: Mapping[str, Any]) -> Tool:
    return Tool(
        name=text(tool.get("name")),
        description=text(tool.get("description")),
        parameters=mapping(tool.get("parameters")),
        kind="custom" if tool.get("type") == "custom" else "function",
        strict=tool.get("strict") is not False,
    )


def _tool_choice(choice: object) -> ToolChoice:
    match choice:
        case "none" | "required":
            return ToolChoice(choice)
        case {"type": "allowed_tools", "mode": mode, "tools": list(tools)}:
            names = tuple(name for tool in dicts(tools) if (name := _chosen(tool)))
            return ToolChoice("required" if mode == "required" else "auto", names)
        case dict() if (name := _chosen(choice)) and (
            choice.get("type") in ("function", "custom") or name in CLIENT_TOOLS
        ):
            return ToolChoice("required", (name,))
        case dict() if choice:
            return ToolChoice("none")  # one of the API's own tools is called, and none of the client's
    return ToolChoice() if choice else ANY_TOOL


def _chosen(choice: Mapping[str, Any]) -> str | None:
    return text_or_none(choice.get("name") or choice.get("type"))


def response_format(document: Mapping[str, Any]) -> ResponseFormat:
    """Return the response format of a `text.format`."""
    match document.get("type"):
        case "json_object":
            return ResponseFormat("json_object")
        case "json_schema":
            strict = document.get("strict") is True
            return ResponseFormat("json_schema", text(document.get("name")), mapping(document.get("schema")), strict)
    return ResponseFormat() if document else ANY_FORM


def _top_logprobs(body: Mapping[str, object]) -> int | None:
    count = whole(body.get("top_logprobs"), 0)
    return count or 0 if LOGPROBS in included(body) else count


def references(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the referenced items."""
    return [text(item.get("id")) for item in items if is_reference(item)]


def unencrypted_reasoning(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of reasoning that is not encrypted, which the API loads like references."""
    reasoning = (item for item in items if item.get("type") == "reasoning" and not item.get("encrypted_content"))
    return [name for item in reasoning if (name := text(item.get("id")))]


def is_reference(item: Mapping[str, Any]) -> bool:
    """Tell whether an item refers to a stored one: by its type, or by having only an id."""
    kind = item.get("type")
    return isinstance(item.get("id"), str) and (kind == "item_reference" or (kind is None and "role" not in item))
