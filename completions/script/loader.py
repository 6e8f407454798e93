"""Load a script: a built-in name or a YAML file -> `Script`, or a `ScriptError` that names file and line."""

from pathlib import Path

from completions import registered
from completions.script.answers import NAMED, answer, fallback, reply
from completions.script.conditions import match
from completions.script.errors import failure
from completions.script.faults import Chaos, chaos, fault
from completions.script.language import ANSWERS, DEFAULTS, RULE, SCRIPT, VERSION, WITHOUT_RULES
from completions.script.limits import limits, quota
from completions.script.models import models
from completions.script.node import Node, read
from completions.script.pace import Pace, hold, pacing
from completions.script.replies import Answer
from completions.script.rules import Rule, Script

BUILTIN = Path(__file__).parent / "builtin"
DEFAULT = "mock"


def builtin_names() -> list[str]:
    """Name the built-in scripts, the default one first."""
    return sorted((path.stem for path in BUILTIN.glob("*.yaml")), key=lambda name: (name != DEFAULT, name))


def path_of(source: str) -> Path:
    """Return the file of the built-in script of that name, or else the file at that path."""
    return BUILTIN / f"{source}.yaml" if source in builtin_names() else Path(source).expanduser()


def load(source: str) -> Script:
    """Load a script by a built-in name or a path."""
    return parse(read(path_of(source), source))


def parse(document: Node) -> Script:
    """Turn a script's document into a `Script`."""
    try:
        return _script(document)
    except RecursionError as exc:
        raise document.error("holds itself, or is nested too deep.") from exc


def _script(document: Node) -> Script:
    fields = document.keyed(SCRIPT)
    if fields["version"].as_(int) != VERSION:
        raise fields["version"].error(f"must be {VERSION}.")
    defaults = fields["defaults"].keyed(DEFAULTS) if "defaults" in fields else {}
    if "strict" in defaults and "fallback" in defaults and defaults["strict"].as_(bool):
        raise defaults["fallback"].error("cannot stand beside `strict: true`, which answers with an error.")
    pace = pacing(defaults.get("pacing"), Pace())
    dice = chaos(defaults["chaos"]) if "chaos" in defaults else None
    rules = _rules(fields["rules"], pace, dice)
    if not rules and not any(key in defaults for key in WITHOUT_RULES):
        raise fields["rules"].error("must hold at least one rule.")
    return Script(
        source=document.file,
        rules=rules,
        fallback=fallback(defaults["fallback"]) if "fallback" in defaults else NAMED["auto"],
        catalogue=models(defaults.get("models")),
        strict="strict" in defaults and defaults["strict"].as_(bool),
        validate="validate" not in defaults or defaults["validate"].as_(bool),
        pacing=pace,
        keys=tuple(node.raw for node in defaults["keys"].items()) if "keys" in defaults else (),
        limits=limits(defaults.get("limits")),
        quota=quota(defaults.get("quota")),
        chaos=dice,
        seed=defaults["seed"].raw if "seed" in defaults else None,
        dialect=defaults["dialect"].one_of(registered.dialects) if "dialect" in defaults else "",
    )


def _rules(nodes: Node, pace: Pace, dice: Chaos | None) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for number, node in enumerate(nodes.items(), 1):
        rule = read_rule(node, number, pace, dice)
        if rule.name in rules:
            raise node.error(f"has the name of the rule in line {rules[rule.name].line}, '{rule.name}'.", rule.line)
        rules[rule.name] = rule
    return tuple(rules.values())


def read_rule(node: Node, number: int, pace: Pace, dice: Chaos | None) -> Rule:
    """Read a rule; where it says nothing of its pacing and dice, these hold, and its number is its name."""
    fields = node.keyed(RULE)
    return Rule(
        name=fields["name"].raw if "name" in fields else f"rule {number}",
        answers=_answers(node, fields),
        match=match(fields["match"]) if "match" in fields else None,
        times=fields["times"].count(least=1) if "times" in fields else None,
        pacing=pacing(fields.get("pacing"), pace),
        hold=hold(fields["hold"]) if "hold" in fields else None,
        line=node.line,
        fault=fault(fields["fault"]) if "fault" in fields else None,
        chaos=chaos(fields["chaos"]) if "chaos" in fields else dice,
    )


def _answers(node: Node, fields: dict[str, Node]) -> tuple[Answer, ...]:
    given = [key for key in ANSWERS if key in fields]
    if not given:
        raise node.error(f"gives no answer; it must have one of: {', '.join(ANSWERS)}.")
    if len(given) > 1:
        raise fields[given[1]].error(f"cannot stand beside `{given[0]}`; one of these stands: {', '.join(ANSWERS)}.")
    only = fields[given[0]]
    match given[0]:
        case "reply":
            return (reply(only),)
        case "error":
            return (failure(only),)
    answers = tuple(answer(item) for item in only.items())
    if not answers:
        raise only.error("must hold at least one answer.")
    return answers
