"""What Gemini's answers say: candidates of parts, whole or streamed, vectors, and counts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.gemini.enums import FINISHES
from completions.wire.openai.readback import vector
from completions.wire.readback import NATURAL, Answer, Voice

Document = Mapping[str, Any]

FINISH_REASONS = {
    "STOP": NATURAL,
    "MALFORMED_FUNCTION_CALL": NATURAL,
    "MAX_TOKENS": "length",
    "OTHER": "error",
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
    **dict.fromkeys(("IMAGE_SAFETY", "NO_IMAGE", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"), "content_filter"),
}
"""Why a candidate ends, in chat's words; Google's `FinishReason`."""

MALFORMED = re.compile(r"Malformed function call: ([^(]*)\((.*)\)", re.DOTALL)
"""How a call whose arguments are no JSON is told."""


def collect_candidates(document: Document, answer: Answer) -> None:
    """Take in an answer or a chunk of one."""
    answer.notes(document.get("responseId"), document.get("modelVersion"))
    _usage(mapping(document.get("usageMetadata")), answer)
    for candidate in dicts(document.get("candidates")):
        _candidate(candidate, answer.voice(whole(candidate.get("index"), 0) or 0))
    if mapping(document.get("promptFeedback")).get("blockReason"):
        answer.voice().ends("SAFETY", FINISH_REASONS)
    for index, values in enumerate(_vectors(document)):
        answer.voice(index).embedding = vector(values)
    answer.costs(document.get("totalTokens"), 0)


def _candidate(candidate: Document, voice: Voice) -> None:
    if voice.finish_reason is not None:
        return  # no client reads on
    for part in dicts(mapping(candidate.get("content")).get("parts")):
        voice.says(part.get("text"), "reasoning" if part.get("thought") is True else "text")
        if call := mapping(part.get("functionCall")):
            voice.call(len(voice.calls), name=call.get("name"), arguments=call.get("args"), id=call.get("id"))
    if found := MALFORMED.fullmatch(text(candidate.get("finishMessage"))):
        voice.call(len(voice.calls), name=found[1], arguments=found[2])
    ended = candidate.get("finishReason")
    voice.ends(FINISHES.get(ended) if isinstance(ended, int) else ended, FINISH_REASONS)
    voice.annotations += map(_citation, dicts(mapping(candidate.get("citationMetadata")).get("citationSources")))


def _citation(given: Document) -> dict[str, Any]:
    """Return a citation in chat's shape, as scripts have it."""
    names = {"startIndex": "start_index", "endIndex": "end_index", "uri": "url", "title": "title"}
    return {"type": "url_citation", "url_citation": {names[key]: given[key] for key in names if key in given}}


def _vectors(document: Document) -> Iterator[object]:
    """Yield the values of each vector, whichever method has made them."""
    given = [mapping(document.get("embedding")), *dicts(document.get("embeddings"))]
    given += [mapping(each.get("embeddings")) for each in dicts(document.get("predictions"))]
    yield from (each["values"] for each in given if "values" in each)


def _usage(usage: Document, answer: Answer) -> None:
    """Note the usage: what was thought is not among the candidates' tokens here."""
    thought, said = whole(usage.get("thoughtsTokenCount"), 0) or 0, whole(usage.get("candidatesTokenCount"), 0) or 0
    answer.costs(usage.get("promptTokenCount"), said + thought, usage.get("cachedContentTokenCount"), thought)
