"""Step 2 for chat completions: the request's body -> `Prompt`.

It reads what is well-formed and passes over the rest, so that a script that does not validate takes any object;
what the API refuses is refused before, by `chat_rules`.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import (
    ANY_FORM,
    ANY_TOOL,
    Message,
    Part,
    Prompt,
    ResponseFormat,
    Tool,
    ToolCall,
    ToolChoice,
)
from completions.wire.fields import choices, dicts, mapping, text, text_or_none, texts, whole


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return what the body of a chat completion asks."""
    options = mapping(body.get("stream_options"))
    return Prompt(
        format="chat",
        model=text_or_none(body.get("model")),
        messages=tuple(_message(message) for message in dicts(body.get("messages"))),
        tools=tuple(_tools(body)),
        tool_choice=_tool_choice(body),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        response_format=_response_format(mapping(body.get("response_format"))),
        n=choices(body.get("n")),
        stop=texts(body.get("stop")),
        max_tokens=whole(body.get("max_completion_tokens"), 1) or whole(body.get("max_tokens"), 1),
        top_logprobs=(whole(body.get("top_logprobs"), 0) or 0) if body.get("logprobs") is True else None,
        reasoning_effort=text_or_none(body.get("reasoning_effort")),
        user=text_or_none(body.get("user")),
        metadata=mapping(body.get("metadata")),
        stream=body.get("stream") is True,
        include_usage=options.get("include_usage") is True,
        include_obfuscation=options.get("include_obfuscation") is not False,
        headers=headers,
        body=body,
    )


def _message(message: dict[str, Any]) -> Message:
    content = message.get("content")
    parts = dicts(content)
    calls = [_tool_call(call) for call in dicts(message.get("tool_calls"))]
    if legacy := mapping(message.get("function_call")):
        calls.append(ToolCall(text(legacy.get("name")), text(legacy.get("arguments"))))
    return Message(
        role=text(message.get("role")),
        text=content if isinstance(content, str) else "\n".join(_text_parts(parts)),
        name=text_or_none(message.get("name")),
        tool_calls=tuple(calls),
        tool_call_id=text_or_none(message.get("tool_call_id")),
        parts=tuple(part for item in parts if (part := _part(item))),
    )


def _text_parts(parts: list[dict[str, Any]]) -> list[str]:
    return [text(part.get("text") or part.get("refusal")) for part in parts if part.get("type") in ("text", "refusal")]


def _part(item: dict[str, Any]) -> Part | None:
    match item.get("type"):
        case "image_url":
            given = item.get("image_url")
            url = given if isinstance(given, str) else text(mapping(given).get("url"))
            return Part("image", url, text(mapping(given).get("detail")))
        case "input_audio":
            given = item.get("input_audio")
            kind = f"audio/{text(mapping(given).get('format')) or 'wav'}"
            return Part("audio", given if isinstance(given, str) else text(mapping(given).get("data")), media_type=kind)
        case "file":
            file = mapping(item.get("file"))
            return Part("file", text(file.get("file_id") or file.get("file_data")))
        case "document_url":
            return Part("file", text(item.get("document_url")))
    return None


def _tool_call(call: dict[str, Any]) -> ToolCall:
    if call.get("type") == "custom":
        custom = mapping(call.get("custom"))
        return ToolCall(text(custom.get("name")), text(custom.get("input")), text(call.get("id")), "custom")
    function = mapping(call.get("function"))
    return ToolCall(text(function.get("name")), text(function.get("arguments")), text(call.get("id")))


def _tools(body: dict[str, Any]) -> list[Tool]:
    tools = []
    for tool in dicts(body.get("tools")):
        kind = "custom" if tool.get("type") == "custom" else "function"
        if offered := mapping(tool.get(kind)):  # what a vendor's own server runs has no function
            tools.append(_tool(offered, custom=kind == "custom"))
    return tools + [_tool(function) for function in dicts(body.get("functions"))]


def _tool(tool: dict[str, Any], custom: bool = False) -> Tool:
    return Tool(
        name=text(tool.get("name")),
        description=text(tool.get("description")),
        parameters=mapping(tool.get("parameters")),
        kind="custom" if custom else "function",
        strict=tool.get("strict") is True,
    )


def _tool_choice(body: dict[str, Any]) -> ToolChoice:
    choice = body.get("tool_choice") or body.get("function_call")
    match choice:
        case "none":
            return ToolChoice("none")
        case "required" | "any":  # some clients of other providers say `any`
            return ToolChoice("required")
        case {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": list(tools)}}:
            names = tuple(name for tool in dicts(tools) if (name := _chosen(tool)))
            return ToolChoice("required" if mode == "required" else "auto", names)
        case dict() if name := _chosen(choice):
            return ToolChoice("required", (name,))
    return ToolChoice() if choice else ANY_TOOL


def _chosen(choice: dict[str, Any]) -> str | None:
    inner = choice.get("function") or choice.get("custom")
    return text_or_none(mapping(inner).get("name") or choice.get("name"))


def _response_format(document: dict[str, Any]) -> ResponseFormat:
    match document.get("type"):
        case "json_object":
            return ResponseFormat("json_object")
        case "json_schema":
            schema = mapping(document.get("json_schema"))
            return ResponseFormat(
                "json_schema", text(schema.get("name")), mapping(schema.get("schema")), schema.get("strict") is True
            )
    return ResponseFormat() if document else ANY_FORM
