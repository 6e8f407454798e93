"""The metadata of the resources of Managed Agents: its limits, and its changes."""

from collections.abc import Mapping
from typing import Any

from completions.wire.anthropic.checks import Wrong, string
from completions.wire.validation import Check, Problem, nullable, refuse

MAX_PAIRS, MAX_KEY, MAX_VALUE = 16, 64, 512
"""The limits of metadata: the SDK's `AgentCreateParams.metadata`."""


def metadata(value: Any) -> Problem | None:
    """Check metadata."""
    return _metadata(value, string(high=MAX_VALUE))


def metadata_patch(value: Any) -> Problem | None:
    """Check a change of metadata, in which null deletes a key."""
    return None if value is None else _metadata(value, nullable(string(high=MAX_VALUE)))


def _metadata(value: Any, check: Check) -> Problem | None:
    if type(value) is not dict:
        return Wrong("Input should be an object")
    for key, text in value.items():
        if not 1 <= len(key) <= MAX_KEY:
            return Wrong(f"Keys should have 1 to {MAX_KEY} characters")
        if (problem := check(text)) is not None:
            return problem.under(key)
    return too_many_pairs(value)


def too_many_pairs(pairs: Mapping[str, Any]) -> Problem | None:
    """Return the problem of metadata with too many pairs; the words are ours."""
    kept = sum(value is not None for value in pairs.values())
    return Wrong(f"Metadata should have at most {MAX_PAIRS} pairs, not {kept}") if kept > MAX_PAIRS else None


def patched(before: Mapping[str, str], patch: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return metadata after a change: a null deletes its key, and an absent key keeps its value."""
    pairs = {**before, **(patch or {})}
    refuse(too_many_pairs(pairs))
    return {key: value for key, value in pairs.items() if value is not None}
