"""What a request comes to: the neutral result of step 3, and how it is to be delivered."""

from collections.abc import Callable, Mapping
from typing import Literal

from completions.conversation import Reply, value
from completions.exceptions import RequestError


@value
class Jitter:
    """How the times of a stream scatter around their means; the same seed gives the same times.

    `spread` is relative to the mean: the half width of `uniform`, the standard deviation of the others.
    """

    kind: Literal["uniform", "normal", "lognormal"]
    spread: float
    seed: str


@value
class Load:
    """What all answers that have it share: tokens a second, and how many there may be at a time; None is no end.

    `place` is where the script says it, which tells it from another of the same size.
    """

    place: str
    tps: float | None = None
    max_concurrent: int | None = None


@value
class Pacing:
    """How fast a stream goes, in milliseconds: time to first token, then inter-token latency; 0 is at once.

    With `whole` an answer that is not streamed takes as long as its stream would. `load` slows it by the others. In a
    silence of `keep_alive_ms` a stream gives a sign of life; None is as the format does by itself, 0 is never.
    """

    ttft_ms: float = 0.0
    itl_ms: float = 0.0
    jitter: Jitter | None = None
    whole: bool = False
    load: Load | None = None
    keep_alive_ms: float | None = None


HOLD_MS = 30_000.0
"""How long an answer waits at a gate that nobody releases, where the script does not say."""


@value
class Hold:
    """The gate at which an answer waits, for `timeout_ms` at most; with `after_tokens` only a stream does, midway."""

    gate: str
    after_tokens: int | None = None
    timeout_ms: float = HOLD_MS


@value
class NearMiss:
    """A rule that did not match: the condition that failed, and the value that it saw."""

    rule: str
    why: str


@value
class Fault:
    """A fault of the closed list (`completions/faults.py`) and its parameters by name, which has their unit."""

    name: str
    parameters: Mapping[str, float]


@value
class Ineffective:
    """Something that was asked for and has no effect on this answer, as a fault of streams on what is none; and why."""

    what: str
    why: str


@value
class Outcome:
    """The answer to a request: the reply or the error, the rule that gave it (None: none matched), its pacing.

    With `faults` it is delivered wrongly, by each of them in order; where one ends a stream with an error, there are
    both: the reply is what comes before the error. `unmatched` says that a rule should have matched and none did; then
    `near_misses` has the nearest ones, nearest first. `headers` tell what is left of the limits; `on_end` is
    called once the answer has gone out. `ineffective` is what was asked for and has no effect.
    """

    rule: str | None
    reply: Reply | None
    error: RequestError | None
    pacing: Pacing
    hold: Hold | None = None
    near_misses: tuple[NearMiss, ...] = ()
    faults: tuple[Fault, ...] = ()
    unmatched: bool = False
    headers: Mapping[str, str] | None = None
    on_end: Callable[[], None] | None = None
    ineffective: tuple[Ineffective, ...] = ()
