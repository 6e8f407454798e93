"""Prompts are counted as the real APIs counted them, in no fewer recordings than today."""

from collections import Counter, defaultdict
from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest

from completions.exceptions import RequestError
from completions.tokens.prompt import prompt_tokens as count
from completions.wire.registry import format_at
from tests.reality.recorded import FILE, Recording, prompt_tokens, recordings


class Floor(NamedTuple):
    """The least per cent of a vendor's recorded prompts that are counted exactly, and within 5 %."""

    exact: float
    near: float


FLOORS = {
    "anthropic": Floor(15, 80),
    "azure": Floor(31, 84),
    "azure-responses": Floor(90, 90),
    "deepseek": Floor(73, 95),
    "deepseek-responses": Floor(70, 94),
    "gemini": Floor(37, 80),
    "groq": Floor(80, 90),
    "mistral": Floor(46, 84),
    "openai": Floor(96, 96),
    "openai-responses": Floor(61, 73),
    "openrouter": Floor(30, 72),
    "vertex": Floor(42, 78),
    "xai-responses": Floor(16, 60),
}
"""Who raises a share raises its floor; `docs/usage.md` says which prompts nobody can count."""


def shares() -> dict[str, Floor]:
    """Count every recorded prompt, and return each vendor's shares; Responses stand for themselves."""
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for recording in recordings():
        real, ours = prompt_tokens(recording.response), counted(recording)
        if real and ours is not None:
            group = tally[recording.vendor + ("-responses" if "/responses" in recording.path else "")]
            group["all"] += 1
            group["exact"] += ours == real
            group["near"] += abs(ours - real) <= 0.05 * real
    return {
        name: Floor(100 * group["exact"] / group["all"], 100 * group["near"] / group["all"])
        for name, group in tally.items()
    }


def counted(recording: Recording) -> int | None:
    """Count a recorded prompt; None where its address generates nothing, or its request is refused."""
    path, _, query = recording.path.partition("?")
    if recording.method != "POST" or recording.status >= 300 or (found := format_at(path)) is None:
        return None
    wire, route = found
    try:
        return count(
            wire.parse(recording.request.encode(), {}, validate=False, route={**dict(parse_qsl(query)), **route})
        )
    except RequestError:
        return None


@pytest.mark.skipif(not FILE.exists(), reason=f"the recordings are not here: {FILE.parent}")
def test_recorded_prompts__are_counted_as_the_apis_did() -> None:
    found = shares()
    fallen = [
        f"{name}: {share} {getattr(found[name], share):.1f} %, not {least} %"
        for name, floor in FLOORS.items()
        for share, least in floor._asdict().items()
        if getattr(found[name], share) < least
    ]
    assert not fallen
