"""Read answers back from Gemini's: candidates of parts, whole or streamed, vectors, and counts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.gemini.enums import FINISHES
from completions.wire.openai.readback import vector
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

Document = Mapping[str, Any]

FINISH_REASONS = {
    "STOP": NATURAL,
    "MALFORMED_FUNCTION_CALL": NATURAL,
    "MAX_TOKENS": "length",
    "OTHER": "error",
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
    **dict.fromkeys(("IMAGE_SAFETY", "NO_IMAGE", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"), "content_filter"),
}
"""The finish reasons of chat completions by Google's `FinishReason`."""

MALFORMED = re.compile(r"Malformed function call: ([^(]*)\((.*)\)", re.DOTALL)
"""The finish message of a call whose arguments are not JSON."""


def collect_candidates(document: Document, answer: Answer) -> None:
    """Add a whole answer, or a chunk, to the answer."""
    answer.set_id_and_model(document.get("responseId"), document.get("modelVersion"))
    _usage(mapping(document.get("usageMetadata")), answer)
    for candidate in dicts(document.get("candidates")):
        _candidate(candidate, answer.choice(whole(candidate.get("index"), 0) or 0))
    if mapping(document.get("promptFeedback")).get("blockReason"):
        answer.choice().set_finish_reason("SAFETY", FINISH_REASONS)
    for index, values in enumerate(_vectors(document)):
        answer.choice(index).embedding = vector(values)
    answer.set_usage(document.get("totalTokens"), 0)


def _candidate(candidate: Document, choice: ChoiceBuilder) -> None:
    if choice.finish_reason is not None:
        return  # clients stop reading there
    for part in dicts(mapping(candidate.get("content")).get("parts")):
        choice.add_text(part.get("text"), "reasoning" if part.get("thought") is True else "text")
        if call := mapping(part.get("functionCall")):
            choice.add_call(len(choice.calls), name=call.get("name"), arguments=call.get("args"), id=call.get("id"))
    if malformed := MALFORMED.fullmatch(text(candidate.get("finishMessage"))):
        choice.add_call(len(choice.calls), name=malformed[1], arguments=malformed[2])
    reason = candidate.get("finishReason")
    choice.set_finish_reason(FINISHES.get(reason) if isinstance(reason, int) else reason, FINISH_REASONS)
    choice.annotations += map(_citation, dicts(mapping(candidate.get("citationMetadata")).get("citationSources")))


def _citation(source: Document) -> dict[str, Any]:
    """Return a citation in the form of chat completions that scripts have."""
    names = {"startIndex": "start_index", "endIndex": "end_index", "uri": "url", "title": "title"}
    return {"type": "url_citation", "url_citation": {names[key]: source[key] for key in names if key in source}}


def _vectors(document: Document) -> Iterator[object]:
    """Yield the values of each vector, for any method."""
    embeddings = [mapping(document.get("embedding")), *dicts(document.get("embeddings"))]
    embeddings += [mapping(each.get("embeddings")) for each in dicts(document.get("predictions"))]
    yield from (each["values"] for each in embeddings if "values" in each)


def _usage(usage: Document, answer: Answer) -> None:
    """Note the usage; thoughts are not among the candidates' tokens here."""
    thought, output = whole(usage.get("thoughtsTokenCount"), 0) or 0, whole(usage.get("candidatesTokenCount"), 0) or 0
    answer.set_usage(usage.get("promptTokenCount"), output + thought, usage.get("cachedContentTokenCount"), thought)
