"""Step 4 for Cohere's chats: the citations of documents and tool results.

Scripts write citations as OpenAI's `url_citation`, whose `url` is the id of a source. Where a script cites nothing, the
whole text cites the first document of the request, or else each value of a tool result that the text repeats cites this
result. The shapes of version 2 are recorded (2026-11-25: crmne/ruby_llm); those of version 1 are `ChatCitation` of the
cohere SDK.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby, islice, takewhile
from operator import itemgetter
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.fields import as_text, dicts, mapping, object_of, text, whole

Citation = Mapping[str, Any]
"""A `url_citation`; one of a tool's result also has this as `tool_output`."""

MAX_VALUES = 100
"""The maximum number of values of tool results that are looked for in a text."""


def citations_of(choice: Choice, prompt: Prompt) -> list[Citation]:
    """Return the citations of a choice's text, in the order of their ends; a text before a call has none."""
    if choice.tool_calls or not choice.text:
        return []
    citations: list[Citation] = [
        citation for annotation in choice.annotations if (citation := mapping(annotation.get("url_citation")))
    ]
    results = tool_results(prompt)
    if not citations and _are_enabled(prompt.body):
        document = next(iter(documents_of(prompt)), None)
        if document is None:
            citations = list(_repeated_values(choice.text, results))
        else:
            citations = [{"url": document, "start_index": 0, "end_index": len(choice.text)}]
    outputs = ((citation, results.get(text(citation.get("url")))) for citation in citations)
    return sorted(
        (citation if output is None else {**citation, "tool_output": output} for citation, output in outputs), key=_end
    )


def _repeated_values(answer: str, results: Mapping[str, Mapping[str, str]]) -> Iterator[Citation]:
    """Yield a citation for each value of a tool result that occurs in a text."""
    values = ((name, value) for name, output in results.items() for value in output.values())
    for name, value in islice(values, MAX_VALUES):
        start = answer.find(value) if value.strip() else -1
        if start >= 0 and not (answer[:start][-1:].isalnum() or answer[start + len(value) :][:1].isalnum()):
            yield {"url": name, "start_index": start, "end_index": start + len(value)}


def documents_of(prompt: Prompt) -> dict[str, dict[str, Any]]:
    """Return the documents of a request by id; those without an id are numbered."""
    documents, is_v1 = prompt.body.get("documents"), prompt.format == "cohere_v1"
    by_id = {}
    for index, document in enumerate(documents if isinstance(documents, list) else ()):
        fields = {"text": document} if isinstance(document, str) else mapping(document)
        document_id = text(fields.get("id")) or f"doc{'_' if is_v1 else ':'}{index}"
        by_id[document_id] = {
            "id": document_id,
            **(fields if is_v1 or isinstance(document, str) else mapping(fields.get("data"))),
        }
    return by_id


def tool_results(prompt: Prompt) -> dict[str, dict[str, str]]:
    """Return the tool results since the last answer by the ids of their parts; only version 2 has them.

    The values of an object are texts; any other result is a text in `content`; a document has its own id.
    """
    by_id: dict[str, dict[str, str]] = {}
    latest = takewhile(lambda message: message.get("role") == "tool", reversed(dicts(prompt.body.get("messages"))))
    for message in reversed([*latest]):
        content = message.get("content")
        parts = [{"text": content}] if isinstance(content, str) else dicts(content)
        for index, part in enumerate(parts):
            document = mapping(part.get("document"))
            document_id = text(document.get("id")) or f"{text(message.get('tool_call_id'))}:{index}"
            by_id[document_id] = _output(document.get("data") if document else part.get("text"))
    return by_id


def _output(result: object) -> dict[str, str]:
    value_or_object = object_of(result) if isinstance(result, str) else result
    if isinstance(value_or_object, dict):
        return {name: as_text(value) for name, value in value_or_object.items()}
    return {"content": text(result)}


def v2_citation(citation: Citation, answer: str, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return a citation in the shape of version 2, with the index of its content unless this is the first."""
    document_id = text(citation.get("url"))
    content_index = {"content_index": index} if index else {}
    if "tool_output" in citation:
        source = {"type": "tool", "id": document_id, "tool_output": citation["tool_output"]}
    else:
        document = documents_of(prompt).get(document_id) or {"id": document_id, "title": text(citation.get("title"))}
        source = {"type": "document", "id": document_id, "document": document}
    return {**_span(citation, answer), "sources": [source], "type": "TEXT_CONTENT", **content_index}


def v1_citation(citation: Citation, answer: str) -> dict[str, Any]:
    """Return a citation in the shape of version 1."""
    return {**_span(citation, answer), "document_ids": [text(citation.get("url"))], "type": "TEXT_CONTENT"}


def with_citations(
    pieces: Sequence[str], citations: Sequence[Citation], start: int
) -> Iterator[tuple[int, list[Citation]]]:
    """Divide the pieces of a text at the ends of citations: yield a number of pieces, and the citations that end there.

    `start` is the offset of the text. Citations that end after the text come with the last piece.
    """
    ends = [*accumulate(map(len, pieces), initial=start)][1:]
    piece_indexes = [min(bisect_left(ends, _end(citation)), len(ends) - 1) for citation in citations]
    position = 0
    for piece_index, group in groupby(zip(piece_indexes, citations, strict=True), key=itemgetter(0)):
        yield piece_index + 1 - position, [citation for _, citation in group]
        position = piece_index + 1
    if position < len(pieces):
        yield len(pieces) - position, []


def ending_between(citations: Sequence[Citation], start: int, end: int, *, last: bool) -> list[Citation]:
    """Return the citations that end between two offsets."""
    return [citation for citation in citations if start < _end(citation) and (last or _end(citation) <= end)]


def read_citation(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a citation of either version as a `url_citation`; None for one without a document."""
    source = next(iter(document.get("sources") or ()), None)
    source_document = mapping(mapping(source).get("document"))
    url = text(mapping(source).get("id")) or next(iter(document.get("document_ids") or ()), "")
    if not url:
        return None
    span = {"start_index": document.get("start"), "end_index": document.get("end")}
    return {
        "type": "url_citation",
        "url_citation": {"url": url, "title": text(source_document.get("title")) or url, **span},
    }


def _are_enabled(body: Mapping[str, Any]) -> bool:
    modes = (mapping(body.get("citation_options")).get("mode"), body.get("citation_quality"))
    return all(text(mode).lower() != "off" for mode in modes)


def _span(citation: Citation, answer: str) -> dict[str, Any]:
    start, end = whole(citation.get("start_index"), 0) or 0, _end(citation)
    return {"start": start, "end": end, "text": answer[start:end]}


def _end(citation: Citation) -> int:
    return whole(citation.get("end_index"), 0) or 0
