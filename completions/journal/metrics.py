"""After step 6: count what the server has done, for Prometheus.

Exchanges are counted in the journal's thread, at no cost to requests, and the library is loaded there. If
PROMETHEUS_MULTIPROC_DIR is set, as `serve` does for several workers, the library keeps the numbers of each process in
files there, and any worker reports the sums (https://prometheus.github.io/client_python/multiprocess/).
"""

from __future__ import annotations

import contextlib
import functools
import glob
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from completions.exceptions import JournalUnavailable
from completions.journal.exchange import Exchange
from completions.journal.record import StreamRecord
from completions.journal.rows import ttft
from completions.journal.tallies import Spread, Sum, Tallies
from completions.journal.vllm_metrics import Figures
from completions.journal.writer import writer

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.metrics_core import Metric

OWN, VLLM = "mock_", "vllm:"
"""How names begin: ours, and those of vLLM's server."""

MAX_MODELS = 100
"""Models with their own label; further ones count as OTHER, so that requests cannot create any number of labels."""

OTHER = "other"

MAX_NAME = 100
"""The most characters of a model's name in a label."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""The upper bounds of the histograms' buckets."""

LIVE_FILES = "gauge_live*_*.db"
"""The library's files of the gauges that only running processes have."""


class Series(NamedTuple):
    """The counters for one endpoint, model and status, streamed or not."""

    requests: Sum
    prompt: Sum
    completion: Sum
    duration: Spread
    ttft: Spread | None


class Metrics:
    """The numbers of this process, in their own registry."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = registry = CollectorRegistry()
        self._models: set[str] = set()
        self._series: dict[tuple[str, str, int, bool], Series] = {}
        self._dropped_before = 0
        by = ("endpoint", "model")

        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(f"mock_{name}", help, labels, registry=registry)

        def histogram(name: str, help: str, *labels: str) -> Histogram:
            return Histogram(f"mock_{name}_seconds", help, labels, buckets=SECONDS, registry=registry)

        self.requests = counter("requests", "Requests that have ended.", *by, "status")
        self.tokens = counter("tokens", "Tokens of answers, by kind: prompt, completion.", *by, "kind")
        self.durations = histogram("request_duration", "Seconds from a request's arrival to its end.", *by, "stream")
        self.ttft = histogram("time_to_first_token", "Seconds from a request's arrival to its first token.", *by)
        self.faults = counter("faults", "Faults that struck.", "fault")
        self.left = counter("clients_left", "Requests whose client left early.", "endpoint")
        self.dropped = counter("journal_dropped", "Exchanges that the journal could not record.")
        open_help = "Streams in progress."
        self.open = Gauge("mock_open_streams", open_help, registry=registry, multiprocess_mode="livesum")
        self._tallies = Tallies()
        self.vllm = Figures(registry, self._tallies)

    def observe(self, exchange: Exchange) -> None:
        """Count an exchange that has ended."""
        place = (exchange.endpoint or OTHER, self._model(exchange.model))
        series = self._series.get((*place, exchange.status, exchange.stream)) or self._make(*place, exchange)
        series.requests.amount += 1
        if exchange.usage is not None:
            series.prompt.amount += exchange.usage.prompt_tokens
            series.completion.amount += exchange.usage.completion_tokens
        series.duration.add((exchange.ended or exchange.started) - exchange.started)
        if series.ttft is not None and (first := ttft(exchange.sent)) is not None:
            series.ttft.add(first / 1000)
        for fault in exchange.faults:
            self.faults.labels(fault.name).inc()
        if exchange.client_left:
            self.left.labels(place[0]).inc()
        self.vllm.observe(exchange, place[1])

    def _make(self, endpoint: str, model: str, exchange: Exchange) -> Series:
        """Find the series of exchanges like this one, once, for the library takes longer for that than to count."""
        keep = self._tallies.keep
        found = self._series[endpoint, model, exchange.status, exchange.stream] = Series(
            keep(Sum(self.requests.labels(endpoint, model, str(exchange.status)))),
            keep(Sum(self.tokens.labels(endpoint, model, "prompt"))),
            keep(Sum(self.tokens.labels(endpoint, model, "completion"))),
            keep(Spread(self.durations.labels(endpoint, model, str(exchange.stream).lower()))),
            keep(Spread(self.ttft.labels(endpoint, model))) if exchange.stream else None,
        )
        return found

    def give(self) -> None:
        """Give the library what was counted since the last round."""
        self._tallies.give()

    def look(self) -> None:
        """Note the number of open streams, and what the journal has dropped since the last look."""
        self.open.set(StreamRecord.open)
        self.vllm.look()
        dropped = writer.dropped
        self.dropped.inc(max(dropped - self._dropped_before, 0))
        self._dropped_before = dropped

    def _model(self, name: str | None) -> str:
        name = "" if name is None else name[:MAX_NAME].encode("utf-8", "replace").decode()
        if name not in self._models:
            if len(self._models) >= MAX_MODELS:
                return OTHER
            self._models.add(name)
        return name


@functools.cache
def metrics() -> Metrics:
    """Return the process's metrics."""
    return Metrics()


def watch() -> None:
    """Count every exchange from now on."""
    if _observe not in writer.observers:
        writer.observers.append(_observe)
        writer.rounds.append(_look)


def _observe(exchange: Exchange) -> None:
    metrics().observe(exchange)


def _look() -> None:
    known = metrics()  # loads the library at the thread's first look, and not while streams are under way
    known.give()
    known.look()


class _Named(NamedTuple):
    """The families of a registry whose names begin alike."""

    registry: CollectorRegistry
    start: str

    def collect(self) -> Iterator[Metric]:
        return (family for family in self.registry.collect() if family.name.startswith(self.start))


def exposition(start: str = OWN) -> tuple[bytes, str]:
    """Return the numbers of all workers whose names begin so in Prometheus' text format, and its media type.

    What has ended before is in them, for the journal's thread is waited for; the caller is another one.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    with contextlib.suppress(JournalUnavailable):  # the metrics do not need it
        writer.ask(lambda store: None).result()
    metrics().look()
    registry = metrics().registry
    if folder := directory():
        registry = _shared(CollectorRegistry(), folder)
    return generate_latest(_Named(registry, start)), CONTENT_TYPE_LATEST


def directory() -> str | None:
    """Return where the library keeps the numbers of several processes; None for one process."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def _shared(registry: CollectorRegistry, folder: str) -> CollectorRegistry:
    """Fill a registry from the processes' files; the gauges of processes that have ended are gone."""
    from prometheus_client.multiprocess import MultiProcessCollector

    for file in glob.glob(os.path.join(glob.escape(folder), LIVE_FILES)):
        found = re.search(r"_(\d+)\.db$", file)
        if found and not _is_running(int(found[1])):
            os.unlink(file)
    add: Callable[[CollectorRegistry, str], object] = MultiProcessCollector
    add(registry, folder)
    return registry


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # there no signal asks whether a process lives: 0 is that of Ctrl+C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
