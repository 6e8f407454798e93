"""Step 4: cut a text into what the chunks of a stream say: a token each, or several where the pacing says so."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeVar

from completions.conversation import Prompt
from completions.event import Length
from completions.tokens import text as tokens

T = TypeVar("T")


class Pieces(list[str]):
    """Pieces of several tokens each; `counts` says how many."""

    def __init__(self, pieces: Iterable[str], counts: Sequence[int]) -> None:
        super().__init__(pieces)
        self.counts = counts


def pieces(text: str, prompt: Prompt) -> list[str]:
    """Cut a text into what each chunk of the stream that answers a prompt says."""
    return joined(tokens.split(text, prompt.model), prompt.per_chunk)


def joined(split: list[str], per_chunk: Length | None) -> list[str]:
    """Join the tokens of a text to the pieces that its chunks say; the last one has those that are left."""
    if per_chunk is None:
        return split
    groups = grouped(split, split, per_chunk)
    return Pieces(map("".join, groups), list(map(len, groups)))


def grouped(entries: Sequence[T], split: Sequence[str], per_chunk: Length | None) -> list[Sequence[T]]:
    """Return what stands beside the tokens of a text, as log probabilities do, as its chunks have it."""
    if per_chunk is None:
        return [[entry] for entry in entries]
    text, left = "".join(split), len(entries)
    sizes: list[int] = []
    while left > 0:
        sizes.append(min(per_chunk.draw(f"{text}/{len(sizes)}"), left))
        left -= sizes[-1]
    return [entries[start:end] for start, end in pairwise(accumulate(sizes, initial=0))]


def counts(values: Sequence[Any]) -> Sequence[int] | None:
    """Return how many tokens each piece has; None is one."""
    return values.counts if isinstance(values, Pieces) else None
