"""After step 6: what a server has done, under the names that vLLM's server has for it.

Names and labels are those of `vllm/v1/metrics/loggers.py`. There is no cache of keys and values here, so its usage is
0; what the prompt cache held counts as the prefix cache's hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from completions.journal.exchange import Exchange, Sent
from completions.journal.record import StreamRecord
from completions.journal.rows import ttft

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

FINISHED = {"length": "length", "error": "error"}
"""Why an answer ended, in vLLM's words, where that is not `stop`."""

FIRST = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160)
GAPS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80)
WHOLE = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480)
TOKENS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
"""The upper bounds of the buckets: seconds, and tokens."""

LABELS = ("model_name", "engine")
ENGINE = "0"


class Figures:
    """What answers cost and how long they took, in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        def counter(name: str, help: str, *more: str) -> Counter:
            return Counter(f"vllm:{name}", help, (*LABELS, *more), registry=registry)

        def histogram(name: str, help: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"vllm:{name}", help, LABELS, buckets=buckets, registry=registry)

        def gauge(name: str, help: str) -> Gauge:
            return Gauge(f"vllm:{name}", help, ("engine",), registry=registry, multiprocess_mode="livesum")

        self.running = gauge("num_requests_running", "Streams that are being sent.").labels(ENGINE)
        self.waiting = gauge("num_requests_waiting", "Requests that wait for a place.").labels(ENGINE)
        gauge("kv_cache_usage_perc", "There is no such cache: 0.").labels(ENGINE)
        self._finished = counter("request_success", "Answers, by why they ended.", "finished_reason")
        self._families: dict[str, Any] = {
            "prompt": counter("prompt_tokens", "Tokens of prompts."),
            "said": counter("generation_tokens", "Tokens of answers."),
            "asked": counter("prefix_cache_queries", "Tokens of prompts that were looked up in the cache."),
            "cached": counter("prefix_cache_hits", "Tokens of prompts that were in the cache."),
            "first": histogram("time_to_first_token_seconds", "To the first token.", FIRST),
            "gap": histogram("inter_token_latency_seconds", "Between two tokens.", GAPS),
            "whole": histogram("e2e_request_latency_seconds", "From a request's arrival to its end.", WHOLE),
            "queued": histogram("request_queue_time_seconds", "In the queue for a place.", WHOLE),
            "prompts": histogram("request_prompt_tokens", "Tokens of a prompt.", TOKENS),
            "answers": histogram("request_generation_tokens", "Tokens of an answer.", TOKENS),
        }
        self._known: dict[str, dict[str, Any]] = {}

    def observe(self, exchange: Exchange, model: str) -> None:
        """Count an exchange that has ended, if it is an answer that was generated."""
        usage = exchange.usage
        if usage is None or not exchange.finish or exchange.status != 200:
            return
        of = self._known.get(model) or self._of(model)
        reason = "abort" if exchange.client_left else FINISHED.get(exchange.finish, "stop")
        self._finished.labels(model, ENGINE, reason).inc()
        asked, said = usage.prompt_tokens, usage.completion_tokens
        for name, count in (("prompt", asked), ("said", said), ("asked", asked), ("cached", usage.cached_tokens)):
            of[name].inc(count)
        of["prompts"].observe(asked)
        of["answers"].observe(said)
        of["whole"].observe((exchange.ended or exchange.started) - exchange.started)
        of["queued"].observe(exchange.queued)
        if (first := ttft(exchange.sent)) is not None and exchange.sent is not None:
            of["first"].observe(exchange.queued + first / 1000)
            for gap in _gaps(exchange.sent):
                of["gap"].observe(gap)

    def look(self) -> None:
        """Note how many requests are under way."""
        self.running.set(StreamRecord.open)
        self.waiting.set(StreamRecord.waiting)

    def _of(self, model: str) -> dict[str, Any]:
        """Find the series of a model, once, for the library takes longer for that than to count."""
        found = {name: family.labels(model, ENGINE) for name, family in self._families.items()}
        self._known[model] = found
        return found


def _gaps(sent: Sent) -> Iterator[float]:
    """Go through the seconds a token between the writes that had tokens."""
    start, before = 0, None
    for end, time in zip(sent.ends, sent.times, strict=True):
        count = sum(sent.tokens[start:end])
        start = end
        if count:
            if before is not None:
                yield (time - before) / count
            before = time
