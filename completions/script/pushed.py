"""Step 3: what was pushed into a namespace while it runs, and the script that it makes of the file's."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from completions.exceptions import ScriptError
from completions.script.as_json import as_json
from completions.script.faults import Chaos, chaos
from completions.script.limits import limits
from completions.script.loader import parse, read_rule
from completions.script.node import Node, read_text
from completions.script.rules import Rule, Script

PUSHED = "pushed"
"""What stands for a file's name in errors about what was pushed."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What stands in place of a file's script or beside it, as texts that any process can read.

    `script` is YAML; `before` and `after` are rules in JSON, each with its name; `chaos` and `limits` are JSON, `null`
    to have none. `version` grows with each change; with another `epoch` all counters begin anew. `made` counts the
    rules that ever were pushed, for their names.
    """

    version: int = 0
    epoch: str = ""
    script: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    chaos: str | None = None
    limits: str | None = None
    made: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the file's script stands as it is."""
        return not (self.before or self.after) and self.script is self.chaos is self.limits is None


def build(base: Script, pushed: Pushed, known: dict[str, Rule]) -> Script:
    """Return the script of a file with what was pushed; raise `ScriptError` where that cannot be.

    `known` keeps the rules that were read for this base, by their text.
    """
    if pushed.is_empty:
        return base
    script = base if pushed.script is None else parse(read_text(pushed.script, PUSHED))
    if pushed.chaos is not None:
        script = _with_chaos(script, pushed.chaos)
    if pushed.limits is not None:
        script = replace(script, limits=limits(_node(pushed.limits)))
    before, after = (tuple(_read(text, script, known) for text in texts) for texts in (pushed.before, pushed.after))
    rules = (*before, *script.rules, *after)
    _refuse_same_names(rules)
    return replace(script, rules=rules)


def pushed_rules(document: Node, taken: Iterable[str], made: int, script: Script) -> list[str]:
    """Read one rule or a list of rules, and return each as JSON, with a name where it has none."""
    nodes = document.items() if isinstance(document.value, list) else [document]
    names, texts = set(taken), []
    for number, node in enumerate(nodes, made + 1):
        rule = read_rule(node, number, script.pacing, script.chaos)
        name = rule.name if "name" in node.entries() else f"pushed {number}"
        if name in names:
            raise node.error(f"has the name of another rule, '{name}'.")
        names.add(name)
        texts.append(as_json({"name": name, **node.as_(dict)}))
    if not texts:
        raise document.error("must hold at least one rule.")
    return texts


def name_of(text: str) -> str:
    """Return the name of a pushed rule."""
    name: str = json.loads(text)["name"]
    return str(name)


def _node(text: str) -> Node | None:
    node = read_text(text, PUSHED)
    return None if node.value is None else node


def _read(text: str, script: Script, known: dict[str, Rule]) -> Rule:
    rule = known.get(text)
    if rule is None:
        rule = known[text] = replace(read_rule(read_text(text, PUSHED), 0, script.pacing, script.chaos), line=0)
    return rule


def _with_chaos(script: Script, text: str) -> Script:
    """Give the dice to the script and to the rules that had the script's."""
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
