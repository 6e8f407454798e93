"""Read fields of Gemini's requests: protocol buffers in JSON, in camel case or snake case, with numbers as strings too.

Source: the ProtoJSON format (protobuf.dev), and what google-genai and LiteLLM send.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any

from completions.wire.fields import mapping

WHOLE = re.compile(r"-?[0-9]{1,18}")


@functools.cache
def snake(name: str) -> str:
    """Return a field's other name: `maxOutputTokens` is `max_output_tokens` too."""
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def pick(document: Mapping[str, Any], name: str) -> Any:
    """Return a field by its camel-case name, under either name; null is as good as absent."""
    value = document.get(name)
    return document.get(snake(name)) if value is None else value


def inner(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the message at a path of fields, or an empty one for anything else."""
    for name in names:
        document = mapping(pick(document, name))
    return mapping(document)


def many(value: object) -> list[Any]:
    """Return a repeated field's messages; a single message counts as a list of one."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def integer(value: object, low: int) -> int | None:
    """Return a whole number of at least `low`, be it written `8`, `8.0` or `"8"`; None for anything else."""
    if (isinstance(value, float) and value.is_integer()) or (isinstance(value, str) and WHOLE.fullmatch(value)):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= low else None


LEVELS = ("", "LOW", "MEDIUM", "HIGH", "MINIMAL")
"""The levels of thinking by their numbers, those of `google.cloud.aiplatform.v1` (aiplatform 2.7)."""


def level_of(thinking: Mapping[str, Any]) -> str:
    """Return the level of a `thinkingConfig` in capitals, be it given by its name or by its number; empty for none."""
    level = pick(thinking, "thinkingLevel")
    number = integer(level, 0)
    if number is None:
        return level.upper() if isinstance(level, str) else ""
    return LEVELS[number] if number < len(LEVELS) else str(number)
