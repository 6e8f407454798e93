"""What a request takes of a namespace, all at once or not at all, and who keeps the count: a ledger."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from completions.delivery.gates import Gates
from completions.script.pushed import Pushed
from completions.state.limits import Charge
from completions.state.prefixes import Prefixes
from completions.state.records import Records

MAX_SEEN = 4096
"""Requests that are told apart by how often they came; beyond that, the one that came longest ago is forgotten."""


class Want(NamedTuple):
    """A rule that would answer: after how many uses it retires, whether they count, and whether it throws dice."""

    rule: str
    times: int | None
    counted: bool
    dice: bool


class Claim(NamedTuple):
    """What a request would take: the first of these rules that has not retired, and what its key is charged.

    `dice` says whether dice are thrown where none of the rules answers. `seen` is what tells the request from others,
    where it matters how often it came. `version` and `epoch` are those of the script that was asked.
    """

    wants: tuple[Want, ...] = ()
    dice: bool = False
    charge: Charge | None = None
    seen: str | None = None
    version: int = 0
    epoch: str = ""

    @property
    def counts_nothing(self) -> bool:
        """Whether no count changes with it, so that what it gets is known beforehand."""
        charged = self.charge is not None and not (self.charge.limits is None and self.charge.quota is None)
        return not (charged or self.dice or self.seen is not None or any(w.counted or w.dice for w in self.wants))


class Taken(NamedTuple):
    """What a request got: which of its wants (past the last: none of them), and the counts before it.

    `throw` is 0 where no dice are thrown.
    """

    rule: int
    uses: int = 0
    throw: int = 0
    seen: int = 0


IDLE = Claim()
"""The claim of a request whose answer does not depend on any that came before."""

FIRST = Taken(0)


class ScriptChanged(Exception):
    """The script has changed since the request was read by it: read it again."""


class Ledger(Protocol):
    """Keeps one namespace's counts, and what was pushed into it; each call may raise `StateUnavailable`."""

    @property
    def away(self) -> bool:
        """Whether the counts cannot be reached just now."""

    @property
    def gates(self) -> Gates:
        """The gates at which answers wait."""

    @property
    def prefixes(self) -> Prefixes:
        """What the prompt cache remembers."""

    @property
    def records(self) -> Records:
        """What answers were kept."""

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, and then take nothing."""

    async def read(self) -> Pushed:
        """Return what was pushed last."""

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Push in place of version `over`, and forget some rules' uses in `epoch`; False where another came first."""

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""

    async def remove(self) -> bool:
        """Forget everything, and let go what waits at the gates; return whether there was something."""
