"""Log probabilities, made up but sound: each token has one, its alternatives are less likely, and the bytes are right.

They follow from the token alone, so the same answer has the same ones. Shapes: `ChatCompletionTokenLogprob` and
`completion_choice.Logprobs` of the openai SDK.
"""

import math
import zlib
from collections.abc import Sequence
from itertools import repeat
from typing import Any

from completions import budget

ALTERNATIVES = (" the", " a", ".", ",", " and", " to", " of", "\n", " in", " is", "I", " that", " it", " for", "The",
                " with", " on", " as", " be", " are", " this")  # fmt: skip  # a table by hand
"""Tokens that stand in for what else might have been said."""


AS_CHARACTERS = 4
"""Characters of a text that take as long to count as one alternative takes to write."""


def logprob(token: str) -> float:
    """Return a token's log probability: of a probability between 0.5 and 1, by its bytes."""
    return math.log(0.5 + (zlib.crc32(token.encode()) % 4096) / 8192)


def given(chances: Sequence[float], at: int) -> float | None:
    """Return what a script gives for the token at a place; the last holds for all that follow, none is None."""
    return chances[min(at, len(chances) - 1)] if chances else None


def alternatives(token: str, count: int, chance: float) -> list[tuple[str, float]]:
    """Return the `count` most likely tokens at a place, the one that was said first; their chances sum to 1 at most."""
    budget.spend_characters((count + 1) * AS_CHARACTERS)
    others = [other for other in ALTERNATIVES if other != token]
    rest = max(1 - math.exp(chance), 1e-9)
    return [(token, chance), *((other, math.log(rest / 2 ** (at + 1))) for at, other in enumerate(others))][:count]


def chat_entries(pieces: Sequence[str], count: int, chances: Sequence[float]) -> list[dict[str, Any]]:
    """Return the tokens' entries in chat's shape."""
    entries = []
    for at, token in enumerate(pieces):
        chance = chance_of(token, given(chances, at))
        tops = [_entry(*pair) for pair in alternatives(token, count, chance)]
        entries.append(_entry(token, chance) | {"top_logprobs": tops})
    return entries


def chance_of(token: str, scripted: float | None) -> float:
    """Return a token's log probability: what a script gives, or else its own."""
    return logprob(token) if scripted is None else scripted


def plain_entries(pieces: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tokens' entries as transcriptions have them, without alternatives."""
    return [_entry(piece, logprob(piece)) for piece in pieces]


def _entry(token: str, chance: float) -> dict[str, Any]:
    return {"token": token, "logprob": chance, "bytes": list(token.encode())}


def legacy_document(pieces: list[str], count: int, offset: int, scripted: Sequence[float | None]) -> dict[str, Any]:
    """Return the pieces' document in the legacy shape; `offset` is where the first stands in the text."""
    offsets, chances = [], [chance_of(piece, each) for piece, each in zip(pieces, scripted, strict=True)]
    for piece in pieces:
        offsets.append(offset)
        offset += len(piece)
    return {
        "tokens": pieces,
        "token_logprobs": chances,
        "top_logprobs": [dict(alternatives(*each)) for each in zip(pieces, repeat(count), chances, strict=False)]
        if count
        else None,
        "text_offset": offsets,
    }
