"""Queries on the journal for the control API. Each query sees every exchange whose response has ended.

The queries run in the writer's thread (`writer.py`), so the event loop never waits for the database; those on many rows
run in another, so that the writer does not wait for them. All of them raise `JournalOff`, or `JournalUnavailable` if
the database cannot be used.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from django.db import Error, connections
from django.db.models import Count, Q, QuerySet

from completions.conf import conf
from completions.conversation import Traffic
from completions.exceptions import JournalOff, JournalUnavailable, RequestError
from completions.ids import REQUEST
from completions.journal.documents import DEFERRED_COLUMNS, brief, traffic_of, utc, whole
from completions.journal.exchange import Exchange as EndedExchange
from completions.journal.search import rows_mentioning
from completions.journal.store import Store, stored
from completions.journal.writer import writer
from completions.models import Exchange

T = TypeVar("T")

LIMIT = 100
"""The default number of exchanges in a list."""

MAX_PAGE_BYTES = 32 * 1024 * 1024
"""The bytes of requests and answers after which a page ends."""

PAGE_CHUNK = 50
"""The rows that are read at a time where their bytes are read too."""

MIN_FOLLOW_INTERVAL = 0.25
"""The fewest seconds between two queries of a follower, however many exchanges end."""

MAX_FOLLOW_INTERVAL = 1.0
"""Seconds after which a follower queries again if nothing woke it."""

MAX_FOLLOWED = 100
"""The most exchanges that a follower gets from one query; reading more would slow the API."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A selection of exchanges, by all conditions that are not None.

    `status_class` is such as `4xx`; the endpoint is one of `endpoints`, and none of `other_endpoints`. `since` is a
    request's id, which is excluded itself, or a time in ISO 8601, and `until` a time; `text` is a part of the summary,
    `search` a part of any searchable text (`search.py`).
    """

    namespace: str | None = None
    model: str | None = None
    rule: str | None = None
    status: int | None = None
    status_class: str | None = None
    endpoint: str | None = None
    endpoints: Collection[str] | None = None
    other_endpoints: Collection[str] = ()
    method: str | None = None
    path: str | None = None
    unmatched: bool | None = None
    faulted: bool | None = None
    stream: bool | None = None
    retried: bool | None = None
    client_left: bool | None = None
    since: str | None = None
    until: str | None = None
    text: str | None = None
    search: str | None = None
    ids: tuple[int, ...] | None = None
    """The rows to choose from, by their position in the journal."""


COUNTED_COLUMNS = ("status", "rule", "model", "fault", "endpoint")

EXACT_FILTERS = (
    "namespace",
    "model",
    "rule",
    "status",
    "endpoint",
    "method",
    "path",
    "unmatched",
    "stream",
    "client_left",
)


async def listing(filter: Filter, limit: int = LIMIT, before: str | None = None) -> list[dict[str, Any]]:
    """Return the newest exchanges first, without bodies: at most `limit`, older than the request `before`."""
    return await ask(
        lambda store: [brief(row) for row in _newest(store, filter, before).defer(*DEFERRED_COLUMNS)[:limit]]
    )


async def listing_with_bytes(filter: Filter, limit: int) -> list[tuple[dict[str, Any], Traffic]]:
    """Return the newest exchanges first, each with its bytes."""
    return await ask(lambda store: [(brief(row), traffic_of(row)) for row in _newest(store, filter, None)[:limit]])


async def page_with_bytes(
    filter: Filter, limit: int, before: str | None
) -> tuple[list[tuple[dict[str, Any], Traffic]], bool]:
    """Return the same up to LISTED_BYTES, with at least one exchange, and whether there are more."""

    def question(store: Store) -> tuple[list[tuple[dict[str, Any], Traffic]], bool]:
        found, size = list[tuple[dict[str, Any], Traffic]](), 0
        for row in _newest(store, filter, before)[: limit + 1].iterator(chunk_size=PAGE_CHUNK):
            if len(found) == limit or size > MAX_PAGE_BYTES:
                return found, True
            found.append((brief(row), traffic := traffic_of(row)))
            size += len(traffic.request) + sum(map(len, traffic.response))
        return found, False

    return await ask(question)


async def listing_in_full(filter: Filter, limit: int) -> list[tuple[dict[str, Any], Traffic]]:
    """Return the newest exchanges first, with headers and bodies, and their bytes."""
    return await ask(lambda store: [(whole(row), traffic_of(row)) for row in _newest(store, filter, None)[:limit]])


def _newest(store: Store, filter: Filter, before: str | None) -> QuerySet[Exchange]:
    rows = select(store, filter).order_by("-ended", "-id")
    if before is None:
        return rows
    ended, id = _position(store, "before", before)
    return rows.filter(Q(ended__lt=ended) | Q(ended=ended, id__lt=id))


async def get(namespace: str, id: str) -> tuple[dict[str, Any], Traffic] | None:
    """Return an exchange in full, by its request id, and its bytes; None if the journal does not have it."""

    def question(store: Store) -> tuple[dict[str, Any], Traffic] | None:
        row = select(store, Filter(namespace)).filter(request_id=id).first()
        return None if row is None else (whole(row), traffic_of(row))

    return await ask(question)


async def count(filter: Filter) -> int:
    """Return the number of exchanges."""
    return await ask(lambda store: select(store, filter).count())


async def totals(filter: Filter) -> dict[str, Any]:
    """Return the number of exchanges, in all and by status, rule, model and fault."""

    def question(store: Store) -> dict[str, Any]:
        rows = select(store, filter)
        document: dict[str, Any] = {"count": rows.count()}
        for name in COUNTED_COLUMNS:
            groups = rows.exclude(**{f"{name}__isnull": True}).values_list(name).annotate(n=Count("id")).order_by(name)
            document[f"by_{name}"] = {str(value): n for value, n in groups}
        return document

    return await ask(question)


async def delete(filter: Filter) -> int:
    """Delete exchanges, and return how many there were."""
    return await ask(lambda store: select(store, filter).delete()[0])


@contextlib.contextmanager
def wake_at_end(namespace: str | None) -> Iterator[asyncio.Event]:
    """Yield an event that is set when an exchange of a namespace, or of any (None), ends in this process."""
    loop, wake_event = asyncio.get_running_loop(), asyncio.Event()

    def wake(exchange: EndedExchange) -> None:
        if namespace in (None, exchange.namespace) and not wake_event.is_set():
            loop.call_soon_threadsafe(wake_event.set)

    writer.added.append(wake)
    try:
        yield wake_event
    finally:
        writer.added.remove(wake)


class NewExchanges(NamedTuple):
    """The exchanges that have ended since the last query, the oldest first; `skipped` older ones of very many.

    `last` is the last place that was read. `lost` says that exchanges before it were deleted.
    """

    exchanges: list[dict[str, Any]]
    skipped: int
    lost: bool
    last: int


async def last_place() -> int:
    """Return the place of the newest exchange in the order of all namespaces' exchanges; 0 if there is none."""
    return await ask(lambda store: _last(store))


async def place_of(after: str) -> int:
    """Return the place of a request, by its id; 0, before all, where it was deleted."""
    return await ask(lambda store: _last(store, request_id=after))


def check_times(filter: Filter) -> None:
    """Raise the error of invalid bounds; `since` may be the id of a deleted request."""
    if filter.until is not None:
        _parse_bound("until", filter.until)
    if filter.since is not None and not filter.since.startswith(REQUEST) and _parse_time(filter.since) is None:
        raise _unknown_request("since", filter.since)


async def follow(filter: Filter, last: int) -> AsyncGenerator[NewExchanges, None]:
    """Yield the exchanges that end after a place, endlessly; at least each second, even if there are none.

    Of the filter's `since` only a time counts, because the place replaces an id.
    """
    if filter.since is not None and _parse_time(filter.since) is None:
        filter = replace(filter, since=None)
    with wake_at_end(filter.namespace) as wake_event:
        wake_event.set()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MAX_FOLLOW_INTERVAL):
                    await wake_event.wait()
            wake_event.clear()
            news = await ask(partial(_new_exchanges, filter=filter, last=last))
            last = news.last
            yield news
            await asyncio.sleep(MIN_FOLLOW_INTERVAL)


def _last(store: Store, **filters: str) -> int:
    rows = Exchange.objects.using(store.alias).filter(**filters)
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def _new_exchanges(store: Store, filter: Filter, last: int) -> NewExchanges:
    everything = Exchange.objects.using(store.alias)
    newest = _last(store)
    if newest == last:
        return NewExchanges([], 0, False, last)
    lost = last > 0 and (newest < last or not everything.filter(id=last).exists())
    rows = select(store, filter).filter(id__gt=last, id__lte=newest)
    found = [brief(row) for row in rows.defer(*DEFERRED_COLUMNS).order_by("-id")[:MAX_FOLLOWED]]
    skipped = rows.count() - len(found) if len(found) == MAX_FOLLOWED else 0
    return NewExchanges(found[::-1], skipped, lost, newest)


async def flush() -> None:
    """Write all exchanges that have ended, if the journal is on."""
    if conf.JOURNAL:
        for wait in before_reading:
            await wait()
        with contextlib.suppress(JournalUnavailable):
            await asyncio.wrap_future(writer.ask(lambda store: None))


before_reading: list[Callable[[], Awaitable[object]]] = []
"""Awaited before this process writes for a reader, so that the exchanges of complete answers have ended."""

beforehand: list[Callable[[], Awaitable[object]]] = []
"""Awaited before each query, so that other processes write their exchanges."""


async def ask(question: Callable[[Store], T]) -> T:
    """Run a query in the writer's thread."""
    if not conf.JOURNAL:
        raise JournalOff
    for wait in (*before_reading, *beforehand):
        await wait()
    return await asyncio.wrap_future(writer.ask(question))


async def ask_in_parallel(question: Callable[[Store], T]) -> T:
    """Run a query on many rows in another thread, so that the writer continues, if the database allows that.

    All exchanges that have ended are written before, as with `ask`.
    """
    if not await ask(Store.can_be_read_in_parallel):
        return await ask(question)
    return await asyncio.to_thread(_read, question)


def _read(question: Callable[[Store], T]) -> T:
    """Run a query on a connection of its own, which is closed at once: the file may be replaced before the next."""
    store = Store()
    try:
        store.open()
        return question(store)
    except Error as exc:
        raise JournalUnavailable(str(exc)) from exc
    finally:
        store.close()
        del connections[store.alias]


def select(store: Store, filter: Filter) -> QuerySet[Exchange]:
    """Return the rows that a filter selects, within a query."""
    rows = Exchange.objects.using(store.alias)
    rows = rows.filter(**{name: value for name in EXACT_FILTERS if (value := getattr(filter, name)) is not None})
    if filter.faulted is not None:
        rows = rows.filter(fault__isnull=not filter.faulted)
    if filter.status_class is not None:
        first = int(filter.status_class[0]) * 100
        rows = rows.filter(status__gte=first, status__lt=first + 100)
    if filter.retried is not None:
        rows = rows.filter(retry__gt=0) if filter.retried else rows.filter(retry=0)
    if filter.endpoints is not None:
        rows = rows.filter(endpoint__in=filter.endpoints)
    if filter.other_endpoints:
        rows = rows.exclude(endpoint__in=filter.other_endpoints)
    if filter.ids is not None:
        rows = rows.filter(id__in=filter.ids)
    if filter.text is not None:
        rows = rows.filter(summary__icontains=filter.text)
    if filter.search is not None:
        rows = rows_mentioning(rows, filter.search)
    if filter.until is not None:
        rows = rows.filter(time__lt=_parse_bound("until", filter.until))
    if filter.since is None:
        return rows
    moment = _parse_time(filter.since)
    if moment is not None:
        return rows.filter(time__gte=moment)
    ended, id = _position(store, "since", filter.since)
    return rows.filter(Q(ended__gt=ended) | Q(ended=ended, id__gt=id))


def _parse_time(text: str) -> datetime | None:
    """Parse a time in ISO 8601, in UTC by default; None if it is invalid, or beyond the years 1 to 9999 in UTC."""
    try:
        return stored(utc(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        return None


def _parse_bound(name: str, text: str) -> datetime:
    """Parse a time in ISO 8601; raise the parameter's error where it is invalid."""
    moment = _parse_time(text)
    if moment is None:
        message = f"`{name}` takes a time in ISO 8601, not {text[:60]!r}."
        raise RequestError(message, param=name, code="invalid_parameter")
    return moment


def _position(store: Store, name: str, request_id: str) -> tuple[int, int]:
    """Return the position of a request in the order of exchanges: when it ended, and its row's id."""
    position = Exchange.objects.using(store.alias).filter(request_id=request_id).values_list("ended", "id").first()
    if position is None:
        raise _unknown_request(name, request_id)
    return position


def _unknown_request(name: str, request_id: str) -> RequestError:
    allowed = "a request's id or a time in ISO 8601" if name == "since" else "a request's id"
    message = f"The journal has no request '{request_id}'; `{name}` takes {allowed}."
    return RequestError(message, param=name, code="invalid_parameter")
