"""The keys of an object that a sentence names, for step 3: `with the keys "a" and "b"`, `the name and age as JSON`."""

import re
from collections.abc import Sequence
from functools import lru_cache

from completions.script.auto.named_numbers import named_numbers
from completions.script.protocols.counts import demands_several
from completions.script.protocols.instructions import CACHE_SIZE
from completions.script.protocols.written_types import list_of
from completions.script.schemas.document import Schema
from completions.script.wording import ANSWER, NUMBERS, WRITE

KEYS = re.compile(r"(?i)\b(?:keys?|fields?|propert(?:y|ies)|attributes?)\b")
QUOTED = re.compile(r"[\"'`](\w{1,64})[\"'`]")
DESCRIBED_KEY = re.compile(r"\W*[\"'`]?(\w{1,64})[\"'`]?\W*\s(?:that|which|is|being|containing|with|to)\b")
LISTED_KEYS = re.compile(r"\W*(\w+(?:\s*,\s*\w+)*(?:\s*,?\s+and\s+\w+)?)\s*(?:[.:;)]|\bfor\b|\bof\b|\Z)")
NAMES = re.compile(r" *[\"'`]\w{1,64}[\"'`](?:,? (?:and )?[\"'`]\w{1,64}[\"'`])*(?=\.|;|\s|\Z)")
KEY_SEPARATOR = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")

MAX_SENTENCES = 40
"""Requests for JSON that are searched for keys."""

_COUNT = rf"\d{{1,2}}|{'|'.join(NUMBERS)}"
_DETERMINER = rf"(?:(?:the|an?|their|his|her|its|any|(?:each |every )?\w{{2,20}}'s|{_COUNT}) )?"
_GENERIC = (
    "data|information|info|details|following|text|responses?|it|them|this|that|these|those|everything"
    "|json|yaml|objects?|array|list|output|only|nothing|commentary|markdown|all|each|every|document|both"
)
_NO_NAME = rf"from|of|as|in|into|for|with|and|or|the|an?|that|which|using|to|at|on|by|is|are|{_GENERIC}"
_WORD = rf"(?!(?:{_NO_NAME})\b)[a-z_]{{2,20}}"
_NAME = rf"{_DETERMINER}{_WORD}(?: {_WORD}){{0,2}}"
_LISTED = rf"({_NAME}(?:, {_NAME}){{0,11}},? and {_NAME})"
_OBJECT = r"JSON(?: (?:object|array|list|objects))?(?: of (?:\w+ )?\w+)?(?: each)?"
PROSE = re.compile(
    rf"(?i)\b(?:{ANSWER}|{WRITE}|extract|list|get|find|identify|parse|pull)\b(?: (?:out|me|only|all|each person's))*"
    rf" {_LISTED}(?=[ .,:;)]|\Z)"
    rf"|\b{_OBJECT},? (?:with|containing|including|that (?:has|contains|includes)|having) {_LISTED}(?=[ .,:;)]|\Z)"
)
"""Names of keys without a word for that: `Extract the name and age as JSON`, `a JSON list of objects with a and b`."""

NUMBERED = re.compile(r"(?i)(?:\b|_)(?:id|number|no|code|phone|zip)\Z")
NUMERIC = re.compile(
    r"(?i)(?:\b|_)(?:age|price|amount|quantity|qty|total|cost|year|count|temperature|population|confidence|probability"
    r"|days|hours|minutes|years|months)\Z"
)
PLURAL = re.compile(r"(?i)[a-rt-z_]{2,}(?<![uis])s\Z(?<!address)(?<!news)(?<!series)")
"""Names of ids, which are texts; of numbers; and of several things."""

TEXT: Schema = {"type": "string"}

LEADING = re.compile(rf"(?i)\A{_DETERMINER}")
LIST = re.compile(r"(?i)\bJSON (?:array|list)\b|\b(?:list|array) of (?:JSON )?objects\b|\bobjects\b")


def named_keys(sentences: list[str], text: str, told: str) -> Schema | None:
    """Return the schema of an object with the keys that a sentence of a text names, or of a list of such objects.

    A value is a number if the text `told` apart from the request has one for that key.
    """
    for sentence in sentences[:MAX_SENTENCES]:
        names = _with_word(sentence + _list_after_colon(sentence, text), text) or _in_prose(sentence)
        if names:
            properties = {name: _type(name, told) for name in names}
            schema = {"type": "object", "properties": properties, "required": list(properties)}
            return list_of(schema) if LIST.search(sentence) or demands_several(sentence) else schema
    return None


def _type(name: str, told: str) -> Schema:
    """Return the type that a value has by its name, or by what is told of it."""
    if NUMBERED.search(name):
        return TEXT
    if named_numbers(name, told) or NUMERIC.search(name):
        return {"type": "number"}
    return list_of(TEXT) if PLURAL.search(name) else TEXT


def _with_word(sentence: str, text: str) -> Sequence[str]:
    """Return the names at a word such as `keys`: in quotes, or as a list of words."""
    found = KEYS.search(sentence)
    return () if found is None else _key_names(sentence, found) or _described_key_names(text)


def _in_prose(sentence: str) -> Sequence[str]:
    found = PROSE.search(sentence)
    if found is None:
        return ()
    names = (LEADING.sub("", each) for each in KEY_SEPARATOR.split(found[1] or found[2]))
    return [re.sub(r"\W+", "_", each).lower() for each in names]


@lru_cache(maxsize=CACHE_SIZE)
def _list_after_colon(sentence: str, text: str) -> str:
    """Return the names in quotes after a sentence that ends with a colon, without what follows them."""
    if not sentence.endswith(("keys:", "fields:", "properties:", "attributes:")):
        return ""
    following = NAMES.match(text, text.find(sentence) + len(sentence))
    return following[0] if following else ""


def _described_key_names(text: str) -> Sequence[str]:
    return [found[1] for key in KEYS.finditer(text) if (found := DESCRIBED_KEY.match(text, key.end()))]


def _key_names(sentence: str, found: re.Match[str]) -> list[str]:
    """Return the keys after a word such as `keys`, or else those in quotes before it."""
    rest = sentence[found.end() :]
    if DESCRIBED_KEY.match(rest):
        return []
    named = LISTED_KEYS.match(rest)
    return QUOTED.findall(rest) or (
        KEY_SEPARATOR.split(named[1]) if named else QUOTED.findall(sentence[: found.start()])
    )
