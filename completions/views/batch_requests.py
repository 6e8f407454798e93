"""The requests within a batch: each goes through all steps like any other request, and is an exchange in itself."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import orjson

from completions import budget
from completions.conversation import Prompt
from completions.exceptions import InternalError, RequestError
from completions.journal.exchange import Exchange
from completions.journal.record import end_exchange
from completions.outcome import Outcome
from completions.resolve.ask import Headers, answer, dialect_of
from completions.resolve.overrides import RAW_KEYS
from completions.state.namespaces import Namespace
from completions.state.records import Document
from completions.views.address import root_of
from completions.views.announcements import announce_at_end
from completions.views.stored import ResourceRequest
from completions.views.tasks import Tasks
from completions.wire.base import Place, WireFormat
from completions.wire.registry import format_at

logger = logging.getLogger("completions")

BATCH_HEADERS = frozenset((b"content-type", b"content-length")) | RAW_KEYS
"""Headers of the batch's request that its requests do not inherit."""


class RequestResult(NamedTuple):
    """The result of a request that the server itself makes: the status, the request's id, and the bytes of the answer.

    A request that could not be read has neither outcome nor prompt.
    """

    status: int
    request_id: str
    data: bytes
    outcome: Outcome | None
    prompt: Prompt | None


Requests = Sequence[tuple[str, Mapping[str, object]]]
"""The path and the body of each request."""

Keep = Callable[[Sequence[RequestResult]], Awaitable[Callable[[Document], Document]]]
"""Stores the results of a batch's requests, and returns the edit of the batch's document."""

answering = Tasks()
"""The batches whose requests are being answered."""


def answer_later(request: ResourceRequest, outcome: Outcome, batch: Place, requests: Requests, keep: Keep) -> None:
    """Have a batch's requests answered in the background, one after another, once the gate of its rule is released."""
    answering.start(_answer_all(request, outcome, batch, requests, keep))


async def _answer_all(request: ResourceRequest, outcome: Outcome, batch: Place, requests: Requests, keep: Keep) -> None:
    """Answer requests while their batch exists: after a reset it may neither use up a rule nor store results."""
    space, hold = request.space, outcome.hold
    try:
        if hold is not None:
            with contextlib.suppress(RequestError):  # nobody can say whether it is open
                await space.gates.wait(hold.gate, hold.timeout_ms / 1000)
        if await space.records.get(*batch) is None:
            return
        request_headers = {name: value for name, value in request.headers.items() if name not in BATCH_HEADERS}
        results, root = [], root_of(request.http_request)
        for path, body in requests:
            results.append(await answer_request(space, request_headers, path, orjson.dumps(body), root))
            await asyncio.sleep(0)  # other requests have their turn
        if await space.records.get(*batch) is not None:
            record = await space.records.change(*batch, partial(_edit_if_there, await keep(results)))
            announce_at_end(space.records, batch, (record or {}).get("done") or 0.0)
    except Exception:
        logger.exception("The requests of %s could not be answered", batch[1])


def _edit_if_there(edit: Callable[[Document], Document], before: Document | None) -> Document | None:
    return None if before is None else edit(before)


async def answer_request(space: Namespace, headers: Headers, path: str, body: bytes, root: str) -> RequestResult:
    """Answer a request that the server itself makes, as an exchange; an error is the result too."""
    exchange = Exchange("POST", path, namespace=space.name, request_headers=headers, request_body=body, world=space)
    format_and_route = format_at(path)
    assert format_and_route is not None, "the batch was checked"
    wire, route = dialect_of(format_and_route[0], space.script), {**format_and_route[1], "root": root}
    exchange.endpoint = wire.name
    prompt, outcome = None, None
    try:
        prompt, outcome = await answer(space, wire, headers, body, route, parsed=exchange.note_prompt)
        exchange.note_outcome(outcome)
        status, data = await budget.run(_render, wire, prompt, outcome)
    except RequestError as exc:
        status, data = _error_line(wire, exc, exchange)
    except Exception:  # the edge of a line: a bug costs this one, and the batch comes to its end
        logger.exception("POST %s of a batch failed (%s)", path, exchange.request_id)
        status, data = _error_line(wire, InternalError(), exchange)
    exchange.status, exchange.response_body, exchange.sent_bytes = status, data, len(data)
    end_exchange(exchange)
    return RequestResult(status, exchange.request_id, data, outcome, prompt)


def _render(wire: WireFormat, prompt: Prompt, outcome: Outcome) -> tuple[int, bytes]:
    """Return the status and the bytes of an answer; raise its error."""
    if outcome.recorded is not None:
        return outcome.recorded.status, outcome.recorded.body
    if outcome.upstream is not None:
        raise RequestError("The requests of a batch or a session are not passed on.", status=501, code="not_passed_on")
    if outcome.reply is None:
        raise outcome.error or RequestError("Nothing answers this.", status=500, type="server_error")
    return 200, wire.render(outcome.reply, prompt).data


def _error_line(wire: WireFormat, exc: RequestError, exchange: Exchange) -> tuple[int, bytes]:
    exchange.note_error(exc)
    exc = wire.adapt_error(exc)
    return exc.status, orjson.dumps(wire.with_request_id(wire.error(exc), exchange.request_id))
