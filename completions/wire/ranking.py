"""Scores of documents for a query: a script's, or by the words that they share; the meaning of words is unknown."""

from collections.abc import Sequence

from completions.conversation import Reply
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.readback import Answer
from completions.wire.vectors import embed

DIMENSIONS, DIGITS = 1024, 8
MAX_DOCUMENTS = 10_000
"""Documents in one request."""


def scores(reply: Reply, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
    """Return a score for each pair of a query and a document.

    They are those of the script, or 0 for missing ones, or else from 0 to 1: the cosine between both vectors.
    """
    if scripted := reply.choices[0].scores if reply.choices else ():
        return [*scripted, *[0.0] * (len(pairs) - len(scripted))][: len(pairs)]
    vectors: dict[str, list[tuple[int, float]]] = {}
    for query, _ in pairs:
        if query not in vectors:
            vectors[query] = [(place, value) for place, value in enumerate(embed(query, DIMENSIONS)) if value]
    return [_score(vectors[query], document) for query, document in pairs]


def ranked(reply: Reply, query: str, documents: Sequence[str], most: int | None = None) -> list[tuple[int, float]]:
    """Return the indexes of the documents and their scores, the best first, and at most `most`."""
    found = scores(reply, [(query, document) for document in documents])
    return sorted(enumerate(found), key=lambda each: -each[1])[:most]


def text_of(document: object) -> str:
    """Return the text of a document, which is a string or an object with a text."""
    return document if isinstance(document, str) else text(mapping(document).get("text"))


def cost(query: str, documents: Sequence[str], model: str) -> int:
    """Return the number of tokens: those of the documents, and those of the query for each document."""
    return sum(tokens.count(each, model) for each in documents) + tokens.count(query, model) * len(documents)


def collect_scores(results: object, answer: Answer, name: str = "relevance_score") -> None:
    """Add the scores of results; missing documents have 0."""
    found = {
        at: float(score)
        for each in dicts(results)
        if (at := whole(each.get("index"), 0)) is not None and at < MAX_DOCUMENTS
        if isinstance(score := each.get(name), int | float)
    }
    if found:
        answer.choice().scores = tuple(found.get(at, 0.0) for at in range(max(found) + 1))


def _score(query_vector: Sequence[tuple[int, float]], document: str) -> float:
    vector = embed(document, DIMENSIONS)
    cosine = sum(value * vector[place] for place, value in query_vector)
    return round(min(max(cosine, 0.0), 1.0), DIGITS)
