"""The requests within a batch: each walks the steps like a request of its own, and is an exchange of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from completions import budget
from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import end_exchange
from completions.outcome import Outcome
from completions.resolve.ask import Headers, answer, dialect_of
from completions.state.namespaces import Namespace
from completions.wire.base import WireFormat
from completions.wire.registry import format_at

OWN_HEADERS = (b"content-type", b"content-length", b"x-mock-fault", b"x-mock-error", b"x-mock-pacing")
"""Headers that are of the batch's request alone."""


class Answered(NamedTuple):
    """What a request within a batch got: its status, its id, and the bytes of its answer."""

    status: int
    request_id: str
    data: bytes
    outcome: Outcome | None


async def answer_lines(
    space: Namespace, headers: Headers, requests: Sequence[tuple[str, Mapping[str, object]]]
) -> list[Answered]:
    """Answer requests, each an address and a body, one after another; other requests have their turn in between."""
    own = {name: value for name, value in headers.items() if name not in OWN_HEADERS}
    found = []
    for path, body in requests:
        found.append(await _answer(space, own, path, orjson.dumps(body)))
        await asyncio.sleep(0)
    return found


async def _answer(space: Namespace, headers: Headers, path: str, body: bytes) -> Answered:
    exchange = Exchange("POST", path, namespace=space.name, request_headers=headers, request_body=body, world=space)
    found = format_at(path)
    assert found is not None, "the batch was checked"
    wire, route = dialect_of(found[0], space.script), found[1]
    exchange.endpoint = wire.name
    outcome = None
    try:
        prompt, outcome = await answer(space, wire, headers, body, route, parsed=exchange.note_prompt)
        exchange.note_outcome(outcome)
        status, data = await budget.run(_rendered, wire, prompt, outcome)
    except RequestError as exc:
        status, data = _error_line(wire, exc, exchange)
    exchange.status, exchange.response_body, exchange.sent_bytes = status, data, len(data)
    end_exchange(exchange)
    return Answered(status, exchange.request_id, data, outcome)


def _rendered(wire: WireFormat, prompt: Prompt, outcome: Outcome) -> tuple[int, bytes]:
    """Return the status and the bytes of an answer; raise its error."""
    if outcome.recorded is not None:
        return outcome.recorded.status, outcome.recorded.body
    if outcome.upstream is not None:
        raise RequestError("The requests of a batch are not passed on.", status=501, code="not_passed_on")
    if outcome.reply is None:
        raise outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    return 200, wire.render(outcome.reply, prompt).data


def _error_line(wire: WireFormat, exc: RequestError, exchange: Exchange) -> tuple[int, bytes]:
    exchange.note_error(exc)
    exc = wire.adapt_error(exc)
    return exc.status, orjson.dumps(wire.with_request_id(wire.error(exc), exchange.request_id))
