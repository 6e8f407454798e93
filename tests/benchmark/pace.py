"""When each frame of the paced streams is due."""

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
