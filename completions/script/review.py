"""Doubts about a script that loads, but cannot mean what it says."""

from collections.abc import Iterator, Mapping, Sequence

from completions.conversation import Choice
from completions.faults import ERRORS_IN_STREAM, FAULTS, Stage
from completions.script.match.contradictions import contradiction
from completions.script.match.matchers import All, Condition, fits_one_of
from completions.script.pace import Pace
from completions.script.reply.errors import Failure
from completions.script.reply.events import WordByWord
from completions.script.reply.passing import PassOn
from completions.script.reply.recording import Play
from completions.script.reply.replies import Fixed, Written, WrittenChoice
from completions.script.rules import Rule, Script
from completions.script.text.node import Doubt


def doubts(script: Script) -> list[Doubt]:
    """Return what was doubted while it was read, and the rules that can never answer.

    An earlier rule takes all of theirs, or nothing asks for theirs.
    """
    earlier = _Earlier()
    found = [Doubt(rule.line, message) for rule in script.rules for message in _of_rule(rule, script, earlier)]
    return sorted([*script.doubts, *found], key=lambda doubt: doubt.line)


def doubts_of_rules(script: Script, lines: Mapping[str, int]) -> list[Doubt]:
    """Return what is doubtful of some rules of a script where they stand, by their names and their lines."""
    earlier = _Earlier()
    found: list[Doubt] = []
    for rule in script.rules:
        if rule.name in lines:
            found += [Doubt(lines[rule.name], message) for message in _of_rule(rule, script, earlier)]
        else:
            earlier.note(rule)
    return found


def _of_rule(rule: Rule, script: Script, earlier: "_Earlier") -> Iterator[str]:
    """Yield what is doubtful of the next rule of a script."""
    if what := _never_asked(rule):
        asked = f"only a rule whose match names `format` is asked for {what}"
        yield f"the rule '{rule.name}' never gives its answer: {asked}."
    if (asked_of := _unlisted(rule, script)) is not None:
        yield f"the rule '{rule.name}' never answers: {asked_of}, and `models` lists none such."
    if rule.match is not None and (both := contradiction(rule.match)) is not None:
        yield f"the rule '{rule.name}' never answers: no request fulfils {both}."
    if (struck := _without_effect(rule, script.pacing)) is not None:
        yield f"the rule '{rule.name}' {struck}."
    if rule.times is not None and rule.times < len(rule.answers):
        unused = f"answers {rule.times} times, and so gives only as many of its {len(rule.answers)} answers"
        yield f"the rule '{rule.name}' {unused}."
    if (taken := earlier.takes(rule)) is not None:
        first, why = taken
        place = f" in line {first.line}" if first.line else ", which is tried before it,"
        yield f"the rule '{rule.name}' never answers: '{first.name}'{place} {why}."
    earlier.note(rule)


def takes_all(rule: Rule) -> bool:
    """Tell whether a rule takes every request for an answer that is generated, for ever."""
    return rule.times is None and (rule.match is None or rule.match == All(()))


class _Earlier:
    """The rules so far that never retire: the first that takes every request, and the others by their condition."""

    def __init__(self) -> None:
        self._all: Rule | None = None
        self._alike: dict[str, list[Rule]] = {}

    def note(self, rule: Rule) -> None:
        """Add the next rule."""
        if rule.times is not None:
            return
        if takes_all(rule):
            self._all = self._all or rule
        elif rule.match is not None:
            self._alike.setdefault(rule.match.claim(), []).append(rule)

    def takes(self, rule: Rule) -> tuple[Rule, str] | None:
        """Return the rule that takes all of another one's requests, and why."""
        # what is not generated passes by a rule that names no format, so one that does may still be asked
        if self._all is not None and not _names_format(rule):
            return self._all, "takes every request"
        if rule.match is None:
            return None
        alike = self._alike.get(rule.match.claim(), ())
        same = next((each for each in alike if each.match == rule.match), None)
        return None if same is None else (same, "has the same condition")


def _unlisted(rule: Rule, script: Script) -> str | None:
    """Return what a rule asks of the model, where the script lists no model that is so, and others are refused."""
    names = script.catalogue.only
    if not names or not script.validate:
        return None
    parts = rule.match.parts if isinstance(rule.match, All) else (rule.match,)
    asked = [part for part in parts if isinstance(part, Condition) and part.field.name == "model"]
    missed = (part for part in asked if part.lookup.name != "exists" and not fits_one_of(part, names))
    return next((part.claim() for part in missed), None)


def _without_effect(rule: Rule, usual: Pace) -> str | None:
    """Return which of a rule's faults never strike, or what of its pacing paces nothing; `usual` is the script's.

    Faults of streams or words do not strike errors, those of words not events as they stand.
    """
    names = {fault.name: FAULTS[fault.name].stage for fault in rule.faults}
    words = [name for name, stage in names.items() if stage is Stage.CONTENT]
    streams = [name for name, stage in names.items() if stage in (Stage.STREAM, Stage.CONTENT)]
    if _all_are(Failure, rule) and streams and not ERRORS_IN_STREAM & names.keys():
        return f"only answers with errors, on which this has no effect: {', '.join(streams)}"
    plays = any(isinstance(answer, Play | PassOn) for answer in rule.answers)
    if rule.pacing.speed is not None and rule.pacing.speed != usual.speed and not plays:
        return "gives no recorded answer, so that the `speed` of its pacing has no effect"
    if _all_are(WordByWord, rule) and words:
        return f"gives its events word by word, on which this has no effect: {', '.join(words)}"
    return None


def _all_are(kind: type, rule: Rule) -> bool:
    return bool(rule.answers) and all(isinstance(answer, kind) for answer in rule.answers)


def _never_asked(rule: Rule) -> str | None:
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
