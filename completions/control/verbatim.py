"""Rules from exchanges that play the answer byte for byte, like recorded answers."""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Traffic
from completions.exceptions import RequestError
from completions.outcome import Recorded
from completions.resolve.cassettes import with_format
from completions.state.cassettes.deck import question_of, without_secrets_in
from completions.state.cassettes.files import response


def verbatim_rule(exchange: Mapping[str, Any], prompt: Prompt, traffic: Traffic) -> dict[str, Any]:
    """Return a rule's `match` and `reply`; raise the 409 of an exchange that the journal has only in part."""
    if exchange["request"]["truncated"] or exchange["response"]["truncated"] or not 200 <= exchange["status"] <= 599:
        raise _impossible("there was no answer, or the journal has only the beginning of it (JOURNAL_MAX_BODY)")
    if exchange["client_left"] or not any(traffic.response):
        raise _impossible("its answer broke off")
    chunks = exchange["response"].get("chunks")
    recorded = Recorded(
        path=exchange["path"].removeprefix(f"/ns/{exchange['namespace']}"),
        status=exchange["status"],
        headers=tuple(exchange["response"]["headers"].items()),
        pieces=traffic.response,
        times=tuple(float(chunk["at_ms"]) for chunk in chunks) if chunks else (0.0,),
        stream=bool(chunks),
    )
    question = question_of(prompt)
    cleaned = without_secrets_in(prompt, question, with_format(recorded, prompt), exchange["query"])
    if cleaned is None:
        raise _impossible("a secret cannot be removed from its answer")
    question, answer = cleaned
    return {"match": {"request": {**question.document, "exact": question.exact}}, "reply": response(answer)}


def _impossible(why: str) -> RequestError:
    return RequestError(f"No rule can answer this byte for byte: {why}.", status=409, code="no_rule_possible")
