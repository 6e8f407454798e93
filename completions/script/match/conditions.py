"""Step 3: read `match:` into matchers."""

from collections.abc import Callable
from functools import partial

from completions.conversation import NAMES
from completions.script.language import COMBINERS, RULE
from completions.script.match.expressions import ExpressionError, compiled, fields_meant_as_values
from completions.script.match.fields import EXPR, FIELDS, LOOKUPS_OF, STRUCTURED_FIELDS, TOOL_RESULT, Field
from completions.script.match.lookups import BARE_REGEX, LOOKUPS, TRUE, Lookup
from completions.script.match.matchers import All, AnyOf, Condition, Matcher, Not, fits_one_of
from completions.script.match.regexes import Pattern, PatternError
from completions.script.misreadings import (
    doubt_comparison,
    doubt_count,
    doubt_empty,
    doubt_field,
    doubt_flags,
    doubt_nothing,
    doubt_operand,
    doubt_other_word,
    doubt_pattern,
    doubt_quotes,
    doubt_template,
    doubt_texts,
    doubt_value,
    doubt_values,
    doubt_word,
)
from completions.script.request.matcher import same_request
from completions.script.text.node import Node

Reader = Callable[[Node], Matcher]


def match(node: Node) -> Matcher:
    """Read a `match:` mapping; all of its conditions must hold."""
    if isinstance(node.value, str):
        raise node.wrong("a mapping, such as {last_user: …}")
    fields = node.fields(optional=(*FIELDS, *STRUCTURED_FIELDS, *COMBINERS), other_places={"a rule": RULE})
    found = [child.attempt(partial(_entry, name), None) for name, child in fields.items()]
    return _all_of([matcher for matcher in found if matcher is not None])


def _entry(name: str, node: Node) -> Matcher:
    if name in COMBINERS:
        return _combined(name, node, match)
    if name == "tool_result":
        return _tool_result(node)
    if name == "request":
        return same_request(node)
    if name == "expr":
        return _expr(node)
    field = FIELDS[name]
    if field.keyed:
        doubt_empty(node)
        return _all_of([_condition(child, field, _key(field, key)) for key, child in node.entries().items()])
    return _condition(node, field)


def _key(field: Field, key: str) -> str:
    return key.lower() if field.name == "header" else key


def _tool_result(node: Node) -> Matcher:
    """Read a condition on the text; or a mapping, whose `name` and `text` may stand among the text's lookups."""
    text = TOOL_RESULT["text"]
    if not isinstance(node.value, dict):
        return _condition(node, text)
    doubt_empty(node)
    allowed = (*TOOL_RESULT, *LOOKUPS_OF[text.kind], *COMBINERS)
    return _all_of(
        [
            _condition(child, TOOL_RESULT[key]) if key in TOOL_RESULT else _lookup(key, child, text, "")
            for key, child in node.fields(optional=allowed).items()
        ]
    )


def _expr(node: Node) -> Matcher:
    """Read an expression that must be true, or a mapping from expressions to conditions."""
    if not isinstance(node.value, dict):
        return Condition(EXPR, TRUE, True, _expression(node, node.as_(str)))
    doubt_empty(node)
    return _all_of([_condition(child, EXPR, _expression(child, key)) for key, child in node.entries().items()])


def _expression(node: Node, text: str) -> str:
    try:
        compiled(text)
        for name in fields_meant_as_values(text):
            doubt_field(node, name)
    except ExpressionError as exc:
        raise node.error(f"is not JMESPath: {exc}.") from exc
    return text


def _condition(node: Node, field: Field, key: str = "") -> Matcher:
    """Read a plain value, or a mapping of lookups."""
    match node.value:
        case dict():
            doubt_empty(node)
            allowed = (*LOOKUPS_OF[field.kind], *COMBINERS)
            children = node.fields(optional=allowed).items()
            return _all_of([_lookup(name, child, field, key) for name, child in children])
        case None if "exists" in LOOKUPS_OF[field.kind]:
            doubt_nothing(node)
            return Condition(field, LOOKUPS["exists"], False, key)
        case list():
            for item in node.items():
                doubt_template(item)
            if field.kind == "text":
                doubt_texts(node)
            return _lookup("in", node, field, key)
        case str(text) if field.kind != "number" and (found := BARE_REGEX.fullmatch(text)):
            return _possible(node, Condition(field, LOOKUPS["regex"], _regex(node, **found.groupdict()), key))
        case str(text):
            doubt_flags(node, text)
            doubt_pattern(node, text, field.name)
            doubt_quotes(node, text)
            doubt_template(node)
            if field.kind != "text":
                doubt_comparison(node)
    return _lookup("contains" if field.kind == "text" else "eq", node, field, key)


def _lookup(name: str, node: Node, field: Field, key: str) -> Matcher:
    if name in COMBINERS:
        return _combined(name, node, lambda child: _condition(child, field, key))
    return _possible(node, Condition(field, LOOKUPS[name], _operand(node, LOOKUPS[name], field), key))


def _possible(node: Node, condition: Condition) -> Condition:
    """Return a condition; raise the error of one that no value fulfils, where the field's values are a closed list."""
    field, lookup = condition.field, condition.lookup
    if not field.closed or lookup.name == "exists":
        return condition
    names = NAMES[field.name]
    if lookup.name in ("eq", "in"):
        for item in node.one_or_more():
            item.one_of(names)
    elif not fits_one_of(condition, names):
        raise node.error(f"matches none of {', '.join(names)}.")
    return condition


def _operand(node: Node, lookup: Lookup, field: Field) -> object:
    match lookup.operand:
        case "text":
            doubt_operand(node, lookup, field.name)
            return _comparable(node, field)
        case "number":
            return node.number()
        case "flag":
            return node.as_(bool)
        case "regex":
            doubt_operand(node, lookup, field.name)
            return _regex(node, node.as_(str))
        case "list":
            doubt_values(node)
            for item in node.items():
                doubt_operand(item, lookup, field.name)
            return tuple(_comparable(item, field) for item in node.items())
    doubt_operand(node, lookup, field.name)
    return _comparable(node, field)


def _comparable(node: Node, field: Field) -> object:
    """Return an operand of the field's own type."""
    match field.kind:
        case "number":
            doubt_count(node)
            return node.number()
        case "flag":
            return node.as_(bool)
        case "text" | "name":
            doubt_word(node)
            doubt_other_word(node, field.name)
            return node.raw
    doubt_value(node)
    return node.value


def _regex(node: Node, pattern: str, flags: str = "") -> Pattern:
    try:
        return Pattern(pattern, flags)
    except PatternError as exc:
        raise node.error(f"is not a regular expression: {exc}.") from exc


def _combined(name: str, node: Node, reader: Reader) -> Matcher:
    if name == "not":
        doubt_empty(node, "always matches, and its opposite never does")
        return Not(reader(node))
    parts = tuple(map(reader, node.items("condition")))
    return All(parts) if name == "all" else AnyOf(parts)


def _all_of(parts: list[Matcher]) -> Matcher:
    return parts[0] if len(parts) == 1 else All(tuple(parts))
