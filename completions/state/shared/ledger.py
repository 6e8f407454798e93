"""A ledger in Redis: for any number of workers."""

import json
from asyncio import CancelledError
from collections.abc import Collection
from dataclasses import asdict
from secrets import token_hex

from completions.exceptions import StateUnavailable
from completions.script.pushed import Pushed
from completions.state.ledger import MAX_SEEN, Claim, ClaimResult, ScriptChanged
from completions.state.shared.gates import RedisGates
from completions.state.shared.grant import RedisGrant
from completions.state.shared.link import Link, Value
from completions.state.shared.prefixes import RedisPrefixes
from completions.state.shared.records import RedisRecords
from completions.state.shared.scripts import (
    GIVE,
    MAX_IDLE_SECONDS,
    NAMES,
    REMOVE,
    TAKE,
    USES,
    WORKERS,
    WRITE,
    space_key,
)
from completions.state.shared.waiting import GateWaiters
from completions.state.shared.worker import Worker

SCRIPT_MOVED, OVER_QUOTA, OVER_LIMIT = -1, -2, -3
"""The values that the script TAKE returns in place of a rule's index."""


class RedisLedger:
    """The counts of one namespace, which all workers share.

    While Redis is unreachable, requests that need no count are answered by the state that this worker read last.
    """

    def __init__(self, name: str, link: Link, worker: Worker, waiting: GateWaiters) -> None:
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

    async def take(self, claim: Claim) -> ClaimResult:
        """Grant a claim; raise `ScriptChanged`, or the limits' `RequestError`, without counting anything."""
        charge = claim.charge
        grant = None
        if charge is not None and not (charge.limits is None and charge.quota is None):
            grant = RedisGrant(self._link, self._key, charge, self._worker, claim.epoch)
        try:
            index, *rest = await self._link.run(TAKE, (self._key, NAMES, WORKERS), *self._arguments(claim, grant))
        except (StateUnavailable, CancelledError) as exc:
            if grant is not None:
                grant.abandon(sent=isinstance(exc, CancelledError))  # the client left, and the command was sent
            if isinstance(exc, CancelledError) or self._last is None or not claim.is_countless:
                raise
            return ClaimResult(0)  # the first rule that matched, or none
        if index == SCRIPT_MOVED:
            raise ScriptChanged
        if self._last is None:
            self._last = Pushed()  # the script is still the first version
        if charge is not None and grant is not None:
            if index == OVER_QUOTA:
                grant.raise_quota_error(*rest)
            grant.apply_state(rest if index == OVER_LIMIT else rest[3:], index == OVER_LIMIT)
            charge.grant = grant
        return ClaimResult(index, *rest[:3])

    def _arguments(self, claim: Claim, grant: RedisGrant | None) -> list[Value]:
        arguments: list[Value] = [claim.version, claim.epoch, MAX_IDLE_SECONDS, self._name]
        arguments += ["0"] if grant is None else ["1", *grant.arguments()]
        arguments += [int(claim.dice), claim.repetition_key or "", MAX_SEEN, len(claim.candidates)]
        for candidate in claim.candidates:
            arguments += [
                candidate.rule,
                -1 if candidate.times is None else candidate.times,
                int(candidate.counted),
                int(candidate.dice),
            ]
        return arguments

    async def read(self) -> Pushed:
        """Return the state that was pushed last; while Redis is unreachable, the last that this worker read."""
        try:
            version, pushed = await self._link.get(self._key, "version", "pushed")
        except StateUnavailable:
            if self._last is None:
                raise
            return self._last
        if version is None or pushed is None:
            self._last = Pushed()
        elif self._last is None or self._last.version != int(version):  # an unchanged state is not parsed again
            self._last = _read(pushed)
        return self._last

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Replace version `over`, and reset some rules' uses in `epoch`; return False if another write came first."""
        arguments = (MAX_IDLE_SECONDS, self._name, over, pushed.version, json.dumps(asdict(pushed)), epoch)
        if not await self._link.run(WRITE, (self._key, NAMES), *arguments, *forget):
            return False
        self._last = pushed
        return True

    async def give_back(self, rule: str, epoch: str) -> None:
        """Give back one use of a rule, whose answer was not sent."""
        await self._link.run(GIVE, (self._key,), epoch, rule)

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""
        counts = iter(await self._link.run(USES, (self._key,), epoch))
        return {rule.decode("utf-8", "surrogatepass"): int(count) for rule, count in zip(counts, counts, strict=True)}

    async def remove(self) -> bool:
        """Delete everything, and release all gates; return whether there was anything."""
        had_content = await self._link.run(REMOVE, (self._key, NAMES), MAX_IDLE_SECONDS, self._name, token_hex(6))
        await self.gates.release_all()
        self._last = Pushed()
        return bool(had_content)


def _read(text: bytes) -> Pushed:
    document = json.loads(text)
    return Pushed(**document | {"before": tuple(document["before"]), "after": tuple(document["after"])})
