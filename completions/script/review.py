"""Doubts about a script that loads, but cannot mean what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

from completions.conversation import Choice
from completions.script.matchers import All
from completions.script.replies import Fixed, Written, WrittenChoice
from completions.script.rules import Rule, Script


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about the rule in a line."""

    line: int
    message: str


def doubts(script: Script) -> list[Doubt]:
    """Return the rules that can never answer, as an earlier one takes all of theirs, or nothing asks for theirs."""
    found = []
    for index, rule in enumerate(script.rules):
        if what := _unheard(rule):
            asked = f"only a rule whose match names `format` is asked for {what}"
            found.append(Doubt(rule.line, f"the rule '{rule.name}' never gives its answer: {asked}."))
        for earlier in script.rules[:index]:
            if why := _takes_all_of(earlier, rule):
                message = f"the rule '{rule.name}' never answers: '{earlier.name}' in line {earlier.line} {why}."
                found.append(Doubt(rule.line, message))
                break
    return found


def _unheard(rule: Rule) -> str | None:
    """Return what a rule answers that is asked of no rule like it."""
    if _names_format(rule):
        return None
    for answer in rule.answers:
        match answer:
            case Fixed():
                choices: Sequence[Choice | WrittenChoice] = answer.reply.choices
            case Written():
                choices = answer.choices
            case _:
                continue
        if any(choice.embedding for choice in choices):
            return "an embedding"
        if any(choice.moderation for choice in choices):
            return "a moderation"
    return None


def _names_format(rule: Rule) -> bool:
    return rule.match is not None and rule.match.names("format")


def _takes_all_of(earlier: Rule, rule: Rule) -> str | None:
    if earlier.times is not None:
        return None
    if earlier.match is None or earlier.match == All(()):
        # what is not generated passes by a rule that names no format, so one that does may still be asked
        return None if _names_format(rule) else "takes every request"
    return "has the same condition" if earlier.match == rule.match else None
