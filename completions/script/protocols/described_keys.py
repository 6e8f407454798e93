"""The keys of an object that a prompt describes in lines, for step 3; judges of Azure's and applications have them.

    Your output must be a JSON object with exactly these keys:
      - score: an integer value between 1 and 5
      - status: a string, one of:
          - "completed": it was judged.
          - "skipped": it was not judged.

Deeper lines are the values of a text, or the keys of an object or of each object in a list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from completions.script.protocols.written_types import list_of, object_of, schema_of_type
from completions.script.schemas.alternatives import NEGATIVE, described_options, presumed
from completions.script.wording import ANSWERS, WRITE

_WORDS = r"(?:keys?|fields?|properties|attributes|with|contain(?:s|ing)|includ(?:es|ing)|consisting of)"
HEAD = re.compile(
    rf"(?im)^(?=[^\n]*\b(?:JSON|object|dictionary)\b)(?=[^\n]*\b(?:{ANSWERS}|{WRITE}|produce|object|must)\b)"
    rf"(?![ \t]*(?:[-*\u2022]|\d{{1,2}}[.)])[ \t])[^\n]{{0,300}}\b{_WORDS}\b[^\n]{{0,60}}:[*_ \t]*\n+"
    r"(?=[ \t]*(?:[-*\u2022]|\d{1,2}[.)])[ \t])"
)
"""A line before the keys."""

LINE = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*\u2022]|\d{1,2}[.)])[ \t]+[*_`\"']{0,4}(?P<name>[A-Za-z_]\w{0,40})[*_`\"']{0,4}[ \t]*"
    r"(?P<type>\([^()\n]{1,80}\))?[*_`\"']{0,3}[ \t]*(?::|[-\u2013\u2014=](?=[ \t]))[*_]{0,2}[ \t]*(?P<text>[^\n]*)"
)
ITEM = re.compile(r"[ \t]*(?:[-*\u2022]|\d{1,2}[.)])[ \t]")
"""The start of a line of a list; one without a key means that the list is none of keys."""

MAX_LINES = 60
MAX_NESTING = 5

TYPE = re.compile(
    r"(?i)\b(?:(?P<string>string|text|str|sentences?)"
    r"|(?P<integer>integer|int|whole number|(?:total )?(?:number|count) of)"
    r"|(?P<number>number|float|decimal|percentage|probability)|(?P<boolean>boolean|bool|true|whether)"
    r"|(?P<array>list|array)|(?P<object>dictionary|dict|object))\b"
)
MAX_TYPE = 60
"""Characters of a description in which its type is searched."""

DIGIT = re.compile(r"[\"'`]?\d+\b")
ONE_OF = re.compile(r"(?i)\b(?:one of|either|values?|options|any of)\b[^:]{0,40}:[*_ ]*\Z")


@dataclass(slots=True)
class Key:
    """A key with its description, and the lines below it."""

    indent: int
    name: str
    type: str
    text: str
    inner: "list[Key]" = field(default_factory=list)


def described_keys(text: str) -> dict[str, object] | None:
    """Return the schema of the last object whose keys a text describes in lines; None if it has none."""
    heads = list(HEAD.finditer(text))
    keys = _keys(text[heads[-1].end() :]) if heads else []
    return _object(keys) if keys else None


def _keys(text: str) -> list[Key]:
    """Read the lines of keys with which a text begins, each with those below it."""
    top: list[Key] = []
    for line in text.split("\n", MAX_LINES)[:MAX_LINES]:
        found = LINE.match(line.expandtabs(4))
        if found is None:
            indent = len(line) - len(line.lstrip())
            if line.strip() and (not top or indent <= top[0].indent):
                return [] if ITEM.match(line) else top
            continue
        key = Key(len(found["indent"]), found["name"], found["type"] or "", found["text"].strip())
        if top and key.indent < top[0].indent:
            break
        level, depth = top, 0
        while level and key.indent > level[-1].indent:
            level, depth = level[-1].inner, depth + 1
        if depth < MAX_NESTING:
            level.append(key)
    return top


def _object(keys: Sequence[Key]) -> dict[str, object]:
    return object_of({key.name: _schema(key) for key in keys})


def _schema(key: Key) -> dict[str, object]:
    written = schema_of_type(key.type) if key.type else None
    if written is not None and not key.inner:
        return {**written, "description": key.text}
    if key.inner and ONE_OF.search(key.text):
        hopeful = [each.name for each in key.inner if not NEGATIVE.search(each.text)]
        return {"enum": hopeful or [each.name for each in key.inner]}
    kind = _kind(key)
    if kind == "object":
        return _object(key.inner) if key.inner else {"type": "object"}
    if kind == "array":
        return list_of(_object(key.inner) if key.inner else {"type": "string"})
    if kind == "string" and (options := described_options(key.text)):
        return {"enum": _hopeful(options, key.text)}
    return {"type": kind, "description": key.text}


def _hopeful(options: list[str], text: str) -> list[str]:
    """Return the options of which a text says nothing negative: not `"skipped" if it was not judged`."""
    parts = {each: text.rpartition(each)[2] for each in options}
    meanings = {each: min((part.partition(other)[0] for other in options), key=len) for each, part in parts.items()}
    return [each for each in options if not NEGATIVE.search(meanings[each])] or options


def _kind(key: Key) -> str:
    """Return the type that a description names first, or else one that suits the key."""
    found = TYPE.search(f"{key.type} {key.text}"[:MAX_TYPE])
    if found is not None and found.lastgroup is not None:
        return found.lastgroup
    if key.inner:
        return "object"
    if DIGIT.match(key.text):
        return "integer"
    return "boolean" if presumed(key.name) and key.name.lower().startswith(("is_", "has_", "is", "has")) else "string"
