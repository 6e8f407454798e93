"""What an operation of the control API is: its address, what it takes, what it answers, and what runs it."""

import inspect
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.script.text.node import Node, did_you_mean, shortened
from completions.state.namespaces import Namespace, namespace
from completions.views.http import ExchangeResponse

TRUE, FALSE = ("true", "1"), ("false", "0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: a text, a number (`int`) from `least` to `most`, or a flag (`bool`)."""

    name: str
    help: str
    kind: type[str] | type[int] | type[bool] = str
    default: str | int | bool | None = None
    least: int = 0
    most: int = 0
    choices: Collection[str] = ()

    def read(self, text: str) -> str | int | bool:
        """Return the value; raise `RequestError` where it is none."""
        if self.kind is bool and text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        if (
            self.kind is int
            and text.isascii()
            and text.isdigit()
            and len(text) < 20
            and self.least <= int(text) <= self.most
        ):
            return int(text)
        if self.kind is str and "\x00" not in text and (not self.choices or text in self.choices):
            return text
        told = f"`{self.name}` must be {self.expected}, not {shortened(text, 60)!r}."
        raise RequestError(told + did_you_mean(text, self.choices), param=self.name, code="invalid_parameter")

    @property
    def expected(self) -> str:
        """What the value may be, in words."""
        if self.kind is bool:
            return "true or false"
        if self.kind is int:
            return f"a whole number from {self.least} to {self.most}"
        return f"one of {', '.join(self.choices)}" if self.choices else "a text"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: the text, and what it says as YAML, of which JSON is a part."""

    text: str
    node: Node


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation: the parts of its address, its query parameters by name, and its body."""

    exchange: Exchange
    parts: Mapping[str, str]
    query: Mapping[str, Any]
    content: Body | None = None

    @property
    def body(self) -> Body:
        """The body of an operation that takes one."""
        if self.content is None:
            raise RequestError("This operation needs a body.")
        return self.content

    @property
    def namespace(self) -> str:
        """The namespace's name."""
        return self.exchange.namespace

    async def space(self) -> Namespace:
        """Return the namespace as it is now, made on first use."""
        found = namespace(self.namespace)
        await found.refresh()
        return found

    async def dialect(self) -> str:
        """Return the dialect of OpenAI's formats that the namespace's script chooses, for reading its exchanges."""
        return (await self.space()).script.dialect


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table.

    The address stands after `/_mock/`, `{part}`s included. `body` and `answers` name shapes (`shapes.py`); an answer
    that is no JSON has the name of its media type. `is_open` lets everybody call it.
    """

    method: str
    path: str
    run: Callable[[Call], Coroutine[Any, Any, ExchangeResponse]]
    answers: Mapping[int, str]
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    is_open: bool = False

    @property
    def name(self) -> str:
        """The name of what runs it."""
        return self.run.__name__

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    def read_query(self, given: QueryDict) -> dict[str, Any]:
        """Return the values of all parameters; raise `RequestError` for one that is wrong, unknown, or given twice."""
        known = {parameter.name: parameter for parameter in self.query}
        values: dict[str, Any] = {parameter.name: parameter.default for parameter in self.query}
        for name, texts in given.lists():
            if name not in known:
                allowed = f"allowed: {', '.join(known)}.{did_you_mean(name, known)}" if known else "there are none."
                raise RequestError(
                    f"`{name[:100]}` is not a query parameter here; {allowed}",
                    param=name[:100],
                    code="unknown_parameter",
                )
            if len(texts) > 1:
                raise RequestError(f"`{name}` is given twice.", param=name, code="invalid_parameter")
            values[name] = known[name].read(str(texts[0]))
        return values
