"""A ledger in Redis: for any number of workers."""

import json
from asyncio import CancelledError
from collections.abc import Collection
from dataclasses import asdict
from secrets import token_hex

from completions.exceptions import StateUnavailable
from completions.script.pushed import Pushed
from completions.state.ledger import MAX_SEEN, Claim, ScriptChanged, Taken
from completions.state.shared.gates import RedisGates
from completions.state.shared.grant import RedisGrant
from completions.state.shared.link import Link, Value
from completions.state.shared.prefixes import RedisPrefixes
from completions.state.shared.records import RedisRecords
from completions.state.shared.scripts import GIVE, KEPT, NAMES, REMOVE, TAKE, USES, WORKERS, WRITE, space_key
from completions.state.shared.waiting import Waiting
from completions.state.shared.worker import Worker

MOVED, QUOTA, LIMITED = -1, -2, -3
"""What the script that takes returns in place of a rule."""


class RedisLedger:
    """Counts for one namespace, which all workers see.

    While Redis is away, what needs no count is answered by what this worker last knew, if it knew something.
    """

    def __init__(self, name: str, link: Link, worker: Worker, waiting: Waiting) -> None:
        self._name, self._key = name, space_key(name)
        self._link, self._worker = link, worker
        self.gates = RedisGates(self._key, link, waiting)
        self.records = RedisRecords(self._key, link)
        self.prefixes = RedisPrefixes(self._key, link)
        self._last: Pushed | None = None

    @property
    def away(self) -> bool:
        """Whether the counts cannot be reached just now."""
        return self._link.away

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, and then take nothing."""
        charge = claim.charge
        grant = None
        if charge is not None and not (charge.limits is None and charge.quota is None):
            grant = RedisGrant(self._link, self._key, charge, self._worker, claim.epoch)
        try:
            index, *rest = await self._link.run(TAKE, (self._key, NAMES, WORKERS), *self._arguments(claim, grant))
        except (StateUnavailable, CancelledError) as exc:
            if grant is not None:
                grant.abandon(sent=isinstance(exc, CancelledError))  # the client left: its command is on its way
            if isinstance(exc, CancelledError) or self._last is None or not claim.counts_nothing:
                raise
            return Taken(0)  # the first rule that matched, or none
        if index == MOVED:
            raise ScriptChanged
        if self._last is None:
            self._last = Pushed()  # it has not moved from there
        if charge is not None and grant is not None:
            if index == QUOTA:
                grant.refuse(*rest)
            grant.stand(rest if index == LIMITED else rest[3:], index == LIMITED)
            charge.grant = grant
        return Taken(index, *rest[:3])

    def _arguments(self, claim: Claim, grant: RedisGrant | None) -> list[Value]:
        told: list[Value] = [claim.version, claim.epoch, KEPT, self._name]
        told += ["0"] if grant is None else ["1", *grant.arguments()]
        told += [int(claim.dice), claim.seen or "", MAX_SEEN, len(claim.wants)]
        for want in claim.wants:
            told += [want.rule, -1 if want.times is None else want.times, int(want.counted), int(want.dice)]
        return told

    async def read(self) -> Pushed:
        """Return what was pushed last; while Redis is away, as far as this worker knows."""
        try:
            version, pushed = await self._link.get(self._key, "version", "pushed")
        except StateUnavailable:
            if self._last is None:
                raise
            return self._last
        if version is None or pushed is None:
            self._last = Pushed()
        elif self._last is None or self._last.version != int(version):  # what has not changed is not read again
            self._last = _read(pushed)
        return self._last

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Push in place of version `over`, and forget some rules' uses in `epoch`; False where another came first."""
        told = (KEPT, self._name, over, pushed.version, json.dumps(asdict(pushed)), epoch)
        if not await self._link.run(WRITE, (self._key, NAMES), *told, *forget):
            return False
        self._last = pushed
        return True

    async def give_back(self, rule: str, epoch: str) -> None:
        """Give back one use of a rule, whose answer was not sent."""
        await self._link.run(GIVE, (self._key,), epoch, rule)

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""
        found = iter(await self._link.run(USES, (self._key,), epoch))
        return {rule.decode("utf-8", "surrogatepass"): int(count) for rule, count in zip(found, found, strict=True)}

    async def remove(self) -> bool:
        """Forget everything, and let go what waits at the gates; return whether there was something."""
        there = await self._link.run(REMOVE, (self._key, NAMES), KEPT, self._name, token_hex(6))
        await self.gates.release_all()
        self._last = Pushed()
        return bool(there)


def _read(text: bytes) -> Pushed:
    document = json.loads(text)
    return Pushed(**document | {"before": tuple(document["before"]), "after": tuple(document["after"])})
