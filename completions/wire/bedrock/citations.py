"""Step 4 for Converse: on which documents of the request a text of Claude's rests, where they are to be cited.

Scripts write citations as OpenAI's `url_citation`, whose `url` is the name of a document. Where a script cites nothing,
a text rests on the first document whose citations are enabled. Shapes: `Citation` of botocore's service model, recorded
by langchain-ai/langchain-aws in 2025 and by agentjido/req_llm in September 2026.
"""

import binascii
from collections.abc import Mapping
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.bedrock.base import is_claude
from completions.wire.fields import contents, dicts, mapping, text

Document = Mapping[str, Any]

MAX_CITED = 1000
"""Characters of a document that are cited."""


def cited(said: str, choice: Choice, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the citations of a text; none before a call, or where no document is to be cited."""
    if not said or choice.tool_calls or not is_claude(prompt.model or "") or prompt.response_format.stated:
        return []
    given = (mapping(each["document"]) for each in contents(prompt.body.get("messages")) if each.get("document"))
    documents = [found for found in enumerate(given) if mapping(found[1].get("citations")).get("enabled")]
    names = {text(mapping(each.get("url_citation")).get("url")) for each in choice.annotations}
    chosen = [found for found in documents if text(found[1].get("name")) in names] or documents[:1]
    return [_citation(at, document, said) for at, document in chosen]


def _citation(at: int, document: Document, said: str) -> dict[str, Any]:
    source = mapping(document.get("source"))
    pieces, told = dicts(source.get("content")), text(source.get("text")) or _decoded(document)
    if pieces:
        kind, start, end, found = "documentChunk", 0, 1, text(pieces[0].get("text"))
    elif told:
        found = told[:MAX_CITED]
        kind, start, end = "documentChar", 0, len(found)
    else:  # a PDF's text is not read: what is said of its first page stands for it
        kind, start, end, found = "documentPage", 1, 2, said
    return {
        "location": {kind: {"documentIndex": at, "end": end, "start": start}},
        "sourceContent": [{"text": found}],
        "title": text(document.get("name")),
    }


def _decoded(document: Document) -> str:
    """Return the text of a document that is sent as bytes, if it is one."""
    given = mapping(document.get("source")).get("bytes")
    if document.get("format") == "pdf" or not isinstance(given, str):
        return ""
    try:
        return binascii.a2b_base64(given).decode()
    except ValueError:
        return ""
