"""Step 4 for Cohere's chats: what of an answer rests on which document, and on what a tool has returned.

Scripts write citations as OpenAI's `url_citation`, whose `url` is the id of a source. Where a script cites nothing, the
whole text rests on the first document of the request, or what it repeats of a tool's result on that. The shapes of the
second version are recorded (2026-11-25: crmne/ruby_llm); those of the first are `ChatCitation` of the cohere SDK.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby, islice, takewhile
from operator import itemgetter
from typing import Any

from completions.conversation import Choice, Prompt
from completions.wire.fields import as_text, dicts, mapping, object_of, text, whole

Cited = Mapping[str, Any]
"""A `url_citation`; where it cites a tool's result, with that as `tool_output`."""

MAX_VALUES = 100
"""The most values of tools' results that are looked for in a text."""


def cited(choice: Choice, prompt: Prompt) -> list[Cited]:
    """Return the citations of a choice's text, in the order of their ends; none of what is said before a call."""
    if choice.tool_calls or not choice.text:
        return []
    found: list[Cited] = [place for each in choice.annotations if (place := mapping(each.get("url_citation")))]
    returned = results(prompt)
    if not found and _wanted(prompt.body):
        document = next(iter(sources(prompt)), None)
        if document is None:
            found = list(_repeated(choice.text, returned))
        else:
            found = [{"url": document, "start_index": 0, "end_index": len(choice.text)}]
    told = ((each, returned.get(text(each.get("url")))) for each in found)
    return sorted((each if output is None else {**each, "tool_output": output} for each, output in told), key=_end)


def _repeated(said: str, returned: Mapping[str, Mapping[str, str]]) -> Iterator[Cited]:
    """Yield a citation for each value of a tool's result that a text has in it."""
    values = ((name, value) for name, output in returned.items() for value in output.values())
    for name, value in islice(values, MAX_VALUES):
        at = said.find(value) if value.strip() else -1
        if at >= 0 and not (said[:at][-1:].isalnum() or said[at + len(value) :][:1].isalnum()):
            yield {"url": name, "start_index": at, "end_index": at + len(value)}


def sources(prompt: Prompt) -> dict[str, dict[str, Any]]:
    """Return the documents of a request by their ids; those without one are numbered."""
    given, first = prompt.body.get("documents"), prompt.format == "cohere_v1"
    found = {}
    for at, each in enumerate(given if isinstance(given, list) else ()):
        fields = {"text": each} if isinstance(each, str) else mapping(each)
        name = text(fields.get("id")) or f"doc{'_' if first else ':'}{at}"
        found[name] = {"id": name, **(fields if first or isinstance(each, str) else mapping(fields.get("data")))}
    return found


def results(prompt: Prompt) -> dict[str, dict[str, str]]:
    """Return what tools have returned since the last answer, for the second version alone, by the ids of its parts.

    An object is told with its values as texts, another text as `content`; a document has its own id.
    """
    found: dict[str, dict[str, str]] = {}
    latest = takewhile(lambda message: message.get("role") == "tool", reversed(dicts(prompt.body.get("messages"))))
    for message in reversed([*latest]):
        content = message.get("content")
        parts = [{"text": content}] if isinstance(content, str) else dicts(content)
        for at, part in enumerate(parts):
            document = mapping(part.get("document"))
            name = text(document.get("id")) or f"{text(message.get('tool_call_id'))}:{at}"
            found[name] = _output(document.get("data") if document else part.get("text"))
    return found


def _output(returned: object) -> dict[str, str]:
    read = object_of(returned) if isinstance(returned, str) else returned
    if isinstance(read, dict):
        return {name: as_text(value) for name, value in read.items()}
    return {"content": text(returned)}


def second(citation: Cited, said: str, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return a citation as the second version has it; the index of its content is told where it is not the first."""
    name = text(citation.get("url"))
    place = {"content_index": index} if index else {}
    if "tool_output" in citation:
        source = {"type": "tool", "id": name, "tool_output": citation["tool_output"]}
    else:
        document = sources(prompt).get(name) or {"id": name, "title": text(citation.get("title"))}
        source = {"type": "document", "id": name, "document": document}
    return {**_span(citation, said), "sources": [source], "type": "TEXT_CONTENT", **place}


def first(citation: Cited, said: str) -> dict[str, Any]:
    """Return a citation as the first version has it."""
    return {**_span(citation, said), "document_ids": [text(citation.get("url"))], "type": "TEXT_CONTENT"}


def woven(pieces: Sequence[str], citations: Sequence[Cited], start: int) -> Iterator[tuple[int, list[Cited]]]:
    """Go through a text that begins at a place: how many more of its pieces there are, and the citations that end then.

    What ends after the text comes with the last piece.
    """
    ends = [*accumulate(map(len, pieces), initial=start)][1:]
    places = [min(bisect_left(ends, _end(each)), len(ends) - 1) for each in citations]
    done = 0
    for place, found in groupby(zip(places, citations, strict=True), key=itemgetter(0)):
        yield place + 1 - done, [each for _, each in found]
        done = place + 1
    if done < len(pieces):
        yield len(pieces) - done, []


def within(citations: Sequence[Cited], start: int, end: int, *, last: bool) -> list[Cited]:
    """Return the citations that end in a part of the text."""
    return [each for each in citations if start < _end(each) and (last or _end(each) <= end)]


def read(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a citation of either version as scripts have it; None for one without a document."""
    source = next(iter(given.get("sources") or ()), None)
    named = mapping(mapping(source).get("document"))
    url = text(mapping(source).get("id")) or next(iter(given.get("document_ids") or ()), "")
    if not url:
        return None
    place = {"start_index": given.get("start"), "end_index": given.get("end")}
    return {"type": "url_citation", "url_citation": {"url": url, "title": text(named.get("title")) or url, **place}}


def _wanted(body: Mapping[str, Any]) -> bool:
    asked = (mapping(body.get("citation_options")).get("mode"), body.get("citation_quality"))
    return all(text(each).lower() != "off" for each in asked)


def _span(citation: Cited, said: str) -> dict[str, Any]:
    start, end = whole(citation.get("start_index"), 0) or 0, _end(citation)
    return {"start": start, "end": end, "text": said[start:end]}


def _end(citation: Cited) -> int:
    return whole(citation.get("end_index"), 0) or 0
