"""Step 2 for Anthropic's Messages API: the checks of all `cache_control` fields of a request together.

The words are the API's, as its users quote them up to September 2026.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.threads import MAX_CACHE_POINTS
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Problem

SHORT, LONG = "5m", "1h"
"""The lifetimes of caches; the short one is the default."""


def cache_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of too many cache points, of a longer TTL after a shorter one, or of conflicting TTLs."""
    points = list(_cache_points(body))
    if len(points) > MAX_CACHE_POINTS:
        found = f"Found {len(points)}."
        return Wrong(f"A maximum of {MAX_CACHE_POINTS} blocks with cache_control may be provided. {found}")
    ttls = [ttl for _, ttl in points]
    after = ttls.index(SHORT) if SHORT in ttls else len(ttls)
    late = next((path for path, ttl in points[after:] if ttl == LONG), None)
    if late is not None:
        return Wrong(
            f"a ttl='{LONG}' cache_control block must not come after a ttl='{SHORT}' cache_control block. Note that "
            "blocks are processed in the following order: `tools`, `system`, `messages`.",
            f"{late}.cache_control.ttl",
        )
    return _ttl_conflict(body)


def _cache_points(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the path and the TTL of each block with `cache_control`, in the order in which the API reads them."""
    messages = [(f"messages[{at}].content", each.get("content")) for at, each in enumerate(dicts(body["messages"]))]
    for path, blocks in [("tools", body.get("tools")), ("system", body.get("system")), *messages]:
        for at, block in enumerate(dicts(blocks)):
            if block.get("cache_control") is not None:
                yield f"{path}[{at}]", _ttl(block)


def _ttl(block: Mapping[str, Any]) -> str:
    return str(mapping(block.get("cache_control")).get("ttl") or SHORT)


def _ttl_conflict(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of a top-level `cache_control` whose TTL differs from that of its target block."""
    blocks = dicts(body["messages"][-1].get("content"))
    if body.get("cache_control") is None or not blocks or blocks[-1].get("cache_control") is None:
        return None
    requested, existing = _ttl(body), _ttl(blocks[-1])
    if requested == existing:
        return None
    return Wrong(
        f"Top-level cache_control has ttl='{requested}' but the target block already has cache_control with "
        f"ttl='{existing}'. When both are specified on the same block, they must have matching TTLs."
    )
