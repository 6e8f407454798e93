"""A line of a data file: its prompt, and its answer if the reply next to `dataset` has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from completions.exceptions import ScriptError

PROMPT, ANSWERS, MESSAGES = "prompt", ("reply", "error"), "messages"
"""The keys of a line: its prompt, an answer in the language of scripts, and a conversation."""

Row = Mapping[str, object] | str
"""The content of a line: an object, or a text, which is the answer."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What every line of a file must have: a prompt at `prompt`, these fields, and, with `answer`, an answer.

    `prompt` is a path of keys separated by periods; None if lines are not chosen by their prompts.
    """

    prompt: str | None = None
    fields: frozenset[str] = frozenset()
    answer: bool = True


def read_row(line: bytes, file: str, number: int) -> Row:
    """Return the content of a line; raise `ScriptError` if it is neither an object nor a text."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise ScriptError(f"the line is not JSON: {exc.msg}, at character {exc.pos + 1}.", file, number) from exc
    if not isinstance(value, (dict, str)):
        raise ScriptError("the line must be a JSON object, or a text.", file, number)
    return value


def missing(row: Row, needs: Needs) -> str | None:
    """Return a sentence about what a line lacks; None if it has all that it needs."""
    keys: Sequence[str] = list(row) if isinstance(row, Mapping) else ()
    if needs.prompt is not None and prompt_of(row, needs.prompt) is None:
        return f"the line has no text at `{needs.prompt}`, by which it is chosen{_has(keys)}."
    if lacking := sorted(needs.fields - set(keys)):
        return f"the line has no `{lacking[0]}`, which the reply uses{_has(keys)}."
    if needs.answer and isinstance(row, Mapping) and not row.keys() & {*ANSWERS} and _last(row, "assistant") is None:
        parts = "`reply`, `error`, or `messages` with one of the assistant"
        return (
            f'the line has no answer: it needs {parts}, or the reply must use its fields: `text: "{{{{ row.FIELD }}}}"`'
            + (f"{_has(keys)}.")
        )
    return None


def _has(keys: Sequence[str]) -> str:
    return f" (it has {', '.join(keys[:10])})" if keys else ""


def prompt_of(row: Row, path: str) -> str | None:
    """Return a line's prompt: the text at a path, or else, at the default one, the last user message of `messages`."""
    value: object = row
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            value = None
    if value is None and path == PROMPT:
        message = _last(row, "user")
        value = None if message is None else text_of(message.get("content"))
    return value.strip() if isinstance(value, str) else None


def answer_of(row: Row) -> object:
    """Return a line's answer as an item of `replies:`."""
    if isinstance(row, str):
        return row
    if "error" in row:
        return {"error": row["error"]}
    if "reply" in row:
        return row["reply"]
    message = _last(row, "assistant") or {}
    calls = message.get("tool_calls")
    given = {
        "text": text_of(message.get("content")),
        "refusal": message.get("refusal"),
        "tool_calls": [_call(call) for call in calls] if isinstance(calls, list) and calls else None,
    }
    return {key: value for key, value in given.items() if value is not None} or ""


def _call(call: object) -> object:
    """Return a tool call of a chat's message as scripts write it; what is none stays, and is told so."""
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        return call
    own = {"id": call["id"]} if "id" in call else {}
    return {"name": function.get("name"), "arguments": _arguments(function.get("arguments")), **own}


def _arguments(arguments: object) -> object:
    try:
        return orjson.loads(arguments) if isinstance(arguments, str) else arguments
    except orjson.JSONDecodeError:
        return arguments


def text_of(content: object) -> str | None:
    """Return the text of a message's content: its own, or that of its parts."""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else None


def _last(row: Row, role: str) -> Mapping[str, object] | None:
    """Return the last message of a role in a line's conversation."""
    messages = row.get(MESSAGES) if isinstance(row, Mapping) else None
    for message in reversed(messages) if isinstance(messages, list) else ():
        if isinstance(message, Mapping) and message.get("role") == role:
            return message
    return None
