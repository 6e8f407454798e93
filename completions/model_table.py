"""The models' real windows and providers: the table in LiteLLM's package, read without importing LiteLLM."""

import functools
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError

TABLE = "model_prices_and_context_window_backup.json"

INPUT_ONLY = "gpt-5"
"""Models whose names start so have a window in the table that holds the input only; the answer has its own."""


class Limits(NamedTuple):
    """A model's limits in tokens, and who provides it; None where the table does not know."""

    window: int | None
    output: int | None
    provider: str | None = None


def context_window(model: str | None) -> int | None:
    """Return how many tokens a model takes, or None for a model that the table does not know."""
    return _limits(model).window


def max_output(model: str | None) -> int | None:
    """Return how many tokens a model answers at most, or None for a model that the table does not know."""
    return _limits(model).output


def provider(model: str) -> str | None:
    """Return who provides a model, as `openai`; None for a model that the table does not know."""
    return _limits(model).provider


def check_context(prompt_tokens: int, max_tokens: int | None, model: str | None) -> None:
    """Raise `RequestError` where the messages, or they and what may be answered, do not fit the model's window.

    The wordings are the API's own, as its users quote them.
    """
    window = context_window(model)
    if window is None:
        return
    limit = f"This model's maximum context length is {window} tokens. However,"
    if prompt_tokens > window:
        said = f"your messages resulted in {prompt_tokens} tokens."
        raise _exceeded(f"{limit} {said} Please reduce the length of the messages.")
    total = prompt_tokens + (max_tokens or 0)
    if total > window and not (model or "").startswith(INPUT_ONLY):
        asked = f"you requested {total} tokens ({prompt_tokens} in the messages, {max_tokens} in the completion)."
        raise _exceeded(f"{limit} {asked} Please reduce the length of the messages or completion.")


def _exceeded(message: str) -> RequestError:
    return RequestError(message, code="context_length_exceeded", param="messages")


def _limits(model: str | None) -> Limits:
    table, name = _table(), model or ""
    if name.startswith("ft:"):  # `ft:gpt-4o-2024-08-06:organization::id` has its base model's limits
        name = ":".join(name.split(":")[:2])
        return table.get(name) or table.get(name.removeprefix("ft:"), Limits(None, None))
    return table.get(name, Limits(None, None))


@functools.cache
def _table() -> dict[str, Limits]:
    """Read the table once, some 20 ms; only these facts are kept. Without the file no model is known."""
    spec = find_spec("litellm")  # finds the package without importing it
    if spec is None or spec.origin is None or not (file := Path(spec.origin).parent / TABLE).is_file():
        return {}
    entries: dict[str, Any] = orjson.loads(file.read_bytes())
    return {name: _entry(entry) for name, entry in entries.items() if isinstance(entry, dict)}


def _entry(entry: dict[str, Any]) -> Limits:
    read, total, write = (_whole(entry.get(f"max_{key}tokens")) for key in ("input_", "", "output_"))
    named = entry.get("litellm_provider")
    return Limits(read or total, write or total, sys.intern(named) if isinstance(named, str) else None)


def _whole(value: object) -> int | None:
    """Take whole numbers only: the table's sample entry explains its fields in words."""
    return value if type(value) is int and value > 0 else None
