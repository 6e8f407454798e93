"""A ledger in this process's memory: for one worker."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Collection

from completions.delivery.gates import LocalGates
from completions.script.pushed import Pushed
from completions.state.ledger import MAX_SEEN, Claim, ClaimResult, ScriptChanged
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
        self._reset_counts("")

    def _reset_counts(self, epoch: str) -> None:
        self._epoch = epoch
        self._uses: Counter[str] = Counter()
        self._repetitions: OrderedDict[str, int] = OrderedDict()
        self._throws = 0
        self._limiter = Limiter(time.monotonic)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was pushed, counted or stored, and no gate is in use."""
        counted = self._uses or self._repetitions or self._throws or not self._limiter.is_empty
        return not (counted or not self._pushed.is_empty or self.gates.are_in_use or self.records.has_documents)

    async def take(self, claim: Claim) -> ClaimResult:
        """Grant a claim; raise `ScriptChanged`, or the limits' `RequestError`, without counting anything."""
        with self._lock:
            if claim.version != self._pushed.version:
                raise ScriptChanged
            if claim.epoch != self._epoch:
                self._reset_counts(claim.epoch)
            if claim.charge is not None:
                claim.charge.grant = self._limiter.grant(claim.charge)
            index, uses, dice = self._choose_rule(claim)
            throw = self._throws if dice else 0
            self._throws += dice
            return ClaimResult(
                index,
                uses,
                throw,
                self._count_repetition(claim.repetition_key) if claim.repetition_key is not None else 0,
            )

    def _choose_rule(self, claim: Claim) -> tuple[int, int, bool]:
        for index, candidate in enumerate(claim.candidates):
            uses = self._uses[candidate.rule] if candidate.counted else 0
            if candidate.times is None or uses < candidate.times:
                if candidate.counted:
                    self._uses[candidate.rule] = uses + 1
                return index, uses, candidate.dice
        return len(claim.candidates), 0, claim.dice

    def _count_repetition(self, repetition_key: str) -> int:
        uses = self._repetitions.pop(repetition_key, 0)
        self._repetitions[repetition_key] = uses + 1
        if len(self._repetitions) > MAX_SEEN:
            self._repetitions.popitem(last=False)
        return uses

    async def read(self) -> Pushed:
        """Return what was pushed last."""
        return self._pushed

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Replace version `over`, and reset some rules' uses in `epoch`; return False if another write came first."""
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
        """Delete everything, and release all gates; return whether there was anything."""
        was_used = not self.is_empty
        with self._lock:
            self._pushed, self.records, self.prefixes = Pushed(), LocalRecords(), LocalPrefixes()
            self._reset_counts("")
        await self.gates.release_all()
        return was_used
