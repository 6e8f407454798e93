"""What a request takes from a namespace, all or nothing, and the ledger that counts it."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from completions.delivery.gates import Gates
from completions.script.pushed import Pushed
from completions.state.limits import Charge
from completions.state.prefixes import Prefixes
from completions.state.records import Records

MAX_SEEN = 4096
"""Requests whose repetitions are counted; beyond that, the least recent one is forgotten."""


class Want(NamedTuple):
    """A rule that would answer: after how many uses it retires, whether they count, and whether it throws dice."""

    rule: str
    times: int | None
    counted: bool
    dice: bool


class Claim(NamedTuple):
    """What a request would take: the first of these rules that has not retired, and a charge for its key.

    `dice` says whether dice are thrown if no rule answers. `seen` identifies the request, if its repetitions matter.
    `version` and `epoch` are the script's.
    """

    wants: tuple[Want, ...] = ()
    dice: bool = False
    charge: Charge | None = None
    seen: str | None = None
    version: int = 0
    epoch: str = ""

    @property
    def counts_nothing(self) -> bool:
        """Whether it changes no count, so that its result is known in advance."""
        charged = self.charge is not None and not (self.charge.limits is None and self.charge.quota is None)
        return not (charged or self.dice or self.seen is not None or any(w.counted or w.dice for w in self.wants))


class Taken(NamedTuple):
    """What a request got: the index of its rule in `wants` (past the end: none), and the counts before it.

    `throw` is 0 if no dice are thrown.
    """

    rule: int
    uses: int = 0
    throw: int = 0
    seen: int = 0


IDLE = Claim()
"""The claim of a request whose answer does not depend on earlier requests."""

FIRST = Taken(0)


class ScriptChanged(Exception):
    """The script has changed since the request was parsed: parse it again."""


class Ledger(Protocol):
    """Counts for one namespace, and what was pushed into it; each call may raise `StateUnavailable`."""

    @property
    def away(self) -> bool:
        """Whether the counts are unreachable at the moment."""

    @property
    def gates(self) -> Gates:
        """The gates at which answers wait."""

    @property
    def prefixes(self) -> Prefixes:
        """The prompt cache."""

    @property
    def records(self) -> Records:
        """The stored documents."""

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, without taking anything."""

    async def read(self) -> Pushed:
        """Return what was pushed last."""

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Replace version `over`, and forget some rules' uses in `epoch`; return False if another came first."""

    async def give_back(self, rule: str, epoch: str) -> None:
        """Give back one use of a rule, whose answer was not sent."""

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""

    async def remove(self) -> bool:
        """Delete everything, and release all gates; return whether there was anything."""
