"""Turn the arguments of a test's calls into a rule of a script."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions import conversation
from completions.conversation import Prompt

Answer = str | Mapping[str, Any] | conversation.Reply | conversation.Choice | Callable[[Prompt], object]
"""A text as it stands; a reply (or `{"error": …}`) in the language of scripts, or as objects; a callable, async or not,
that returns one of these."""

Reply = Answer | Sequence[Answer]
"""An answer; or answers in order, the last of which sticks."""

When = str | Mapping[str, Any] | None


def rule(given: Mapping[str, Any], *, when: When, times: int | None, name: str | None, **more: Any) -> dict[str, Any]:
    """Return a rule without what is None."""
    fields = {"name": name, "match": match(when), "times": times, **more}
    return {key: value for key, value in fields.items() if value is not None} | dict(given)


def error(status: int | str | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return an `error:` with a status, or with an error's name in its place; one of the two may be among the facts.

    Raise TypeError for a status that is a text.
    """
    if isinstance(status, str) and status.isdecimal():
        raise TypeError(f"error() takes a status as a number: error({status}).")
    named = {} if status is None else {"code" if isinstance(status, str) else "status": status}
    return {"error": {**named, **facts}}


def fault(given: str | Mapping[str, Any] | Sequence[Any], parameters: Mapping[str, float]) -> object:
    """Return a `fault:`; raise TypeError for parameters beside one that has its own, or within its name."""
    if isinstance(given, str) and ";" in given:
        name = given.partition(";")[0].strip()
        raise TypeError(f"fault() takes a fault's parameters by name: fault({name!r}, after_tokens=3).")
    if isinstance(given, str):
        return {given: parameters}
    if parameters:
        raise TypeError("In a list, each fault has its own parameters: [{'stall': {'ms': 50}}, 'crlf'].")
    return given if isinstance(given, Mapping) else [*given]


def match(when: When) -> Mapping[str, Any] | None:
    """Return a `match:`; a text means that the last user message contains it."""
    if isinstance(when, str):
        return {"last_user": {"contains": when}}
    return when


def scenario(
    name: str | None, stages: Sequence[Mapping[str, Any]] | None, *, repeat: bool, speed: float
) -> dict[str, Any] | None:
    """Return what starts a scenario, None where one is stopped; raise TypeError for what would have no effect."""
    if name is not None and stages is not None:
        raise TypeError("scenario() takes `name` or `stages`, not both.")
    if repeat and stages is None:
        raise TypeError("scenario(): `repeat` is for `stages`; whether a named scenario repeats is part of it.")
    if name is None and stages is None:
        if speed != 1.0:
            raise TypeError("scenario(): `speed` needs a scenario, from `name` or `stages`.")
        return None
    named = {"name": name} if stages is None else {"stages": [*stages], "repeat": repeat}
    return named if speed == 1.0 else {**named, "speed": speed}
