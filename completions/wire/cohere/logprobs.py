"""Step 4 for Cohere's chat: the log probabilities of a text's tokens (`LogprobItem` of the cohere SDK), made up."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from completions.conversation import Choice
from completions.tokens import text as tokens
from completions.wire.framing import counts
from completions.wire.openai.logprobs import logprob_or_scripted, scripted_logprob

Item = Mapping[str, Any]


def items(text: str, choice: Choice, model: str | None, start: int = 0) -> list[Item]:
    """Return an item for each token of a text, whose first one is the `start`th of the answer."""
    return [_item(piece, choice, at, model) for at, piece in enumerate(tokens.split(text, model), start)]


def items_of_pieces(pieces: Sequence[str], choice: Choice, model: str | None, start: int) -> Iterator[Item]:
    """Yield an item for each piece of a stream, with the tokens in it."""
    found = items("".join(pieces), choice, model, start)
    for first, last in pairwise(accumulate(counts(pieces) or [1] * len(pieces), initial=0)):
        yield {key: _together([item[key] for item in found[first:last]]) for key in found[first]}


def _together(values: list[Any]) -> Any:
    return "".join(values) if isinstance(values[0], str) else [each for value in values for each in value]


def _item(piece: str, choice: Choice, at: int, model: str | None) -> Item:
    found = tokens.ids(piece, model)
    chance = logprob_or_scripted(piece, scripted_logprob(choice.logprobs, at))
    return {"text": piece, "token_ids": found, "logprobs": [chance] * len(found)}
