"""What an API refuses because of the model: one table per format, compared with what the model lacks.

A row names the ability, finds where a request needs it, and has the API's wording, with the source and the date when it
was last seen. Admission raises the first row that applies.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities
from completions.wire.fields import as_text, mapping
from completions.wire.words import listed


class Asked(NamedTuple):
    """Where a request needs an ability, such as `messages[0].role`, and the value there."""

    place: str
    value: Any = None


Find = Callable[[Prompt, Capabilities], Asked | None]


class Refusal(NamedTuple):
    """The error for one ability; `words` and `param` can contain `{place}`, `{value}` and what else `error` has by
    name.

    `part` is the kind of part, and `needs` the parameter, without which no request needs the ability: other requests
    skip the row.
    """

    feature: str
    find: Find
    words: str
    code: str | None = None
    param: str | None = None
    status: int = 400
    type: str = "invalid_request_error"
    source: str = ""
    seen: str = ""
    part: str = ""
    needs: str = ""

    def error(self, asked: Asked, prompt: Prompt, can: Capabilities) -> RequestError:
        """Return the error to raise."""
        facts = {
            "place": asked.place,
            "value": as_text(asked.value),
            "model": prompt.model,
            "supported": listed(can.efforts_in(prompt.format)),
            "one_of": listed(can.efforts or (), "or", quote="`"),
            "levels": ", ".join(sorted(can.efforts or ())),
            "least": can.budget[0] if can.budget else 0,
            "most": can.budget[1] if can.budget else 0,
            "output": can.output,
            "beyond": (can.output or 0) + 1,
        }
        param = self.param and self.param.format_map(facts)
        return RequestError(
            self.words.format_map(facts), status=self.status, type=self.type, code=self.code, param=param
        )


placed = functools.partial(Refusal, param="{place}")
"""A row whose error has the place as its parameter."""

unsupported = functools.partial(placed, code="unsupported_parameter")

EFFORT = "effort"
"""Marks a row for models that accept only some reasoning efforts."""

FORMAT = "format"
"""Marks a row for models that are available in some formats only."""

BUDGET = "budget"
"""Marks a row for models with limits on the tokens for thinking."""

OUTPUT = "output"
"""Marks a row for requests that allow longer answers than the model makes."""


class HasRefusals(Protocol):
    """The part of a wire format that this module needs."""

    @property
    def refusals(self) -> Sequence[Refusal]:
        """The rows, in the order in which the API checks them."""


@functools.lru_cache(maxsize=1024)
def applying(wire: HasRefusals, format_: str, lacking: frozenset[str], can: Capabilities) -> tuple[Refusal, ...]:
    """Return the rows that can apply to requests in a format for a model; most requests share the result."""
    rows = (row for row in wire.refusals if _applies(row.feature, format_, lacking, can))
    return tuple(row._replace(needs=getattr(row.find, "needs", "")) for row in rows)


def _applies(feature: str, format_: str, lacking: frozenset[str], can: Capabilities) -> bool:
    match feature:
        case "effort":
            return can.efforts is not None
        case "format":
            return can.formats is not None and format_ not in can.formats
        case "budget":
            return can.budget is not None
    return feature in lacking


@dataclass(frozen=True, slots=True)
class Given:
    """Finds a parameter that is neither null nor has its default value, such as `top_p` or `reasoning.summary`."""

    place: str
    usual: object = None

    @property
    def needs(self) -> str:
        """The top-level parameter that is it, or contains it."""
        return self.place.partition(".")[0]

    def __call__(self, prompt: Prompt, can: Capabilities) -> Asked | None:
        """Return the parameter with its value."""
        value: object = prompt.body
        for name in self.place.split("."):
            value = mapping(value).get(name)
        return None if value is None or value == self.usual else Asked(self.place, value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Finds a parameter that has a certain value."""

    needs: str
    value: object

    def __call__(self, prompt: Prompt, can: Capabilities) -> Asked | None:
        """Return the parameter with its value."""
        return Asked(self.needs, self.value) if prompt.body.get(self.needs) == self.value else None


@dataclass(frozen=True, slots=True)
class Effort:
    """Finds a reasoning effort in the body: any, or with `other` one that the model does not accept."""

    place: str
    other: bool = False

    @property
    def needs(self) -> str:
        """The top-level parameter that contains the effort."""
        return self.place.partition(".")[0]

    def __call__(self, prompt: Prompt, can: Capabilities) -> Asked | None:
        """Return the place and the effort."""
        wanted = prompt.reasoning_effort
        if wanted is None or (self.other and wanted in can.efforts_in(prompt.format)):
            return None
        return Asked(self.place, wanted)


def any_of(*found: Find) -> Find:
    """Find what the first of some finds."""
    return lambda prompt, can: next(filter(None, (find(prompt, can) for find in found)), None)


def of_models(beginning: str, find: Find) -> Find:
    """Find something in a request to a model whose name begins so; of other models nobody has quoted the words."""
    return lambda prompt, can: find(prompt, can) if (prompt.model or "").startswith(beginning) else None


def has_part(kind: str, place: str) -> Find:
    """Find a part of a kind in any message."""

    def find(prompt: Prompt, can: Capabilities) -> Asked | None:
        return Asked(place) if any(part.kind == kind for message in prompt.messages for part in message.parts) else None

    return find


def too_long(prompt: Prompt, can: Capabilities) -> Asked:
    """Find the limit of tokens, which is above what the model's answers can have."""
    return Asked("max_tokens", prompt.max_tokens)


def role(name: str) -> Find:
    """Find the first message of a role."""

    def find(prompt: Prompt, can: Capabilities) -> Asked | None:
        at = next((at for at, message in enumerate(prompt.messages) if message.role == name), None)
        return None if at is None else Asked(f"messages[{at}].role", name)

    return find


def offers_tools(prompt: Prompt, can: Capabilities) -> Asked | None:
    """Find tools of any kind."""
    return Asked("tools" if prompt.body.get("tools") else "functions") if prompt.tools else None


def wants_schema(prompt: Prompt, can: Capabilities) -> Asked | None:
    """Find a request for an answer that follows a schema."""
    return Asked("response_format") if prompt.response_format.kind == "json_schema" else None
