"""The operations on exchanges: the requests to the mock and their answers."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from http import HTTPMethod
from typing import Any

import orjson

from completions import budget
from completions.control.conversations import conversation
from completions.control.operation import Call, Parameter
from completions.conversation import ParsedExchange, Traffic
from completions.exceptions import AuthorError, JournalUnavailable, RequestError, ScriptError
from completions.journal import figures, queries
from completions.journal.matching import MatchingExchanges
from completions.journal.queries import Filter
from completions.script.match import conditions
from completions.script.match.matchers import Matcher, conditions_of, fits_one_of
from completions.script.text.reading import read_text
from completions.views.edge import ENDPOINTS
from completions.views.http import EndlessStream, ExchangeResponse, FastJsonResponse
from completions.views.lookups import lookup_labels
from completions.wire.openai.base import envelope
from completions.wire.registry import READABLE_FORMATS, read

METHODS = tuple(method.value for method in HTTPMethod)
MAX_LISTED = 1000
MAX_WAIT_MS = 600_000

COMMENT_INTERVAL = 15
"""Queries without new exchanges, at most one a second, between two comments of a stream of events."""

FILTERS = (
    Parameter("model", "The requested model."),
    Parameter("rule", "The rule that answered."),
    Parameter("status", "The response's HTTP status; 0 if the connection was closed instead.", int, maximum=599),
    Parameter("status_class", "The class of the response's HTTP status.", choices=("2xx", "3xx", "4xx", "5xx")),
    Parameter(
        "endpoint", "The request's wire format, such as `chat`, or operation, such as `upload_file`.", choices=ENDPOINTS
    ),
    Parameter("lookup", "Whether it asked no model, but looked something up, or was about files or the like.", bool),
    Parameter("method", "The request's method.", choices=METHODS),
    Parameter("path", "The request's path."),
    Parameter("unmatched", "Whether no rule matched.", bool),
    Parameter("faulted", "Whether a fault struck.", bool),
    Parameter("stream", "Whether the answer was streamed.", bool),
    Parameter("retried", "Whether it was a retry, according to the client.", bool),
    Parameter("client_left", "Whether the client left before the end.", bool),
    Parameter("since", "Only exchanges after the request with this id, or from this time on (ISO 8601)."),
    Parameter("until", "Only exchanges before this time (ISO 8601)."),
    Parameter("text", "A part of the last user message."),
    Parameter("search", "A part of the request or answer, the id, the address, a header or an error."),
)
MATCH = (Parameter("match", "A `match:` as in scripts, in YAML or JSON."),)
WITH_CONVERSATION = (Parameter("said", "Whether each exchange has its request and answer.", bool, False),)
PAGE = (
    Parameter("limit", "The maximum number of exchanges.", int, queries.LIMIT, 1, MAX_LISTED),
    Parameter("before", "Only exchanges before the request with this id: the next page."),
)
WAIT = (
    Parameter("count", "How many exchanges to wait for.", int, 1, 1, MAX_LISTED),
    Parameter("timeout_ms", "The maximum wait in milliseconds.", int, 5000, 0, MAX_WAIT_MS),
)
STEPS = (Parameter("steps", "The maximum number of time intervals.", int, 60, 2, 200),)

UNMATCHED_FACTS = ("id", "time", "model", "summary", "near_misses")


async def get_exchanges(call: Call) -> ExchangeResponse:
    """List exchanges, the newest first, without headers and bodies."""
    limit: int = call.query["limit"]
    matching = await _matching(call)
    filter = await matching.check()
    if call.query["said"]:
        found, more = await _page_with_conversations(call, filter)
    else:
        found = await queries.listing(filter, limit + 1, call.query["before"])
        found, more = found[:limit], len(found) > limit
    return FastJsonResponse({"exchanges": found, "more": more, "unread": matching.unread})


async def _page_with_conversations(call: Call, filter: Filter) -> tuple[list[dict[str, Any]], bool]:
    found, more = await queries.page_with_bytes(filter, call.query["limit"], call.query["before"])
    dialect = await call.dialect()

    def documents() -> list[dict[str, Any]]:
        return [shown | {"said": conversation(read(traffic, dialect), shown["summary"])} for shown, traffic in found]

    return await asyncio.to_thread(documents), more


async def get_exchange(call: Call) -> ExchangeResponse:
    """Show one exchange in full, and what was asked and said in it."""
    shown, parsed, _ = await require_exchange(call)
    chunks: Sequence[Any] = shown["response"].get("chunks", ())
    return FastJsonResponse(shown | {"said": conversation(parsed, shown["summary"], chunks)})


async def require_exchange(call: Call) -> tuple[dict[str, Any], ParsedExchange, Traffic]:
    """Return the exchange in the address, in full, parsed, and its bytes; raise the 404 of an unknown one."""
    found = await queries.get(call.namespace, id := call.parts["id"])
    if found is None:
        raise RequestError(
            f"The namespace '{call.namespace}' has no exchange {id[:200]!r}; it may be deleted, or not have ended.",
            status=404,
            param="id",
            code="exchange_not_found",
        )
    shown, traffic = found
    return shown, await asyncio.to_thread(read, traffic, await call.dialect()), traffic


async def delete_exchanges(call: Call) -> ExchangeResponse:
    """Delete exchanges."""
    return FastJsonResponse({"deleted": await queries.delete(filter_of(call))})


async def count_exchanges(call: Call) -> ExchangeResponse:
    """Count exchanges: all, and by what they came to."""
    matching = await _matching(call)
    found = await queries.totals(await matching.check())
    return FastJsonResponse(found | {"unread": matching.unread})


async def wait_for_exchanges(call: Call) -> ExchangeResponse:
    """Wait until so many exchanges have ended, and list them, the newest first."""
    count, timeout_ms = call.query["count"], call.query["timeout_ms"]
    matching = await _matching(call)
    found = await matching.wait(count, timeout_ms / 1000)
    if found is not None:
        return FastJsonResponse({"exchanges": found, "unread": matching.unread})
    exchanges = await queries.listing(await matching.check(), count)
    timeout_error = RequestError(
        f"{len(exchanges)} of {count} exchanges were there after {timeout_ms} ms.",
        type="timeout",
        code="too_few_exchanges",
        param="count",
    )
    return FastJsonResponse({**envelope(timeout_error), "exchanges": exchanges, "unread": matching.unread}, status=408)


async def follow_exchanges(call: Call) -> ExchangeResponse:
    """Stream exchanges as they end, as server-sent events; `Last-Event-ID` resumes, and `since` starts, after an id."""
    queries.check_times(filter := filter_of(call))
    last_event_id = call.exchange.request_headers.get(b"last-event-id", b"").decode("latin-1")
    after = last_event_id or filter.since
    # before the first byte, so that errors can still be sent
    last = await (queries.last_place() if after is None else queries.place_of(after))
    return EndlessStream(_events(filter, last, call.exchange.method == "HEAD"))


async def _events(filter: Filter, last: int, headers_only: bool) -> AsyncGenerator[bytes, None]:
    """Yield an event for each query with new exchanges, and occasional comments, which keep proxies from closing it."""
    yield b"retry: 1000\n\n"
    if headers_only:
        return
    silence = 0
    with contextlib.suppress(JournalUnavailable):  # the client reconnects, and gets the error
        async for news in queries.follow(filter, last):
            silence += 1
            if news.lost:
                yield b"event: lost\ndata: {}\n\n"
            if news.exchanges:
                silence = 0
                data = orjson.dumps({"exchanges": news.exchanges, "skipped": news.skipped})
                yield b"id: %b\ndata: %b\n\n" % (news.exchanges[-1]["id"].encode(), data)
            yield b":\n\n" if silence % COMMENT_INTERVAL == COMMENT_INTERVAL - 1 else b""


async def get_unmatched(call: Call) -> ExchangeResponse:
    """List the requests that no rule matched, the newest first, with the rules that came nearest."""
    found = await queries.listing(Filter(call.namespace, unmatched=True), call.query["limit"], call.query["before"])
    return FastJsonResponse({"unmatched": [{key: each[key] for key in UNMATCHED_FACTS} for each in found]})


async def get_figures(call: Call) -> ExchangeResponse:
    """Show the figures over time, by model and by rule."""
    return FastJsonResponse(await figures.figures(filter_of(call), call.query["steps"]))


async def get_runs(call: Call) -> ExchangeResponse:
    """Sum up what each namespace was asked, the latest first: where tests have their own, the runs of the tests."""
    return FastJsonResponse({"runs": await figures.runs()})


async def get_hits(call: Call) -> ExchangeResponse:
    """Show how often each rule has answered, and when last; the rule `null` stands for what none matched."""
    return FastJsonResponse({"hits": await figures.hits(filter_of(call))})


def filter_of(call: Call) -> Filter:
    """Return the filter of a call's query."""
    values = {parameter.name: call.query[parameter.name] for parameter in FILTERS}
    if (lookup := values.pop("lookup")) is not None:
        values["endpoints" if lookup else "other_endpoints"] = lookup_labels()
    return Filter(call.namespace, **values)


async def _matching(call: Call) -> MatchingExchanges:
    """Return the exchanges that a call's query selects, whose requests fulfil its `match` if it has one."""
    filter, text = filter_of(call), call.query["match"]
    if text is None:
        return MatchingExchanges(filter)
    try:
        matcher = conditions.match(read_text(text, "match", "match"))
    except ScriptError as exc:
        raise RequestError(exc.summary, param=exc.field or "match", code="invalid_script") from exc
    for condition in conditions_of(matcher):
        asks = condition.field.name == "format" and condition.lookup.name != "exists"
        if asks and not fits_one_of(condition, READABLE_FORMATS):
            message = (
                f"`match`: no exchange has this format; those that can be matched have {', '.join(READABLE_FORMATS)}."
            )
            raise RequestError(message, param="match.format", code="invalid_script")
    return MatchingExchanges(filter, partial(_matches, matcher, await call.dialect()))


def _matches(matcher: Matcher, dialect: str, traffic: Traffic) -> bool | None:
    """Return whether a request fulfils a condition; None where the journal has only the beginning of it."""
    if traffic.request_cut:
        return None
    prompt = read(traffic, dialect).prompt
    try:
        return prompt is not None and matcher.matches(prompt)
    except (AuthorError, budget.TooSlow) as exc:
        raise RequestError(f"`match` failed: {exc}.", param="match", code="expression_failed") from exc
