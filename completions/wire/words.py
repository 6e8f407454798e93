"""The usual errors in each API's own words: a table a format or dialect, by what kind of error it is.

An error that is raised somewhere in the house, or by a script without words of its own, has a kind. The table of the
format that answers says how it puts it: message, type, code, param, and the status, unless a script demands one.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from completions.exceptions import KeyRefused, RequestError
from completions.tokens.models import context_window

AS_IT_IS = "…"
"""For a field that an API has as the error has it."""

DEFAULT_WINDOW = 128_000
"""Tokens, of a model that the table does not know."""


class Words(NamedTuple):
    """How an API puts a kind of error; `message` has `{model}` and other facts in it, or is a function of the facts."""

    message: str | Callable[[Mapping[str, Any]], str]
    status: int | None = None
    type: str = AS_IT_IS
    code: str | None = AS_IT_IS
    param: str | None = AS_IT_IS
    source: str = ""
    seen: str = ""


NO_WORDS: Mapping[str, Words] = {}
"""Of an API that puts all of them as OpenAI's chat completions do."""


def worded(exc: RequestError, table: Mapping[str, Words]) -> RequestError:
    """Return an error in an API's words; one that it puts as everybody does, or in somebody's own words, as it is."""
    words = table.get(exc.kind or "")
    if words is None:
        return exc
    facts, message = facts_of(exc), words.message
    return RequestError(
        message.format_map(facts) if isinstance(message, str) else message(facts),
        status=exc.status if words.status is None or exc.keeps_status else words.status,
        type=_kept(words.type, exc.type) or "",
        code=_kept(words.code, exc.code),
        param=_kept(words.param, exc.param),
        headers=exc.headers,
    )


def facts_of(exc: RequestError) -> dict[str, Any]:
    """Return what a message can tell; where nothing was counted, the prompt is just longer than the model's window."""
    facts: dict[str, Any] = dict(exc.facts or {})
    model = facts.setdefault("model", None)
    window = facts.setdefault("window", context_window(model if isinstance(model, str) else None) or DEFAULT_WINDOW)
    facts.setdefault("max_tokens", 0)
    facts.setdefault("prompt_tokens", window + 1)
    facts["total"] = facts["prompt_tokens"] + facts["max_tokens"]
    facts["key"] = exc.key if isinstance(exc, KeyRefused) else ""
    facts["key_end"] = facts["key"][-4:]
    return facts


def _kept(wanted: str | None, given: str | None) -> str | None:
    return given if wanted == AS_IT_IS else wanted
