"""Search in a vector store: texts cut into chunks, filters by attributes, and the chunks closest to a question.

A chunk is stored with its vector, 32-bit floats in base64, so that a search computes only the vector of the question.
Filters and results: `VectorStoreSearchParams` and `VectorStoreSearchResponse` of the openai SDK.
"""

import base64
import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple

from completions import budget
from completions.tokens import text as tokens
from completions.wire import validation
from completions.wire.base import Document
from completions.wire.fields import dicts, mapping, text
from completions.wire.validation import Check, Problem, anything, record, string, tagged
from completions.wire.vectors import embed

DIMENSIONS = 256
AUTO: Mapping[str, Any] = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
"""The strategy `auto`: the tokens in a chunk, and its overlap with the chunk before."""

DEFAULT_RESULTS = 10
MAX_DEPTH = 10
"""The most nested filters."""


class Question(NamedTuple):
    """A search: the texts, the filter, the lowest score, and the most results."""

    queries: Sequence[str]
    filters: Mapping[str, Any] | None = None
    threshold: float = 0.0
    limit: int = DEFAULT_RESULTS


def question(settings: Mapping[str, Any], queries: Sequence[str]) -> Question:
    """Return the question for texts, with the limits in the body of a search or in the tool `file_search`."""
    ranking, limit = mapping(settings.get("ranking_options")), settings.get("max_num_results")
    threshold = ranking.get("score_threshold")
    return Question(
        queries,
        mapping(settings.get("filters")) or None,
        float(threshold) if isinstance(threshold, int | float) else 0.0,
        limit if isinstance(limit, int) else DEFAULT_RESULTS,
    )


def chunks(content: str, strategy: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a text's chunks, each with its vector."""
    size, overlap = strategy["static"]["max_chunk_size_tokens"], strategy["static"]["chunk_overlap_tokens"]
    pieces = tokens.split(content)
    starts = range(0, max(len(pieces) - overlap, 1), size - overlap)
    return [_chunk("".join(pieces[start : start + size])) for start in starts]


def _chunk(content: str) -> dict[str, str]:
    return {"text": content, "vector": base64.b64encode(_vector(content).tobytes()).decode()}


def _vector(content: str) -> "array[float]":
    return array("f", embed(content, DIMENSIONS))


def search(files: Mapping[str, Document], question: Question) -> list[dict[str, Any]]:
    """Return the chunks that are closest to one of the texts as results, the closest first."""
    budget.spend_characters(sum(len(chunk["text"]) for file in files.values() for chunk in file["chunks"]))
    vectors = [_vector(query) for query in question.queries]
    found = [
        (_score(vectors, chunk), name, file, chunk["text"])
        for name, file in files.items()
        if question.filters is None or matches(question.filters, file["attributes"])
        for chunk in file["chunks"]
    ]
    found = [each for each in found if each[0] >= question.threshold]
    found.sort(key=lambda each: -each[0])
    return [
        {
            "file_id": name,
            "filename": file["filename"],
            "score": score,
            "attributes": dict(file["attributes"]),
            "content": [{"type": "text", "text": content}],
        }
        for score, name, file, content in found[: question.limit]
    ]


def _score(vectors: "Sequence[array[float]]", chunk: Mapping[str, str]) -> float:
    """Return how close a chunk is to the closest of the vectors, from 0 to 1: the cosine of the angle between them."""
    chunk_vector = array("f", base64.b64decode(chunk["vector"]))
    return round(max(0.0, *(math.fsum(map(mul, chunk_vector, vector)) for vector in vectors)), 6)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare only numbers with numbers, and texts with texts."""

    def compared(own: Any, value: Any) -> bool:
        alike = isinstance(own, str) == isinstance(value, str) and own is not None and value is not None
        return alike and compare(own, value)

    return compared


def _values(value: object) -> list[object]:
    """Return a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


_COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda own, value: own == value,
    "ne": lambda own, value: own != value,
    "gt": _ordered(lambda own, value: own > value),
    "gte": _ordered(lambda own, value: own >= value),
    "lt": _ordered(lambda own, value: own < value),
    "lte": _ordered(lambda own, value: own <= value),
    "in": lambda own, value: own in _values(value),
    "nin": lambda own, value: own not in _values(value),
}


def matches(filters: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Tell whether a file's attributes pass a filter."""
    kind = text(filters.get("type"))
    if kind in ("and", "or"):
        each = [matches(one, attributes) for one in dicts(filters.get("filters"))]
        return all(each) if kind == "and" else any(each)
    return kind in _COMPARES and _COMPARES[kind](attributes.get(text(filters.get("key"))), filters.get("value"))


def _plain(value: Any) -> Problem | None:
    if isinstance(value, str | int | float):
        return None
    return Problem("Invalid type for", ": expected one of a string, number, or boolean.", "invalid_type")


_PLAIN = record({"type": anything, "key": string(low=1), "value": _plain}, ("key", "value"))
_AMONG = record({"type": anything, "key": string(low=1), "value": validation.array(_plain, "values")}, ("key", "value"))


def _filters(depth: int) -> Check:
    """Return the check of a filter with at most this depth of nested filters."""
    inner = _filters(depth - 1) if depth else None
    both = (
        record({"type": anything, "filters": validation.array(inner, "filters", low=1)}, ("filters",))
        if inner
        else None
    )
    return tagged(
        "type",
        dict.fromkeys(("eq", "ne", "gt", "gte", "lt", "lte"), _PLAIN)
        | dict.fromkeys(("in", "nin"), _AMONG)
        | (dict.fromkeys(("and", "or"), both) if both else {}),
    )


FILTERS = _filters(MAX_DEPTH)
