"""Step 2 for Converse: the request's body -> `Prompt`. It reads well-formed members and ignores the others."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import orjson

from completions.conversation import (
    ANY_FORM,
    ANY_TOOL,
    CacheBlock,
    Message,
    Part,
    Prompt,
    ResponseFormat,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)
from completions.wire.anthropic.prompt import effort
from completions.wire.bedrock.claude_fields import request_fields
from completions.wire.bedrock.rules import ids_answered_by_server
from completions.wire.caching import seconds_of, text_of
from completions.wire.fields import as_text, dicts, mapping, object_of, text, text_or_none, texts, unwrapped, whole

PARTS: Mapping[str, Literal["image", "audio", "file"]] = {"image": "image", "audio": "audio", "document": "file"}
MEDIA_TYPE_PREFIXES = {"image": "image/", "audio": "audio/", "document": "application/"}


def read_prompt(body: dict[str, Any], headers: Mapping[str, str], model: str, *, stream: bool) -> Prompt:
    """Read a request to the model that its address names."""
    inference, tools = mapping(body.get("inferenceConfig")), mapping(body.get("toolConfig"))
    output = mapping(body.get("outputConfig"))
    return Prompt(
        format="converse",
        model=model or None,
        messages=tuple(_messages(body)),
        tools=tuple(_tools(tools)),
        tool_choice=_tool_choice(mapping(tools.get("toolChoice"))),
        response_format=_response_format(mapping(output.get("textFormat"))),
        stop=texts(inference.get("stopSequences")),
        max_tokens=whole(inference.get("maxTokens"), 1),
        reasoning_effort=text_or_none(output.get("effort")) or _effort(request_fields(body)),
        metadata=mapping(body.get("requestMetadata")),
        stream=stream,
        cache_blocks=_cache_blocks(body),
        headers=headers,
        body=body,
    )


def _cache_blocks(body: Mapping[str, Any]) -> tuple[CacheBlock, ...]:
    """Return a request's blocks, with the time to live of those before a cache point; none without a cache point."""
    parts = dicts(mapping(body.get("toolConfig")).get("tools")) + dicts(body.get("system"))
    for message in dicts(body.get("messages")):
        parts += dicts(message.get("content"))
    blocks: list[CacheBlock] = []
    for part in parts:
        if (cache_point := mapping(part.get("cachePoint"))) and blocks:
            blocks[-1] = CacheBlock(blocks[-1].text, seconds_of(cache_point))
        elif not cache_point:
            blocks.append(CacheBlock(text_of(_as_anthropic(part))))
    return tuple(blocks) if any(block.seconds for block in blocks) else ()


def _as_anthropic(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a tool or a call in Anthropic's shape, in which its tokens are counted; other blocks as they are."""
    if spec := mapping(block.get("toolSpec")):
        schema = mapping(spec.get("inputSchema")).get("json")
        return {"name": spec.get("name"), "description": spec.get("description"), "input_schema": schema}
    if call := mapping(block.get("toolUse")):
        return {"type": "tool_use", **call}
    return block


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if system := _text([_unguarded(block) for block in dicts(body.get("system"))]):
        yield Message("system", system)
    for message in dicts(body.get("messages")):
        blocks = [_unguarded(block) for block in dicts(message.get("content")) if not block.get("cachePoint")]
        server_call_ids = ids_answered_by_server(blocks)
        blocks = [block for block in blocks if _call_id(block) not in server_call_ids]
        results = [mapping(block.get("toolResult")) for block in blocks if block.get("toolResult")]
        for result in results:
            content = dicts(result.get("content"))
            call_id = text(result.get("toolUseId"))
            unwrapped_text, wrapped_text = _result(content, unwrapped), _result(content, lambda data: data)
            yield Message(
                "tool", unwrapped_text, tool_call_id=call_id, parts=tuple(_parts(content)), wrapped=wrapped_text
            )
        if len(results) < len(blocks) or not results:
            yield Message(
                role=text(message.get("role")),
                text=_text(blocks),
                tool_calls=tuple(_call(mapping(block["toolUse"])) for block in blocks if block.get("toolUse")),
                parts=tuple(_parts(blocks)),
                thoughts=tuple(_thoughts(blocks)),
            )


def _unguarded(block: dict[str, Any]) -> dict[str, Any]:
    """Return a text or an image that a guardrail checks as it is elsewhere; another block as it is."""
    guarded = mapping(block.get("guardContent"))
    if guarded_text := text(mapping(guarded.get("text")).get("text")):
        return {"text": guarded_text}
    return {"image": guarded["image"]} if guarded.get("image") else block


def _call_id(block: Mapping[str, Any]) -> str:
    """Return the id of a call or of a result."""
    return text(mapping(block.get("toolUse") or block.get("toolResult")).get("toolUseId"))


def _effort(fields: Mapping[str, Any]) -> str | None:
    """Return the effort from the model's own fields: of a Nova, a Qwen, a GPT, or a Claude with AWS's own field."""
    config = mapping(fields.get("reasoningConfig"))
    if config.get("type") == "enabled":
        return text(config.get("maxReasoningEffort")) or "medium"
    efforts = (
        fields.get("reasoning_config"),
        fields.get("reasoning_effort"),
        mapping(fields.get("reasoning")).get("effort"),
    )
    if effort_name := next(filter(None, map(text, efforts)), None):
        return effort_name
    return effort({"thinking": fields.get("reasoning_config")})


def _text(blocks: list[dict[str, Any]]) -> str:
    return "\n".join(block_text for block in blocks if (block_text := text(block.get("text")) or _document_text(block)))


def _document_text(block: Mapping[str, Any]) -> str:
    """Return the text of a document that is sent as a text or in chunks, or of an answer with citations."""
    source = mapping(mapping(block.get("document")).get("source")) or mapping(block.get("citationsContent"))
    return text(source.get("text")) or "\n".join(text(chunk.get("text")) for chunk in dicts(source.get("content")))


def _result(blocks: list[dict[str, Any]], read: Callable[[object], object]) -> str:
    """Return the text of a tool's result; JSON goes through `read` first."""
    texts = (as_text(read(block["json"])) if "json" in block else text(block.get("text")) for block in blocks)
    return "\n".join(filter(None, texts))


def _parts(blocks: list[dict[str, Any]]) -> Iterator[Part]:
    for block in blocks:
        for name, kind in PARTS.items():
            media = mapping(block.get(name))
            source = mapping(media.get("source"))
            if data := text(source.get("bytes")) or text(mapping(source.get("s3Location")).get("uri")):
                yield Part(kind, data, media_type=f"{MEDIA_TYPE_PREFIXES[name]}{text(media.get('format'))}")


def _call(call: Mapping[str, Any]) -> ToolCall:
    input = call.get("input")
    arguments = orjson.dumps({} if input is None else input).decode()
    return ToolCall(text(call.get("name")), arguments, text(call.get("toolUseId")))


def _thoughts(blocks: list[dict[str, Any]]) -> Iterator[Thought]:
    for block in blocks:
        reasoning = mapping(block.get("reasoningContent"))
        if reasoning_text := mapping(reasoning.get("reasoningText")):
            yield Thought(text(reasoning_text.get("text")), text(reasoning_text.get("signature")))
        elif redacted := text(reasoning.get("redactedContent")):
            yield Thought(sealed=redacted)


def _tools(config: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in dicts(config.get("tools")):
        if spec := mapping(tool.get("toolSpec")):
            schema = mapping(mapping(spec.get("inputSchema")).get("json"))
            yield Tool(text(spec.get("name")), text(spec.get("description")), schema, strict=spec.get("strict") is True)


def _tool_choice(choice: Mapping[str, Any]) -> ToolChoice:
    if isinstance(tool := choice.get("tool"), dict):
        return ToolChoice("required", (text(tool.get("name")),))
    if choice.get("any") is not None:
        return ToolChoice("required")
    return ToolChoice("auto") if choice.get("auto") is not None else ANY_TOOL


def _response_format(text_format: Mapping[str, Any]) -> ResponseFormat:
    """Return the format of the answer; its schema is JSON within a string."""
    schema = mapping(mapping(text_format.get("structure")).get("jsonSchema"))
    decoded = object_of(text(schema.get("schema")))
    if text_format.get("type") != "json_schema" or decoded is None:
        return ANY_FORM
    return ResponseFormat("json_schema", text(schema.get("name")), decoded, strict=True)
