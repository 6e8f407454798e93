"""Schedules: when each event of a stream is due, computed up front, so that lateness never adds up."""

import math
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from completions.outcome import Jitter, Pacing


def schedule(tokens: Sequence[bool], pacing: Pacing) -> list[float]:
    """Return each event's due time in seconds after the start.

    `tokens` says of each event whether it carries a token. The first token is due at `ttft_ms` and each further
    one `itl_ms` after the one before; an event without a token is due with the token before it, and what opens a
    stream is due with the first.
    """
    ttft, gap = pacing.ttft_ms / 1000, pacing.itl_ms / 1000
    if pacing.jitter is not None:
        return _scattered(tokens, ttft, gap, pacing.jitter)
    if not gap:
        return [ttft] * len(tokens)
    seen = accumulate(tokens)
    return [ttft + gap * max(count - 1, 0) for count in seen]


def _scattered(tokens: Sequence[bool], ttft: float, gap: float, jitter: Jitter) -> list[float]:
    """Draw the time to the first token and then each gap; the sums are as absolute as without jitter."""
    random = Random(jitter.seed)
    at = _draw(ttft, jitter, random)
    due, seen = [], 0
    for token in tokens:
        seen += token
        if token and seen > 1:
            at += _draw(gap, jitter, random)
        due.append(at)
    return due


def _draw(mean: float, jitter: Jitter, random: Random) -> float:
    """Draw a time of this mean, never below zero."""
    if not mean:
        return 0.0
    match jitter.kind:
        case "uniform":
            return max(mean * (1 + jitter.spread * (2 * random.random() - 1)), 0.0)
        case "normal":
            return max(random.gauss(mean, jitter.spread * mean), 0.0)
    sigma = math.sqrt(math.log1p(jitter.spread**2))
    return random.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)
