"""When each frame of the paced streams is due."""

from completions.delivery.stream import schedule
from completions.event.scatter import Jitter
from completions.resolve.engine import pacing_of
from completions.script.pace import Pace
from completions.wire.openai.chat.format import ChatCompletions

JITTER = Jitter("lognormal", 0.5, "1")
WITH_JITTER = f"pacing: {{jitter: {{kind: {JITTER.kind}, spread: {JITTER.spread}, seed: {JITTER.seed}}}}}"
SHARED_TPS = 20_000
WITH_LOAD = f"pacing: {{load: {{tps: {SHARED_TPS}, max_concurrent: 1000}}}}"
HELD = "hold: {gate: never, after_tokens: 1, timeout_ms: 3600000}"
"""What a rule has besides, so that its streams scatter, share enough for all, wait at a gate that nobody releases."""

TOKENS = 98
"""The tokens of the answer in `hundred.yaml`."""

CHUNKS = TOKENS + 2
"""The chunks of its stream: one opens it, one ends it."""

FRAMES = CHUNKS + 1
"""The frames of its stream: the chunks and `[DONE]`."""

TTFT_MS = 20
"""Milliseconds to the first token."""

ITL_MS = 20
"""Milliseconds from a token to the next."""


def due(frame: int) -> float:
    """Return the seconds from the request to a frame, counted from 0.

    The opening chunk goes with the first token, and the last chunk and `[DONE]` with the last one.
    """
    token = min(max(frame - 1, 0), TOKENS - 1)
    return (TTFT_MS + token * ITL_MS) / 1000


STEADY = [due(frame) for frame in range(FRAMES)]
"""When each frame is due without jitter."""


def jittered(request: bytes) -> list[float]:
    """Return when each frame of this request's stream is due with `JITTER`: the seed tells."""
    prompt = ChatCompletions().parse(request, {}, validate=False)
    pacing = pacing_of(Pace(TTFT_MS, ITL_MS, JITTER), prompt, 0)
    return schedule([False, *[True] * TOKENS, False, False], pacing)
