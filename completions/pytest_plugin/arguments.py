"""Checks of a test's arguments against the annotations, so that errors appear at the call and name the argument."""

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from completions.conversation import Choice, Reply
from completions.script.reply.reply_types import answer_problem

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

MAX_SECONDS = 86_400
"""The longest wait in seconds: a day, as in the control API."""


Seconds = Annotated[float, "seconds (a number from 0 to 86400)", lambda value: 0 <= value <= MAX_SECONDS]
Dollars = Annotated[float, "dollars (a number from 0)", lambda value: 0 <= value < math.inf]
Count = Annotated[int, "a whole number (from 0)", lambda value: value >= 0]
Name = Annotated[str, "a name (a text that is not empty)", bool]

TYPE_NAMES: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
    Mapping: "a dict",
    Callable: "a callable",
}


MODEL = ' For a Pydantic model, write `{"json": model.model_dump()}`.'


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Raise TypeError for an argument that is not as the function's annotations say."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        kinds = _kinds(function)
        for name, value in _each(signature, _given(signature, *args, **kwargs)):
            kind = kinds.get(name[0], Any)
            if (problem := _problem(value, kind)) is not None:
                raise TypeError(f"{function.__name__}(): `{name[-1]}` {problem}")
        return function(*args, **kwargs)

    return called


def with_checked_arguments(cls: C) -> C:
    """Check the arguments of a class's public methods."""
    for name, method in list(vars(cls).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(cls, name, checked(method))
    return cls


@functools.cache
def _kinds(function: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(function, include_extras=True)


def _given(signature: inspect.Signature, *args: object, **kwargs: object) -> Mapping[str, Any]:
    """Return the arguments by parameter; none where one is missing or too many, as Python itself says at the call."""
    try:
        return signature.bind(*args, **kwargs).arguments
    except TypeError:
        return {}


def _each(signature: inspect.Signature, given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each argument with the name of its parameter, and its own where the parameter takes any."""
    for name, value in given.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            yield from (((name, key), each) for key, each in value.items())
        else:
            yield (name,), value


def _problem(value: object, kind: Any) -> str | None:
    """Return the problem of a value; None where it is valid."""
    if isinstance(value, (Reply, Choice)) and (wrong := answer_problem(value)) is not None:
        return f"is a {type(value).__name__} that cannot be an answer: {wrong}."
    if _is_of_kind(value, kind):
        return None
    hint = MODEL if hasattr(value, "model_dump") and TYPE_NAMES[Mapping] in _words(kind) else ""
    return f"takes {_words(kind)}, not {value!r:.100}.{hint}"


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) in (Union, UnionType):
        return [each for one in get_args(kind) for each in _alternatives(one)]
    return [kind]


def _is_of_kind(value: object, kind: Any) -> bool:
    return any(_is_one(value, each) for each in _alternatives(kind))


def _is_one(value: Any, kind: Any) -> bool:
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if kind is Any or isinstance(kind, TypeVar):
        return True
    if origin is Annotated:
        return _is_one(value, arguments[0]) and bool(arguments[2](value))
    if isinstance(value, bool):
        return origin is bool
    if origin is float:
        return isinstance(value, (int, float))
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(arguments) and all(map(_is_of_kind, value, arguments))
    if origin is Sequence:
        is_list = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        return is_list and all(_is_of_kind(each, arguments[0]) for each in value)
    return callable(value) if origin is Callable else isinstance(value, origin)


def _words(kind: Any) -> str:
    """Return the description of a type in a message."""
    kinds = _alternatives(kind)
    *others, last = dict.fromkeys(_word(each, kinds) for each in kinds)
    return f"{', '.join(others)} or {last}" if others else last


def _word(kind: Any, among: Sequence[Any]) -> str:
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        return str(arguments[1])
    if origin is tuple:
        return f"a pair of {' and '.join(map(_words, arguments))}"
    if origin is Sequence:
        is_of_these = all(each in among for each in _alternatives(arguments[0]))
        return "a list of these" if is_of_these else f"a list (each item {_words(arguments[0])})"
    return TYPE_NAMES.get(origin) or f"a {origin.__name__}"
