"""Which models are loaded, for `GET /api/ps`: those that a request asked, until their `keep_alive` is over.

The rules are those of `server/sched.go` and of `Duration` in `api/types.go` of ollama/ollama: five minutes unless a
request says otherwise, counted from the end of its answer; a later request that says nothing keeps what an earlier one
said. Memory is never short, so no model is unloaded for another.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from completions.conversation import Prompt
from completions.tokens.spelling import tagged
from completions.wire.base import Document, Span, StoredDocument
from completions.wire.ollama.rules import DURATION_PATTERN, integer_option

LOADED = "ollama_loaded"
"""The kind of record of a loaded model, which expires when the model is unloaded."""

USUAL, FOREVER = 300.0, float(2**63 - 1) / 1e9
"""Seconds for which a model stays loaded: unless a request says otherwise, and if it says a negative number."""

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)

MIN_CONTEXT = 4
"""Tokens of the smallest context with which the server loads a model (`GetRunner`)."""


def context_size(body: Mapping[str, Any]) -> int | None:
    """Return the tokens of the context that a request's `num_ctx` sets."""
    size = integer_option(body, "num_ctx")
    return None if size is None else max(size, MIN_CONTEXT)


def keep_alive(body: Mapping[str, Any]) -> float | None:
    """Return the seconds of a request's `keep_alive`, a number or a Go duration; None if it says nothing."""
    match body.get("keep_alive"):
        case bool():
            return None
        case int() | float() as seconds:
            return FOREVER if seconds < 0 else min(seconds, FOREVER)
        case str(text) if DURATION_PATTERN.fullmatch(text):
            seconds = sum(float(number) * UNITS[unit] for number, unit in PART.findall(text))
            return FOREVER if text.startswith("-") and seconds else min(seconds, FOREVER)
    return None


def is_unloading(prompt: Prompt) -> bool:
    """Tell whether a request asks nothing but that its model be unloaded."""
    return prompt.task == "state" and keep_alive(prompt.body) == 0


def loaded(prompt: Prompt, span: Span) -> StoredDocument:
    """Return the record of the model that an answered request has loaded."""
    name, ends = tagged(prompt.model or "mock"), span()[1]
    made = partial(_document, {"model": name, "context": context_size(prompt.body)}, keep_alive(prompt.body), ends)
    return StoredDocument(LOADED, name, made(None), update=made)


def _document(document: Document, seconds: float | None, ends: float, before: Document | None) -> Document:
    if seconds is None:
        seconds = USUAL if before is None or before["expires"] <= ends else before["seconds"]
    return {**document, "seconds": seconds, "expires": ends + seconds}
