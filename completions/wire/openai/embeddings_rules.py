"""Step 2 for embeddings: validate a request like the real API does.

The fields are `EmbeddingCreateParams` of `openai.types`, whose docstrings have the limits; the wordings on `input` and
`dimensions` are the API's own, as its users quote them.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    choice,
    either,
    integer,
    record,
    refuse,
    string,
    worded_problem,
)

MAX_INPUTS = 2048
MAX_TOKENS = 8192
"""Tokens of one input."""

MAX_TOTAL_TOKENS = 300_000

SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""The models' dimensions, which are also the highest that a request can set."""

FIXED_SIZE = "text-embedding-ada-002"
"""The model whose dimensions cannot be chosen."""

MAX_DIMENSIONS = 4096
"""The highest dimensions of any other model."""

INVALID = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
"""The message for any other invalid input of the right type."""


def _input(body: Mapping[str, Any]) -> Problem | None:
    """Check the input: a text, tokens, or an array of either kind; only a single text may be empty."""
    value = body["input"]
    if type(value) is str:
        return None
    if (why := _wrong_input(value)) is not None:
        return worded_problem(f"Invalid {why}.", None, "")
    return None if _is_tokens(value) or _is_batch(value) else worded_problem(INVALID, None, "")


def _wrong_input(items: list[Any]) -> str | None:
    """Return what is wrong with the number of inputs, or which is empty (quoted and measured until 2026-09-27)."""
    if not items:
        return "'input': input cannot be an empty array"
    if len(items) > MAX_INPUTS and not _is_tokens(items):
        return f"'input': array length must be {MAX_INPUTS} or less"
    empty = next((at for at, item in enumerate(items) if item == ""), None)
    return None if empty is None else f"'input[{empty}]': input cannot be an empty string"


def _is_batch(items: list[Any]) -> bool:
    return all(type(item) is str and item for item in items) or all(
        type(item) is list and item and _is_tokens(item) for item in items
    )


def _is_tokens(items: list[Any]) -> bool:
    return all(type(item) is int and item >= 0 for item in items)


FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "input": either("one of a string or array of strings or integers", string=anything, array=anything),
    "dimensions": integer(1),
    "encoding_format": choice("float", "base64"),
    "user": string(),
}
_REQUEST = record(FIELDS, ("model", "input"))


def validate(body: dict[str, Any], size: int) -> None:
    """Raise `RequestError` for the first thing that the API would refuse; `size` is the request's in bytes."""
    refuse(_REQUEST(body) or _input(body) or _dimensions(body))
    if size > MAX_TOKENS:  # a token has at least one byte
        _check_lengths(body)


def _dimensions(body: Mapping[str, Any]) -> Problem | None:
    if (requested := body.get("dimensions")) is None:
        return None
    if body["model"] == FIXED_SIZE:
        return worded_problem("This model does not support specifying dimensions.", None, "")
    limit = SIZES.get(body["model"], MAX_DIMENSIONS)
    if requested > limit:
        return worded_problem(
            f"Invalid value for 'dimensions' = {requested}. Must be less than or equal to {limit}.", None, ""
        )
    return None


def _check_lengths(body: Mapping[str, Any]) -> None:
    """Refuse an input that is too long, and inputs whose total is too long (all measured on 2026-10-09)."""
    value, model = body["input"], body["model"]
    is_single = type(value) is str or type(value[0]) is int
    total = 0
    for index, item in enumerate([value] if is_single else value):
        count = tokens.count(item, model) if type(item) is str else len(item)
        if count > MAX_TOKENS and is_single:
            raise RequestError(f"Invalid 'input': maximum context length is {MAX_TOKENS} tokens.")
        if count > MAX_TOKENS:
            why, place = f"maximum input length is {MAX_TOKENS} tokens.", f"input[{index}]"
            raise RequestError(f"Invalid '{place}': {why}", code="invalid_value", param=place)
        total += count
    if total > MAX_TOTAL_TOKENS:
        why = f"Requested {total} tokens, max {MAX_TOTAL_TOKENS} tokens per request"
        raise RequestError(why, type="max_tokens_per_request", code="max_tokens_per_request")
