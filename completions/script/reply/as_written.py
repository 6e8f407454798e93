"""Step 3, in reverse: an answer in the language of scripts, which gives the same answer again."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from completions.conversation import Choice, Moderation, Reply, ToolCall
from completions.exceptions import RequestError
from completions.script.language import CHOICE, FINISH_REASONS
from completions.script.reply.literal import literal
from completions.script.schemas.document import compact

Written = dict[str, Any]


def reply_as_written(reply: Reply) -> Written:
    """Return a reply as a mapping; if it has no content, its text is empty."""
    choices = [choice_as_written(choice) or {"text": ""} for choice in reply.choices]
    mapping: Written = dict(choices[0]) if len(choices) == 1 else {"choices": choices}
    mapping |= {"model": literal(reply.model)} if reply.model else {}
    counts = {name: count for name, count in asdict(reply.usage).items() if count} if reply.usage else {}
    return mapping | ({"usage": counts} if counts else {})


def error_as_written(error: RequestError) -> Written:
    """Return an error as an item of `replies:`, with its fields."""
    facts: Mapping[str, Any] = {"type": error.type, "code": error.code, "param": error.param}
    fields = {"status": error.status} | {name: value for name, value in facts.items() if value}
    fields |= {"message": literal(error.message)}
    return {"error": fields | ({"headers": dict(error.headers)} if error.headers else {})}


def choice_as_written(choice: Choice) -> dict[str, Any]:
    """Return a choice in the language of scripts; empty if it has no content and no finish reason."""
    if choice.embedding:
        return {"embedding": list(choice.embedding)}
    if choice.moderation is not None:
        return {"moderation": moderation_as_written(choice.moderation)}
    if choice.scores:
        return {"scores": list(choice.scores)}
    texts = {"reasoning": choice.reasoning, "text": choice.text, "refusal": choice.refusal}
    if choice.text and choice.stopped_by:
        texts["text"] = choice.text + choice.stopped_by  # the stop sequence ends the text again
    mapping: dict[str, Any] = {name: literal(text) for name, text in texts.items() if text}
    if choice.blocks:
        mapping = {"blocks": _blocks(choice)}
    elif choice.tool_calls:
        mapping["tool_calls"] = list(map(_call, choice.tool_calls))
    if choice.annotations:
        mapping["annotations"] = [filled(dict(annotation)) for annotation in choice.annotations]
    reason = choice.finish_reason
    if not mapping.keys() - {"annotations"} and reason is not None:
        mapping["text"] = ""
    if reason in FINISH_REASONS and reason != ("tool_calls" if choice.tool_calls else "stop"):
        mapping["finish_reason"] = reason
    return {key: mapping[key] for key in CHOICE if key in mapping}


def moderation_as_written(moderation: Moderation) -> dict[str, Any]:
    """Return a moderation in the language of scripts."""
    flagged = {} if moderation.flagged is None else {"flagged": moderation.flagged}
    return flagged | {"categories": dict(moderation.scores)}


def _blocks(choice: Choice) -> list[Any]:
    """Return the content in its order; a text that a stop sequence ended is ended by it again."""
    content = list(choice.content)
    last = max((at for at, block in enumerate(content) if block.kind == "text"), default=-1)
    if choice.stopped_by and last >= 0:
        content[last] = replace(content[last], text=content[last].text + choice.stopped_by)
    return [{"tool_call": _call(block.call)} if block.call else {block.kind: literal(block.text)} for block in content]


def _call(call: ToolCall) -> dict[str, Any]:
    """Return a call; arguments become a mapping if that gives the same text."""
    result = {"result": filled(json.loads(call.result))} if call.result else {}
    return _called(call) | result | files_as_written(call)


def files_as_written(call: ToolCall) -> dict[str, Any]:
    """Return the files that a call's code makes in the language of scripts."""
    contents = {name: {"base64": base64.b64encode(data).decode()} for name, data in call.files}
    return {"files": contents} if contents else {}


def _called(call: ToolCall) -> dict[str, Any]:
    name = literal(call.name)
    if call.kind == "custom":
        return {"name": name, "arguments": literal(call.arguments), "type": "custom"}
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = None
    if isinstance(arguments, dict) and compact(arguments) == call.arguments:
        return {"name": name, "arguments": filled(arguments)}
    return {"name": name, "arguments": literal(call.arguments), "type": "function"}


def filled(value: object) -> object:
    """Return a value with its texts escaped for scripts."""
    match value:
        case str():
            return literal(value)
        case dict():
            return {key: filled(child) for key, child in value.items()}
        case list():
            return [filled(child) for child in value]
    return value
