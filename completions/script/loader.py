"""Load a script, a built-in name or a YAML file: return a `Script`, or raise a `ScriptError` with the file and line."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from completions.conversation import NAMES
from completions.exceptions import ScriptError
from completions.faults import ERRORS_IN_STREAM
from completions.outcome import Fault
from completions.script.cassette_keys import ORIGIN
from completions.script.dataset.answer import matched
from completions.script.faults import Chaos, chaos, combined
from completions.script.language import ANSWERS, CODINGS, DEFAULTS, REPLY, RULE, SCRIPT, VERSION
from completions.script.limits import limits, quota
from completions.script.match.conditions import match
from completions.script.match.fields import FIELDS
from completions.script.models import UNLISTED, models
from completions.script.pace import Pace, hold, pacing
from completions.script.prompts import prompts
from completions.script.reply.answers import NAMED_ANSWERS, answer, fallback, reply
from completions.script.reply.errors import failure
from completions.script.reply.recording import Play
from completions.script.reply.replies import Answer
from completions.script.reply.upstream import PassOn
from completions.script.rules import Rule, Script
from completions.script.scenarios import Scenarios, builtin, scenarios, started
from completions.script.text.node import Node
from completions.script.text.reading import read

T = TypeVar("T")
D = TypeVar("D")

BUILTIN = Path(__file__).parent / "builtin"
DEFAULT, RELAY = "mock", "relay"


def builtin_names() -> list[str]:
    """Return the names of the built-in scripts, the default one first."""
    return sorted((path.stem for path in BUILTIN.glob("*.yaml")), key=lambda name: (name != DEFAULT, name))


def path_of(source: str) -> Path:
    """Return the file of the built-in script of that name, or else the path itself."""
    return BUILTIN / f"{source}.yaml" if source in builtin_names() else Path(source).expanduser()


def load(source: str) -> Script:
    """Load a script by a built-in name or a path."""
    return parse(read(path_of(source), source))


def parse(document: Node) -> Script:
    """Turn a document into a `Script`; the error of an invalid one has all of its problems in order."""
    problems: list[ScriptError] = []
    document.source.problems = problems
    script = document.attempt(_script, None)
    document.source.problems = None
    if script is None or problems:
        first, *rest = sorted(problems, key=lambda problem: problem.line or 0)
        first.others = tuple(rest)
        raise first
    return script


def _script(document: Node) -> Script:
    fields = document.keyed(SCRIPT, {"`defaults`": DEFAULTS, "a rule": RULE})
    if fields["version"].as_(int) != VERSION:
        fields["version"].source.tell(fields["version"].error(f"must be {VERSION}."))
    top = _Taker(fields)
    defaults: dict[str, Node] = top("defaults", lambda node: node.keyed(DEFAULTS, {"the script": SCRIPT}), {})
    take = _Taker(defaults)
    top("recorded", lambda node: node.keyed(ORIGIN), None)
    strict = take("strict", _flag, False)
    if strict and "fallback" in defaults:
        node = defaults["fallback"]
        node.source.tell(node.error("cannot be combined with `strict: true`, which answers with an error."))
    answers = take("fallback", fallback, NAMED_ANSWERS["auto"])
    pace, dice = take("pacing", lambda node: pacing(node, Pace()), Pace()), take("chaos", chaos, None)
    catalogue, keys = take("models", models, UNLISTED), take("keys", _keys, ())
    validate = take("validate", _flag, not isinstance(answers, PassOn))
    defined: Scenarios | None = top("scenarios", scenarios, None) if "scenarios" in fields else {}
    known: Scenarios = {**builtin(), **(defined or {})}
    return Script(
        source=document.file,
        rules=fields["rules"].attempt(lambda node: _rules(node, pace, dice), ()),
        fallback=answers,
        catalogue=catalogue,
        strict=strict,
        has_fallback=strict or "fallback" in defaults,
        upstream=answers.upstream if isinstance(answers, PassOn) else None,
        validate=validate,
        pacing=pace,
        keys=keys,
        limits=take("limits", partial(limits, models=catalogue.only if validate else (), keys=keys), ()),
        quota=take("quota", quota, None),
        chaos=dice,
        seed=take("seed", lambda node: node.raw, None),
        dialect=take("dialect", lambda node: node.one_of(NAMES["dialect"]), ""),
        compression=take("compression", _codings, ()),
        scenarios=known,
        prompts=top("prompts", prompts, {}),
        running=None if defined is None else take("scenario", lambda node: started(node, known), None),
        doubts=tuple(document.source.doubts),  # last, after everything was read
    )


class _Taker:
    """Reads the entries of a mapping one by one, so that one error does not hide another."""

    def __init__(self, fields: dict[str, Node]) -> None:
        self._fields = fields

    def __call__(self, key: str, read: Callable[[Node], T], default: D) -> T | D:
        return self._fields[key].attempt(read, default) if key in self._fields else default


def _flag(node: Node) -> bool:
    return node.as_(bool)


def _keys(node: Node) -> tuple[str, ...]:
    if not node.items():
        node.doubt("is an empty list, so the keys in API_KEYS are accepted, or any key.")
    for item in node.items():
        if not item.raw.strip():
            item.doubt("is empty, and no request has an empty key.")
        elif item.raw != item.raw.strip():
            item.doubt("begins or ends with a space, and no request has such a key.")
    return tuple(item.raw for item in node.items())


def _codings(node: Node) -> tuple[str, ...]:
    """Read content codings, one or a list in the order of preference."""
    names = []
    for item in node.one_or_more():
        name = item.one_of(CODINGS)
        if (package := CODINGS[name]) and find_spec(package) is None:
            raise item.error(f"cannot offer `{name}` without the package {package}: pip install {package}.")
        names.append(name)
    return tuple(names)


def _rules(nodes: Node, pace: Pace, dice: Chaos | None) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for number, node in enumerate(nodes.items(), 1):
        rule = node.attempt(partial(read_rule, number=number, pace=pace, dice=dice), None)
        if rule is None:
            continue
        if rule.name in rules:
            first = rules[rule.name].line
            node.source.tell(node.error(f"has the same name as the rule in line {first}, '{rule.name}'.", rule.line))
        rules[rule.name] = rule
    return tuple(rules.values())


def read_rule(node: Node, number: int, pace: Pace, dice: Chaos | None) -> Rule:
    """Read a rule; these are its default pacing and chaos, and its number is its default name."""
    fields = node.keyed(RULE, {"`reply`": REPLY, "`match`": FIELDS})
    take = _Taker(fields)
    faults = take("fault", combined, ())
    both = _has_reply_before_error(fields, faults)
    answers = node.attempt(lambda node: (failure(fields["error"]),) if both else _answers(node, fields), ())
    return Rule(
        name=take("name", lambda node: node.name, f"rule {number}"),
        answers=answers,
        match=matched(take("match", match, None), answers),
        times=take("times", lambda node: node.count(least=1), None),
        pacing=take("pacing", lambda node: pacing(node, pace), pace),
        hold=take("hold", hold, None),
        line=node.line,
        faults=faults,
        chaos=take("chaos", chaos, dice),
        before=take("reply", reply, None) if both else None,
        cassette=node.file if any(isinstance(answer, Play) for answer in answers) else "",
    )


def _has_reply_before_error(fields: dict[str, Node], faults: tuple[Fault, ...]) -> bool:
    """Tell whether a rule has both an error, which a fault puts into a stream, and a reply before it."""
    ends = any(fault.name in ERRORS_IN_STREAM for fault in faults)
    return ends and {"reply", "error"} <= fields.keys() and "replies" not in fields


def _answers(node: Node, fields: dict[str, Node]) -> tuple[Answer, ...]:
    keys = [key for key in ANSWERS if key in fields]
    if not keys:
        raise node.error(f"has no answer; it must have one of: {', '.join(ANSWERS)}.")
    if len(keys) > 1:
        faults = ", ".join(sorted(ERRORS_IN_STREAM))
        raise fields[keys[1]].error(
            f"cannot be combined with `{keys[0]}`; use one of: {', '.join(ANSWERS)}. "
            f"(With one of the faults {faults}, a `reply` and the `error` that ends its stream may be combined.)"
        )
    only = fields[keys[0]]
    match keys[0]:
        case "reply":
            return (reply(only),)
        case "error":
            return (failure(only),)
    return tuple(answer(item) for item in only.items("answer"))
