"""Step 3: the parts of a script that were pushed into a namespace at run time, and the resulting script."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from completions.exceptions import ScriptError
from completions.script.faults import Chaos, chaos
from completions.script.limits import limits
from completions.script.loader import DEFAULT, RELAY, load, parse, read_rule
from completions.script.pace import Pace
from completions.script.reply.upstream import PassOn
from completions.script.request.recording import read_stored
from completions.script.rules import PUSHED, Rule, Script
from completions.script.scenarios import Running, started
from completions.script.text.as_json import as_json
from completions.script.text.node import Node
from completions.script.text.reading import read_text


@dataclass(frozen=True, slots=True)
class Pushed:
    """The replacement of a file's script, or additions to it, as texts that any process can read.

    `script` is YAML; `before` and `after` are rules in JSON, each with its name; `chaos` and `limits` are JSON, `null`
    to have none. `cassettes` is what is recorded and played, `null` for nothing. `scenario` is the running one, in JSON
    with its start. `version` grows with each change; with a new `epoch` all counters are reset. `made` counts all rules
    that were ever pushed, for their names.
    """

    version: int = 0
    epoch: str = ""
    script: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    chaos: str | None = None
    limits: str | None = None
    cassettes: str | None = None
    made: int = 0
    scenario: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the file's script is used unchanged."""
        return (
            not (self.before or self.after)
            and self.script is self.chaos is self.limits is self.cassettes is self.scenario is None
        )


class ReadRule(NamedTuple):
    """A pushed rule, and the defaults with which it was read."""

    rule: Rule
    pacing: Pace
    chaos: Chaos | None


class Builder:
    """Builds the scripts of one namespace; a push only reads the new text, and nothing that was pushed before.

    It compares texts with those of the last script, because other processes push too, and only send texts.
    Relative paths in pushed texts start in the `folder` of the file's script.
    """

    def __init__(self, folder: Path = Path()) -> None:
        self._folder = folder
        self._forget()

    def _read(self, text: str) -> Node:
        return read_text(text, PUSHED).within(self._folder)

    def _forget(self) -> None:
        self._rules: dict[str, ReadRule] = {}
        self._drafted: dict[str, ReadRule] = {}
        self._built: tuple[Script, Pushed, Script] | None = None
        self._base: tuple[Script, tuple[str | None, ...], Script] | None = None
        self._replaced: tuple[str, Script] | None = None

    def build(self, base: Script, pushed: Pushed) -> Script:
        """Return the file's script with the pushed parts; raise `ScriptError` if they cannot be combined."""
        if pushed.is_empty:
            self._forget()
            return base
        if self._built is None or self._built[0] is not base or self._built[1] is not pushed:
            rules: dict[str, ReadRule] = {}
            script = self._with_pushed(self._without_rules(base, pushed), pushed, rules)
            self._rules, self._built = rules, (base, pushed, script)
        return self._built[2]

    def draft(self, text: str, pushed: Pushed) -> Script:
        """Return the script of another text with the pushed parts, without changing anything."""
        rules: dict[str, ReadRule] = {}
        script = self._with_pushed(_with_parts(parse(self._read(text)), pushed), pushed, rules)
        self._drafted = rules
        return script

    def _without_rules(self, base: Script, pushed: Pushed) -> Script:
        """Return the script to which the pushed rules are added."""
        if self._base is not None:
            base_script, parts, built = self._base
            if base_script is base and parts == _parts(pushed):
                return built
        script = _base_script(base, pushed) if pushed.script is None else self._replacement(pushed.script)
        built = _with_parts(script, pushed)
        self._base = base, _parts(pushed), built
        return built

    def _replacement(self, text: str) -> Script:
        """Return the script of a text, which is parsed once."""
        if self._replaced is None or self._replaced[0] != text:
            self._replaced = text, parse(self._read(text))
        return self._replaced[1]

    def _with_pushed(self, script: Script, pushed: Pushed, read: dict[str, ReadRule]) -> Script:
        """Add the pushed rules to a script's; note in `read` how each text was read."""
        for text in (*pushed.before, *pushed.after):
            read[text] = self._read_rule(text, script)
        before, after = (tuple(read[text].rule for text in texts) for texts in (pushed.before, pushed.after))
        rules = (*before, *script.rules, *after)
        _refuse_same_names(rules)
        return replace(script, rules=rules)

    def _read_rule(self, text: str, script: Script) -> ReadRule:
        for known in (self._rules.get(text), self._drafted.get(text)):
            if known is not None and (known.pacing, known.chaos) == (script.pacing, script.chaos):
                return known
        rule = read_rule(self._read(text), 0, script.pacing, script.chaos)
        return ReadRule(replace(rule, line=0), script.pacing, script.chaos)


def pushed_rules(document: Node, taken: Iterable[str], made: int, script: Script) -> list[str]:
    """Read one rule or a list of rules, and return each as JSON, with a generated name if it has none."""
    names, texts = set(taken), []
    for number, node in enumerate(document.one_or_more("rule"), made + 1):
        rule = read_rule(node, number, script.pacing, script.chaos)
        name = rule.name if "name" in node.entries() else f"pushed {number}"
        if name in names:
            raise node.error(f"has the same name as another rule, '{name}'.")
        names.add(name)
        texts.append(as_json({"name": name, **node.as_(dict)}))
    return texts


def name_of(text: str) -> str:
    """Return the name of a pushed rule."""
    name: str = json.loads(text)["name"]
    return str(name)


def _node(text: str) -> Node | None:
    node = read_text(text, PUSHED)
    return None if node.value is None else node


def _parts(pushed: Pushed) -> tuple[str | None, ...]:
    """Return the pushed parts besides rules."""
    return pushed.script, pushed.chaos, pushed.limits, pushed.scenario, pushed.cassettes


def _with_parts(script: Script, pushed: Pushed) -> Script:
    """Return a script with the pushed chaos, limits, recording and scenario."""
    if pushed.chaos is not None:
        script = _with_chaos(script, pushed.chaos)
    if pushed.limits is not None:
        node = _node(pushed.limits)
        script = replace(script, limits=() if node is None else limits(node))
    if pushed.cassettes is not None:
        script = _with_upstream(script, pushed.cassettes)
    if pushed.scenario is not None:
        script = replace(script, running=_running_scenario(pushed.scenario, script))
    return script


def _base_script(base: Script, pushed: Pushed) -> Script:
    """Return the file's script; while something is recorded, not the default one, which would answer everything."""
    is_recording = pushed.cassettes is not None and read_stored(pushed.cassettes) is not None
    return load(RELAY) if is_recording and base.source == DEFAULT else base


def _with_upstream(script: Script, text: str) -> Script:
    """Return a script with the server of a recording, if it has one, as its fallback."""
    stored = read_stored(text)
    if stored is None or (upstream := stored.recording.upstream) is None:
        return script
    answer = PassOn(upstream)
    return replace(script, fallback=answer, upstream=upstream, has_fallback=True, strict=False, validate=False)


def _running_scenario(text: str, script: Script) -> Running | None:
    """Read the scenario that was started, and its start; null stops the script's own."""
    facts = json.loads(text)
    if facts is None:
        return None
    running = started(read_text(json.dumps(facts["scenario"]), PUSHED), script.scenarios)
    return replace(running, started=facts["started"], run=facts["run"])


def _with_chaos(script: Script, text: str) -> Script:
    """Return a script with other chaos, also for the rules that had the script's."""
    node = _node(text)
    dice: Chaos | None = chaos(node) if node is not None else None
    rules = tuple(replace(rule, chaos=dice) if rule.chaos is script.chaos else rule for rule in script.rules)
    return replace(script, chaos=dice, rules=rules)


def _refuse_same_names(rules: Iterable[Rule]) -> None:
    names: set[str] = set()
    for rule in rules:
        if rule.name in names:
            raise ScriptError(f"two rules have the name '{rule.name}'.", PUSHED)
        names.add(rule.name)
