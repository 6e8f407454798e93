"""After step 6: metrics of the server, under the names of vLLM's server.

Names and labels are those of `vllm/v1/metrics/loggers.py`. There is no cache of keys and values here, so its usage is
0; tokens from the prompt cache count as the prefix cache's hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from completions.journal.exchange import Exchange, Sent
from completions.journal.record import StreamRecord
from completions.journal.rows import ttft
from completions.journal.tallies import Distribution, Sum, Tallies

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

FINISH_REASONS = {"length": "length", "error": "error"}
"""vLLM's finish reasons other than `stop`."""

TTFT_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160)
GAP_BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80)
LATENCY_BUCKETS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480)
TOKEN_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
"""The upper bounds of the buckets: seconds, and tokens."""

LABELS = ("model_name", "engine")
ENGINE = "0"


class Series(NamedTuple):
    """The counters and distributions of a model."""

    prompt: Sum
    completion: Sum
    looked_up: Sum
    cached: Sum
    first: Distribution
    gap: Distribution
    whole: Distribution
    queued: Distribution
    prompts: Distribution
    answers: Distribution


class VllmMetrics:
    """The tokens and latencies of answers, in a registry."""

    def __init__(self, registry: CollectorRegistry, tallies: Tallies) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        def counter(name: str, help: str, *more: str) -> Counter:
            return Counter(f"vllm:{name}", help, (*LABELS, *more), registry=registry)

        def histogram(name: str, help: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"vllm:{name}", help, LABELS, buckets=buckets, registry=registry)

        def gauge(name: str, help: str) -> Gauge:
            return Gauge(f"vllm:{name}", help, ("engine",), registry=registry, multiprocess_mode="livesum")

        self.running = gauge("num_requests_running", "Streams in progress.").labels(ENGINE)
        self.waiting = gauge("num_requests_waiting", "Requests that wait in the queue.").labels(ENGINE)
        gauge("kv_cache_usage_perc", "There is no such cache; always 0.").labels(ENGINE)
        self._tallies = tallies
        self._finished = counter("request_success", "Answers, by their finish reason.", "finished_reason")
        self._prompt = counter("prompt_tokens", "Tokens of prompts.")
        self._completion = counter("generation_tokens", "Tokens of answers.")
        self._looked_up = counter("prefix_cache_queries", "Tokens of prompts that were looked up in the cache.")
        self._cached = counter("prefix_cache_hits", "Tokens of prompts that were in the cache.")
        self._first = histogram("time_to_first_token_seconds", "Seconds to the first token.", TTFT_BUCKETS)
        self._gap = histogram("inter_token_latency_seconds", "Seconds between two tokens.", GAP_BUCKETS)
        self._whole = histogram(
            "e2e_request_latency_seconds", "Seconds from a request's arrival to its end.", LATENCY_BUCKETS
        )
        self._queued = histogram("request_queue_time_seconds", "Seconds in the queue.", LATENCY_BUCKETS)
        self._prompts = histogram("request_prompt_tokens", "Tokens of a prompt.", TOKEN_BUCKETS)
        self._answers = histogram("request_generation_tokens", "Tokens of an answer.", TOKEN_BUCKETS)
        self._known: dict[str, Series] = {}
        self._ended: dict[tuple[str, str], Sum] = {}

    def observe(self, exchange: Exchange, model: str) -> None:
        """Count an exchange that has ended, if it is an answer that was generated."""
        usage = exchange.usage
        if usage is None or not exchange.finish or exchange.status != 200:
            return
        series = self._known.get(model) or self._series_of(model)
        reason = "abort" if exchange.client_left else FINISH_REASONS.get(exchange.finish, "stop")
        (self._ended.get((model, reason)) or self._finish_counter(model, reason)).amount += 1
        looked_up, completion = usage.prompt_tokens, usage.completion_tokens
        series.prompt.amount += looked_up
        series.completion.amount += completion
        series.looked_up.amount += looked_up
        series.cached.amount += usage.cached_tokens
        series.prompts.add(looked_up)
        series.answers.add(completion)
        series.whole.add((exchange.ended or exchange.started) - exchange.started)
        series.queued.add(exchange.queued)
        if (first := ttft(exchange.sent)) is not None and exchange.sent is not None:
            series.first.add(exchange.queued + first / 1000)
            for gap in _gaps(exchange.sent):
                series.gap.add(gap)

    def refresh(self) -> None:
        """Update the number of requests in progress."""
        self.running.set(StreamRecord.open)
        self.waiting.set(StreamRecord.waiting)

    def _series_of(self, model: str) -> Series:
        """Make the series of a model, once: looking one up in the library takes longer than counting."""
        sums = (self._prompt, self._completion, self._looked_up, self._cached)
        spreads = (self._first, self._gap, self._whole, self._queued, self._prompts, self._answers)
        register = self._tallies.register
        prompt, completion, looked_up, cached = [register(Sum(family.labels(model, ENGINE))) for family in sums]
        made = self._known[model] = Series(
            prompt,
            completion,
            looked_up,
            cached,
            *[register(Distribution(family.labels(model, ENGINE))) for family in spreads],
        )
        return made

    def _finish_counter(self, model: str, reason: str) -> Sum:
        series = self._finished.labels(model, ENGINE, reason)
        made = self._ended[model, reason] = self._tallies.register(Sum(series))
        return made


def _gaps(sent: Sent) -> Iterator[float]:
    """Yield the seconds per token between the writes that had tokens."""
    start, previous = 0, None
    for end, time in zip(sent.ends, sent.times, strict=True):
        count = sum(sent.tokens[start:end])
        start = end
        if count:
            if previous is not None:
                yield (time - previous) / count
            previous = time
