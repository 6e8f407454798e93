"""Make a rule from an exchange as a recorded answer: the question as it is compared, the answer byte for byte."""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Traffic
from completions.exceptions import RequestError
from completions.outcome import Recorded
from completions.resolve.cassettes import with_format
from completions.state.cassettes.deck import question_of, without_secrets_in
from completions.state.cassettes.files import response


def verbatim_rule(shown: Mapping[str, Any], prompt: Prompt, traffic: Traffic) -> dict[str, Any]:
    """Return a rule's `match` and `reply`; raise the 409 of an exchange of which the journal has not all."""
    if shown["request"]["truncated"] or shown["response"]["truncated"] or not 200 <= shown["status"] <= 599:
        raise _impossible("there was no answer, or the journal has only the beginning of it (JOURNAL_MAX_BODY)")
    if shown["client_left"] or not any(traffic.response):
        raise _impossible("its answer broke off")
    chunks = shown["response"].get("chunks")
    recorded = Recorded(
        path=shown["path"].removeprefix(f"/ns/{shown['namespace']}"),
        status=shown["status"],
        headers=tuple(shown["response"]["headers"].items()),
        pieces=traffic.response,
        times=tuple(float(chunk["at_ms"]) for chunk in chunks) if chunks else (0.0,),
        stream=bool(chunks),
    )
    question = question_of(prompt)
    cleaned = without_secrets_in(prompt, question, with_format(recorded, prompt), shown["query"])
    if cleaned is None:
        raise _impossible("a secret cannot be removed from its answer")
    asked, answer = cleaned
    return {"match": {"request": {**asked.document, "exact": asked.exact}}, "reply": response(answer)}


def _impossible(why: str) -> RequestError:
    return RequestError(f"No rule can answer this byte for byte: {why}.", status=409, code="no_rule_possible")
