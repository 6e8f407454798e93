"""Step 2 for Anthropic's Messages API: the marks after which a prompt is cached, all of a request together.

The words are the API's, as its users quote them up to September 2026.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.threads import MAX_CACHE_POINTS
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Problem

SHORT, LONG = "5m", "1h"
"""How long a cache lives; the short life is the usual one."""


def unsuitable_cache(body: Mapping[str, Any]) -> Problem | None:
    """Return that there are too many marks, one of a longer life after one of a shorter, or two for one block."""
    marks = list(_marks(body))
    if len(marks) > MAX_CACHE_POINTS:
        found = f"Found {len(marks)}."
        return Wrong(f"A maximum of {MAX_CACHE_POINTS} blocks with cache_control may be provided. {found}")
    lives = [life for _, life in marks]
    after = lives.index(SHORT) if SHORT in lives else len(lives)
    late = next((path for path, life in marks[after:] if life == LONG), None)
    if late is not None:
        return Wrong(
            f"a ttl='{LONG}' cache_control block must not come after a ttl='{SHORT}' cache_control block. Note that "
            "blocks are processed in the following order: `tools`, `system`, `messages`.",
            f"{late}.cache_control.ttl",
        )
    return _contradicted(body)


def _marks(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Go through the marked blocks in the order in which the API reads them: the path and the life of each."""
    messages = [(f"messages[{at}].content", each.get("content")) for at, each in enumerate(dicts(body["messages"]))]
    for path, blocks in [("tools", body.get("tools")), ("system", body.get("system")), *messages]:
        for at, block in enumerate(dicts(blocks)):
            if block.get("cache_control") is not None:
                yield f"{path}[{at}]", _life(block)


def _life(marked: Mapping[str, Any]) -> str:
    return str(mapping(marked.get("cache_control")).get("ttl") or SHORT)


def _contradicted(body: Mapping[str, Any]) -> Problem | None:
    """Return that the request's own mark is of another life than that of the block on which it comes to stand."""
    blocks = dicts(body["messages"][-1].get("content"))
    if body.get("cache_control") is None or not blocks or blocks[-1].get("cache_control") is None:
        return None
    asked, given = _life(body), _life(blocks[-1])
    if asked == given:
        return None
    return Wrong(
        f"Top-level cache_control has ttl='{asked}' but the target block already has cache_control with ttl='{given}'. "
        "When both are specified on the same block, they must have matching TTLs."
    )
