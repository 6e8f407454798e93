"""Step 3: the fields of a request that conditions can read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from completions import budget
from completions.conversation import Prompt
from completions.script.match.expressions import DOES_NOT_APPLY, evaluate
from completions.script.match.lookups import LOOKUPS, NUMERIC
from completions.tokens.spelling import untagged

Kind = Literal["text", "name", "number", "flag", "any"]

LOOKUPS_OF: dict[Kind, tuple[str, ...]] = {
    "text": tuple(LOOKUPS),
    "name": tuple(LOOKUPS),
    "number": NUMERIC,
    "flag": ("eq",),
    "any": tuple(LOOKUPS),
}
"""The lookups that each kind of value takes. A bare string means `contains` for a text, `eq` for the rest."""


@dataclass(frozen=True, slots=True)
class Field:
    """A name under `match:`. Of `many` values one has to match; a `keyed` field is read by a key, like headers.

    `stated` reads only what the request itself sets, for `exists`, if `read` finds a value in any request.
    `misfit` returns why there is no value. A `closed` field only has the values of `conversation.NAMES`. Values are
    equal if `form` returns the same for both.
    """

    name: str
    kind: Kind
    read: Callable[[Prompt, str], object]
    help: str
    many: bool = False
    keyed: bool = False
    stated: Callable[[Prompt, str], object] | None = None
    misfit: Callable[[Prompt, str], str | None] | None = None
    closed: bool = False
    form: Callable[[str], str] | None = None


def _search(prompt: Prompt, text: str) -> object:
    """Evaluate an expression; one that does not apply to this body yields null."""
    try:
        return evaluate(text, prompt.body)
    except DOES_NOT_APPLY:
        return None


def _misfit(prompt: Prompt, text: str) -> str | None:
    """Return why an expression does not apply to this body."""
    try:
        evaluate(text, prompt.body)
    except DOES_NOT_APPLY as exc:
        return f"it does not apply to this body: {budget.described(exc)}"
    return None


def _retry(prompt: Prompt, key: str) -> int:
    """Return the number of the retry, by the header of OpenAI's SDKs; 0 without it."""
    sent = prompt.headers.get("x-stainless-retry-count", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _tool_choice(prompt: Prompt, key: str) -> object:
    return (prompt.tool_choice.mode, *prompt.tool_choice.names)


def _response_format(prompt: Prompt, key: str) -> object:
    requested = prompt.response_format
    return (requested.kind, requested.name) if requested.name else (requested.kind,)


def _stated_tool_choice(prompt: Prompt, key: str) -> object:
    return _tool_choice(prompt, key) if prompt.tool_choice.stated else None


def _stated_response_format(prompt: Prompt, key: str) -> object:
    return _response_format(prompt, key) if prompt.response_format.stated else None


FIELDS = {
    field.name: field
    for field in (
        Field("model", "name", lambda prompt, key: prompt.model, "The requested model.", form=untagged),
        Field("last_user", "text", lambda prompt, key: prompt.last_user, "The last user message."),
        Field("system", "text", lambda prompt, key: prompt.system, "The system and developer messages."),
        Field(
            "any_message",
            "text",
            lambda prompt, key: [message.text for message in prompt.messages],
            "The text of any message, of any role.",
            many=True,
        ),
        Field("turn", "number", lambda prompt, key: prompt.turn, "How many assistant messages there are so far."),
        Field(
            "tools",
            "name",
            lambda prompt, key: [tool.name for tool in prompt.tools],
            "The name of any offered tool.",
            many=True,
        ),
        Field(
            "tool_choice",
            "name",
            _tool_choice,
            "`auto`, `required`, `none`, or the tool's name.",
            many=True,
            stated=_stated_tool_choice,
        ),
        Field(
            "response_format",
            "name",
            _response_format,
            "The format's type, or its schema's name.",
            many=True,
            stated=_stated_response_format,
        ),
        Field("format", "name", lambda prompt, key: prompt.format, "The wire format, such as `chat`.", closed=True),
        Field(
            "dialect",
            "name",
            lambda prompt, key: prompt.address.get("dialect"),
            "The dialect of the format, such as `azure`; none for OpenAI.",
            closed=True,
        ),
        Field("stream", "flag", lambda prompt, key: prompt.stream, "Whether the answer is streamed."),
        Field("header", "name", lambda prompt, key: prompt.headers.get(key), "A header, by name.", keyed=True),
        Field("retry", "number", _retry, "The number of the SDK's retry; 0 for the first attempt."),
        Field(
            "idempotency_key",
            "name",
            lambda prompt, key: prompt.headers.get("idempotency-key"),
            "The request's idempotency key: the same for each retry.",
        ),
        Field("user", "name", lambda prompt, key: prompt.user, "The request's `user`."),
        Field("metadata", "name", lambda prompt, key: prompt.metadata.get(key), "A metadata value.", keyed=True),
    )
}

TOOL_RESULT = {
    "name": Field(
        "tool_result.name",
        "name",
        lambda prompt, key: prompt.tool_result and prompt.tool_result.name,
        "The name of the tool with the last result.",
    ),
    "text": Field(
        "tool_result",
        "text",
        lambda prompt, key: prompt.tool_result and prompt.tool_result.text,
        "The text of the last tool result.",
    ),
}
"""The two parts of `tool_result`; conditions directly under it are on the text."""

EXPR = Field("expr", "any", _search, "A JMESPath expression on the request's body.", keyed=True, misfit=_misfit)
"""`expr` holds a bare expression that must be true, or conditions by expression."""

STRUCTURED_FIELDS = {
    "tool_result": "The last tool result: its text, or its `name` and `text`.",
    "expr": EXPR.help,
    "request": "A recorded request; matches requests that ask the same.",
}
"""The fields whose conditions have a special structure."""
