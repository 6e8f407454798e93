"""Values that a prompt lists under a name, and types without an object, for step 3, as BAML writes them.

A list of categories is a name, `----` under it, and a line for each: `- RED: as blood`. A sketch or a type may then
have the name: `color: Color or null`.
"""

import re
from collections.abc import Mapping

from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.written_types import PLAIN, schema_of_type

LISTED = re.compile(r"\b([A-Za-z_]\w*)\n-{4}\n((?:- [^\n]+(?:\n|\Z))+)", re.MULTILINE)
CATEGORY_REQUEST = re.compile(r"\bAnswer with any of the categories:\n(?=\w+\n-{4}\n)")
PLAIN_TYPE = re.compile(r"\bAnswer as an? (int|float|bool)$", re.MULTILINE)
TYPE_REQUEST = re.compile(
    r"\bAnswer (?:in JSON|with a JSON Array) using (?:this schema|any of these schemas):\n([^\n{]+)$", re.MULTILINE
)
TYPE_NAME = re.compile(r"(^|: *|\bor )([A-Za-z_]\w*)(?=\[\]|,? *(?://|$)| or )", re.MULTILINE)
"""A name in the position of a type, rather than of a key or a word."""


def spelled_out(text: str) -> str:
    """Return a text in which the names of categories are replaced by their values where they are used as types."""
    values = {name: " or ".join(f'"{each}"' for each in _values(lines)) for name, lines in LISTED.findall(text)}
    length = sum(len(values.get(found[2], "")) for found in TYPE_NAME.finditer(text)) if values else 0
    if not 0 < length <= MAX_SEARCHED:
        return text
    return TYPE_NAME.sub(lambda found: f"{found[1]}({values[found[2]]})" if found[2] in values else found[0], text)


def category_or_value(text: str) -> Mapping[str, object] | None:
    """Return the schema of a requested category, number or list; None if the prompt requests none of these."""
    if request := CATEGORY_REQUEST.search(text):
        listed = LISTED.match(text, request.end())
        return {"enum": _values(listed[2])} if listed else None
    if plain := PLAIN_TYPE.search(text):
        return PLAIN[plain[1]]
    typed = TYPE_REQUEST.search(spelled_out(text))
    return schema_of_type(typed[1]) if typed else None


def _values(lines: str) -> list[str]:
    return [line[2:].partition(":")[0].strip() for line in lines.splitlines()]
