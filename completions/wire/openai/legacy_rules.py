"""Step 2 for legacy completions: validate a request like the real API does.

The fields are `CompletionCreateParams` of `openai.types` in the SDK; a field is nullable where the SDK says so.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.validation import (
    SHARED,
    Check,
    Problem,
    array,
    boolean,
    either,
    integer,
    nullable,
    only_with,
    record,
    refuse,
    string,
    worded_problem,
)

_TOKEN = integer(0)
_TEXTS = array(string(), "strings")
_TOKENS = array(_TOKEN, "integers", low=1)
_TOKEN_LISTS = array(_TOKENS, "arrays of integers")
_EMPTY = array(string(), "strings", low=1)


def _batch(value: Any) -> Problem | None:
    """Check an array of prompts by its first element: texts, tokens, or lists of tokens."""
    first = type(value[0]) if value else None
    checks: dict[type | None, Check] = {None: _EMPTY, int: _TOKENS, list: _TOKEN_LISTS}
    return checks.get(first, _TEXTS)(value)


FIELDS: Mapping[str, Check] = {
    **SHARED,
    "prompt": nullable(either("one of a string or array of strings or integers", string=string(), array=_batch)),
    "best_of": nullable(integer(1, 20)),
    "echo": nullable(boolean),
    "logprobs": nullable(integer(0, 5)),
    "max_tokens": nullable(integer(0)),
    "suffix": nullable(string()),
}
_REQUEST = record(FIELDS, ("model", "prompt"))


def validate(body: dict[str, Any]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse: of one field, then between fields."""
    refuse(_REQUEST(body) or only_with("stream_options", "stream", body) or _best_of(body) or _unknown_token(body))


LAST_TOKEN = 100_257
"""Of `cl100k_base`, in which the models of this API read."""


def _unknown_token(body: Mapping[str, Any]) -> Problem | None:
    """Refuse a token that the models do not know, in the words recorded in 2025."""
    prompt = body["prompt"]
    if not isinstance(prompt, list):
        return None
    lists = prompt if prompt and isinstance(prompt[0], list) else [prompt]
    for token in (token for each in lists for token in each if isinstance(token, int)):
        if token > LAST_TOKEN:
            bounds = f"Minimum value is 0, maximum value is {LAST_TOKEN} (inclusive)."
            return worded_problem(f"Invalid token in prompt: {token}. {bounds}", None, "")
    return None


def _best_of(body: Mapping[str, Any]) -> Problem | None:
    """Refuse fewer candidates than choices, and a stream of the best of several. The wordings are ours."""
    if (best_of := body.get("best_of")) is None:
        return None
    if best_of < (n := body.get("n") or 1):
        return Problem("Invalid", f": expected a value >= 'n' ({n}), but got {best_of}.", "invalid_value", "best_of")
    if best_of > n and body.get("stream"):
        why = "results cannot be streamed if it is more than 'n'."
        return Problem("Invalid", f": {why}", "invalid_value", "best_of")
    return None
