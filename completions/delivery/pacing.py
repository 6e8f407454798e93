"""Schedules: when each event of a stream is due, computed up front, so that lateness never adds up."""

from collections.abc import Sequence
from itertools import accumulate

from completions.outcome import Pacing


def schedule(tokens: Sequence[bool], pacing: Pacing) -> list[float]:
    """Return each event's due time in seconds after the start.

    `tokens` says of each event whether it carries a token. The first token is due at `ttft_ms` and each further
    one `itl_ms` after the one before; an event without a token is due with the token before it, and what opens a
    stream is due with the first.
    """
    ttft, gap = pacing.ttft_ms / 1000, pacing.itl_ms / 1000
    if not gap:
        return [ttft] * len(tokens)
    seen = accumulate(tokens)
    return [ttft + gap * max(count - 1, 0) for count in seen]
