"""The leave to answer one request, by limits that Redis keeps count of."""

import time
from collections.abc import Mapping, Sequence

from completions.state.limits import Account, Charge, check_quota, cost
from completions.state.shared.link import Link, Value
from completions.state.shared.scripts import KEPT, SETTLE, digest
from completions.state.shared.worker import BELIEVED, Worker


class RedisGrant:
    """A request's charge on its way: what it asks of Redis, what came of it, and what it notes afterwards.

    It counts along with what Redis told, so that the headers need no further question, and nothing waits for a note.
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
        """Return what the script that takes has to know."""
        quota, account, tokens = self._charge.quota, self._account, self._charge.tokens
        requests = -1 if quota is None or quota.requests is None else quota.requests
        spendable = -1 if quota is None or quota.tokens is None else quota.tokens
        concurrent = -1 if account is None or account.concurrent is None else account.concurrent
        buckets = [] if account is None else account.buckets
        told: list[Value] = [self._quota, requests, spendable]
        told += [self._digest, concurrent, self._worker, self._slot, BELIEVED, len(buckets)]
        for bucket in buckets:
            told += [bucket.limit, bucket.period, cost(bucket, tokens)]
        return told

    def refuse(self, requests: int, tokens: int) -> None:
        """Raise the error of a quota that is used up."""
        check_quota(self._charge, {"requests": requests, "tokens": tokens})

    def stand(self, state: Sequence[bytes | int], refused: bool) -> None:
        """Read how the limits stood before, and take the request's part; raise their 429 where it was `refused`."""
        now, running, *levels = state
        self._now, self._at = float(_text(now)), time.monotonic()
        if self._account is None:
            return
        self._account.running = int(running)
        for number, bucket in enumerate(self._account.buckets):
            level, at = levels[2 * number : 2 * number + 2]
            bucket.stand(float(_text(level)), float(_text(at)))
        if refused:
            self._account.check(self._charge.model, self._charge.tokens, self._now)
        self._account.take(1, self._charge.tokens, self._now)

    def settle(self, tokens: int) -> None:
        """Note what was really used. What was asked beyond that is held until the end."""
        more, self._used = max(0, tokens - self._held), tokens
        self._held += more
        if (self._quota and tokens) or more:
            self._note(tokens, more)

    def headers(self) -> Mapping[str, str]:
        """Return the headers on what is left."""
        return {} if self._account is None else self._account.headers(self._clock())

    def end(self) -> None:
        """Give back what was held too much, and make way for the next."""
        if self._slot or self._used != self._held:
            self._note(0, self._used - self._held, self._slot)

    def abandon(self, sent: bool) -> None:
        """Give back what may have been taken, for nobody waits for it any more; `sent` says that it was for sure."""
        if self._slot or sent:
            self.end()

    def _clock(self) -> float:
        """Return Redis' time, as this process's clock goes on from it."""
        return self._now + time.monotonic() - self._at

    def _note(self, spent: int, more: int, slot: str = "") -> None:
        buckets = [] if self._account is None else self._account.buckets
        number, limit, period = 0, 1, 1.0
        for each, bucket in enumerate(buckets, 1):
            if bucket.unit == "tokens":
                number, limit, period = each, bucket.limit, bucket.period
                bucket.take(more, self._clock())
        if spent or slot or number:
            told = (self._epoch, KEPT, self._quota, spent, self._digest, slot)
            amount = more if number else 0
            self._link.post(SETTLE, (self._space,), *told, number, limit, period, amount, again=bool(slot))


def _text(value: bytes | int) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
