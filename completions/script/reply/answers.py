"""Step 3: read `reply:` and `replies:` into answers."""

import importlib
import math
from itertools import combinations
from typing import Literal, cast

from completions.conversation import ErrorContent, Moderation, TextKind
from completions.event.scatter import Length
from completions.script import language
from completions.script.dataset.answer import ROW, FromData, from_data
from completions.script.language import (
    ALONE,
    CALL_TYPES,
    CHOICE,
    CONTENT,
    ERROR_REASON,
    FACTS,
    FINISH_REASONS,
    IN_BLOCKS,
    REPLY,
    SOURCES,
    WHOLE,
)
from completions.script.lengths import length
from completions.script.misreadings import doubt_fallback, doubt_reply
from completions.script.reply.callback import callback
from completions.script.reply.errors import failure
from completions.script.reply.events import exact_events
from completions.script.reply.recording import recorded
from completions.script.reply.replies import (
    Answer,
    Auto,
    Facts,
    Fixed,
    Python,
    Written,
    WrittenBlock,
    WrittenCall,
    WrittenChoice,
    written,
)
from completions.script.reply.templates import LastUser, Text, text, tree
from completions.script.reply.upstream import pass_on
from completions.script.reply.verbatim import verbatim
from completions.script.text.node import Node

Fields = dict[str, Node]

NAMED_ANSWERS: dict[str, Answer] = {"auto": Auto(), "echo": Written((WrittenChoice(text=LastUser()),), Facts())}
"""The answers that `fallback` can name by a keyword."""


def fallback(node: Node) -> Answer:
    """Read a fallback: `auto`, `echo`, or any answer that does not depend on how often it was given."""
    if isinstance(node.value, str) and node.value not in NAMED_ANSWERS:
        doubt_fallback(node, NAMED_ANSWERS)
    fallback_answer = NAMED_ANSWERS.get(node.value) or answer(node) if isinstance(node.value, str) else answer(node)
    if isinstance(fallback_answer, FromData) and fallback_answer.is_in_turn:
        advice = f"Write `by: {language.BY_HASH}`, or put the reply in a last rule without `match`."
        raise node.error(f"cannot take the lines of a dataset in turn: only the answers of rules are counted. {advice}")
    return fallback_answer


def answer(node: Node) -> Answer:
    """Read an item of `replies:`: a reply, or `error:` in its place."""
    if isinstance(node.value, dict) and "error" in node.value:
        return failure(node.fields(required=("error",))["error"])
    return reply(node)


def reply(node: Node) -> Answer:
    """Read a reply: a text, or a mapping."""
    if isinstance(node.value, str):
        doubt_reply(node, node.value)
        return written((WrittenChoice(text=text(node)),), Facts())
    if node.value in language.STATUSES:
        raise node.wrong(f"a string or a mapping (a status is written as `error: {node.value}`)")
    if not isinstance(node.value, dict):
        several = isinstance(node.value, list) and node.path.endswith(".reply")
        raise node.wrong("a string or a mapping" + " (a list of answers belongs under `replies`)" * several)
    node = node.naming(ROW) if "dataset" in node.value else node
    fields = node.keyed(REPLY, {"a rule": language.RULE})
    if "dataset" in fields:
        return _from_data(node, fields)
    for key in ALONE:
        if key in fields:
            _check_combination(fields, key, ())
            return pass_on(fields[key]) if key == "upstream" else recorded(fields[key])
    events = fields.pop("events", None)
    if events is None:
        return _reply(node, fields)
    return exact_events(events, _reply(node, fields) if fields else None)


def _reply(node: Node, fields: Fields) -> Answer:
    source = _source(node, fields, CONTENT)
    if source == "body":
        _check_combination(fields, "body", ())
        return Fixed(verbatim(fields["body"]))
    facts = _facts(fields)
    if source in WHOLE:
        _check_combination(fields, source, FACTS)
    match source:
        case "auto":
            return Auto(facts, _length(fields["auto"]))
        case "python":
            return _python(fields["python"], facts)
        case "callback":
            return callback(fields["callback"], facts, answer)
        case "choices":
            return written(_choices(fields["choices"]), facts)
    return written((_choice(fields),), facts)


def _from_data(node: Node, fields: Fields) -> Answer:
    _check_combination(fields, "dataset", language.BESIDE_DATASET)
    dataset = fields.pop("dataset")
    facts = _facts(fields)
    if fields.keys() <= {*FACTS}:
        return from_data(dataset, facts, (), answer)
    if not fields.keys() & {*CONTENT}:
        key, child = next((key, child) for key, child in fields.items() if key not in FACTS)
        raise child.error(f"has no effect: the lines of the dataset have a `{key}`, unless there is a `text` here.")
    source = _source(node, fields, CONTENT)
    if source in WHOLE:
        _check_combination(fields, source, FACTS)
    choices = _choices(fields["choices"]) if source == "choices" else (_choice(fields),)
    return from_data(dataset, facts, choices, answer)


def _source(node: Node, fields: Fields, content: tuple[str, ...]) -> str:
    """Return the one key for the source of the answer; empty if it has no text."""
    for first, second in combinations([key for key in fields if key in SOURCES], 2):
        raise fields[second].error(f"cannot be combined with `{first}`; use one of: {', '.join(SOURCES)}.")
    if not any(key in fields for key in content):
        raise node.error(f"is empty; it must have one of: {', '.join(content)}.")
    if "blocks" in fields and (forbidden := next((key for key in IN_BLOCKS if key in fields), None)):
        raise fields[forbidden].error("cannot be combined with `blocks`, which can contain it.")
    return next((key for key in fields if key in SOURCES), "")


def _check_combination(fields: Fields, source: str, allowed: tuple[str, ...]) -> None:
    for key, node in fields.items():
        if key != source and key not in allowed:
            advice = f"; allowed with it: {', '.join(allowed)}" if allowed else ", which has to be the only key"
            raise node.error(f"cannot be combined with `{source}`{advice}.")


def _choices(node: Node) -> tuple[WrittenChoice, ...]:
    choices = []
    for item in node.items("answer"):
        if isinstance(item.value, dict):
            fields = item.keyed(CHOICE)
            _source(item, fields, tuple(key for key in CONTENT if key in CHOICE))
            choices.append(_choice(fields))
        else:
            choices.append(WrittenChoice(text=text(item)))
    return tuple(choices)


def _choice(fields: Fields) -> WrittenChoice:
    return WrittenChoice(
        text=_echo(fields["echo"]) if "echo" in fields else _text(fields, "text"),
        json=(tree(fields["json"]),) if "json" in fields else (),
        blocks=tuple(map(_block, fields["blocks"].items("block"))) if "blocks" in fields else (),
        tool_calls=_calls(fields["tool_calls"]) if "tool_calls" in fields else (),
        refusal=_text(fields, "refusal"),
        reasoning=_text(fields, "reasoning"),
        annotations=_annotations(fields["annotations"]) if "annotations" in fields else (),
        logprobs=_logprobs(fields["logprobs"]) if "logprobs" in fields else (),
        finish_reason=_reason(fields),
        failure=_failure(fields["failure"]) if "failure" in fields else None,
        embedding=_vector(fields["embedding"]) if "embedding" in fields else (),
        moderation=_moderation(fields["moderation"]) if "moderation" in fields else None,
        scores=_vector(fields["scores"]) if "scores" in fields else (),
    )


def _reason(fields: Fields) -> str | None:
    reason = fields["finish_reason"].one_of(FINISH_REASONS) if "finish_reason" in fields else None
    if "failure" in fields and reason not in (None, ERROR_REASON):
        raise fields["failure"].error(f"cannot be combined with `finish_reason: {reason}`; it sets {ERROR_REASON}.")
    return ERROR_REASON if "failure" in fields else reason


def _failure(node: Node) -> ErrorContent:
    fields = node.keyed(language.FAILURE)
    code = fields["code"].raw if "code" in fields else None
    return ErrorContent(fields["message"].as_(str) if "message" in fields else "", code=code)


def _block(node: Node) -> WrittenBlock:
    """Read a block: a text, or a mapping with one key for its kind."""
    if not isinstance(node.value, dict):
        return WrittenBlock("text", text(node))
    fields = node.keyed(language.BLOCK)
    if len(fields) != 1:
        raise node.error(f"must have exactly one of: {', '.join(language.BLOCK)}.")
    kind, child = next(iter(fields.items()))
    if kind == "tool_call":
        return WrittenBlock("call", call=_call(child))
    return WrittenBlock(cast(TextKind, kind), text(child))


def _calls(node: Node) -> tuple[WrittenCall, ...]:
    return tuple(map(_call, [node] if isinstance(node.value, dict) else node.items("tool call")))


def _call(node: Node) -> WrittenCall:
    fields = node.keyed(language.TOOL_CALL)
    arguments = fields.get("arguments")
    if arguments and not isinstance(arguments.value, (dict, str)):
        raise arguments.wrong("a mapping, or a text")
    kind = "custom" if arguments and isinstance(arguments.value, str) else "function"
    if "type" in fields:
        kind = fields["type"].one_of(CALL_TYPES)
    return WrittenCall(
        name=text(fields["name"]),
        arguments=tree(arguments) if arguments else {},
        id=_text(fields, "id") or "",
        kind=cast(Literal["function", "custom"], kind),
        result=(tree(fields["result"]),) if "result" in fields else (),
        files=tuple(_file(name, child) for name, child in fields["files"].entries().items())
        if "files" in fields
        else (),
    )


def _file(name: str, node: Node) -> tuple[str, Text | bytes]:
    """Read a file that code makes; its name has no folder."""
    if not name or "/" in name or not name.isprintable():
        raise node.error("has a name that no file in a container's folder has.")
    return name, node.keyed(language.BYTES)["base64"].base64() if isinstance(node.value, dict) else text(node)


def _logprobs(node: Node) -> tuple[float, ...]:
    items = node.one_or_more("number")
    for item in items:
        if item.number() > 0:
            raise item.wrong("a number up to 0")
    return tuple(item.number() for item in items)


def _vector(node: Node) -> tuple[float, ...]:
    items = node.items("number")
    for item in items:
        if not math.isfinite(item.number()):
            raise item.wrong("a finite number")
    return tuple(float(item.number()) for item in items)


def _moderation(node: Node) -> Moderation:
    fields = node.keyed(language.MODERATION)
    scores = fields["categories"].keyed(language.SCORES) if "categories" in fields else {}
    for item in scores.values():
        if not 0 <= item.number() <= 1:
            raise item.wrong("a number from 0 to 1")
    return Moderation(
        scores={name: float(item.number()) for name, item in scores.items()},
        flagged=fields["flagged"].as_(bool) if "flagged" in fields else None,
    )


def _annotations(node: Node) -> tuple[object, ...]:
    for item in node.items():
        item.as_(dict)
    return tuple(tree(item) for item in node.items())


def _facts(fields: Fields) -> Facts:
    return Facts(
        id=_text(fields, "id"),
        created=fields["created"].count(most=language.LATEST_SECOND) if "created" in fields else None,
        model=_text(fields, "model"),
        usage=_usage(fields["usage"]) if "usage" in fields else None,
    )


def _usage(node: Node) -> dict[str, int]:
    return {key: child.count(most=language.MAX_USED) for key, child in node.keyed(language.USAGE).items()}


def _python(node: Node, facts: Facts) -> Python:
    source = node.as_(str)
    module, colon, name = source.partition(":")
    if not (module and colon and name) or module.startswith("."):
        raise node.wrong("`module:function`")
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as exc:  # whatever a user's module raises is an error of the script, with its line
        raise node.error(f"cannot be imported: {type(exc).__name__}: {exc}.") from exc
    if not callable(function):
        raise node.error(f"must name a function, and {source} is not callable.")
    return Python(function, source, facts)


def _echo(node: Node) -> Text:
    _true(node)
    return LastUser()


def _length(node: Node) -> Length | None:
    """Read `auto:`, either `true` or a mapping with the length of the text."""
    if not isinstance(node.value, dict):
        _true(node)
        return None
    return length(node.keyed(language.AUTO)["tokens"])


def _true(node: Node) -> None:
    if node.value is not True:
        raise node.wrong("true")


def _text(fields: Fields, key: str) -> Text | None:
    return text(fields[key]) if key in fields else None
