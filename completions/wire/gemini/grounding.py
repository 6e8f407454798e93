"""Gemini's tool `fileSearch`: the search in the stores that a request names, and the citations of its results.

Shapes as recorded of the API in November 2025 and July 2026 (`google.genai.types.GroundingMetadata`); offsets are of
bytes.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from operator import mul
from typing import Any, cast

from completions.conversation import Prompt
from completions.tokens import text as tokens
from completions.wire.fields import text, texts
from completions.wire.gemini import metadata_filter
from completions.wire.gemini.fields import inner, integer, many, pick
from completions.wire.gemini.file_search import STORE_PREFIX, custom_metadata, state_at
from completions.wire.openai import searching
from completions.wire.vectors import embed

DEFAULT_CHUNKS = 5
MIN_SIMILARITY = 0.2
"""The least similarity of a sentence to the chunk that it cites."""

SENTENCE = re.compile(r"[^\s.!?][^.!?\n]*[.!?]?")
MAX_SENTENCES = 100

Chunk = Mapping[str, Any]


def tools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the `fileSearch` tools of a request."""
    offered = many(body.get("tools") or [])
    return [inner(tool, "fileSearch") for tool in offered if pick(tool, "fileSearch") is not None]


def stores(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of the stores that a request searches."""
    names = (name for tool in tools(body) for name in texts(pick(tool, "fileSearchStoreNames")))
    return list(dict.fromkeys(name.removeprefix(STORE_PREFIX) for name in names))


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of the tools."""
    for at, tool in enumerate(tools(body)):
        path = f"* GenerateContentRequest.tools[{at}].file_search"
        if not texts(pick(tool, "fileSearchStoreNames")):
            yield f"{path}.file_search_store_names: file_search_store_names is not specified\n"
        if (top_k := pick(tool, "topK")) is not None and integer(top_k, 1) is None:
            yield f"{path}.top_k: top_k must be positive.\n"
        try:
            metadata_filter.read(source) if (source := text(pick(tool, "metadataFilter")).strip()) else None
        except metadata_filter.Malformed as exc:
            yield f"Invalid metadata_filter: {exc}."


def search(prompt: Prompt) -> list[Chunk]:
    """Return the chunks that are closest to the last user message, each with its store."""
    stored = cast(Mapping[str, Mapping[str, Any]], prompt.recalled.get("documents") or {})
    found: list[Chunk] = []
    for tool in tools(prompt.body) if stored else ():
        source = text(pick(tool, "metadataFilter")).strip()
        try:
            fits = metadata_filter.read(source) if source else lambda attributes: True
        except metadata_filter.Malformed:
            continue  # the request was not validated
        limit = integer(pick(tool, "topK"), 1) or DEFAULT_CHUNKS
        question = searching.Question([prompt.last_user], threshold=1e-6, limit=limit)
        results = [
            {**result, "store": store}
            for store in (name.removeprefix(STORE_PREFIX) for name in texts(pick(tool, "fileSearchStoreNames")))
            for result in searching.search(_searchable(stored.get(store, {}), fits), question)
        ]
        found += sorted(results, key=lambda result: -result["score"])[:limit]
    return found


def _searchable(documents: Mapping[str, Any], fits: metadata_filter.Filter) -> dict[str, Any]:
    now = time.time()
    return {
        name: document
        for name, document in documents.items()
        if state_at(document, now) == "STATE_ACTIVE" and fits(document["attributes"])
    }


def metadata(found: Sequence[Chunk], content: str) -> dict[str, Any]:
    """Return the grounding metadata of a candidate: the chunks found, and the sentences that they support."""
    if not found:
        return {}
    chunks = [{"retrievedContext": _context(each)} for each in found]
    supports = list(_supports(found, content))
    return {"groundingMetadata": {"groundingChunks": chunks, **({"groundingSupports": supports} if supports else {})}}


def _context(found: Chunk) -> dict[str, Any]:
    metadata_fields = custom_metadata(found["attributes"])
    return {
        **({"title": found["filename"]} if found["filename"] else {}),
        "text": found["content"][0]["text"],
        "fileSearchStore": STORE_PREFIX + found["store"],
        **({"customMetadata": metadata_fields} if metadata_fields else {}),
    }


def _supports(found: Sequence[Chunk], content: str) -> Iterator[dict[str, Any]]:
    vectors = [embed(each["content"][0]["text"], searching.DIMENSIONS) for each in found]
    for number, sentence in enumerate(SENTENCE.finditer(content)):
        if number >= MAX_SENTENCES:
            return
        sentence_vector = embed(sentence[0], searching.DIMENSIONS)
        score, at = max((sum(map(mul, sentence_vector, vector)), -index) for index, vector in enumerate(vectors))
        if score < MIN_SIMILARITY:
            continue
        start = len(content[: sentence.start()].encode())
        segment = {"endIndex": start + len(sentence[0].encode()), "text": sentence[0]}
        yield {"segment": {"startIndex": start, **segment} if start else segment, "groundingChunkIndices": [-at]}


def cost(found: Sequence[Chunk], prompt: Prompt) -> int:
    """Return the tokens of the chunks found, which count as the prompt's."""
    return sum(tokens.count(each["content"][0]["text"], prompt.model) for each in found)
