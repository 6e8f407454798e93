"""The operations on exchanges: what was asked of the mock, and what became of it."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from completions.conf import conf
from completions.control.operation import Call, Parameter
from completions.exceptions import JournalUnavailable, RequestError
from completions.journal import figures, queries
from completions.journal.queries import Filter
from completions.views.http import FastJsonResponse, Following, Recorded
from completions.wire.openai.base import envelope

MOST_LISTED = 1000
LONGEST_WAIT_MS = 600_000

COMMENT_EVERY = 15
"""Looks without news, at most one a second, from one comment of a stream of events to the next."""

FILTERS = (
    Parameter("model", "The model that was asked for."),
    Parameter("rule", "The rule that answered."),
    Parameter("status", "The response's HTTP status; 0 where the connection was ended.", int, most=599),
    Parameter("method", "The request's method."),
    Parameter("path", "The request's path."),
    Parameter("unmatched", "Whether no rule matched.", bool),
    Parameter("faulted", "Whether a fault struck.", bool),
    Parameter("stream", "Whether the answer was streamed.", bool),
    Parameter("since", "Those after a request, by its id, or from a time on, in ISO 8601."),
    Parameter("text", "A part of the last user message."),
)
PAGE = (
    Parameter("limit", "The most that are listed.", int, queries.LIMIT, 1, MOST_LISTED),
    Parameter("before", "Those before a request, by its id: the next page."),
)
WAIT = (
    Parameter("count", "How many there must be.", int, 1, 1, MOST_LISTED),
    Parameter("timeout_ms", "The longest wait in milliseconds.", int, 5000, 0, LONGEST_WAIT_MS),
)
STEPS = (Parameter("steps", "The most steps of time that they are cut into.", int, 60, 2, 200),)

MISS = ("id", "time", "model", "summary", "near_misses")


async def get_exchanges(call: Call) -> Recorded:
    """List exchanges, the newest first, without headers and bodies."""
    limit: int = call.query["limit"]
    found = await queries.listing(_filter(call), limit + 1, call.query["before"])
    return FastJsonResponse({"exchanges": found[:limit], "more": len(found) > limit})


async def get_exchange(call: Call) -> Recorded:
    """Show one exchange in full."""
    return FastJsonResponse(await found_exchange(call))


async def found_exchange(call: Call) -> dict[str, Any]:
    """Return the exchange that the address names, in full; raise the 404 where there is none."""
    _check_journal()
    found = await queries.one(call.namespace, id := call.parts["id"])
    if found is None:
        raise RequestError(
            f"The namespace '{call.namespace}' has no exchange {id[:200]!r}; it may have been deleted, or not ended.",
            status=404,
            param="id",
            code="exchange_not_found",
        )
    return found


async def delete_exchanges(call: Call) -> Recorded:
    """Delete exchanges."""
    return FastJsonResponse({"deleted": await queries.delete(_filter(call))})


async def count_exchanges(call: Call) -> Recorded:
    """Count exchanges: all, and by what they came to."""
    return FastJsonResponse(await queries.totals(_filter(call)))


async def wait_for_exchanges(call: Call) -> Recorded:
    """Wait until so many exchanges have ended, and list them, the newest first."""
    filter, count, timeout_ms = _filter(call), call.query["count"], call.query["timeout_ms"]
    found = await queries.wait(filter, count, timeout_ms / 1000)
    if found is not None:
        return FastJsonResponse({"exchanges": found})
    there = await queries.listing(filter, count)
    late = RequestError(
        f"{len(there)} of {count} exchanges were there after {timeout_ms} ms.",
        type="timeout",
        code="too_few_exchanges",
        param="count",
    )
    return FastJsonResponse({**envelope(late), "exchanges": there}, status=408)


async def follow_exchanges(call: Call) -> Recorded:
    """Stream exchanges as they end, as server-sent events; `Last-Event-ID` resumes, and `since` starts, after an id."""
    filter = _filter(call)
    resumed = call.exchange.request_headers.get(b"last-event-id", b"").decode("latin-1")
    after = resumed or filter.since
    last = await (queries.end() if after is None else queries.place(after))  # before the first byte, which tells so
    return Following(_events(filter, last, call.exchange.method == "HEAD"))


async def _events(filter: Filter, last: int, only_begin: bool) -> AsyncGenerator[bytes, None]:
    """Yield an event for each look that found something, and now and then a comment, by which proxies see life."""
    yield b"retry: 1000\n\n"
    if only_begin:
        return
    silence = 0
    with contextlib.suppress(JournalUnavailable):  # whoever follows comes again, and is told why
        async for news in queries.follow(filter, last):
            silence += 1
            if news.lost:
                yield b"event: lost\ndata: {}\n\n"
            if news.exchanges:
                silence = 0
                data = orjson.dumps({"exchanges": news.exchanges, "skipped": news.skipped})
                yield b"id: %b\ndata: %b\n\n" % (news.exchanges[-1]["id"].encode(), data)
            yield b":\n\n" if silence % COMMENT_EVERY == COMMENT_EVERY - 1 else b""


async def get_unmatched(call: Call) -> Recorded:
    """List the requests that no rule matched, the newest first, with the rules that came nearest."""
    _check_journal()
    found = await queries.listing(Filter(call.namespace, unmatched=True), call.query["limit"], call.query["before"])
    return FastJsonResponse({"unmatched": [{key: each[key] for key in MISS} for each in found]})


async def get_figures(call: Call) -> Recorded:
    """Show the figures over time, by model and by rule."""
    return FastJsonResponse(await figures.figures(_filter(call), call.query["steps"]))


async def get_hits(call: Call) -> Recorded:
    """Show how often each rule has answered, and when last; the rule `null` stands for what none matched."""
    return FastJsonResponse({"hits": await figures.hits(_filter(call))})


def _filter(call: Call) -> Filter:
    _check_journal()
    return Filter(call.namespace, **{parameter.name: call.query[parameter.name] for parameter in FILTERS})


def _check_journal() -> None:
    if not conf.JOURNAL:
        raise RequestError("There is no journal: JOURNAL=true turns it on.", status=409, code="journal_off")
