"""Step 3: JMESPath on a request's body, with limits on its time and its results."""

import functools
import json
from collections.abc import Collection, Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

from completions import budget
from completions.exceptions import AuthorError

MAX_LENGTH = 10_000
"""Characters of an expression."""

MAX_VALUES = 100_000
"""Values that an expression may create, or pass to a function."""

MAX_CHARACTERS = 10_000_000
"""Characters of a text that an expression creates."""

DOES_NOT_APPLY = (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError)
"""Exceptions of an expression that does not apply to a body: mostly wrong types."""


class ExpressionError(ValueError):
    """A text that is not a JMESPath expression; the message is the reason."""


class _Metered(TreeInterpreter):  # type: ignore[misc]  # the library has no types
    """JMESPath's own interpreter, with checks of the time and of the size of values."""

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        budget.seconds_left()
        return super().visit(node, *args, **kwargs)

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        return _bounded(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        return _bounded(super().visit_multi_select_dict(node, value))

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if isinstance(base, list) and sum(len(each) if isinstance(each, list) else 1 for each in base) > MAX_VALUES:
            raise _too_much()
        return super().visit_flatten({**node, "children": [{"type": "literal", "value": base}]}, value)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [_bounded(self.visit(child, value)) for child in node["children"]]
        return super().visit_comparator(
            {**node, "children": [{"type": "literal", "value": side} for side in sides]}, value
        )

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        arguments = [_bounded(self.visit(child, value)) for child in node["children"]]
        if node["value"] == "join" and len(arguments) == 2 and isinstance(arguments[1], list):
            glue, pieces = arguments
            if len(str(glue)) * len(pieces) + sum(map(len, filter(_is_text, pieces))) > MAX_CHARACTERS:
                raise _too_much()
        return _bounded(self._functions.call_function(node["value"], arguments))


@functools.lru_cache(maxsize=4096)
def compiled(text: str) -> Any:
    """Parse an expression; raise `ExpressionError` if it is not valid."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it has more than {MAX_LENGTH} characters")
    try:
        parsed = jmespath.compile(text).parsed
    except RecursionError as exc:
        raise ExpressionError("it is nested too deeply") from exc
    except JMESPathError as exc:
        raise ExpressionError(_first_line(str(exc))) from exc
    except Exception as exc:  # the parser meets some texts with errors of its own
        raise ExpressionError(budget.described(exc)) from exc
    if unknown := next((name for name in _functions(parsed) if name not in Functions.FUNCTION_TABLE), None):
        raise ExpressionError(f"there is no function {unknown}(); there is {', '.join(Functions.FUNCTION_TABLE)}")
    return parsed


def _first_line(message: str) -> str:
    """Return the first line of the library's message, without its fixed parts, with a hint at the most common cause."""
    line = message.splitlines()[0].removesuffix(", for expression:").removesuffix(":")
    line = line.removeprefix("Invalid jmespath expression: ").removeprefix("Bad jmespath expression: ")
    return line + (". Write numbers in backquotes: `1`" if "(NUMBER)" in line else "")


def fields_meant_as_values(text: str) -> Iterator[str]:
    """Yield the names of fields in an expression's comparisons that were most likely meant as values.

    In JMESPath, double quotes enclose the name of a field, and `true` is such a name.
    """
    waiting = [compiled(text)]
    while waiting:
        node = waiting.pop()
        if node["type"] == "comparator" and (other := node["children"][1])["type"] == "field":
            name = other["value"]
            if name in ("true", "false", "null") or json.dumps(name, ensure_ascii=False) in text:
                yield name
        waiting += [child for child in node["children"] if isinstance(child, dict) and "children" in child]


def _functions(parsed: Any) -> Iterator[str]:
    """Yield the names of the functions that an expression calls."""
    waiting = [parsed]
    while waiting:
        node = waiting.pop()
        if node["type"] == "function_expression":
            yield node["value"]
        waiting += [child for child in node["children"] if isinstance(child, dict) and "children" in child]


def evaluate(text: str, body: object) -> object:
    """Return the result of an expression for a body; one that does not apply raises one of DOES_NOT_APPLY."""
    found: object = _Metered().visit(compiled(text), body)
    return found


def _bounded(value: Any) -> Any:
    """Return a value that an expression created; raise `AuthorError` if it is too large."""
    if isinstance(value, str):
        if len(value) > MAX_CHARACTERS:
            raise _too_much()
        return value
    if not isinstance(value, (list, dict)):
        return value
    remaining, waiting = MAX_VALUES, [value]
    while waiting:
        children: Collection[Any] = waiting.pop()
        remaining -= len(children)
        if remaining < 0:
            raise _too_much()
        if isinstance(children, dict):
            children = children.values()
        waiting += [child for child in children if isinstance(child, (list, dict))]
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _too_much() -> AuthorError:
    return AuthorError(
        "expression_failed",
        f"a JMESPath expression makes more than {MAX_VALUES} values or {MAX_CHARACTERS} characters",
    )
