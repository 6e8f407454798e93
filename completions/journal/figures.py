"""Figures of the journal over time, by model and by rule: the database computes them, and returns only the sums.

The query cuts times into even steps by their bounds, because each database has its own functions for anything else.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain, count
from operator import or_
from typing import Any

from django.db.models import (
    Case,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import RowNumber

from completions.journal import queries
from completions.journal.documents import iso, utc
from completions.journal.queries import Filter
from completions.journal.store import Store, stored
from completions.models import Exchange

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""The possible lengths of a step in seconds; beyond the longest, whole days."""

MAX_GROUPS = 20
"""The most models, or rules, that are listed: those with the most requests."""

MAX_RUNS = 500
"""The most namespaces that are listed: those with the latest requests."""

FAILED = Q(status__gte=400) | Q(status=0)
SUMS = {
    "requests": Count("id"),
    "errors": Count("id", filter=FAILED),
    "faults": Count("id", filter=Q(fault__isnull=False)),
    "unmatched": Count("id", filter=Q(unmatched=True)),
    "prompt_tokens": Sum("prompt_tokens", default=0),
    "completion_tokens": Sum("completion_tokens", default=0),
    "cost_usd": Sum("cost_usd", default=0.0),
}
MEASURES: dict[str, Combinable] = {
    "ttft_ms": F("ttft_ms"),
    "itl_ms": (F("duration_ms") - F("ttft_ms")) / (F("tokens_sent") - 1),
}
"""The latencies of a stream: to its first token, and the mean from each token to the next."""

MEASURE_FILTERS = {"ttft_ms": Q(ttft_ms__isnull=False), "itl_ms": Q(ttft_ms__isnull=False, tokens_sent__gt=1)}

PERCENTILES = {"p50": 50, "p95": 95}
"""The percentiles, by the nearest-rank method: the value at that share of all places, rounded up."""

Group = dict[str, Any]


async def figures(filter: Filter, steps: int) -> dict[str, Any]:
    """Return the figures of at most `steps` steps of time, of each model and of each rule."""

    def question(store: Store) -> dict[str, Any]:
        rows = queries.select(store, filter)
        span = rows.aggregate(first=Min("time"), last=Max("time"))
        if span["first"] is None:
            return {"step_s": None, "steps": [], "by_model": [], "by_rule": []}
        length, bounds = _step_bounds(utc(span["first"]), utc(span["last"]), steps)
        when = [When(time__lt=stored(bound), then=Value(index)) for index, bound in enumerate(bounds[1:])]
        stepped = rows.annotate(step=Case(*when, output_field=IntegerField()))
        found = {group["step"]: group for group in _groups(stepped, "step")}
        return {
            "step_s": length,
            "steps": [_step_document(bound, found.get(index)) for index, bound in enumerate(bounds[:-1])],
            "by_model": _top_groups(rows.filter(model__isnull=False), "model"),
            "by_rule": _top_groups(rows.filter(rule__isnull=False), "rule"),
        }

    return await queries.ask_in_parallel(question)


async def runs() -> list[dict[str, Any]]:
    """Return the sums of each namespace that has exchanges, the one with the latest request first."""

    def question(store: Store) -> list[dict[str, Any]]:
        rows = queries.select(store, Filter()).values("namespace")
        groups = rows.annotate(**SUMS, first=Min("time"), last=Max("time")).order_by("-last", "namespace")[:MAX_RUNS]
        return [{**group, "first": iso(group["first"]), "last": iso(group["last"])} for group in groups]

    return await queries.ask_in_parallel(question)


async def hits(filter: Filter) -> list[dict[str, Any]]:
    """Return how often each rule has answered, and when last; the rule None stands for unmatched requests."""

    def question(store: Store) -> list[dict[str, Any]]:
        rows = queries.select(store, filter).filter(Q(rule__isnull=False) | Q(unmatched=True))
        groups = rows.values("rule").annotate(count=Count("id"), last=Max("time")).order_by("-count", "rule")
        return [{**group, "last": iso(group["last"])} for group in groups]

    return await queries.ask_in_parallel(question)


def _groups(rows: QuerySet[Exchange], key: str) -> list[Group]:
    """Return the sums and the measures of each group of rows with the same `key`."""
    sums: list[Group] = list(rows.values(key).annotate(**SUMS).order_by(key))
    measured = {name: _percentiles(rows, key, name) for name in MEASURES}
    empty: Mapping[str, float | None] = dict.fromkeys(PERCENTILES)
    return [{**group, **{name: measured[name].get(group[key], empty) for name in MEASURES}} for group in sums]


def _percentiles(rows: QuerySet[Exchange], key: str, name: str) -> dict[Any, dict[str, float]]:
    """Return the median and the 95th percentile of a measure for each group, which are values of rows."""
    measure = ExpressionWrapper(MEASURES[name], FloatField())
    ranked = rows.filter(MEASURE_FILTERS[name]).annotate(
        measure=measure,
        place=Window(RowNumber(), partition_by=[F(key)], order_by=OrderBy(measure)),
        of=Window(Count("id"), partition_by=[F(key)]),
    )
    offsets = {
        label: F("place") * 100 - F("of") * share for label, share in PERCENTILES.items()
    }  # 0 to 99 where it is reached
    is_percentile = [Q(**{f"{label}__gte": 0, f"{label}__lt": 100}) for label in PERCENTILES]
    found: dict[Any, dict[str, float]] = {}
    percentile_rows = (
        ranked.annotate(**offsets).filter(reduce(or_, is_percentile)).values_list(key, "measure", *PERCENTILES)
    )
    for group, value, *places in percentile_rows:
        labels = [label for label, place in zip(PERCENTILES, places, strict=True) if 0 <= place < 100]
        found.setdefault(group, {}).update(dict.fromkeys(labels, round(value, 3)))
    return found


def _top_groups(rows: QuerySet[Exchange], key: str) -> list[Group]:
    top = rows.values(key).annotate(n=Count("id")).order_by("-n", key)[:MAX_GROUPS]
    names = [group[key] for group in top]
    found = {group[key]: group for group in _groups(rows.filter(**{f"{key}__in": names}), key)}
    return [found[name] for name in names]


def _step_document(bound: datetime, group: Group | None) -> Group:
    if group is None:
        empty = dict.fromkeys(PERCENTILES)
        return {"time": iso(bound), **dict.fromkeys(SUMS, 0), **dict.fromkeys(MEASURES, empty)}
    return {"time": iso(bound), **{name: value for name, value in group.items() if name != "step"}}


def _step_bounds(first: datetime, last: datetime, top: int) -> tuple[int, Sequence[datetime]]:
    """Return a step's seconds, and the bounds of at most so many steps (2 or more), which start at round times."""
    start, end = int(first.timestamp()), int(last.timestamp())
    lengths = chain(STEPS, count(2 * STEPS[-1], STEPS[-1]))
    length = next(each for each in lengths if end // each - start // each < top)
    begin = start // length * length
    origin = datetime.fromtimestamp(begin, UTC)
    return length, [origin + timedelta(seconds=length * index) for index in range(end // length - start // length + 2)]
