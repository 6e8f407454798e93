"""Doubts about a script that loads, but most likely does not do what its author meant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from completions.conversation import Choice
from completions.faults import ERRORS_IN_STREAM, FAULTS, Stage
from completions.script.match.contradictions import contradiction
from completions.script.match.matchers import All, Condition, fits_one_of
from completions.script.pace import Pace
from completions.script.reply.errors import Failure
from completions.script.reply.events import ExactEvents
from completions.script.reply.recording import Play
from completions.script.reply.replies import Answer, Fixed, Written, WrittenChoice
from completions.script.reply.upstream import PassOn
from completions.script.rules import Rule, Script
from completions.script.text.node import Doubt

FORMATS_OF_KEY = {
    "embedding": frozenset({"embeddings", "cohere_embed", "ollama_embed"}),
    "moderation": frozenset({"moderations"}),
    "scores": frozenset({"rerank"}),
}
"""The formats that use these keys of a reply, and no text."""

WHOLE_TEXT_LOOKUPS = ("eq", "iexact", "contains", "icontains", "startswith", "endswith")
"""The lookups that a text fulfils only if it contains the whole operand."""


def doubts(script: Script) -> list[Doubt]:
    """Return the doubts from reading a script, and those about rules that can never answer.

    Earlier rules take all their requests, or no request needs them.
    """
    earlier = _EarlierRules()
    found = [Doubt(rule.line, message) for rule in script.rules for message in _doubts_of_rule(rule, script, earlier)]
    return sorted([*script.doubts, *found], key=lambda doubt: doubt.line)


def doubts_of_rules(script: Script, lines: Mapping[str, int]) -> list[Doubt]:
    """Return the doubts about some rules of a script, given by their names, at these lines."""
    earlier = _EarlierRules()
    found: list[Doubt] = []
    for rule in script.rules:
        if rule.name in lines:
            found += [Doubt(lines[rule.name], message) for message in _doubts_of_rule(rule, script, earlier)]
        else:
            earlier.note(rule)
    return found


def _doubts_of_rule(rule: Rule, script: Script, earlier: "_EarlierRules") -> Iterator[str]:
    """Yield the doubts about the next rule of a script."""
    if kind := _never_requested(rule):
        explanation = f"only rules with a `format` in their match answer requests for {kind}"
        yield f"the rule '{rule.name}' never gives its answer: {explanation}."
    if (condition := _unlisted_model(rule, script)) is not None:
        yield f"the rule '{rule.name}' never answers: {condition}, and `models` lists no such model."
    if rule.match is not None and (contradictory := contradiction(rule.match)) is not None:
        yield f"the rule '{rule.name}' never answers: no request matches {contradictory}."
    for doubt in filter(None, (_ignored_by_format(rule), _without_effect(rule, script.pacing), _same_id(rule))):
        yield f"the rule '{rule.name}' {doubt}."
    if rule.times is not None and rule.times < len(rule.answers):
        unused = f"answers {rule.times} times, so it never gives the rest of its {len(rule.answers)} answers"
        yield f"the rule '{rule.name}' {unused}."
    if (earlier_rule := earlier.takes(rule)) is not None and not _is_pushed_again(rule, earlier_rule[0]):
        first, why = earlier_rule
        place = f" in line {first.line}" if first.line else ", which is tried before it,"
        yield f"the rule '{rule.name}' never answers: '{first.name}'{place} {why}."
    earlier.note(rule)


def _is_pushed_again(rule: Rule, first: Rule) -> bool:
    """Tell whether two pushed rules differ only in their names, like those that each test of a module pushes."""
    return not first.line and not rule.line and replace(first, name=rule.name) == rule


def matches_all(rule: Rule) -> bool:
    """Tell whether a rule matches every request for a generated answer, without a limit."""
    return rule.times is None and (rule.match is None or rule.match == All(()))


class _EarlierRules:
    """The rules so far without `times`: the first that matches every request, and the others by their condition."""

    def __init__(self) -> None:
        self._all: Rule | None = None
        self._alike: dict[str, list[Rule]] = {}
        self._parts: dict[tuple[str, str], list[tuple[Condition, Rule]]] = {}

    def note(self, rule: Rule) -> None:
        """Add the next rule."""
        if rule.times is not None:
            return
        if matches_all(rule):
            self._all = self._all or rule
        elif rule.match is not None:
            self._alike.setdefault(rule.match.claim(), []).append(rule)
            if isinstance(rule.match, Condition) and rule.match.lookup.name in ("contains", "icontains"):
                self._parts.setdefault((rule.match.field.name, rule.match.key), []).append((rule.match, rule))

    def takes(self, rule: Rule) -> tuple[Rule, str] | None:
        """Return the rule that takes all of another one's requests, and why."""
        # rules without a format do not apply to answers that are not generated, so a rule with one may still apply
        if self._all is not None and not _names_format(rule):
            return self._all, "matches every request"
        if rule.match is None:
            return None
        alike = self._alike.get(rule.match.claim(), ())
        same = next((each for each in alike if each.match == rule.match), None)
        return self._takes_part(rule) if same is None else (same, "has the same condition")

    def _takes_part(self, rule: Rule) -> tuple[Rule, str] | None:
        """Return the rule whose condition is on a part of the text in another one's condition."""
        if _names_format(rule):
            return None
        for whole in rule.match.parts if isinstance(rule.match, All) else (rule.match,):
            if (
                isinstance(whole, Condition)
                and isinstance(whole.expected, str)
                and whole.lookup.name in WHOLE_TEXT_LOOKUPS
            ):
                for part, first in self._parts.get((whole.field.name, whole.key), ()):
                    if _is_part(part, whole):
                        return first, f"matches every request whose {part.claim()}"
        return None


def _is_part(part: Condition, whole: Condition) -> bool:
    """Tell whether every text that fulfils the second condition also fulfils the first, on a part of it."""
    text, found = str(part.expected), str(whole.expected)
    if part.lookup.name == "icontains":
        return text.casefold() in found.casefold()
    return whole.lookup.name not in ("iexact", "icontains") and text in found


def _unlisted_model(rule: Rule, script: Script) -> str | None:
    """Return a rule's condition on the model if no listed model fulfils it and others are refused."""
    names = script.catalogue.only
    if not names or not script.validate:
        return None
    parts = rule.match.parts if isinstance(rule.match, All) else (rule.match,)
    conditions = [part for part in parts if isinstance(part, Condition) and part.field.name == "model"]
    unfulfilled = (part for part in conditions if part.lookup.name != "exists" and not fits_one_of(part, names))
    return next((part.claim() for part in unfulfilled), None)


def _without_effect(rule: Rule, usual: Pace) -> str | None:
    """Return which of a rule's faults, or what of its pacing, has no effect; `usual` is the script's pacing.

    Faults of streams and of content have no effect on errors, and those of content none on exact events.
    """
    names = {fault.name: FAULTS[fault.name].stage for fault in rule.faults}
    words = [name for name, stage in names.items() if stage is Stage.CONTENT]
    streams = [name for name, stage in names.items() if stage in (Stage.STREAM, Stage.CONTENT)]
    if _all_are(Failure, rule) and not ERRORS_IN_STREAM & names.keys():
        return _without_effect_on_errors(rule, usual, streams)
    plays = any(isinstance(answer, Play | PassOn) for answer in rule.answers)
    if rule.pacing.speed is not None and rule.pacing.speed != usual.speed and not plays:
        return "gives no recorded answer, so the `speed` of its pacing has no effect"
    if _all_are(ExactEvents, rule) and words:
        return f"gives exact events, on which this has no effect: {', '.join(words)}"
    return None


def _without_effect_on_errors(rule: Rule, usual: Pace, streams: Sequence[str]) -> str | None:
    """Return what has no effect in a rule that only answers with errors; `streams` are its faults of streams."""
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


def _never_requested(rule: Rule) -> str | None:
    """Return the kind of a rule's answer that no request without a format asks for."""
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


def _ignored_by_format(rule: Rule) -> str | None:
    """Return the doubt about a rule for formats that ignore its answers because these are texts."""
    parts = rule.match.parts if isinstance(rule.match, All) else (rule.match,)
    for part in parts:
        if isinstance(part, Condition) and part.field.name == "format" and part.lookup.name in ("eq", "in"):
            formats_of_rule = {*part.expected} if isinstance(part.expected, tuple) else {part.expected}
            choices_of_answers = [_choices(answer) for answer in rule.answers]
            for key, formats in FORMATS_OF_KEY.items():
                if formats_of_rule <= formats and all(
                    choices is not None and not any(getattr(choice, key) for choice in choices)
                    for choices in choices_of_answers
                ):
                    names = ", ".join(sorted(map(str, formats_of_rule)))
                    return f"is for {names}, where only a reply with `{key}` has an effect"
    return None


def _same_id(rule: Rule) -> str | None:
    """Return the doubt about a choice in which two calls have the same id."""
    for choice in (choice for answer in rule.answers for choice in _choices(answer) or ()):
        calls = [*choice.tool_calls, *(block.call for block in choice.blocks if block.call)]
        ids = [call.id for call in calls if call.id and isinstance(call.id, str)]
        if twice := next((each for at, each in enumerate(ids) if each in ids[:at]), None):
            return f"gives two calls the id {twice!r}, but clients refer to a call by its id"
    return None


def _choices(answer: Answer) -> Sequence[Choice | WrittenChoice] | None:
    """Return the choices of an answer if they are known in advance."""
    match answer:
        case Fixed():
            return answer.reply.choices
        case Written():
            return answer.choices
    return None


def _names_format(rule: Rule) -> bool:
    return rule.match is not None and rule.match.names("format")
