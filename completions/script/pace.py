"""Step 3: how fast a rule's answers are sent and where they wait."""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal, cast

from completions.conversation import Prompt
from completions.event.scatter import Jitter, Length
from completions.faults import MAX_MS, MAX_NUMBER
from completions.outcome import HOLD_MS, Hold, Load
from completions.script.language import (
    APPLIES,
    DEFAULT_SPREAD,
    HOLD,
    JITTER,
    JITTERS,
    LOAD,
    MIN_TPS,
    NONE,
    PACING,
    RECORDED,
)
from completions.script.lengths import length
from completions.script.text.node import Node


@dataclass(frozen=True, slots=True)
class Pace:
    """The pacing of a script, in milliseconds; None leaves a value to the settings.

    `prefill_ms_per_1k` is the time that 1,000 tokens of the prompt add to the first token. The jitter's seed is
    combined with the request.
    """

    ttft_ms: float | None = None
    itl_ms: float | None = None
    jitter: Jitter | None = None
    prefill_ms_per_1k: float = 0.0
    whole: bool = False
    load: Load | None = None
    keep_alive_ms: float | None = None
    speed: float | None = None
    per_chunk: Length | None = None


MILLISECONDS = ("ttft_ms", "itl_ms", "prefill_ms_per_1k", "keep_alive_ms")

UNPACED = Pace()
"""The pacing of a script without any."""


def identity(prompt: Prompt) -> str:
    """Return what identifies a request, whether it is streamed or not."""
    body = {key: value for key, value in prompt.body.items() if key not in ("stream", "stream_options")}
    return hashlib.blake2s(repr(sorted(body.items(), key=lambda item: item[0])).encode()).hexdigest()


def pacing(node: Node, default: Pace) -> Pace:
    """Read a pacing; what it leaves out is the default's. `recorded` is the speed 1, and 0 is at once."""
    if node.value == RECORDED:
        return replace(default, speed=1.0)
    if node.value == 0 and not isinstance(node.value, bool):
        return replace(default, ttft_ms=0.0, itl_ms=0.0, prefill_ms_per_1k=0.0, jitter=None, speed=None)
    fields = node.keyed(PACING)
    if "tps" in fields and "itl_ms" in fields:
        raise fields["tps"].error("cannot be combined with `itl_ms`: both set the speed of tokens.")
    given = {key: milliseconds(fields[key]) for key in MILLISECONDS if key in fields}
    if "tps" in fields:
        given["itl_ms"] = 1000 / _rate(fields["tps"])
    return replace(
        default,
        **given,
        jitter=_jitter(fields["jitter"]) if "jitter" in fields else default.jitter,
        whole=fields["apply"].one_of(APPLIES) == "both" if "apply" in fields else default.whole,
        load=_load(fields["load"]) if "load" in fields else default.load,
        speed=_rate(fields["speed"]) if "speed" in fields else default.speed,
        per_chunk=length(fields["tokens_per_chunk"]) if "tokens_per_chunk" in fields else default.per_chunk,
    )


def _load(node: Node) -> Load | None:
    """Read a load; `none` removes the default's."""
    if node.value == NONE:
        return None
    if not isinstance(node.value, dict):
        raise node.wrong(f"a mapping, or {NONE}")
    fields = node.keyed(LOAD)
    if not fields:
        raise node.error(f"limits nothing; it must have one of: {', '.join(LOAD)}.")
    return Load(
        node.path,
        _rate(fields["tps"]) if "tps" in fields else None,
        fields["max_concurrent"].count(least=1) if "max_concurrent" in fields else None,
    )


def _jitter(node: Node) -> Jitter | None:
    """Read a jitter: the name of its kind, or a mapping; `none` removes the default's."""
    fields = node.keyed(JITTER) if isinstance(node.value, dict) else {"kind": node}
    spread = milliseconds(fields["spread"]) if "spread" in fields else None
    return jitter(fields["kind"].one_of(JITTERS), spread, fields["seed"].raw if "seed" in fields else None)


def jitter(kind: str, spread: float | None = None, seed: str | None = None) -> Jitter | None:
    """Return the jitter of a kind (`language.JITTERS`), with the default spread and seed if none are given."""
    if kind == NONE:
        return None
    spread = DEFAULT_SPREAD if spread is None else spread
    return Jitter(cast(Literal["uniform", "normal", "lognormal"], kind), spread, seed or "0")


def always(tokens: int) -> Length:
    """Return the size of chunks that all have so many tokens."""
    return Length(tokens)


def milliseconds(node: Node) -> float:
    """Read a time of at most a day."""
    if not 0 <= (value := node.number()) <= MAX_MS:
        raise node.wrong(f"a number from 0 to {MAX_MS}")
    return value


def _rate(node: Node) -> float:
    if not MIN_TPS <= (value := node.number()) <= MAX_NUMBER:
        raise node.wrong(f"a number from {MIN_TPS}")
    return value


def hold(node: Node) -> Hold:
    """Read a hold: the gate's name, or a mapping."""
    if not isinstance(node.value, dict):
        return Hold(node.name)
    fields = node.keyed(HOLD)
    return Hold(
        gate=fields["gate"].name,
        after_tokens=fields["after_tokens"].count() if "after_tokens" in fields else None,
        timeout_ms=milliseconds(fields["timeout_ms"]) if "timeout_ms" in fields else HOLD_MS,
    )
