"""Values that a prompt lists under a name, and types that stand alone, for step 3, as BAML writes them.

A list of categories is a name, `----` under it, and a line for each: `- RED: as blood`. A sketch or a type may then
have the name: `color: Color or null`.
"""

import re
from collections.abc import Mapping

from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.written_types import PLAIN, schema_of_type

LISTED = re.compile(r"\b([A-Za-z_]\w*)\n-{4}\n((?:- [^\n]+(?:\n|\Z))+)", re.MULTILINE)
ASKED = re.compile(r"\bAnswer with any of the categories:\n(?=\w+\n-{4}\n)")
ALONE = re.compile(r"\bAnswer as an? (int|float|bool)$", re.MULTILINE)
TYPED = re.compile(
    r"\bAnswer (?:in JSON|with a JSON Array) using (?:this schema|any of these schemas):\n([^\n{]+)$", re.MULTILINE
)
NAMED = re.compile(r"(^|: *|\bor )([A-Za-z_]\w*)(?=\[\]|,? *(?://|$)| or )", re.MULTILINE)
"""A name where a type stands, rather than a key or a word."""


def spelled_out(text: str) -> str:
    """Return a text with the values of its categories in place of their names, where these stand for types."""
    values = {name: " or ".join(f'"{each}"' for each in _values(lines)) for name, lines in LISTED.findall(text)}
    named = sum(len(values.get(found[2], "")) for found in NAMED.finditer(text)) if values else 0
    if not 0 < named <= MAX_SEARCHED:
        return text
    return NAMED.sub(lambda found: f"{found[1]}({values[found[2]]})" if found[2] in values else found[0], text)


def category_or_value(text: str) -> Mapping[str, object] | None:
    """Return the schema of what is asked for other than an object: a category, a number, a list; None if nothing is."""
    if asked := ASKED.search(text):
        listed = LISTED.match(text, asked.end())
        return {"enum": _values(listed[2])} if listed else None
    if alone := ALONE.search(text):
        return PLAIN[alone[1]]
    typed = TYPED.search(spelled_out(text))
    return schema_of_type(typed[1]) if typed else None


def _values(lines: str) -> list[str]:
    return [line[2:].partition(":")[0].strip() for line in lines.splitlines()]
