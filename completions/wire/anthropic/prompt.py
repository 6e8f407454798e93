"""Step 2 for Anthropic's Messages API: the request's body -> `Prompt`.

It reads well-formed fields and ignores the rest; `rules` has refused before what the API would refuse. Shapes:
`MessageCreateParams` and `ContentBlockParam` of the anthropic SDK.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

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
from completions.wire.anthropic import client_tools
from completions.wire.caching import cache_blocks
from completions.wire.fields import dicts, mapping, text, text_or_none, texts, whole

SERVER_TOOLS = ("advisor_", "web_search_", "web_fetch_", "code_execution_", "tool_search_")
"""The prefixes of the types of server tools: no client would answer their calls, so none are generated.

Advisors were recorded as server tools in July 2026.
"""

PART_KINDS: Mapping[str, Literal["image", "file"]] = {"image": "image", "document": "file"}


def read_prompt(
    body: dict[str, Any], headers: Mapping[str, str], *, task: Literal["generate", "count"] = "generate"
) -> Prompt:
    """Return the prompt of a request for a message, or for a count of its tokens."""
    choice = mapping(body.get("tool_choice"))
    metadata = mapping(body.get("metadata"))
    return Prompt(
        format="anthropic" if task == "generate" else "count_tokens",
        task=task,
        model=text_or_none(body.get("model")),
        messages=tuple(_messages(body)),
        tools=tuple(_tools(body)),
        tool_choice=_tool_choice(choice),
        parallel_tool_calls=choice.get("disable_parallel_tool_use") is not True,
        response_format=_response_format(body),
        stop=texts(body.get("stop_sequences")),
        max_tokens=whole(body.get("max_tokens"), 0),
        reasoning_effort=effort(body),
        user=text_or_none(metadata.get("user_id")),
        metadata=metadata,
        stream=task == "generate" and body.get("stream") is True,
        headers=headers,
        body=body,
        cache_blocks=cache_blocks(body),
    )


def with_messages(prompt: Prompt, messages: list[Any]) -> Prompt:
    """Return a prompt as if its request had these messages."""
    body = {**prompt.body, "messages": messages}
    return replace(
        prompt,
        messages=tuple(_messages(body)),
        tools=tuple(_tools(body)),
        reasoning_effort=effort(body),
        body=body,
        cache_blocks=cache_blocks(body),
    )


def _messages(body: dict[str, Any]) -> Iterator[Message]:
    """Yield the messages: the system prompt, then each turn; tool results become separate messages."""
    if system := _text(body.get("system")):
        yield Message("system", system)
    for message in dicts(body.get("messages")):
        role, content = text(message.get("role")), message.get("content")
        blocks = dicts(content)
        results = [block for block in blocks if block.get("type") == "tool_result"]
        yield from map(_tool_message, results)
        if len(results) < len(blocks) or not results:
            yield Message(
                role=role,
                text=_text(content),
                tool_calls=tuple(_tool_call(block) for block in blocks if block.get("type") == "tool_use"),
                parts=tuple(_parts(blocks)),
                thoughts=tuple(_thoughts(blocks)),
            )


def _tool_message(block: dict[str, Any]) -> Message:
    content = block.get("content")
    content_text = _text(content)
    return Message(
        "tool", content_text, tool_call_id=text(block.get("tool_use_id")), parts=tuple(_parts(dicts(content)))
    )


def _text(content: object) -> str:
    """Join the texts of a content, which is a string, or blocks of texts, documents, search results and summaries."""
    if isinstance(content, str):
        return content
    return "\n".join(content_text for block in dicts(content) if (content_text := _block_text(block)))


def _block_text(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return text(block.get("text"))
        case "search_result":
            return "\n".join(text(item.get("text")) for item in dicts(block.get("content")))
        case "compaction":
            return text(block.get("content"))
        case "document" if (source := mapping(block.get("source"))).get("type") == "text":
            return text(source.get("data"))
    return ""


def _parts(blocks: list[dict[str, Any]]) -> Iterator[Part]:
    for block in blocks:
        source = mapping(block.get("source"))
        kind = PART_KINDS.get(text(block.get("type")))
        data = text(source.get("data") or source.get("url") or source.get("file_id"))
        if kind is not None and source.get("type") != "text" and data:
            yield Part(kind, data, media_type=text(source.get("media_type")))


def _thoughts(blocks: list[dict[str, Any]]) -> Iterator[Thought]:
    for block in blocks:
        if block.get("type") == "thinking":
            yield Thought(text(block.get("thinking")), text(block.get("signature")))
        elif block.get("type") == "redacted_thinking":
            yield Thought(sealed=text(block.get("data")))


def _tool_call(block: dict[str, Any]) -> ToolCall:
    arguments = orjson.dumps(mapping(block.get("input"))).decode()
    return ToolCall(text(block.get("name")), arguments, text(block.get("id")))


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    """Yield the tools that a client runs; of a toolset, which has no name to call, a member."""
    for tool in _offered(body):
        name, kind = text(tool.get("name")), text(tool.get("type"))
        if kind.startswith(SERVER_TOOLS):
            continue
        if name:
            yield Tool(
                name=name,
                description=text(tool.get("description")),
                parameters=mapping(tool.get("input_schema")),
                strict=tool.get("strict") is True,
                defined=client_tools.parameters(kind) if kind else None,
            )
        elif kind:
            yield from client_tools.first_member(tool)


def _offered(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tools of a request and those that its messages add, without those that they remove."""
    declared = dicts(body.get("tools"))
    changes = [
        block
        for message in dicts(body.get("messages"))
        if message.get("role") == "system"
        for block in _tool_changes(message)
    ]
    removed = {_changed_tool(block): block["type"] == "tool_removal" for block in changes}
    defined = (mapping(mapping(block.get("tool")).get("definition")) for block in changes)
    for tool in [*declared, *filter(None, defined)]:
        if not removed.get(text(tool.get("name"))):
            yield tool


def _tool_changes(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in dicts(message.get("content")) if block.get("type") in ("tool_addition", "tool_removal")]


def _changed_tool(block: dict[str, Any]) -> str:
    """Return the name of the tool that a block adds or removes."""
    tool = mapping(block.get("tool"))
    return text(tool.get("name")) or text(mapping(tool.get("definition")).get("name"))


def _tool_choice(choice: dict[str, Any]) -> ToolChoice:
    match choice.get("type"):
        case "none":
            return ToolChoice("none")
        case "any":
            return ToolChoice("required")
        case "tool" if name := text(choice.get("name")):
            return ToolChoice("required", (name,))
    return ToolChoice() if choice else ANY_TOOL


def _response_format(body: dict[str, Any]) -> ResponseFormat:
    """Read `output_config.format`, or `output_format`, its name in the beta."""
    document = mapping(mapping(body.get("output_config")).get("format")) or mapping(body.get("output_format"))
    if document.get("type") != "json_schema":
        return ResponseFormat() if document else ANY_FORM
    return ResponseFormat("json_schema", schema=mapping(document.get("schema")), strict=True)


def effort(body: Mapping[str, Any]) -> str | None:
    """Return the reasoning effort if thinking is on, `none` if it is off, or None if the request does not say.

    It is that of the last message of the system that sets one, or else the request's.
    """
    thinking = mapping(body.get("thinking"))
    match thinking.get("type", "adaptive" if thinking else None):
        case "enabled" | "adaptive":
            system_messages = [each for each in dicts(body.get("messages")) if each.get("role") == "system"]
            efforts = (
                text(mapping(each.get("output_config")).get("effort")) for each in (*system_messages[::-1], body)
            )
            return next(filter(None, efforts), "high")
        case "disabled":
            return "none"
    return None
