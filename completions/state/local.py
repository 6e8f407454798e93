"""A ledger in this process's memory: for one worker."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Collection

from completions.delivery.gates import LocalGates
from completions.script.pushed import Pushed
from completions.state.ledger import MAX_SEEN, Claim, ScriptChanged, Taken
from completions.state.limits import Limiter
from completions.state.prefixes import LocalPrefixes
from completions.state.records import LocalRecords


class MemoryLedger:
    """Counts for one namespace, in this process alone."""

    away = False

    def __init__(self) -> None:
        self.gates = LocalGates()
        self.records = LocalRecords()
        self.prefixes = LocalPrefixes()
        self._pushed = Pushed()
        self._lock = threading.Lock()
        self._begin("")

    def _begin(self, epoch: str) -> None:
        self._epoch = epoch
        self._uses: Counter[str] = Counter()
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._throws = 0
        self._limiter = Limiter(time.monotonic)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was pushed, counted or kept, and nothing is at a gate."""
        counted = self._uses or self._seen or self._throws or not self._limiter.is_empty
        return not (counted or not self._pushed.is_empty or self.gates.are_used or self.records.are_kept)

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, and then take nothing."""
        with self._lock:
            if claim.version != self._pushed.version:
                raise ScriptChanged
            if claim.epoch != self._epoch:
                self._begin(claim.epoch)
            if claim.charge is not None:
                claim.charge.grant = self._limiter.grant(claim.charge)
            index, uses, dice = self._rule(claim)
            throw = self._throws if dice else 0
            self._throws += dice
            return Taken(index, uses, throw, self._again(claim.seen) if claim.seen is not None else 0)

    def _rule(self, claim: Claim) -> tuple[int, int, bool]:
        for index, want in enumerate(claim.wants):
            before = self._uses[want.rule] if want.counted else 0
            if want.times is None or before < want.times:
                if want.counted:
                    self._uses[want.rule] = before + 1
                return index, before, want.dice
        return len(claim.wants), 0, claim.dice

    def _again(self, seen: str) -> int:
        before = self._seen.pop(seen, 0)
        self._seen[seen] = before + 1
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return before

    async def read(self) -> Pushed:
        """Return what was pushed last."""
        return self._pushed

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Push in place of version `over`, and forget some rules' uses in `epoch`; False where another came first."""
        with self._lock:
            if self._pushed.version != over:
                return False
            self._pushed = pushed
            for rule in forget if epoch == self._epoch else ():
                self._uses.pop(rule, None)
            return True

    async def give_back(self, rule: str, epoch: str) -> None:
        """Give back one use of a rule, whose answer was not sent."""
        with self._lock:
            if epoch == self._epoch and rule in self._uses:
                self._uses[rule] -= 1
                self._uses = +self._uses  # without zeros: an empty namespace is not kept

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""
        return dict(self._uses) if epoch == self._epoch else {}

    async def remove(self) -> bool:
        """Forget everything, and let go what waits at the gates; return whether there was something."""
        there = not self.is_empty
        with self._lock:
            self._pushed, self.records, self.prefixes = Pushed(), LocalRecords(), LocalPrefixes()
            self._begin("")
        await self.gates.release_all()
        return there
