"""Enums of Gemini as numbers: `$alt=json;enum-encoding=int`, which Google's older Go client sends.

That client sends numbers itself, too. They are those of `google.ai.generativelanguage.v1beta`; recorded in August 2025
(tmc/langchaingo).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Prompt

NUMBERS: Mapping[str, Mapping[str, int]] = {
    "finishReason": {
        **{"STOP": 1, "MAX_TOKENS": 2, "SAFETY": 3, "RECITATION": 4, "OTHER": 5, "LANGUAGE": 6, "BLOCKLIST": 7},
        **{"PROHIBITED_CONTENT": 8, "SPII": 9, "MALFORMED_FUNCTION_CALL": 10, "IMAGE_SAFETY": 11},
        **{"UNEXPECTED_TOOL_CALL": 12, "TOO_MANY_TOOL_CALLS": 13, "IMAGE_PROHIBITED_CONTENT": 14, "IMAGE_OTHER": 15},
        **{"NO_IMAGE": 16, "IMAGE_RECITATION": 17},
    },
    "blockReason": {"SAFETY": 1, "OTHER": 2, "BLOCKLIST": 3, "PROHIBITED_CONTENT": 4, "IMAGE_SAFETY": 5},
    "modality": {"TEXT": 1, "IMAGE": 2, "VIDEO": 3, "AUDIO": 4, "DOCUMENT": 5},
    "category": {
        **{"HARM_CATEGORY_HARASSMENT": 7, "HARM_CATEGORY_HATE_SPEECH": 8, "HARM_CATEGORY_SEXUALLY_EXPLICIT": 9},
        **{"HARM_CATEGORY_DANGEROUS_CONTENT": 10, "HARM_CATEGORY_CIVIC_INTEGRITY": 11},
    },
    "probability": {"NEGLIGIBLE": 1, "LOW": 2, "MEDIUM": 3, "HIGH": 4},
    "language": {"PYTHON": 1},
    "outcome": {"OUTCOME_OK": 1, "OUTCOME_FAILED": 2, "OUTCOME_DEADLINE_EXCEEDED": 3},
    "urlRetrievalStatus": {
        **{"URL_RETRIEVAL_STATUS_SUCCESS": 1, "URL_RETRIEVAL_STATUS_ERROR": 2},
        **{"URL_RETRIEVAL_STATUS_PAYWALL": 3, "URL_RETRIEVAL_STATUS_UNSAFE": 4},
    },
}
"""By the field."""

USER_FIELDS = ("args", "response")
"""The fields with arguments and results of a client's tools, which have no enums."""

SENT: Mapping[str, tuple[str, ...]] = {
    "type": ("TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"),
    "taskType": (
        *("TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION"),
        *("CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"),
    ),
    "responseModalities": ("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"),
    "language": ("LANGUAGE_UNSPECIFIED", "PYTHON"),
    "outcome": ("OUTCOME_UNSPECIFIED", "OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"),
}
"""The names of what a request may have as a number, by the field; each number is the place in the list."""

CALLING_MODES = ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")

DECLARATIONS = "functionDeclarations"
"""The field with tools, whose `response` is a schema."""

FINISHES = {number: name for name, number in NUMBERS["finishReason"].items()}


def wants_numbers(prompt: Prompt) -> bool:
    """Tell whether a request asks for enums as numbers."""
    return is_numeric(prompt.address.get("alt", ""))


def is_numeric(alt: str) -> bool:
    """Tell whether the parameter `alt` of an address asks for enums as numbers."""
    return "enum-encoding=int" in alt.split(";")


def numbered_bytes(data: bytes) -> bytes:
    """Return a document's bytes with numbers in place of names."""
    return orjson.dumps(_numbered(orjson.loads(data)))


def _numbered(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbered(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: each if key in USER_FIELDS else _number(key, each) for key, each in value.items()}


def _number(key: str, value: Any) -> Any:
    return NUMBERS.get(key, {}).get(value, value) if isinstance(value, str) else _numbered(value)


def named(value: Any, parent: str = "") -> Any:
    """Return a request, or what its field `parent` has, with names in place of numbers."""
    if isinstance(value, list):
        return [named(each, parent) for each in value]
    if not isinstance(value, dict):
        return value
    if parent == "properties":  # their keys are a client's own names
        return {name: named(schema) for name, schema in value.items()}
    return {key: _named(key, each, parent) for key, each in value.items()}


def _named(key: str, value: Any, parent: str) -> Any:
    if key in USER_FIELDS and parent != DECLARATIONS:
        return value
    names = CALLING_MODES if (parent, key) == ("functionCallingConfig", "mode") else SENT.get(key)
    if names is None:
        return named(value, key)
    return [_name(each, names) for each in value] if isinstance(value, list) else _name(value, names)


def _name(value: Any, names: tuple[str, ...]) -> Any:
    return names[value] if type(value) is int and 0 <= value < len(names) else value
