"""Step 2 for dialects: the errors of Rust's deserializer, with which DeepSeek and xAI refuse a body of another form.

Where the body ends (`at line 1 column 827`) is left out: it is of the bytes, and no client reads it.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.wire.dialects import rules
from completions.wire.validation import Problem

FAILED = "Failed to deserialize the JSON body into the target type"

_QUOTED = re.compile(r"'([^']*)'")


def told(problem: Problem, body: Mapping[str, Any]) -> str | None:
    """Return what the deserializer says of a problem; None for what it does not look at, such as bounds."""
    where, _, name = problem.path.rpartition(".")
    match problem.code:
        case "missing_required_parameter":
            return f"{FAILED}: {where}: missing field `{name}`" if where else f"{FAILED}: missing field `{name}`"
        case "invalid_type":
            return f"{FAILED}: {problem.path}: invalid type{problem.after}".rstrip(".")
        case "invalid_value" if variants := _QUOTED.findall(problem.before):
            given, *known = variants
            expected = ", ".join(f"`{each}`" for each in known)
            several = "one of " if len(known) > 1 else ""
            return f"{FAILED}: {problem.path}: unknown variant `{given}`, expected {several}{expected}"
        case "integer_below_min_value" if isinstance(value := _value(problem.path, body), int) and value < 0:
            return f"{FAILED}: {problem.path}: invalid value: integer `{value}`, expected u32"
    return None


def _value(path: str, body: Any) -> Any:
    for step in rules.steps(path):
        body = body[step]
    return body
