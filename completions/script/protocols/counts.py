"""Lists with as many items as a prompt demands, for step 3.

DeepEval's judges compare: `the number of 'verdicts' MUST equal number of statements`, and a list follows behind
`Statements:`; or the sentence has the number itself.
"""

import itertools
import re
from collections.abc import Mapping

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_LITERAL, list_at
from completions.script.protocols.instructions import instructions
from completions.script.schemas.document import Schema

MAX_ITEMS = 50
"""Items of a list that are made."""

MAX_DEMANDS = 8
"""Sentences with a count that are read."""

EQUAL = re.compile(
    r"(?i)\b(?:number|length|count) of [\"'`]?(\w{1,40})[\"'`]?(?: \w+){0,3}? equal(?: to)?(?: the| that)*"
    r"(?: (?:number|length|count))?(?: of)?(?: the)? [\"'`]?(\w{1,40})"
)


def with_equal_counts(schema: Schema, prompt: Prompt) -> Schema:
    """Return a schema whose lists have as many items as the prompt demands; the same object if it demands nothing."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    counts: dict[str, int] = {}
    for text in instructions(prompt):
        for found in itertools.islice(EQUAL.finditer(text), MAX_DEMANDS):
            count = _count(found[2], text)
            if count is not None and found[1] not in counts and count <= MAX_ITEMS:
                counts[found[1]] = count
    changed = {
        name: {**each, "minItems": counts[name], "maxItems": counts[name]}
        for name, each in properties.items()
        if name in counts and isinstance(each, Mapping) and each.get("type") == "array"
    }
    return {**schema, "properties": {**properties, **changed}} if changed else schema


def _count(words: str, text: str) -> int | None:
    """Return a number, or the length of the list of a name."""
    if words.isdecimal():
        return int(words)
    return None if (listed := labelled_list(words, text)) is None else len(listed)


def labelled_list(name: str, text: str) -> list[object] | None:
    """Return the last list behind a label, such as `Statements:`, whose name is the label's; None if there is none."""
    labels = list(re.finditer(rf"(?im)^[^\w\n]{{0,4}}(?:\w+ ){{0,2}}{re.escape(name)}\W{{0,3}}:\s{{0,4}}(?=\[)", text))
    return list_at(text[labels[-1].end() :][:MAX_LITERAL]) if labels else None
