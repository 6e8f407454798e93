"""Step 2 for Converse: how long the texts of a request may be, and of which characters, which AWS looks at early.

The bounds are those of `ConverseRequest` in botocore's service model of `bedrock-runtime` (1.44, November 2026). What
is wrong stands in one message, without the values, which AWS showed until March 2026 (BerriAI/litellm 24668;
openclaw/openclaw 12892; recordings of vercel/ai of September 2026).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from completions.wire.bedrock.errors import AmazonError


class Bound(NamedTuple):
    """The least and the most characters of a text, and the pattern of all of it."""

    least: int = 0
    most: int | None = None
    pattern: str = ""

    def broken(self, value: str) -> Iterator[str]:
        """Yield what a text does not keep to."""
        if self.most is not None and len(value) > self.most:
            yield f"Member must have length less than or equal to {self.most}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            yield f"Member must satisfy regular expression pattern: {self.pattern}"
        if len(value) < self.least:
            yield f"Member must have length greater than or equal to {self.least}"


EACH = "*"
"""Stands in a path for each member of a list."""

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
"""The bounds by the places of the texts."""


def check(body: Mapping[str, Any]) -> None:
    """Raise `AmazonError` for all texts of a request that are out of bounds; its members have their types."""
    found = [
        f"Value at '{where}' failed to satisfy constraint: {rule}"
        for path, bound in BOUNDS.items()
        for where, value in _texts(body, path)
        for rule in bound.broken(value)
    ]
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise AmazonError("ValidationException", f"{len(found)} validation {errors} detected: {'; '.join(found)}")


def _texts(value: Any, path: tuple[str, ...], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts at a path with the names of their places, which count from one."""
    if not path:
        if isinstance(value, str):
            yield where, value
        return
    step, *rest = path
    if step == EACH:
        for at, each in enumerate(value or ()):
            yield from _texts(each, tuple(rest), f"{where}.{at + 1}.member")
    elif isinstance(value, dict) and value.get(step) is not None:
        yield from _texts(value[step], tuple(rest), f"{where}.{step}" if where else step)
