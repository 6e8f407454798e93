"""Step 4 for Converse: the citations of the request's documents in Claude's answers, if these are enabled.

Scripts write citations as OpenAI's `url_citation`, whose `url` is the name of a document. Where a script cites nothing,
a text cites the first document whose citations are enabled. Shapes: `Citation` of botocore's service model, recorded by
langchain-ai/langchain-aws in 2025 and by agentjido/req_llm in September 2026.
"""

import binascii
from collections.abc import Mapping
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.bedrock.base import is_claude
from completions.wire.fields import contents, dicts, mapping, text

Document = Mapping[str, Any]

MAX_CITED_CHARACTERS = 1000
"""The maximum number of cited characters of a document."""


def citations_of(answer: str, choice: Choice, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the citations of a text; none before a call, or if no document has them enabled."""
    if not answer or choice.tool_calls or not is_claude(prompt.model or "") or prompt.response_format.stated:
        return []
    all_documents = (
        mapping(block["document"]) for block in contents(prompt.body.get("messages")) if block.get("document")
    )
    documents = [
        numbered for numbered in enumerate(all_documents) if mapping(numbered[1].get("citations")).get("enabled")
    ]
    names = {text(mapping(annotation.get("url_citation")).get("url")) for annotation in choice.annotations}
    chosen = [numbered for numbered in documents if text(numbered[1].get("name")) in names] or documents[:1]
    return [_citation(index, document, answer) for index, document in chosen]


def _citation(index: int, document: Document, answer: str) -> dict[str, Any]:
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
