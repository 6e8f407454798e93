"""Doubts about a script that loads, but cannot mean what it says."""

from dataclasses import dataclass

from completions.script.matchers import All
from completions.script.rules import Rule, Script


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about the rule in a line."""

    line: int
    message: str


def doubts(script: Script) -> list[Doubt]:
    """Return the rules that can never answer, because an earlier one takes all that they would."""
    found = []
    for index, rule in enumerate(script.rules):
        for earlier in script.rules[:index]:
            if why := _takes_all_of(earlier, rule):
                message = f"the rule '{rule.name}' never answers: '{earlier.name}' in line {earlier.line} {why}."
                found.append(Doubt(rule.line, message))
                break
    return found


def _takes_all_of(earlier: Rule, rule: Rule) -> str | None:
    if earlier.times is not None:
        return None
    if earlier.match is None or earlier.match == All(()):
        return "takes every request"
    return "has the same condition" if earlier.match == rule.match else None
