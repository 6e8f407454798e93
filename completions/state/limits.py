"""Between parse and resolve: token buckets for each key and model, and the use of each key's quota.

As OpenAI's guide to rate limits describes them: a limit refills evenly, all the time; a request that is refused costs
nothing; `x-ratelimit-reset-…` says when the limit is full again, `retry-after` when this request would fit.
Times are seconds on a clock that the caller reads.
"""

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.script.limits import Limits, Quota
from completions.script.reply.errors import named

MINUTE, DAY = 60.0, 86_400.0

MAX_ACCOUNTS = 4096
"""The most pairs of key and model that are counted; beyond that, the least recently used one starts again."""

SLACK = 1e-6
"""Seconds. A wait that is shorter than this is a clock's rounding, and counts as none."""

ORGANIZATION = "org-mock"

quota_error = named("insufficient_quota")
"""Makes the error of a quota that is used up; each API has its own status and message for it."""

K = TypeVar("K")
V = TypeVar("V")


class Bucket:
    """A token bucket of a limit: full at the start, and refilled evenly, all of it in `period` seconds.

    `unit` is `requests` or `tokens`; `name` is the API's for the limit.
    """

    __slots__ = ("_at", "_level", "_rate", "limit", "name", "period", "unit")

    def __init__(self, limit: int, period: float, now: float, unit: str = "requests", name: str = "") -> None:
        self.limit, self.period, self.unit, self.name = limit, period, unit, name
        self._rate = limit / period
        self._level, self._at = float(limit), now

    def set_level(self, level: float, at: float) -> None:
        """Set what was left at a time, where Redis counts."""
        self._level, self._at = level, at

    def level(self, now: float) -> float:
        """Return what is left; below 0 where a request used more than was reserved for it."""
        return min(float(self.limit), self._level + (now - self._at) * self._rate)

    def wait(self, amount: float, now: float) -> float:
        """Return the seconds until `amount` is left: 0 where it is, infinity where it exceeds the limit."""
        if amount > self.limit:
            return math.inf
        wait = (amount - self.level(now)) / self._rate
        return wait if wait > SLACK else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take `amount`, even if less is left; a negative one is given back."""
        self._level, self._at = min(float(self.limit), self.level(now) - amount), now

    def remaining(self, now: float) -> int:
        """Return the whole requests or tokens that are left."""
        return max(0, math.floor(self.level(now + SLACK)))

    def used(self, now: float) -> int:
        """Return the whole requests or tokens that are used."""
        return math.ceil(self.limit - self.level(now + SLACK))

    def reset(self, now: float) -> float:
        """Return the seconds until it is full."""
        return max(0.0, self.limit - self.level(now)) / self._rate


class Account:
    """The limits of one key with one model, and what is left of them."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.concurrent, self.running = limits.concurrent, 0
        rates = (
            (limits.rpm, MINUTE, "requests", "requests per min (RPM)"),
            (limits.rpd, DAY, "requests", "requests per day (RPD)"),
            (limits.tpm, MINUTE, "tokens", "tokens per min (TPM)"),
        )
        self.buckets = [Bucket(limit, period, now, unit, name) for limit, period, unit, name in rates if limit]

    def headers(self, now: float) -> dict[str, str]:
        """Return the rate limit headers; of two limits in one unit, for the one with less left."""
        headers: dict[str, str] = {}
        for bucket in sorted(self.buckets, key=lambda bucket: -bucket.remaining(now)):
            headers[f"x-ratelimit-limit-{bucket.unit}"] = str(bucket.limit)
            headers[f"x-ratelimit-remaining-{bucket.unit}"] = str(bucket.remaining(now))
            headers[f"x-ratelimit-reset-{bucket.unit}"] = duration(bucket.reset(now))
        return headers

    def check(self, model: str, tokens: int, now: float) -> None:
        """Raise the API's 429 where a request does not fit, with the time after which it will."""
        model = model or "mock"
        reached = f"Rate limit reached for {model} in organization {ORGANIZATION} on"
        if self.concurrent is not None and self.running >= self.concurrent:
            used = f"Limit {self.concurrent}, Used {self.running}, Requested 1."
            advice = "Please try again when one of them has ended."
            limit = f"{self.concurrent} concurrent requests"
            facts = {"limit": limit, "model": model, "most": self.concurrent, "used": self.running}
            facts |= {"name": "concurrent requests", "said": f"{used} {advice}"}
            raise _refusal(f"{reached} concurrent requests: {used} {advice}", "requests", self.headers(now), facts)
        if not self.buckets:
            return
        waits = [bucket.wait(cost(bucket, tokens), now) for bucket in self.buckets]
        if not (wait := max(waits)):
            return
        bucket = self.buckets[waits.index(wait)]
        facts = {"limit": _limit_name(bucket), "model": model, "most": bucket.limit, "used": bucket.used(now)}
        if math.isinf(wait):
            raise _refusal(
                f"Request too large for {model} in organization {ORGANIZATION} on {bucket.name}: "
                f"Limit {bucket.limit}, Requested {cost(bucket, tokens)}. "
                "The input or output tokens must be reduced in order to run successfully.",
                bucket.unit,
                self.headers(now),
                facts,
            )
        used = f"Limit {bucket.limit}, Used {bucket.used(now)}, Requested {cost(bucket, tokens)}."
        facts |= {"name": bucket.name, "said": f"{used} Please try again in {duration(wait)}."}
        message = f"{reached} {bucket.name}: {facts['said']}"
        raise _refusal(message, bucket.unit, self.headers(now) | _retry_after(wait), facts)

    def take(self, requests: int, tokens: int, now: float) -> None:
        """Take from all buckets, or give back what is negative."""
        for bucket in self.buckets:
            bucket.take(requests if bucket.unit == "requests" else tokens, now)


class Grant(Protocol):
    """The permission to answer one request: `settle` when the usage is known, `end` when the answer has been sent."""

    def settle(self, tokens: int) -> None:
        """Note the actual usage. Tokens that were reserved beyond that are held until the end."""

    def headers(self) -> Mapping[str, str]:
        """Return the rate limit headers."""

    def end(self) -> None:
        """Give back unused tokens, and end the request's concurrency."""


class LocalGrant:
    """A grant of this process's limiter."""

    def __init__(self, limiter: "Limiter", account: Account | None, spent: Counter[str], tokens: int) -> None:
        self._limiter, self._account, self._spent = limiter, account, spent
        self._held, self._used = tokens, 0

    def settle(self, tokens: int) -> None:
        """Note the actual usage. Tokens that were reserved beyond that are held until the end."""
        with self._limiter.lock:
            self._spent["tokens"] += tokens
            self._used = tokens
            if self._account is not None and tokens > self._held:
                self._account.take(0, tokens - self._held, self._limiter.clock())
                self._held = tokens

    def headers(self) -> Mapping[str, str]:
        """Return the rate limit headers."""
        return {} if self._account is None else self._account.headers(self._limiter.clock())

    def end(self) -> None:
        """Give back unused tokens, and end the request's concurrency."""
        if self._account is not None:
            with self._limiter.lock:
                self._account.running -= 1
                self._account.take(0, self._used - self._held, self._limiter.clock())


class Limiter:
    """The accounts of keys and models, and the use of each key's quota."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._accounts: OrderedDict[tuple[Limits, str, str], Account] = OrderedDict()
        self._spent: OrderedDict[str, Counter[str]] = OrderedDict()
        self.lock = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was charged."""
        return not (self._accounts or self._spent)

    def grant(self, charge: "Charge") -> Grant:
        """Take a request and an estimate of its tokens from a key's limits; raise the 429 if it does not fit."""
        with self.lock:
            now = self.clock()
            spent = _get_or_make(self._spent, charge.key, Counter)
            check_quota(charge, spent)
            account = None
            if (limits := charge.limits) is not None:
                account = _get_or_make(
                    self._accounts, (limits, charge.key, charge.model), partial(Account, limits, now)
                )
                account.check(charge.model, charge.tokens, now)
                account.take(1, charge.tokens, now)
                account.running += 1
            spent["requests"] += 1
            return LocalGrant(self, account, spent, charge.tokens)


def check_quota(charge: "Charge", spent: Mapping[str, int]) -> None:
    """Raise the error `insufficient_quota` where a key has `spent` the `requests` or the `tokens` of its quota."""
    if (quota := charge.quota) is None:
        return
    for allowed, used in ((quota.requests, spent["requests"]), (quota.tokens, spent["tokens"])):
        if allowed is not None and used >= allowed:
            raise quota_error(Prompt("", model=charge.model))


@dataclass(slots=True)
class Charge:
    """The request, its tokens and the limits for its key and model, and the grant that it gets."""

    key: str
    model: str
    tokens: int
    limits: Limits | None
    quota: Quota | None
    grant: Grant | None = None


def duration(seconds: float) -> str:
    """Write a time as the API does, to the millisecond, rounded up: `0s`, `6ms`, `1.5s`, `6m0s`, `1h0m0s`."""
    ms = milliseconds(seconds)
    if 0 < ms < 1000:
        return f"{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds_text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return (f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else "") + seconds_text


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, rounded up, except for a clock's rounding errors."""
    return math.ceil(seconds * 1000 - 1e-6)


def _limit_name(bucket: Bucket) -> str:
    """Return a limit in words: `50 requests per minute`."""
    return f"{bucket.limit:,} {bucket.name.partition(' (')[0].replace('per min', 'per minute')}"


def cost(bucket: Bucket, tokens: int) -> int:
    """Return what a request with so many tokens takes from a bucket."""
    return tokens if bucket.unit == "tokens" else 1


def _retry_after(wait: float) -> dict[str, str]:
    ms = milliseconds(wait)
    return {"retry-after": str(math.ceil(ms / 1000)), "retry-after-ms": str(ms)}


def _refusal(message: str, unit: str, headers: Mapping[str, str], facts: Mapping[str, object]) -> RequestError:
    """Return the API's 429; a request too large for a limit gets this message, not the API's usual one."""
    return RequestError(
        f"{message} Visit https://platform.openai.com/account/rate-limits to learn more.",
        status=429,
        type=unit,
        code="rate_limit_exceeded",
        headers=headers,
        facts=facts,
        kind="rate_limit_exceeded" if "said" in facts else None,
    )


def _get_or_make(entries: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    """Return the entry of a key, or make it; of too many, drop the least recently used one."""
    if key in entries:
        entries.move_to_end(key)
    else:
        entries[key] = make()
        if len(entries) > MAX_ACCOUNTS:
            entries.popitem(last=False)
    return entries[key]
