"""The standard errors in each API's wording: a table for each format or dialect, by the kind of error.

An error raised by the mock, or by a script without its own wording, has a kind. The table of the answering format has
its message, type, code, param and status, unless the script sets the status.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from completions.exceptions import KeyRefused, RequestError
from completions.tokens.models import context_window

AS_IT_IS = "…"
"""For a field that the API leaves as the error has it."""

MALFORMED = "malformed_model"
"""The kind of error of a model's name that cannot be one; most APIs say no more than that there is no such model."""

NO_TEXT = "it is not UTF-8"
"""What the fault of a body begins with that is no text, and so no JSON."""

DEFAULT_WINDOW = 128_000
"""The context window, in tokens, of models that the table does not know."""


class Words(NamedTuple):
    """An API's wording of a kind of error; `message` has facts such as `{model}` in it, or is a function of them."""

    message: str | Callable[[Mapping[str, Any]], str]
    status: int | None = None
    type: str = AS_IT_IS
    code: str | None = AS_IT_IS
    param: str | None = AS_IT_IS
    source: str = ""
    seen: str = ""


NO_WORDS: Mapping[str, Words] = {}
"""For APIs with the wording of OpenAI's chat completions."""


def worded(exc: RequestError, table: Mapping[str, Words]) -> RequestError:
    """Return an error in the API's wording; an error with its own wording stays as it is."""
    words = table.get(exc.kind or "") or (table.get("model_not_found") if exc.kind == MALFORMED else None)
    if words is None:
        return exc
    facts, message = facts_of(exc), words.message
    told = RequestError(
        message.format_map(facts) if isinstance(message, str) else message(facts),
        status=exc.status if words.status is None or exc.keeps_status else words.status,
        type=_kept(words.type, exc.type) or "",
        code=_kept(words.code, exc.code),
        param=_kept(words.param, exc.param),
        headers=exc.headers,
    )
    told.about = facts
    return told


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
    """Return quoted values as APIs list them: `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`; some want no last comma."""
    *others, last = [f"{quote}{value}{quote}" for value in values] or [""]
    return f"{', '.join(others)}{comma if len(others) > 1 else ''} {word} {last}" if others else last


def _kept(wanted: str | None, given: str | None) -> str | None:
    return given if wanted == AS_IT_IS else wanted
