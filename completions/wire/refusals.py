"""What an API refuses because of the model: a table a format, held against what the model lacks.

A row names the ability, finds where a request asks for it, and has the API's own words, with the source of the words
and the last day on which they were seen. Admission raises the first row that applies.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities


class Asked(NamedTuple):
    """Where a request asks for an ability, as `messages[0].role`, and with which value."""

    place: str
    value: Any = None


Find = Callable[[Prompt, Capabilities], Asked | None]


class Refusal(NamedTuple):
    """The words for one ability; in `words` and `param` stand `{place}`, `{value}`, `{model}` and `{supported}`."""

    feature: str
    find: Find
    words: str
    code: str | None = "unsupported_parameter"
    param: str | None = "{place}"
    status: int = 400
    type: str = "invalid_request_error"
    source: str = ""
    seen: str = ""

    def error(self, asked: Asked, prompt: Prompt, can: Capabilities) -> RequestError:
        """Return the error to raise."""
        facts = {
            "place": asked.place,
            "value": _shown(asked.value),
            "model": prompt.model,
            "supported": _listed(can.efforts or ()),
            "levels": ", ".join(sorted(can.efforts or ())),
            "least": can.budget[0] if can.budget else 0,
            "most": can.budget[1] if can.budget else 0,
        }
        param = self.param and self.param.format_map(facts)
        return RequestError(
            self.words.format_map(facts), status=self.status, type=self.type, code=self.code, param=param
        )


EFFORT = "effort"
"""The row that every model is held to which does not take any effort."""

FORMAT = "format"
"""The row that every model is held to which is for some formats alone."""

BUDGET = "budget"
"""The row that every model is held to whose tokens of thinking have bounds."""


def check(prompt: Prompt, refusals: Sequence[Refusal], can: Capabilities) -> None:
    """Raise the API's error for the first ability that a request asks for and the model lacks."""
    lacking = can.lacking(prompt.reasoning_effort)
    for refusal in refusals:
        if _applies(refusal.feature, lacking, can) and (asked := refusal.find(prompt, can)) is not None:
            raise refusal.error(asked, prompt, can)


def _applies(feature: str, lacking: frozenset[str], can: Capabilities) -> bool:
    match feature:
        case "effort":
            return can.efforts is not None
        case "format":
            return can.formats is not None
        case "budget":
            return can.budget is not None
    return feature in lacking


def _listed(values: Sequence[str]) -> str:
    *others, last = [f"'{value}'" for value in values] or [""]
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} and {last}" if others else last


def _shown(value: Any) -> str:
    """Write a value as the API's messages do: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def given(name: str, usual: object = None) -> Find:
    """Find a parameter that is neither null nor its usual value."""

    def find(prompt: Prompt, can: Capabilities) -> Asked | None:
        value = prompt.body.get(name)
        return None if value is None or value == usual else Asked(name, value)

    return find


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
    """Find an answer that is to be held to a schema."""
    return Asked("response_format") if prompt.response_format.kind == "json_schema" else None


def effort(place: str) -> Find:
    """Find an effort that is not among those that the model takes."""

    def find(prompt: Prompt, can: Capabilities) -> Asked | None:
        wanted = prompt.reasoning_effort
        return None if wanted is None or wanted in (can.efforts or ()) else Asked(place, wanted)

    return find


def with_effort(place: str) -> Find:
    """Find any effort."""
    return lambda prompt, can: None if prompt.reasoning_effort is None else Asked(place, prompt.reasoning_effort)
