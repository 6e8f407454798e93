"""Doubts about a script that loads, but cannot mean what it says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from completions.conversation import Choice
from completions.faults import ERRORS_IN_STREAM, FAULTS, Stage
from completions.script.match.contradictions import contradiction
from completions.script.match.matchers import All, Condition, fits_one_of
from completions.script.pace import Pace
from completions.script.reply.errors import Failure
from completions.script.reply.events import WordByWord
from completions.script.reply.passing import PassOn
from completions.script.reply.recording import Play
from completions.script.reply.replies import Answer, Fixed, Written, WrittenChoice
from completions.script.rules import Rule, Script
from completions.script.text.node import Doubt

TAKEN_BY = {
    "embedding": frozenset({"embeddings", "cohere_embed", "ollama_embed"}),
    "moderation": frozenset({"moderations"}),
    "scores": frozenset({"rerank"}),
}
"""What a reply says to formats that take no text."""

OF_WHOLE = ("eq", "iexact", "contains", "icontains", "startswith", "endswith")
"""The lookups that a text fulfils only if all of the operand stands in it."""


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
        asked = f"only rules with a `format` in their match answer requests for {what}"
        yield f"the rule '{rule.name}' never gives its answer: {asked}."
    if (asked_of := _unlisted(rule, script)) is not None:
        yield f"the rule '{rule.name}' never answers: {asked_of}, and `models` lists no such model."
    if rule.match is not None and (both := contradiction(rule.match)) is not None:
        yield f"the rule '{rule.name}' never answers: no request matches {both}."
    for told in filter(None, (_not_taken(rule), _without_effect(rule, script.pacing), _same_id(rule))):
        yield f"the rule '{rule.name}' {told}."
    if rule.times is not None and rule.times < len(rule.answers):
        unused = f"answers {rule.times} times, so it never gives the rest of its {len(rule.answers)} answers"
        yield f"the rule '{rule.name}' {unused}."
    if (taken := earlier.takes(rule)) is not None and not _is_pushed_again(rule, taken[0]):
        first, why = taken
        place = f" in line {first.line}" if first.line else ", which is tried before it,"
        yield f"the rule '{rule.name}' never answers: '{first.name}'{place} {why}."
    earlier.note(rule)


def _is_pushed_again(rule: Rule, first: Rule) -> bool:
    """Tell whether two pushed rules have all but their names in common, as those that each test of a module pushes."""
    return not first.line and not rule.line and replace(first, name=rule.name) == rule


def takes_all(rule: Rule) -> bool:
    """Tell whether a rule matches every request for an answer that is generated, for ever."""
    return rule.times is None and (rule.match is None or rule.match == All(()))


class _Earlier:
    """The rules so far that never retire: the first that matches every request, and the others by their condition."""

    def __init__(self) -> None:
        self._all: Rule | None = None
        self._alike: dict[str, list[Rule]] = {}
        self._parts: dict[tuple[str, str], list[tuple[Condition, Rule]]] = {}

    def note(self, rule: Rule) -> None:
        """Add the next rule."""
        if rule.times is not None:
            return
        if takes_all(rule):
            self._all = self._all or rule
        elif rule.match is not None:
            self._alike.setdefault(rule.match.claim(), []).append(rule)
            if isinstance(rule.match, Condition) and rule.match.lookup.name in ("contains", "icontains"):
                self._parts.setdefault((rule.match.field.name, rule.match.key), []).append((rule.match, rule))

    def takes(self, rule: Rule) -> tuple[Rule, str] | None:
        """Return the rule that takes all of another one's requests, and why."""
        # what is not generated passes by a rule that names no format, so one that does may still be asked
        if self._all is not None and not _names_format(rule):
            return self._all, "matches every request"
        if rule.match is None:
            return None
        alike = self._alike.get(rule.match.claim(), ())
        same = next((each for each in alike if each.match == rule.match), None)
        return self._takes_part(rule) if same is None else (same, "has the same condition")

    def _takes_part(self, rule: Rule) -> tuple[Rule, str] | None:
        """Return the rule that asks for a part of the text that another one asks for."""
        if _names_format(rule):
            return None
        for whole in rule.match.parts if isinstance(rule.match, All) else (rule.match,):
            if isinstance(whole, Condition) and isinstance(whole.expected, str) and whole.lookup.name in OF_WHOLE:
                for part, first in self._parts.get((whole.field.name, whole.key), ()):
                    if _is_part(part, whole):
                        return first, f"matches every request whose {part.claim()}"
        return None


def _is_part(part: Condition, whole: Condition) -> bool:
    """Tell whether every text that fulfils one condition fulfils the one on a part of it, too."""
    text, found = str(part.expected), str(whole.expected)
    if part.lookup.name == "icontains":
        return text.casefold() in found.casefold()
    return whole.lookup.name not in ("iexact", "icontains") and text in found


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
    if _all_are(Failure, rule) and not ERRORS_IN_STREAM & names.keys():
        return _of_errors(rule, usual, streams)
    plays = any(isinstance(answer, Play | PassOn) for answer in rule.answers)
    if rule.pacing.speed is not None and rule.pacing.speed != usual.speed and not plays:
        return "gives no recorded answer, so the `speed` of its pacing has no effect"
    if _all_are(WordByWord, rule) and words:
        return f"gives exact events, on which this has no effect: {', '.join(words)}"
    return None


def _of_errors(rule: Rule, usual: Pace, streams: Sequence[str]) -> str | None:
    """Return what of a rule that answers with errors alone has no effect; `streams` are its faults of streams."""
    if streams:
        return f"only answers with errors, on which this has no effect: {', '.join(streams)}"
    if rule.pacing != usual and not _names_format(rule):
        return (
            "only answers with errors, which are sent at once, without its pacing; the fault `slow_headers` delays them"
        )
    if rule.hold is not None and rule.hold.after_tokens is not None:
        return "only answers with errors, which have no tokens, so they do not wait at its gate"
    return None


def _all_are(kind: type, rule: Rule) -> bool:
    return bool(rule.answers) and all(isinstance(answer, kind) for answer in rule.answers)


def _never_asked(rule: Rule) -> str | None:
    """Return what a rule answers that is asked of no rule like it."""
    if _names_format(rule):
        return None
    for choices in filter(None, map(_choices, rule.answers)):
        if any(choice.embedding for choice in choices):
            return "an embedding"
        if any(choice.moderation for choice in choices):
            return "a moderation"
        if any(choice.scores for choice in choices):
            return "scores"
    return None


def _not_taken(rule: Rule) -> str | None:
    """Return which of the formats that a rule names take nothing of its answers, as they are texts."""
    parts = rule.match.parts if isinstance(rule.match, All) else (rule.match,)
    for part in parts:
        if isinstance(part, Condition) and part.field.name == "format" and part.lookup.name in ("eq", "in"):
            named = {*part.expected} if isinstance(part.expected, tuple) else {part.expected}
            given = [_choices(answer) for answer in rule.answers]
            for key, formats in TAKEN_BY.items():
                if named <= formats and all(
                    choices is not None and not any(getattr(choice, key) for choice in choices) for choices in given
                ):
                    return f"is for {', '.join(sorted(map(str, named)))}, where only a reply with `{key}` has an effect"
    return None


def _same_id(rule: Rule) -> str | None:
    """Return what is wrong with the calls of one choice, if two have the same id."""
    for choice in (choice for answer in rule.answers for choice in _choices(answer) or ()):
        calls = [*choice.tool_calls, *(block.call for block in choice.blocks if block.call)]
        ids = [call.id for call in calls if call.id and isinstance(call.id, str)]
        if twice := next((each for at, each in enumerate(ids) if each in ids[:at]), None):
            return f"gives two calls the id {twice!r}, but clients refer to a call by its id"
    return None


def _choices(answer: Answer) -> Sequence[Choice | WrittenChoice] | None:
    """Return the choices of an answer that has them from the start."""
    match answer:
        case Fixed():
            return answer.reply.choices
        case Written():
            return answer.choices
    return None


def _names_format(rule: Rule) -> bool:
    return rule.match is not None and rule.match.names("format")
