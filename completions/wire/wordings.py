"""The standard errors in each API's wording: a table for each format or dialect, by the kind of error.

An error raised by the mock, or by a script without its own wording, has a kind. The table of the answering format has
its message, type, code, param and status, unless the script sets the status.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from completions.exceptions import KeyRefused, RequestError
from completions.tokens.models import context_window

UNCHANGED = "…"
"""Marks a field that the API leaves as the error has it."""

MALFORMED = "malformed_model"
"""The kind of the error for a malformed model name; most APIs answer that there is no such model."""

NOT_UTF8 = "it is not UTF-8"
"""How the description of the fault begins if a body is not UTF-8, and so no JSON."""

DEFAULT_WINDOW = 128_000
"""The context window, in tokens, of models that the table does not know."""


class Wording(NamedTuple):
    """An API's wording of a kind of error. `message` has facts such as `{model}` in it, or is a function of them.

    A `plain` one is sent as a text, without an envelope.
    """

    message: str | Callable[[Mapping[str, Any]], str]
    status: int | None = None
    type: str = UNCHANGED
    code: str | None = UNCHANGED
    param: str | None = UNCHANGED
    source: str = ""
    seen: str = ""
    plain: bool = False


NO_WORDINGS: Mapping[str, Wording] = {}
"""For APIs with the wording of OpenAI's chat completions."""


def apply_wording(exc: RequestError, table: Mapping[str, Wording]) -> RequestError:
    """Return an error in the API's wording; an error with its own wording stays as it is."""
    wording = table.get(exc.kind or "") or (table.get("model_not_found") if exc.kind == MALFORMED else None)
    if wording is None:
        return exc
    facts, message = facts_of(exc), wording.message
    error = RequestError(
        message.format_map(facts) if isinstance(message, str) else message(facts),
        status=exc.status if wording.status is None or exc.keeps_status else wording.status,
        type=_value(wording.type, exc.type) or "",
        code=_value(wording.code, exc.code),
        param=_value(wording.param, exc.param),
        headers=exc.headers,
    )
    error.about, error.plain = facts, wording.plain
    return error


def facts_of(exc: RequestError) -> dict[str, Any]:
    """Return the facts for a message; if nothing was counted, the prompt is just longer than the context window."""
    facts: dict[str, Any] = dict(exc.facts or {})
    model = facts.setdefault("model", None)
    window = facts.setdefault("window", context_window(model if isinstance(model, str) else None) or DEFAULT_WINDOW)
    facts.setdefault("max_tokens", 0)
    facts.setdefault("prompt_tokens", window + 1)
    facts["total"] = facts["prompt_tokens"] + facts["max_tokens"]
    facts["key"] = exc.key if isinstance(exc, KeyRefused) else ""
    facts["key_end"] = facts["key"][-4:]
    return facts


def listed(values: Collection[str], word: str = "and", *, quote: str = "'", comma: str = ",") -> str:
    """Return quoted values as APIs list them: `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`; some have no last comma."""
    *first, last = [f"{quote}{value}{quote}" for value in values] or [""]
    return f"{', '.join(first)}{comma if len(first) > 1 else ''} {word} {last}" if first else last


def _value(wording: str | None, current: str | None) -> str | None:
    """Return a field's value: the wording's, or the current one if the wording leaves it unchanged."""
    return current if wording == UNCHANGED else wording
