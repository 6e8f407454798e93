"""Conversion between the JSON of callbacks and Python: the Prompt for a callable, and its result."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from completions.conversation import (
    Block,
    CacheBlock,
    Choice,
    ErrorContent,
    Message,
    Part,
    Prompt,
    Reply,
    ResponseFormat,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)
from completions.exceptions import RequestError
from completions.script.reply.as_written import files_as_written, moderation_as_written
from completions.script.reply.reply_types import answer_problem


def prompt(document: Mapping[str, Any]) -> Prompt:
    """Return the prompt that `completions.script.reply.callback.document` wrote."""
    names = {field.name for field in fields(Prompt) if field.init}
    values: dict[str, Any] = {key: value for key, value in document.items() if key in names}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return Prompt(
        **values
        | lists
        | {
            "messages": tuple(map(message, document["messages"])),
            "tools": tuple(Tool(**tool) for tool in document["tools"]),
            "tool_choice": ToolChoice(**{**document["tool_choice"], "names": tuple(document["tool_choice"]["names"])}),
            "response_format": ResponseFormat(**document["response_format"]),
            "cache_blocks": tuple(CacheBlock(**block) for block in document["cache_blocks"]),
        }
    )


def answer(result: object, source: str) -> Any:
    """Return a callable's result as an item of `replies:`; raise TypeError where it cannot be one."""
    match result:
        case str() | Mapping():
            return result
        case RequestError():
            return {"error": _error(result)}
        case Reply() | Choice():
            return _written(result, source)
        case tuple() | list() if result and all(isinstance(item, Choice) for item in result):
            return {"choices": [_written(item, source) for item in result]}
    raise TypeError(
        f"{source} must return a text, a reply in the language of scripts as a dict, a Reply or Choices,"
        f" not {result!r:.100}."
    )


def message(values: Mapping[str, Any]) -> Message:
    """Return a message from the JSON of the control API or of a callback."""
    calls = tuple(ToolCall(**{**call, "files": ()}) for call in values["tool_calls"])
    parts = tuple(Part(**part) for part in values["parts"])
    thoughts = tuple(Thought(**each) for each in values.get("thoughts", ()))
    ends = tuple((at, seconds) for at, seconds in values.get("cache_ends", ()))
    return Message(**{**values, "tool_calls": calls, "parts": parts, "thoughts": thoughts, "cache_ends": ends})


def _written(answer: Reply | Choice, source: str) -> dict[str, Any]:
    if isinstance(answer, Reply):
        _check(answer, "events", "serial")
    if (wrong := answer_problem(answer)) is not None:
        raise TypeError(f"{source} returned a {type(answer).__name__} that cannot be an answer: {wrong}.")
    return _reply(answer) if isinstance(answer, Reply) else _choice(answer)


def _error(error: RequestError) -> dict[str, Any]:
    facts = {"status": error.status, "type": error.type, "code": error.code, "message": error.message}
    return {**facts, "param": error.param, **({"headers": dict(error.headers)} if error.headers else {})}


def _reply(reply: Reply) -> dict[str, Any]:
    if reply.body is not None:
        return {"body": dict(reply.body)}
    usage = {field.name: getattr(reply.usage, field.name) for field in fields(reply.usage)} if reply.usage else {}
    facts = {"id": reply.id, "created": reply.created, "model": reply.model, "usage": {**usage, **reply.counts} or None}
    document = _choice(reply.choices[0]) if len(reply.choices) == 1 else {"choices": list(map(_choice, reply.choices))}
    return document | {key: value for key, value in facts.items() if value is not None}


def _check(answer: Reply | Choice | ErrorContent, *names: str) -> None:
    """Raise TypeError where a field is set that scripts cannot express."""
    for name in names:
        if getattr(answer, name):
            raise TypeError(f"`{name}` of {type(answer).__name__} cannot be sent from a test.")


def _choice(choice: Choice) -> dict[str, Any]:
    _check(choice, "stopped_by")
    values = {key: getattr(choice, key) for key in ("text", "finish_reason", "refusal", "reasoning")}
    document = {key: value for key, value in values.items() if value is not None}
    names = ("annotations", "logprobs", "embedding", "scores")
    lists: dict[str, Any] = {key: list(getattr(choice, key)) for key in names}
    if choice.blocks:
        document = {key: document[key] for key in document.keys() - {"text", "refusal", "reasoning"}}
        lists["blocks"] = [_block(block) for block in choice.blocks]
    else:
        lists["tool_calls"] = list(map(_call, choice.tool_calls))
    if choice.moderation is not None:
        document["moderation"] = moderation_as_written(choice.moderation)
    if choice.failure is not None:
        _check(choice.failure, "type", "param")
        document["failure"] = {"message": choice.failure.message, "code": choice.failure.code}
    return document | {key: value for key, value in lists.items() if value}


def _block(block: Block) -> dict[str, Any]:
    return {"tool_call": _call(block.call)} if block.call else {block.kind: block.text}


def _call(call: ToolCall) -> dict[str, Any]:
    found: dict[str, Any] = {"name": call.name, "arguments": call.arguments, "type": call.kind}
    if call.id:
        found["id"] = call.id
    return found | ({"result": json.loads(call.result)} if call.result else {}) | files_as_written(call)
