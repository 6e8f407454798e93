"""The permission to answer one request, by limits that are counted in Redis."""

import time
from collections.abc import Mapping, Sequence

from completions.state.limits import Account, Charge, check_quota, cost
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import MAX_IDLE_SECONDS, SETTLE, digest
from completions.state.shared.worker import WORKER_TIMEOUT, Worker


class RedisGrant:
    """A request's charge in Redis: the arguments of the claim, the state of the limits, and the notes afterwards.

    It continues Redis' counts locally, so that headers need no further command, and no request waits for a note.
    """

    def __init__(self, link: Link, space: str, charge: Charge, worker: Worker, epoch: str) -> None:
        self._link, self._space, self._charge, self._epoch = link, space, charge, epoch
        limits = charge.limits
        self._quota = "" if charge.quota is None else digest(charge.key)
        self._account = None if limits is None else Account(limits, 0.0)
        self._digest = "" if limits is None else digest(limits, charge.key, charge.model)
        self._worker, self._slot = "", ""
        if limits is not None and limits.concurrent is not None:
            self._slot = worker.member()
            self._worker = self._slot.partition("/")[0]
        self._held, self._used = charge.tokens, 0
        self._now, self._at = 0.0, time.monotonic()

    def arguments(self) -> list[Value]:
        """Return the arguments for the script TAKE."""
        quota, account, tokens = self._charge.quota, self._account, self._charge.tokens
        requests = -1 if quota is None or quota.requests is None else quota.requests
        max_tokens = -1 if quota is None or quota.tokens is None else quota.tokens
        concurrent = -1 if account is None or account.concurrent is None else account.concurrent
        buckets = [] if account is None else account.buckets
        arguments: list[Value] = [self._quota, requests, max_tokens]
        arguments += [self._digest, concurrent, self._worker, self._slot, WORKER_TIMEOUT, len(buckets)]
        for bucket in buckets:
            arguments += [bucket.limit, bucket.period, cost(bucket, tokens)]
        return arguments

    def raise_quota_error(self, requests: int, tokens: int) -> None:
        """Raise the error of a quota that is used up."""
        check_quota(self._charge, {"requests": requests, "tokens": tokens})

    def apply_state(self, state: Sequence[bytes | int], refused: bool) -> None:
        """Set the limits to their state before the request, and take its part; raise the 429 where it was `refused`."""
        now, running, *levels = state
        self._now, self._at = float(_text(now)), time.monotonic()
        if self._account is None:
            return
        self._account.running = int(running)
        for number, bucket in enumerate(self._account.buckets):
            level, at = levels[2 * number : 2 * number + 2]
            bucket.set_level(float(_text(level)), float(_text(at)))
        if refused:
            self._account.check(self._charge.model, self._charge.tokens, self._now)
        self._account.take(1, self._charge.tokens, self._now)

    def settle(self, tokens: int) -> None:
        """Note the actual usage. Tokens that were reserved beyond that are held until the end."""
        more, self._used = max(0, tokens - self._held), tokens
        self._held += more
        if (self._quota and tokens) or more:
            self._note(tokens, more)

    def headers(self) -> Mapping[str, str]:
        """Return the rate limit headers."""
        return {} if self._account is None else self._account.headers(self._clock())

    def end(self) -> None:
        """Give back unused tokens, and end the request's concurrency."""
        if self._slot or self._used != self._held:
            self._note(0, self._used - self._held, self._slot)

    def abandon(self, sent: bool) -> None:
        """Give back what may have been taken for a cancelled request; `sent` says that the command was sent."""
        if self._slot or sent:
            self.end()

    def _clock(self) -> float:
        """Return Redis' time, continued by this process's clock."""
        return self._now + time.monotonic() - self._at

    def _note(self, spent: int, more: int, slot: str = "") -> None:
        buckets = [] if self._account is None else self._account.buckets
        number, limit, period = 0, 1, 1.0
        for each, bucket in enumerate(buckets, 1):
            if bucket.unit == "tokens":
                number, limit, period = each, bucket.limit, bucket.period
                bucket.take(more, self._clock())
        if spent or slot or number:
            arguments = (self._epoch, MAX_IDLE_SECONDS, self._quota, spent, self._digest, slot)
            amount = more if number else 0
            self._link.post(SETTLE, (self._space,), *arguments, number, limit, period, amount, is_repeatable=bool(slot))


def _text(value: bytes | int) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
