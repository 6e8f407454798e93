"""Sums in a question that models pass on to a calculator: `12 * 7` of `What is 12 times 7?`."""

import re
from collections.abc import Mapping

from completions.conversation import Tool
from completions.script.protocols import sums
from completions.script.schemas.document import Schema

CALCULATOR = re.compile(r"(?i)calculat|(?<![a-z])math|arithmetic|\bevaluat\w* (?:an? |the )?(?:\w+ )?expression")
NAMES = re.compile(r"(?i)(?:\w+_)?(?:expression|expr|equation|formula|calculation)|input|query|problem|_*arg_?1")
"""Names of a calculator's argument."""

WRITTEN_SUM = re.compile(rf"(?i)(?<![\w.]){sums.SUM}(?![\w.]*\w)")
VALUES = frozenset(("enum", "const", "$ref"))
MAX_READ = 1_000
"""Characters at the end of a question that are searched."""


def with_sum(schema: Schema, tool: Tool, text: str) -> Schema:
    """Return the schema of a calculator's arguments with the last sum in a text as an example; else the same object."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    if not CALCULATOR.search(f"{tool.name} {tool.description[:300]}") or (written := expression_in(text)) is None:
        return schema
    filled = {
        name: {**each, "examples": [written]}
        for name, each in properties.items()
        if NAMES.fullmatch(name)
        and isinstance(each, Mapping)
        and each.get("type") == "string"
        and not VALUES & each.keys()
    }
    return {**schema, "properties": {**properties, **filled}} if filled else schema


def expression_in(text: str) -> str | None:
    """Return the last sum in a text, with signs for words; None if it has none."""
    *_, found = [None, *(each[0] for each in WRITTEN_SUM.finditer(text[-MAX_READ:]))]
    if found is None or sums.result_of(found) is None:
        return None
    tokens = [each[1].lower().replace(",", "") for each in sums.TOKEN.finditer(found)]
    return (
        " ".join(token if token == "**" else sums.OPERATORS.get(token, token) for token in tokens)
        .replace("( ", "(")
        .replace(" )", ")")
    )
