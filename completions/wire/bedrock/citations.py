"""Step 4 for Converse: the citations of documents and search results in Claude's answers, if a request enables them.

Scripts write citations as OpenAI's `url_citation`, whose `url` is the name of a document, or the title or source of a
search result. Where a script cites none, a text cites the first one whose citations are enabled. Shapes: `Citation` of
botocore's service model, recorded of documents by langchain-ai/langchain-aws in 2025 and agentjido/req_llm in 2026.
"""

import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.bedrock.base import is_claude
from completions.wire.fields import contents, dicts, mapping, text

Document = Mapping[str, Any]

KINDS = ("document", "searchResult")

MAX_CITED_CHARACTERS = 1000
"""The maximum number of cited characters of a document."""


def citations_of(answer: str, choice: Choice, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the citations of a text; none before a call, or if no document has them enabled."""
    if not answer or choice.tool_calls or not is_claude(prompt.model or "") or prompt.response_format.stated:
        return []
    places = dict.fromkeys(KINDS, 0)
    enabled = []
    for kind, block in _sources(prompt.body.get("messages")):
        if mapping(block.get("citations")).get("enabled"):
            enabled.append((kind, places[kind], block))
        places[kind] += 1
    names = {text(mapping(annotation.get("url_citation")).get("url")) for annotation in choice.annotations}
    chosen = [each for each in enabled if not names.isdisjoint(_names(each[2]))] or enabled[:1]
    return [
        _document_citation(at, block, answer) if kind == "document" else _result_citation(at, block)
        for kind, at, block in chosen
    ]


def _sources(messages: object) -> Iterator[tuple[str, Document]]:
    """Yield the documents and the search results of a conversation, also those that tools returned."""
    for block in contents(messages):
        for each in (block, *dicts(mapping(block.get("toolResult")).get("content"))):
            yield from ((kind, mapping(each[kind])) for kind in KINDS if each.get(kind))


def _names(block: Document) -> list[str]:
    return [text(block.get(key)) for key in ("name", "title", "source")]


def _result_citation(index: int, result: Document) -> dict[str, Any]:
    """Return the citation of the first content of a search result."""
    quote = next((text(each.get("text")) for each in dicts(result.get("content"))), "")
    return {
        "location": {"searchResultLocation": {"end": 1, "searchResultIndex": index, "start": 0}},
        "source": text(result.get("source")),
        "sourceContent": [{"text": quote}],
        "title": text(result.get("title")),
    }


def _document_citation(index: int, document: Document, answer: str) -> dict[str, Any]:
    source = mapping(document.get("source"))
    pieces, document_text = dicts(source.get("content")), text(source.get("text")) or _decoded(document)
    if pieces:
        kind, start, end, quote = "documentChunk", 0, 1, text(pieces[0].get("text"))
    elif document_text:
        quote = document_text[:MAX_CITED_CHARACTERS]
        kind, start, end = "documentChar", 0, len(quote)
    else:  # a PDF's text is not read: the answer stands for the text of its first page
        kind, start, end, quote = "documentPage", 1, 2, answer
    return {
        "location": {kind: {"documentIndex": index, "end": end, "start": start}},
        "sourceContent": [{"text": quote}],
        "title": text(document.get("name")),
    }


def _decoded(document: Document) -> str:
    """Return the text of a document that was sent as bytes; empty for a PDF and for other binary data."""
    data = mapping(document.get("source")).get("bytes")
    if document.get("format") == "pdf" or not isinstance(data, str):
        return ""
    try:
        return binascii.a2b_base64(data).decode()
    except ValueError:
        return ""
