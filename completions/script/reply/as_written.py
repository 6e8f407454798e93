"""Step 3, the other way round: an answer as a script has it, which gives the same answer again."""

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
    """Return a reply as a mapping; where nothing at all was said, its text is empty."""
    choices = [choice_as_written(choice) or {"text": ""} for choice in reply.choices]
    found: Written = dict(choices[0]) if len(choices) == 1 else {"choices": choices}
    found |= {"model": literal(reply.model)} if reply.model else {}
    counts = {name: count for name, count in asdict(reply.usage).items() if count} if reply.usage else {}
    return found | ({"usage": counts} if counts else {})


def error_as_written(error: RequestError) -> Written:
    """Return an item of `replies:` that is an error, with what is told of it."""
    facts: Mapping[str, Any] = {"type": error.type, "code": error.code, "param": error.param}
    found = {"status": error.status} | {name: value for name, value in facts.items() if value}
    found |= {"message": literal(error.message)}
    return {"error": found | ({"headers": dict(error.headers)} if error.headers else {})}


def choice_as_written(choice: Choice) -> dict[str, Any]:
    """Return a choice as a script has it; empty where nothing was said, and it is not known to have ended."""
    if choice.embedding:
        return {"embedding": list(choice.embedding)}
    if choice.moderation is not None:
        return {"moderation": moderation_as_written(choice.moderation)}
    if choice.scores:
        return {"scores": list(choice.scores)}
    texts = {"reasoning": choice.reasoning, "text": choice.text, "refusal": choice.refusal}
    if choice.text and choice.stopped_by:
        texts["text"] = choice.text + choice.stopped_by  # the text ends there again, and by the same
    found: dict[str, Any] = {name: literal(text) for name, text in texts.items() if text}
    if choice.blocks:
        found = {"blocks": _blocks(choice)}
    elif choice.tool_calls:
        found["tool_calls"] = list(map(_call, choice.tool_calls))
    if choice.annotations:
        found["annotations"] = [filled(dict(annotation)) for annotation in choice.annotations]
    reason = choice.finish_reason
    if not found.keys() - {"annotations"} and reason is not None:
        found["text"] = ""
    if reason in FINISH_REASONS and reason != ("tool_calls" if choice.tool_calls else "stop"):
        found["finish_reason"] = reason
    return {key: found[key] for key in CHOICE if key in found}


def moderation_as_written(found: Moderation) -> dict[str, Any]:
    """Return a moderation as a script has it."""
    flagged = {} if found.flagged is None else {"flagged": found.flagged}
    return flagged | {"categories": dict(found.scores)}


def _blocks(choice: Choice) -> list[Any]:
    """Return what is said in its order; the text that a stop sequence ended ends there again, and by the same."""
    content = list(choice.content)
    last = max((at for at, block in enumerate(content) if block.kind == "text"), default=-1)
    if choice.stopped_by and last >= 0:
        content[last] = replace(content[last], text=content[last].text + choice.stopped_by)
    return [{"tool_call": _call(block.call)} if block.call else {block.kind: literal(block.text)} for block in content]


def _call(call: ToolCall) -> dict[str, Any]:
    """Return a call; arguments become a mapping if that gives the same text."""
    found = {"result": filled(json.loads(call.result))} if call.result else {}
    return _called(call) | found | files_as_written(call)


def files_as_written(call: ToolCall) -> dict[str, Any]:
    """Return the files that a call's code makes as a script has them."""
    made = {name: {"base64": base64.b64encode(data).decode()} for name, data in call.files}
    return {"files": made} if made else {}


def _called(call: ToolCall) -> dict[str, Any]:
    name = literal(call.name)
    if call.kind == "custom":
        return {"name": name, "arguments": literal(call.arguments), "type": "custom"}
    try:
        given = json.loads(call.arguments)
    except ValueError:
        given = None
    if isinstance(given, dict) and compact(given) == call.arguments:
        return {"name": name, "arguments": filled(given)}
    return {"name": name, "arguments": literal(call.arguments), "type": "function"}


def filled(value: object) -> object:
    """Return a value whose texts a script says as they stand."""
    match value:
        case str():
            return literal(value)
        case dict():
            return {key: filled(child) for key, child in value.items()}
        case list():
            return [filled(child) for child in value]
    return value
