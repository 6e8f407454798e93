"""Step 2 for Converse: the length and the characters of a request's strings, which AWS checks early.

The bounds are those of `ConverseRequest` in botocore's service model of `bedrock-runtime` (1.44, November 2026). One
message has all errors, without the values, which AWS showed until March 2026 (BerriAI/litellm 24668;
openclaw/openclaw 12892; recordings of vercel/ai of September 2026).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from completions.wire.bedrock.errors import AmazonError


class Bound(NamedTuple):
    """The minimum and maximum length of a string, and its pattern."""

    minimum: int = 0
    maximum: int | None = None
    pattern: str = ""

    def violations(self, value: str) -> Iterator[str]:
        """Yield the constraints that a string violates."""
        if self.maximum is not None and len(value) > self.maximum:
            yield f"Member must have length less than or equal to {self.maximum}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            yield f"Member must satisfy regular expression pattern: {self.pattern}"
        if len(value) < self.minimum:
            yield f"Member must have length greater than or equal to {self.minimum}"


EACH = "*"
"""The step of a path for each member of a list."""

_NAME, _CALL = Bound(1, 64, "[a-zA-Z0-9_-]+"), Bound(1, 64, "[a-zA-Z0-9_.:-]+")
_BLOCK = ("messages", EACH, "content", EACH)
BOUNDS: Mapping[tuple[str, ...], Bound] = {
    (*_BLOCK, "document", "name"): Bound(1, 200),
    (*_BLOCK, "toolUse", "toolUseId"): _CALL,
    (*_BLOCK, "toolUse", "name"): _NAME,
    (*_BLOCK, "toolResult", "toolUseId"): _CALL,
    ("system", EACH, "text"): Bound(1),
    ("inferenceConfig", "stopSequences", EACH): Bound(1),
    ("toolConfig", "tools", EACH, "toolSpec", "name"): _NAME,
    ("toolConfig", "tools", EACH, "toolSpec", "description"): Bound(1),
    ("toolConfig", "tools", EACH, "systemTool", "name"): _NAME,
    ("toolConfig", "toolChoice", "tool", "name"): _NAME,
    ("additionalModelResponseFieldPaths", EACH): Bound(1, 256),
    ("outputConfig", "effort"): Bound(0, 16),
}
"""The bounds by the paths of the strings."""


def check(body: Mapping[str, Any]) -> None:
    """Raise `AmazonError` for all strings of a request that violate their bounds; its members have their types."""
    violations = [
        f"Value at '{value_path}' failed to satisfy constraint: {rule}"
        for path, bound in BOUNDS.items()
        for value_path, value in _strings(body, path)
        for rule in bound.violations(value)
    ]
    if violations:
        errors = "error" if len(violations) == 1 else "errors"
        raise AmazonError(
            "ValidationException", f"{len(violations)} validation {errors} detected: {'; '.join(violations)}"
        )


def _strings(value: Any, path: tuple[str, ...], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the strings at a path, each with AWS's name of its place, which counts from one."""
    if not path:
        if isinstance(value, str):
            yield where, value
        return
    step, *rest = path
    if step == EACH:
        for index, item in enumerate(value or ()):
            yield from _strings(item, tuple(rest), f"{where}.{index + 1}.member")
    elif isinstance(value, dict) and value.get(step) is not None:
        yield from _strings(value[step], tuple(rest), f"{where}.{step}" if where else step)
