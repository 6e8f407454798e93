"""The claim of a request on a namespace's counts, which is granted whole or not at all, and the ledger's interface."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from completions.delivery.gates import Gates
from completions.script.pushed import Pushed
from completions.state.limits import Charge
from completions.state.prefixes import Prefixes
from completions.state.records import Records

MAX_SEEN = 4096
"""Requests whose repetitions are counted; beyond that, the least recent one is forgotten."""


class Candidate(NamedTuple):
    """A rule that may answer: the uses after which it retires, whether they are counted, and whether it throws dice."""

    rule: str
    times: int | None
    counted: bool
    dice: bool


class Claim(NamedTuple):
    """The claim of a request: the first of the `candidates` that has not retired, and a charge for its key.

    `dice` says whether dice are thrown if no rule answers. `repetition_key` identifies the request if repetitions are
    counted. `version` and `epoch` are the script's.
    """

    candidates: tuple[Candidate, ...] = ()
    dice: bool = False
    charge: Charge | None = None
    repetition_key: str | None = None
    version: int = 0
    epoch: str = ""

    @property
    def is_countless(self) -> bool:
        """Whether it changes no count, so that its result is known in advance."""
        charged = self.charge is not None and not (self.charge.limits is None and self.charge.quota is None)
        return not (
            charged or self.dice or self.repetition_key is not None or any(w.counted or w.dice for w in self.candidates)
        )


class ClaimResult(NamedTuple):
    """The result of a claim: the index of its rule in `candidates` (past the end: none), and the counts before it.

    `throw` is 0 if no dice are thrown. `seen` counts earlier requests with the same `repetition_key`.
    """

    rule: int
    uses: int = 0
    throw: int = 0
    seen: int = 0


EMPTY_CLAIM = Claim()
"""The claim of a request whose answer does not depend on earlier requests."""

FIRST_RULE = ClaimResult(0)


class ScriptChanged(Exception):
    """The script has changed since the request was parsed: parse it again."""


class Ledger(Protocol):
    """The counts of one namespace, and the rules pushed into it; each call may raise `StateUnavailable`."""

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

    async def take(self, claim: Claim) -> ClaimResult:
        """Grant a claim; raise `ScriptChanged`, or the limits' `RequestError`, without counting anything."""

    async def read(self) -> Pushed:
        """Return the state that was pushed last."""

    async def write(self, pushed: Pushed, over: int, forget: Collection[str], epoch: str) -> bool:
        """Replace version `over`, and reset some rules' uses in `epoch`; return False if another write came first."""

    async def give_back(self, rule: str, epoch: str) -> None:
        """Give back one use of a rule, whose answer was not sent."""

    async def uses(self, epoch: str) -> dict[str, int]:
        """Return how often each counted rule has answered."""

    async def remove(self) -> bool:
        """Delete everything, and release all gates; return whether there was anything."""
