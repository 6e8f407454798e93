"""After step 6: metrics of the server, for Prometheus.

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
from completions.journal.tallies import Distribution, Sum, Tallies
from completions.journal.vllm_metrics import VllmMetrics
from completions.journal.writer import writer

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.metrics_core import Metric

MOCK_PREFIX, VLLM_PREFIX = "mock_", "vllm:"
"""The prefixes of metrics' names: ours, and those of vLLM's server."""

MAX_MODELS = 100
"""The most models with their own label; further ones count as OTHER, so that requests cannot create many labels."""

OTHER = "other"

MAX_NAME = 100
"""The most characters of a model's name in a label."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""The upper bounds of the histograms' buckets."""

LIVE_FILES = "gauge_live*_*.db"
"""The library's files of gauges that count only while their process runs."""


class Series(NamedTuple):
    """The counters for one endpoint, model and status, streamed or not."""

    requests: Sum
    prompt: Sum
    completion: Sum
    duration: Distribution
    ttft: Distribution | None


class Metrics:
    """The metrics of this process, in a registry of their own."""

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
            return Histogram(f"mock_{name}_seconds", help, labels, buckets=BUCKETS, registry=registry)

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
        self.vllm = VllmMetrics(registry, self._tallies)

    def observe(self, exchange: Exchange) -> None:
        """Count an exchange that has ended."""
        labels = (exchange.endpoint or OTHER, self._model(exchange.model))
        series = self._series.get((*labels, exchange.status, exchange.stream)) or self._make(*labels, exchange)
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
            self.left.labels(labels[0]).inc()
        self.vllm.observe(exchange, labels[1])

    def _make(self, endpoint: str, model: str, exchange: Exchange) -> Series:
        """Make the series of exchanges like this one, once: the library's lookup takes longer than counting."""
        register = self._tallies.register
        series = self._series[endpoint, model, exchange.status, exchange.stream] = Series(
            register(Sum(self.requests.labels(endpoint, model, str(exchange.status)))),
            register(Sum(self.tokens.labels(endpoint, model, "prompt"))),
            register(Sum(self.tokens.labels(endpoint, model, "completion"))),
            register(Distribution(self.durations.labels(endpoint, model, str(exchange.stream).lower()))),
            register(Distribution(self.ttft.labels(endpoint, model))) if exchange.stream else None,
        )
        return series

    def flush(self) -> None:
        """Add the counts since the last round to the library's metrics."""
        self._tallies.flush()

    def refresh(self) -> None:
        """Update the number of open streams, and of the exchanges that the journal has dropped."""
        self.open.set(StreamRecord.open)
        self.vllm.refresh()
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
        writer.rounds.append(_refresh)


def _observe(exchange: Exchange) -> None:
    metrics().observe(exchange)


def _refresh() -> None:
    all_metrics = metrics()  # loads the library in the thread's first round, and not while streams are in progress
    all_metrics.flush()
    all_metrics.refresh()


class _PrefixedRegistry(NamedTuple):
    """The families of a registry whose names have a prefix."""

    registry: CollectorRegistry
    prefix: str

    def collect(self) -> Iterator[Metric]:
        return (family for family in self.registry.collect() if family.name.startswith(self.prefix))


def exposition(prefix: str = MOCK_PREFIX) -> tuple[bytes, str]:
    """Return the metrics of all workers with this prefix in Prometheus' text format, and its media type.

    They include all exchanges that have ended: this waits for the journal's thread, so call it in another one.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    with contextlib.suppress(JournalUnavailable):  # the metrics do not need it
        writer.ask(lambda store: None).result()
    metrics().refresh()
    registry = metrics().registry
    if folder := directory():
        registry = _merged_registry(CollectorRegistry(), folder)
    return generate_latest(_PrefixedRegistry(registry, prefix)), CONTENT_TYPE_LATEST


def directory() -> str | None:
    """Return the folder in which the library shares the metrics of several processes; None for one process."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def _merged_registry(registry: CollectorRegistry, folder: str) -> CollectorRegistry:
    """Fill a registry from the processes' files; drop the gauges of processes that have ended."""
    from prometheus_client.multiprocess import MultiProcessCollector

    for file in glob.glob(os.path.join(glob.escape(folder), LIVE_FILES)):
        series = re.search(r"_(\d+)\.db$", file)
        if series and not _is_running(int(series[1])):
            os.unlink(file)
    add: Callable[[CollectorRegistry, str], object] = MultiProcessCollector
    add(registry, folder)
    return registry


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # no signal tests whether a process lives there: 0 is that of Ctrl+C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
