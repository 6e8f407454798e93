"""Step 3: scenarios, named stages that all answers go through, on a clock or by the number of requests."""

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from completions.outcome import Fault
from completions.script.faults import Chaos, chaos, combined
from completions.script.language import MAX_SPEED, MIN_SPEED, SCENARIO, STAGE, STARTED
from completions.script.pace import UNPACED, Pace, pacing
from completions.script.reply.errors import Failure, failure
from completions.script.text.node import Node
from completions.script.text.reading import read

UNNAMED = "stages"
"""The name of stages that were started without one."""

BUILTIN = Path(__file__).parent / "builtin" / "scenarios" / "scenarios.yaml"


@dataclass(frozen=True, slots=True)
class Stage:
    """Changes to answers for some seconds, or some requests; without either, until the end."""

    name: str
    seconds: float | None = None
    requests: int | None = None
    pacing: Pace = UNPACED
    error: Failure | None = None
    faults: tuple[Fault, ...] = ()
    chaos: Chaos | None = None

    def paced(self, pace: Pace) -> Pace:
        """Return a rule's pacing with the stage's changes."""
        names = Pace.__dataclass_fields__
        changes = {name: setting for name in names if (setting := getattr(self.pacing, name)) != getattr(UNPACED, name)}
        return replace(pace, **changes)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Stages in order; with `repeat`, the first follows the last."""

    stages: tuple[Stage, ...]
    repeat: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether its stages end after a number of requests."""
        return self.stages[0].requests is not None

    def at(self, seconds: float) -> int:
        """Return the index of the stage at a time in seconds after the start, for a scenario on a clock."""
        spans = [stage.seconds or 0.0 for stage in self.stages]
        if self.repeat:
            seconds %= sum(spans)
        for index, stage in enumerate(self.stages):
            if stage.seconds is None or seconds < stage.seconds:
                return index
            seconds -= stage.seconds
        return len(self.stages) - 1


@dataclass(frozen=True, slots=True)
class Running:
    """A scenario that was started at a time in seconds since the epoch, on a clock that runs `speed` times as fast.

    `run` distinguishes it from other runs of the same scenario.
    """

    name: str
    scenario: Scenario
    started: float = field(default_factory=time.time)
    speed: float = 1.0
    run: str = ""

    @property
    def seconds(self) -> float:
        """How long it has run, by its own clock."""
        return max(time.time() - self.started, 0.0) * self.speed

    def counter(self, stage: Stage) -> str:
        """Return the name under which the requests of a stage are counted."""
        return f"{self.run}/{stage.name}"

    @property
    def counters(self) -> list[str]:
        """The names under which the requests of its stages are counted."""
        return list(map(self.counter, self.scenario.stages))

    def reached(self, uses: Mapping[str, int]) -> int:
        """Return the index of the next request's stage, by the counts of earlier requests."""
        if not self.scenario.is_counted:
            return self.scenario.at(self.seconds)
        for index, stage in enumerate(self.scenario.stages):
            if stage.requests is None or uses.get(self.counter(stage), 0) < stage.requests:
                return index
        return len(self.scenario.stages) - 1


Scenarios = Mapping[str, Scenario]


def scenarios(node: Node) -> dict[str, Scenario]:
    """Read scenarios by their names."""
    return {name: scenario(child) for name, child in node.entries().items()}


def scenario(node: Node) -> Scenario:
    """Read a scenario: its stages, or a mapping."""
    return _with_stages(node.keyed(SCENARIO) if isinstance(node.value, dict) else {"stages": node})


def _with_stages(fields: Mapping[str, Node]) -> Scenario:
    stages = tuple(_stage(item) for item in fields["stages"].items("stage"))
    repeat = fields["repeat"].as_(bool) if "repeat" in fields else False
    _check(fields["stages"], stages, repeat)
    return Scenario(stages, repeat)


def _check(node: Node, stages: tuple[Stage, ...], repeat: bool) -> None:
    """Refuse stages that are never reached, or whose start is not determined."""
    items = node.items()
    names: set[str] = set()
    by_clock = stages[0].seconds is not None
    for at, (item, stage) in enumerate(zip(items, stages, strict=True)):
        is_last = at == len(stages) - 1
        if stage.name in names:
            raise item.error(f"has the same name as another stage, '{stage.name}'.")
        names.add(stage.name)
        if stage.seconds is stage.requests is None and not (is_last and not repeat):
            raise item.error("must have `seconds` or `requests`: another stage follows.")
        if is_last and not repeat and (stage.seconds, stage.requests) != (None, None):
            raise item.error("cannot have `seconds` or `requests`: it is the last one, which does not end.")
        if repeat and stage.requests is not None:
            raise item.error("cannot have `requests` in a scenario that repeats, which goes by the clock.")
        if (stage.requests is not None and by_clock) or (stage.seconds is not None and not by_clock):
            raise item.error("must use the same key as the first stage, `seconds` or `requests`.")


def _stage(node: Node) -> Stage:
    fields = node.keyed(STAGE)
    if {"seconds", "requests"} <= fields.keys():
        raise node.error("must have `seconds` or `requests`, not both.")
    if {"error", "pacing"} <= fields.keys() and "fault" not in fields:  # one may end a stream with the error
        fields["pacing"].doubt(
            "has no effect with `error`: errors are sent at once; the fault `slow_headers` delays them."
        )
    return Stage(
        name=fields["name"].raw,
        seconds=_seconds(fields["seconds"]) if "seconds" in fields else None,
        requests=fields["requests"].count(least=1) if "requests" in fields else None,
        pacing=pacing(fields["pacing"], UNPACED) if "pacing" in fields else UNPACED,
        error=failure(fields["error"]) if "error" in fields else None,
        faults=combined(fields["fault"]) if "fault" in fields else (),
        chaos=chaos(fields["chaos"]) if "chaos" in fields else None,
    )


def _seconds(node: Node) -> float:
    if not 0 < (value := node.number()) <= 10**9:
        raise node.wrong("a number above 0")
    return value


def started(node: Node, known: Scenarios) -> Running:
    """Read a scenario to start: its name, its stages, or a mapping with either."""
    if isinstance(node.value, list):
        return Running(UNNAMED, scenario(node))
    if not isinstance(node.value, dict):
        name = node.one_of(known)
        return Running(name, known[name])
    fields = node.keyed(STARTED)
    if ("name" in fields) == ("stages" in fields):
        raise node.error("must have either the `name` of a scenario or `stages`.")
    speed = fields["speed"].number() if "speed" in fields else 1.0
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise fields["speed"].wrong(f"a number from {MIN_SPEED} to {MAX_SPEED}")
    if "stages" not in fields and "repeat" in fields:
        raise fields["repeat"].error("is only for `stages`.")
    name = UNNAMED if "stages" in fields else fields["name"].one_of(known)
    chosen = _with_stages(fields) if "stages" in fields else known[name]
    if "speed" in fields and chosen.is_counted:
        raise fields["speed"].error("has no effect: the stages of this scenario go by requests.")
    return Running(name, chosen, speed=speed)


@functools.cache
def builtin() -> dict[str, Scenario]:
    """Return the scenarios that every script has."""
    return scenarios(read(BUILTIN, "scenarios"))
