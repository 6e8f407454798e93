"""An operation of the control API: its address, its parameters and body, its answers, and its function."""

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
    """A query parameter: a text, a number (`int`) from `minimum` to `maximum`, or a flag (`bool`)."""

    name: str
    help: str
    kind: type[str] | type[int] | type[bool] = str
    default: str | int | bool | None = None
    minimum: int = 0
    maximum: int = 0
    choices: Collection[str] = ()

    def read(self, text: str) -> str | int | bool:
        """Return the value; raise `RequestError` where it is invalid."""
        if self.kind is bool and text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        if (
            self.kind is int
            and text.isascii()
            and text.isdigit()
            and len(text) < 20
            and self.minimum <= int(text) <= self.maximum
        ):
            return int(text)
        if self.kind is str and "\x00" not in text and (not self.choices or text in self.choices):
            return text
        message = f"`{self.name}` must be {self.expected}, not {shortened(text, 60)!r}."
        raise RequestError(message + did_you_mean(text, self.choices), param=self.name, code="invalid_parameter")

    @property
    def expected(self) -> str:
        """A description of the valid values."""
        if self.kind is bool:
            return "true or false"
        if self.kind is int:
            return f"a whole number from {self.minimum} to {self.maximum}"
        return f"one of {', '.join(self.choices)}" if self.choices else "a text"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: the text, and the document that it is as YAML, which includes JSON."""

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
        space = namespace(self.namespace)
        await space.refresh()
        return space

    async def dialect(self) -> str:
        """Return the dialect of OpenAI's formats in the namespace's script, for reading its exchanges."""
        return (await self.space()).script.dialect


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table.

    The path follows `/_mock/`, and may have `{part}`s. `body` and `answers` name shapes (`shapes.py`); an answer that
    is no JSON has the name of its media type. `is_open` lets all clients call it.
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
        """The name of its function."""
        return self.run.__name__

    @property
    def summary(self) -> str:
        """A sentence on its effect."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    def read_query(self, query: QueryDict) -> dict[str, Any]:
        """Return the values of all parameters; raise `RequestError` for an invalid, unknown or repeated one."""
        parameters = {parameter.name: parameter for parameter in self.query}
        values: dict[str, Any] = {parameter.name: parameter.default for parameter in self.query}
        for name, texts in query.lists():
            if name not in parameters:
                allowed = (
                    f"allowed: {', '.join(parameters)}.{did_you_mean(name, parameters)}"
                    if parameters
                    else "there are none."
                )
                raise RequestError(
                    f"`{name[:100]}` is not a query parameter here; {allowed}",
                    param=name[:100],
                    code="unknown_parameter",
                )
            if len(texts) > 1:
                raise RequestError(f"`{name}` is given twice.", param=name, code="invalid_parameter")
            values[name] = parameters[name].read(str(texts[0]))
        return values
