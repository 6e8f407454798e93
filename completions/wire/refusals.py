"""Errors that depend on the model: one table per format, compared with the abilities that the model lacks.

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
from completions.wire.wordings import listed


class Occurrence(NamedTuple):
    """Where a request needs an ability, such as `messages[0].role`, and the value there."""

    place: str
    value: Any = None


Find = Callable[[Prompt, Capabilities], Occurrence | None]


class Refusal(NamedTuple):
    """The error for one ability; `message` and `param` can contain `{place}`, `{value}` and the other facts that
    `error` names.

    `part` is the kind of part, and `needs` the parameter, without which no request needs the ability: other requests
    skip the row.
    """

    feature: str
    find: Find
    message: str
    code: str | None = None
    param: str | None = None
    status: int = 400
    type: str = "invalid_request_error"
    source: str = ""
    seen: str = ""
    part: str = ""
    needs: str = ""

    def error(self, occurrence: Occurrence, prompt: Prompt, can: Capabilities) -> RequestError:
        """Return the error to raise."""
        facts = {
            "place": occurrence.place,
            "value": as_text(occurrence.value),
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
            self.message.format_map(facts), status=self.status, type=self.type, code=self.code, param=param
        )


parameter_refusal = functools.partial(Refusal, param="{place}")
"""A row whose error has the place as its parameter."""

unsupported_parameter = functools.partial(parameter_refusal, code="unsupported_parameter")

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
class ParameterSet:
    """Finds a parameter that is neither null nor has its default value, such as `top_p` or `reasoning.summary`."""

    place: str
    default: object = None

    @property
    def needs(self) -> str:
        """The top-level parameter that contains the place, or is the place."""
        return self.place.partition(".")[0]

    def __call__(self, prompt: Prompt, can: Capabilities) -> Occurrence | None:
        """Return the parameter with its value."""
        value: object = prompt.body
        for name in self.place.split("."):
            value = mapping(value).get(name)
        return None if value is None or value == self.default else Occurrence(self.place, value)


@dataclass(frozen=True, slots=True)
class ParameterEquals:
    """Finds a parameter that has a certain value."""

    needs: str
    value: object

    def __call__(self, prompt: Prompt, can: Capabilities) -> Occurrence | None:
        """Return the parameter with its value."""
        return Occurrence(self.needs, self.value) if prompt.body.get(self.needs) == self.value else None


@dataclass(frozen=True, slots=True)
class EffortSet:
    """Finds a reasoning effort in the body: any, or with `unsupported_only` one that the model does not accept."""

    place: str
    unsupported_only: bool = False

    @property
    def needs(self) -> str:
        """The top-level parameter that contains the effort."""
        return self.place.partition(".")[0]

    def __call__(self, prompt: Prompt, can: Capabilities) -> Occurrence | None:
        """Return the place and the effort."""
        effort = prompt.reasoning_effort
        if effort is None or (self.unsupported_only and effort in can.efforts_in(prompt.format)):
            return None
        return Occurrence(self.place, effort)


def any_of(*finds: Find) -> Find:
    """Return the first occurrence that one of these functions finds."""
    return lambda prompt, can: next(filter(None, (find(prompt, can) for find in finds)), None)


def for_models(beginning: str, find: Find) -> Find:
    """Find something in a request to a model whose name begins so; the wording for other models has not been quoted."""
    return lambda prompt, can: find(prompt, can) if (prompt.model or "").startswith(beginning) else None


def has_part(kind: str, place: str) -> Find:
    """Find a part of a kind in any message."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return (
            Occurrence(place)
            if any(part.kind == kind for message in prompt.messages for part in message.parts)
            else None
        )

    return find


def too_long(prompt: Prompt, can: Capabilities) -> Occurrence:
    """Find the token limit, which is above the longest answer of the model."""
    return Occurrence("max_tokens", prompt.max_tokens)


def role(name: str) -> Find:
    """Find the first message of a role."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        at = next((at for at, message in enumerate(prompt.messages) if message.role == name), None)
        return None if at is None else Occurrence(f"messages[{at}].role", name)

    return find


def offers_tools(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find tools of any kind."""
    return Occurrence("tools" if prompt.body.get("tools") else "functions") if prompt.tools else None


def wants_schema(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a request for an answer that follows a schema."""
    return Occurrence("response_format") if prompt.response_format.kind == "json_schema" else None
