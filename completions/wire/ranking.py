"""Scores of documents for a query: how many words they share. Nothing here knows what a word means."""

from collections.abc import Sequence

from completions.tokens import text as tokens
from completions.wire.vectors import embed

DIMENSIONS, DIGITS = 1024, 8
MAX_DOCUMENTS = 10_000
"""Documents in one request."""


def scores(query: str, documents: Sequence[str]) -> list[float]:
    """Return a score from 0 to 1 for each document: the cosine between its vector and the query's."""
    asked = [(place, value) for place, value in enumerate(embed(query, DIMENSIONS)) if value]
    return [_score(asked, each) for each in documents]


def ranked(query: str, documents: Sequence[str], most: int | None = None) -> list[tuple[int, float]]:
    """Return the places of the documents and their scores, the best first; at most so many."""
    return sorted(enumerate(scores(query, documents)), key=lambda found: -found[1])[:most]


def cost(query: str, documents: Sequence[str], model: str) -> int:
    """Return the tokens that are read: those of each document, and as often those of the query."""
    return sum(tokens.count(each, model) for each in documents) + tokens.count(query, model) * len(documents)


def _score(asked: list[tuple[int, float]], document: str) -> float:
    vector = embed(document, DIMENSIONS)
    near = sum(value * vector[place] for place, value in asked)
    return round(min(max(near, 0.0), 1.0), DIGITS)
