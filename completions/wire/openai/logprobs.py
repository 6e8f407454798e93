"""Made-up but consistent log probabilities: alternatives are less likely than the token, and the bytes are right.

They depend only on the token, so the same answer always has the same. Shapes: `ChatCompletionTokenLogprob` and
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
"""The alternative tokens."""


AS_CHARACTERS = 4
"""The cost of writing one alternative, in characters of a text to count."""


def logprob(token: str) -> float:
    """Return a token's log probability: of a probability between 0.5 and 1, by its bytes."""
    return math.log(0.5 + (zlib.crc32(token.encode()) % 4096) / 8192)


def scripted_logprob(logprobs: Sequence[float], at: int) -> float | None:
    """Return the script's log probability for the token at a place; the last one is also that of all later tokens."""
    return logprobs[min(at, len(logprobs) - 1)] if logprobs else None


def alternatives(token: str, count: int, token_logprob: float) -> list[tuple[str, float]]:
    """Return the `count` most likely tokens at a place, first the token; their probabilities sum to 1 at most."""
    budget.spend_characters((count + 1) * AS_CHARACTERS)
    others = [other for other in ALTERNATIVES if other != token]
    rest = max(1 - math.exp(token_logprob), 1e-9)
    return [(token, token_logprob), *((other, math.log(rest / 2 ** (at + 1))) for at, other in enumerate(others))][
        :count
    ]


def chat_entries(pieces: Sequence[str], count: int, scripted: Sequence[float]) -> list[dict[str, Any]]:
    """Return the tokens' entries in chat's shape."""
    entries = []
    for at, token in enumerate(pieces):
        token_logprob = logprob_or_scripted(token, scripted_logprob(scripted, at))
        tops = [_entry(*pair) for pair in alternatives(token, count, token_logprob)]
        entries.append(_entry(token, token_logprob) | {"top_logprobs": tops})
    return entries


def logprob_or_scripted(token: str, scripted: float | None) -> float:
    """Return a token's log probability: the script's, or else the default."""
    return logprob(token) if scripted is None else scripted


def plain_entries(pieces: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tokens' entries in the shape of transcriptions, without alternatives."""
    return [_entry(piece, logprob(piece)) for piece in pieces]


def _entry(token: str, chance: float) -> dict[str, Any]:
    return {"token": token, "logprob": chance, "bytes": list(token.encode())}


def legacy_document(pieces: list[str], count: int, offset: int, scripted: Sequence[float | None]) -> dict[str, Any]:
    """Return the pieces' document in the legacy shape; `offset` is the position of the first in the text."""
    offsets, logprobs = [], [logprob_or_scripted(piece, each) for piece, each in zip(pieces, scripted, strict=True)]
    for piece in pieces:
        offsets.append(offset)
        offset += len(piece)
    return {
        "tokens": pieces,
        "token_logprobs": logprobs,
        "top_logprobs": [dict(alternatives(*each)) for each in zip(pieces, repeat(count), logprobs, strict=False)]
        if count
        else None,
        "text_offset": offsets,
    }


def without_first_probability(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a legacy document that begins with a prompt, whose first token has no probability: nothing precedes it.

    Without alternatives it has one, for the SDK has no type for the null, and its own tests ask for `logprobs: 0`.
    """
    if document is None or document["top_logprobs"] is None:
        return document
    _, *logprobs = document["token_logprobs"]
    tops = [None, *document["top_logprobs"][1:]]
    return document | {"token_logprobs": [None, *logprobs], "top_logprobs": tops}
