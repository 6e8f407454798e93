"""Step 2 for Converse: the request's body -> `Prompt`. It reads what is well-formed and passes over the rest."""

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
from completions.wire.bedrock.claude_fields import fields_of
from completions.wire.bedrock.rules import by_server
from completions.wire.caching import seconds_of, text_of
from completions.wire.fields import as_text, dicts, mapping, object_of, text, text_or_none, texts, unwrapped, whole

PARTS: Mapping[str, Literal["image", "audio", "file"]] = {"image": "image", "audio": "audio", "document": "file"}
MEDIA = {"image": "image/", "audio": "audio/", "document": "application/"}


def read_prompt(body: dict[str, Any], headers: Mapping[str, str], model: str, *, stream: bool) -> Prompt:
    """Return what a request asks of the model that its address names."""
    inference, tools = mapping(body.get("inferenceConfig")), mapping(body.get("toolConfig"))
    output = mapping(body.get("outputConfig"))
    return Prompt(
        format="converse",
        model=model or None,
        messages=tuple(_messages(body)),
        tools=tuple(_tools(tools)),
        tool_choice=_tool_choice(mapping(tools.get("toolChoice"))),
        response_format=_form(mapping(output.get("textFormat"))),
        stop=texts(inference.get("stopSequences")),
        max_tokens=whole(inference.get("maxTokens"), 1),
        reasoning_effort=text_or_none(output.get("effort")) or _effort(fields_of(body)),
        metadata=mapping(body.get("requestMetadata")),
        stream=stream,
        cache_blocks=_cache_blocks(body),
        headers=headers,
        body=body,
    )


def _cache_blocks(body: Mapping[str, Any]) -> tuple[CacheBlock, ...]:
    """Return the pieces of a request, of which a mark follows what is to be cached; none where nothing is."""
    pieces = dicts(mapping(body.get("toolConfig")).get("tools")) + dicts(body.get("system"))
    for message in dicts(body.get("messages")):
        pieces += dicts(message.get("content"))
    blocks: list[CacheBlock] = []
    for piece in pieces:
        if (mark := mapping(piece.get("cachePoint"))) and blocks:
            blocks[-1] = CacheBlock(blocks[-1].text, seconds_of(mark))
        elif not mark:
            blocks.append(CacheBlock(text_of(_as_anthropic_counts_it(piece))))
    return tuple(blocks) if any(block.seconds for block in blocks) else ()


def _as_anthropic_counts_it(piece: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a tool or a call as Anthropic has it, which is how it is counted; other pieces as they are."""
    if spec := mapping(piece.get("toolSpec")):
        schema = mapping(spec.get("inputSchema")).get("json")
        return {"name": spec.get("name"), "description": spec.get("description"), "input_schema": schema}
    if call := mapping(piece.get("toolUse")):
        return {"type": "tool_use", **call}
    return piece


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if system := _text(dicts(body.get("system"))):
        yield Message("system", system)
    for message in dicts(body.get("messages")):
        blocks = dicts(message.get("content"))
        answered = by_server(blocks)
        blocks = [block for block in blocks if _id(block) not in answered]
        results = [mapping(block.get("toolResult")) for block in blocks if block.get("toolResult")]
        for result in results:
            content = dicts(result.get("content"))
            call = text(result.get("toolUseId"))
            said, whole = _result(content, unwrapped), _result(content, lambda told: told)
            yield Message("tool", said, tool_call_id=call, parts=tuple(_parts(content)), wrapped=whole)
        if len(results) < len(blocks) or not results:
            yield Message(
                role=text(message.get("role")),
                text=_text(blocks),
                tool_calls=tuple(_call(mapping(block["toolUse"])) for block in blocks if block.get("toolUse")),
                parts=tuple(_parts(blocks)),
                thoughts=tuple(_thoughts(blocks)),
            )


def _id(block: Mapping[str, Any]) -> str:
    """Return the id of a call or of a result."""
    return text(mapping(block.get("toolUse") or block.get("toolResult")).get("toolUseId"))


def _effort(own: Mapping[str, Any]) -> str | None:
    """Return how much a Nova or a Qwen is to think, a GPT, or a Claude for which AWS's own word is used."""
    given = mapping(own.get("reasoningConfig"))
    if given.get("type") == "enabled":
        return text(given.get("maxReasoningEffort")) or "medium"
    told = (own.get("reasoning_config"), own.get("reasoning_effort"), mapping(own.get("reasoning")).get("effort"))
    if said := next(filter(None, map(text, told)), None):
        return said
    return effort({"thinking": own.get("reasoning_config")})


def _text(blocks: list[dict[str, Any]]) -> str:
    return "\n".join(found for block in blocks if (found := text(block.get("text")) or _written(block)))


def _written(block: Mapping[str, Any]) -> str:
    """Return what a document says that is given as a text, or in pieces; or what an answer says that cites one."""
    source = mapping(mapping(block.get("document")).get("source")) or mapping(block.get("citationsContent"))
    return text(source.get("text")) or "\n".join(text(piece.get("text")) for piece in dicts(source.get("content")))


def _result(blocks: list[dict[str, Any]], read: Callable[[object], object]) -> str:
    """Return what a tool said: texts, and JSON, as it is read, as text."""
    said = (as_text(read(block["json"])) if "json" in block else text(block.get("text")) for block in blocks)
    return "\n".join(filter(None, said))


def _parts(blocks: list[dict[str, Any]]) -> Iterator[Part]:
    for block in blocks:
        for name, kind in PARTS.items():
            given = mapping(block.get(name))
            source = mapping(given.get("source"))
            if found := text(source.get("bytes")) or text(mapping(source.get("s3Location")).get("uri")):
                yield Part(kind, found, media_type=f"{MEDIA[name]}{text(given.get('format'))}")


def _call(call: Mapping[str, Any]) -> ToolCall:
    given = call.get("input")
    arguments = orjson.dumps({} if given is None else given).decode()
    return ToolCall(text(call.get("name")), arguments, text(call.get("toolUseId")))


def _thoughts(blocks: list[dict[str, Any]]) -> Iterator[Thought]:
    for block in blocks:
        thought = mapping(block.get("reasoningContent"))
        if said := mapping(thought.get("reasoningText")):
            yield Thought(text(said.get("text")), text(said.get("signature")))
        elif sealed := text(thought.get("redactedContent")):
            yield Thought(sealed=sealed)


def _tools(given: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in dicts(given.get("tools")):
        if spec := mapping(tool.get("toolSpec")):
            schema = mapping(mapping(spec.get("inputSchema")).get("json"))
            yield Tool(text(spec.get("name")), text(spec.get("description")), schema, strict=spec.get("strict") is True)


def _tool_choice(given: Mapping[str, Any]) -> ToolChoice:
    if isinstance(tool := given.get("tool"), dict):
        return ToolChoice("required", (text(tool.get("name")),))
    if given.get("any") is not None:
        return ToolChoice("required")
    return ToolChoice("auto") if given.get("auto") is not None else ANY_TOOL


def _form(given: Mapping[str, Any]) -> ResponseFormat:
    """Return the form of the answer; its schema is JSON within a string."""
    schema = mapping(mapping(given.get("structure")).get("jsonSchema"))
    decoded = object_of(text(schema.get("schema")))
    if given.get("type") != "json_schema" or decoded is None:
        return ANY_FORM
    return ResponseFormat("json_schema", text(schema.get("name")), decoded, strict=True)
