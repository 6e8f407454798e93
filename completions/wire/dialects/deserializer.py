"""Step 2 for dialects: the errors of Rust's deserializer, with which DeepSeek and xAI refuse an invalid body.

The position (`at line 1 column 827`) is left out: it counts bytes, and no client reads it.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.wire.dialects import rules
from completions.wire.validation import Problem

FAILED = "Failed to deserialize the JSON body into the target type"

_QUOTED = re.compile(r"'([^']*)'")


def error_message(problem: Problem, body: Mapping[str, Any]) -> str | None:
    """Return the deserializer's message for a problem; None for problems that it does not check, such as bounds."""
    parent, _, name = problem.path.rpartition(".")
    match problem.code:
        case "missing_required_parameter":
            return f"{FAILED}: {parent}: missing field `{name}`" if parent else f"{FAILED}: missing field `{name}`"
        case "invalid_type":
            return f"{FAILED}: {problem.path}: invalid type{problem.after}".rstrip(".")
        case "invalid_value" if variants := _QUOTED.findall(problem.before):
            value_text, *known = variants
            expected = ", ".join(f"`{each}`" for each in known)
            one_of = "one of " if len(known) > 1 else ""
            return f"{FAILED}: {problem.path}: unknown variant `{value_text}`, expected {one_of}{expected}"
        case "integer_below_min_value" if isinstance(value := _value(problem.path, body), int) and value < 0:
            return f"{FAILED}: {problem.path}: invalid value: integer `{value}`, expected u32"
    return None


def _value(path: str, body: Any) -> Any:
    for step in rules.steps(path):
        body = body[step]
    return body
