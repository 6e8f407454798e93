"""Read the journal for the control API. Each question sees every exchange whose response has ended.

The questions run in the writer's thread (`writer.py`), so the event loop never waits for the database; those about many
rows run in another, so that the writer does not wait for them. All of them raise `JournalOff`, or `JournalUnavailable`
if the database cannot be used.
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
from completions.journal.documents import HEAVY, brief, traffic, utc, whole
from completions.journal.exchange import Exchange as Ended
from completions.journal.search import mentioning
from completions.journal.store import Store, stored
from completions.journal.writer import writer
from completions.models import Exchange

T = TypeVar("T")

LIMIT = 100
"""The default number of exchanges in a list."""

LISTED_BYTES = 32 * 1024 * 1024
"""Bytes of requests and answers of one page, after which it ends."""

PAGE_CHUNK = 50
"""Rows that are read at a time where their bytes are read too."""

FOLLOW_EVERY = 0.25
"""The fewest seconds between two looks of a follower, however many exchanges end."""

FOLLOW_IDLE = 1.0
"""Seconds after which a follower looks again if nothing woke it."""

FOLLOW_MAX = 100
"""Exchanges that who follows gets of one look; to read more of them would slow the API."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which exchanges are meant: those for which all that is given holds.

    `status_class` is as `4xx`; the endpoint is one of `endpoints`, and none of `other_endpoints`. `since` is a
    request's id, which is not among them itself, or a time in ISO 8601, and `until` a time; `text` is a part of the
    summary, `search` one of anything that the journal has in words (`search.py`).
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


TOTALLED = ("status", "rule", "model", "fault", "endpoint")

EXACT = ("namespace", "model", "rule", "status", "endpoint", "method", "path", "unmatched", "stream", "client_left")


async def listing(filter: Filter, limit: int = LIMIT, before: str | None = None) -> list[dict[str, Any]]:
    """Return the newest exchanges first, without bodies: at most `limit`, older than the request `before`."""
    return await ask(lambda store: [brief(row) for row in _newest(store, filter, before).defer(*HEAVY)[:limit]])


async def listing_with_bytes(filter: Filter, limit: int) -> list[tuple[dict[str, Any], Traffic]]:
    """Return the newest exchanges first, each with its bytes."""
    return await ask(lambda store: [(brief(row), traffic(row)) for row in _newest(store, filter, None)[:limit]])


async def page_with_bytes(
    filter: Filter, limit: int, before: str | None
) -> tuple[list[tuple[dict[str, Any], Traffic]], bool]:
    """Return the same as far as a page of LISTED_BYTES goes, of one exchange at least, and whether there are more."""

    def question(store: Store) -> tuple[list[tuple[dict[str, Any], Traffic]], bool]:
        found, size = list[tuple[dict[str, Any], Traffic]](), 0
        for row in _newest(store, filter, before)[: limit + 1].iterator(chunk_size=PAGE_CHUNK):
            if len(found) == limit or size > LISTED_BYTES:
                return found, True
            found.append((brief(row), bytes_of := traffic(row)))
            size += len(bytes_of.request) + sum(map(len, bytes_of.response))
        return found, False

    return await ask(question)


async def listing_in_full(filter: Filter, limit: int) -> list[tuple[dict[str, Any], Traffic]]:
    """Return the newest exchanges first, with all that the journal has of them, and their bytes."""
    return await ask(lambda store: [(whole(row), traffic(row)) for row in _newest(store, filter, None)[:limit]])


def _newest(store: Store, filter: Filter, before: str | None) -> QuerySet[Exchange]:
    rows = chosen(store, filter).order_by("-ended", "-id")
    if before is None:
        return rows
    ended, id = _place(store, "before", before)
    return rows.filter(Q(ended__lt=ended) | Q(ended=ended, id__lt=id))


async def one(namespace: str, id: str) -> tuple[dict[str, Any], Traffic] | None:
    """Return an exchange in full, by its request id, and its bytes; None if the journal does not have it."""

    def question(store: Store) -> tuple[dict[str, Any], Traffic] | None:
        row = chosen(store, Filter(namespace)).filter(request_id=id).first()
        return None if row is None else (whole(row), traffic(row))

    return await ask(question)


async def count(filter: Filter) -> int:
    """Return the number of exchanges."""
    return await ask(lambda store: chosen(store, filter).count())


async def totals(filter: Filter) -> dict[str, Any]:
    """Return the number of exchanges, in all and by status, rule, model and fault."""

    def question(store: Store) -> dict[str, Any]:
        rows = chosen(store, filter)
        document: dict[str, Any] = {"count": rows.count()}
        for name in TOTALLED:
            groups = rows.exclude(**{f"{name}__isnull": True}).values_list(name).annotate(n=Count("id")).order_by(name)
            document[f"by_{name}"] = {str(value): n for value, n in groups}
        return document

    return await ask(question)


async def delete(filter: Filter) -> int:
    """Delete exchanges, and return how many there were."""
    return await ask(lambda store: chosen(store, filter).delete()[0])


@contextlib.contextmanager
def ended_in(namespace: str | None) -> Iterator[asyncio.Event]:
    """Give an event that is set whenever an exchange of a namespace has ended here, or of any (None)."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake(exchange: Ended) -> None:
        if namespace in (None, exchange.namespace) and not woken.is_set():
            loop.call_soon_threadsafe(woken.set)

    writer.added.append(wake)
    try:
        yield woken
    finally:
        writer.added.remove(wake)


class News(NamedTuple):
    """What has ended since the last look, the oldest first; of very many the newest, and how many were `skipped`.

    `last` is the place that was looked at up to. With `lost` what stood there is gone: exchanges were deleted.
    """

    exchanges: list[dict[str, Any]]
    skipped: int
    lost: bool
    last: int


async def end() -> int:
    """Return the place of the newest exchange in the order of all, of all namespaces; 0 before the first."""
    return await ask(lambda store: _last(store))


async def place(after: str) -> int:
    """Return the place of a request, by its id; 0, before all, where it is gone."""
    return await ask(lambda store: _last(store, request_id=after))


def check_times(filter: Filter) -> None:
    """Raise the error of bounds that are none; `since` may be a request that is gone, where it need not be found."""
    if filter.until is not None:
        _bound("until", filter.until)
    if filter.since is not None and not filter.since.startswith(REQUEST) and _moment(filter.since) is None:
        raise _unknown("since", filter.since)


async def follow(filter: Filter, last: int) -> AsyncGenerator[News, None]:
    """Yield what ends after a place, for ever; each second at least, be there news or not.

    Of the filter's `since` only a time counts, for the place stands for an id.
    """
    if filter.since is not None and _moment(filter.since) is None:
        filter = replace(filter, since=None)
    with ended_in(filter.namespace) as woken:
        woken.set()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_IDLE):
                    await woken.wait()
            woken.clear()
            news = await ask(partial(_news, filter=filter, last=last))
            last = news.last
            yield news
            await asyncio.sleep(FOLLOW_EVERY)


def _last(store: Store, **which: str) -> int:
    rows = Exchange.objects.using(store.alias).filter(**which)
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def _news(store: Store, filter: Filter, last: int) -> News:
    everything = Exchange.objects.using(store.alias)
    top = _last(store)
    if top == last:
        return News([], 0, False, last)
    lost = last > 0 and (top < last or not everything.filter(id=last).exists())
    rows = chosen(store, filter).filter(id__gt=last, id__lte=top)
    found = [brief(row) for row in rows.defer(*HEAVY).order_by("-id")[:FOLLOW_MAX]]
    skipped = rows.count() - len(found) if len(found) == FOLLOW_MAX else 0
    return News(found[::-1], skipped, lost, top)


async def flush() -> None:
    """Write all exchanges that have ended, if the journal is on."""
    if conf.JOURNAL:
        for settled in before_reading:
            await settled()
        with contextlib.suppress(JournalUnavailable):
            await asyncio.wrap_future(writer.ask(lambda store: None))


before_reading: list[Callable[[], Awaitable[object]]] = []
"""What is awaited before this process writes for a reader: that the exchanges of complete answers end."""

beforehand: list[Callable[[], Awaitable[object]]] = []
"""What is awaited before each question: that other processes write what they have."""


async def ask(question: Callable[[Store], T]) -> T:
    """Have a question answered in the writer's thread."""
    if not conf.JOURNAL:
        raise JournalOff
    for settled in (*before_reading, *beforehand):
        await settled()
    return await asyncio.wrap_future(writer.ask(question))


async def ask_in_parallel(question: Callable[[Store], T]) -> T:
    """Have a question about many rows answered, while the writer's thread goes on, where the database lets others read.

    All exchanges that have ended are written before, as with `ask`.
    """
    if not await ask(Store.can_be_read_in_parallel):
        return await ask(question)
    return await asyncio.to_thread(_read, question)


def _read(question: Callable[[Store], T]) -> T:
    """Answer a question on a connection that lasts as long as that: the file may be another one by the next time."""
    store = Store()
    try:
        store.open()
        return question(store)
    except Error as exc:
        raise JournalUnavailable(str(exc)) from exc
    finally:
        store.close()
        del connections[store.alias]


def chosen(store: Store, filter: Filter) -> QuerySet[Exchange]:
    """Return the rows that are meant; for a question."""
    rows = Exchange.objects.using(store.alias)
    rows = rows.filter(**{name: value for name in EXACT if (value := getattr(filter, name)) is not None})
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
        rows = mentioning(rows, filter.search)
    if filter.until is not None:
        rows = rows.filter(time__lt=_bound("until", filter.until))
    if filter.since is None:
        return rows
    moment = _moment(filter.since)
    if moment is not None:
        return rows.filter(time__gte=moment)
    ended, id = _place(store, "since", filter.since)
    return rows.filter(Q(ended__gt=ended) | Q(ended=ended, id__gt=id))


def _moment(text: str) -> datetime | None:
    """Parse a time in ISO 8601, in UTC by default; None if it is invalid, or beyond the years 1 to 9999 in UTC."""
    try:
        return stored(utc(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        return None


def _bound(name: str, text: str) -> datetime:
    """Read a time in ISO 8601, and raise the error of a parameter that is none."""
    moment = _moment(text)
    if moment is None:
        said = f"`{name}` takes a time in ISO 8601, not {text[:60]!r}."
        raise RequestError(said, param=name, code="invalid_parameter")
    return moment


def _place(store: Store, name: str, request_id: str) -> tuple[int, int]:
    """Return where in the order of exchanges a request stands: when it ended, and its row's id."""
    place = Exchange.objects.using(store.alias).filter(request_id=request_id).values_list("ended", "id").first()
    if place is None:
        raise _unknown(name, request_id)
    return place


def _unknown(name: str, request_id: str) -> RequestError:
    allowed = "a request's id or a time in ISO 8601" if name == "since" else "a request's id"
    said = f"The journal has no request '{request_id}'; `{name}` takes {allowed}."
    return RequestError(said, param=name, code="invalid_parameter")
