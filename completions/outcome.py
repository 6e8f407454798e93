"""What a request comes to: the neutral result of step 3, and how it is to be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass

from completions.conversation import Reply
from completions.exceptions import RequestError


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a stream goes, in milliseconds: time to first token, then inter-token latency; 0 is at once."""

    ttft_ms: float = 0.0
    itl_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that did not match: the condition that failed, and the value that it saw."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the closed list (`completions/faults.py`) and its parameters by name, which has their unit."""

    name: str
    parameters: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request: either the reply or the error, the rule that gave it (None: none matched), its pacing.

    With a fault it is delivered wrongly. Where no rule matched, `near_misses` has the nearest ones, nearest first.
    """

    rule: str | None
    reply: Reply | None
    error: RequestError | None
    pacing: Pacing
    near_misses: tuple[NearMiss, ...] = ()
    fault: Fault | None = None
