"""Steps 2 and 4 for Gemini: thought signatures, which Gemini 3 requires on its calls when they are sent back.

Only the current turn is checked, and in each of its steps the first call. The words are the API's own, as users quote
them (seen 2026-09-17). The recorded exchanges show that any foreign value that is long enough is accepted, including
the two that Google's guide "Thought signatures" names for calls that no model made.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.seals import decoded, sealed, verdict

STRICT_MODELS = re.compile(r"gemini-([3-9]|\d\d)")
"""The models that require the signatures of their calls."""

SIGNS_TEXTS = re.compile(r"gemini-[3-9](\.\d)?-flash-lite(?!-image)")
"""The models that sign a text even without a thought (recorded of 3.1 and, in September 2026, of 3.5)."""

MIN_BYTES = 16
"""The least size of a signature."""

MISSING = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance. Additional data, function call "
    "`default_api:{name}` , position {position}. Please refer to https://ai.google.dev/gemini-api/docs/"
    "thought-signatures for more details."
)
MISSING_AT_VERTEX = (
    "Unable to submit request because function call `default_api:{name}` in the {position}. content block is missing a "
    "`thought_signature`. Learn more: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
)
IMAGE_MODELS = re.compile(r"gemini-([3-9]|\d\d).*-image")
"""The models that require the signatures of their images."""

IMAGE_MISSING = (
    "Image part is missing a thought_signature in content position {position}, part position {part}. Please refer to "
    "https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details."
)
"""Quoted of Gemini 3 Pro Image and 3.1 Flash Image (seen 2026-06-20)."""

CORRUPTED = "Corrupted thought signature."


def is_strict(model: str | None) -> bool:
    """Return whether a model requires the signatures of its calls, and so signs each."""
    return STRICT_MODELS.match(model or "") is not None


def signs_texts(model: str | None) -> bool:
    """Return whether a model signs each text, with or without a thought."""
    return SIGNS_TEXTS.match(model or "") is not None


def signs_answer(model: str | None, *, calls: bool, thought: bool) -> bool:
    """Return whether a model signs such an answer: a strict one signs each call, and each answer with a thought.

    The others sign only calls with a thought: of 74 recorded texts of Gemini 2.5 without tools, none is signed.
    """
    always = signs_texts(model) or (calls and is_strict(model))
    return (is_strict(model) or calls) and (thought or always)


def signature(serial: str) -> str:
    """Return a signature of an answer."""
    return base64.b64encode(sealed("", serial)).decode()


def signature_problems(contents: Sequence[Mapping[str, Any]], model: str, *, vertex: bool) -> Iterator[str]:
    """Yield the problems of the calls' signatures in the current turn."""
    if not is_strict(model):
        return
    for at in range(_turn_start(contents), len(contents)):
        calls = [part for part in many(contents[at].get("parts") or []) if inner(part, "functionCall")]
        if contents[at].get("role") != "model" or not calls:
            continue
        name = text(inner(calls[0], "functionCall").get("name"))
        missing = (MISSING_AT_VERTEX if vertex else MISSING).format(name=name, position=at + 1)
        if wrong := signature_problem(pick(calls[0], "thoughtSignature"), missing):
            yield wrong


def signature_problem(value: object, missing: str, *, of_any_text: bool = False) -> str:
    """Return the error for a call's signature, `missing` if there is none; empty if it is accepted.

    `of_any_text` accepts our own seal of any text, because outside of Google signatures are those of thoughts.
    """
    if value is None or value == "":
        return missing
    return "" if _is_accepted(decoded(text(value)) or b"", of_any_text) else CORRUPTED


def chat_signature_problem(
    messages: Sequence[Mapping[str, Any]],
    signature_of: Callable[[Mapping[str, Any]], object],
    *,
    of_any_text: bool = False,
) -> str:
    """Return the error for the first wrong signature in the current turn of a chat; empty if there is none.

    `signature_of` returns that of a message with calls; `of_any_text` is as in `signature_problem`.
    """
    for message, name, position in _open_calls(messages):
        missing = MISSING.format(name=name, position=position)
        if wrong := signature_problem(signature_of(message), missing, of_any_text=of_any_text):
            return wrong
    return ""


def _open_calls(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str, int]]:
    """Yield the messages with calls in the current turn of a chat, in OpenAI's shape.

    Each comes with the name of its first call, and its position in Gemini's contents, where instructions do not count,
    and consecutive results count as one.
    """
    position, before = 0, ""
    found: list[tuple[Mapping[str, Any], str, int]] = []
    for message in messages:
        role = message["role"]
        position += role not in ("system", "developer") and not role == before == "tool"
        before = role
        if role == "user":
            found = []
        elif calls := dicts(message.get("tool_calls")):
            found.append((message, text(mapping(calls[0].get("function")).get("name")), position))
    yield from found


def image_signature_problems(contents: Sequence[Mapping[str, Any]], model: str) -> Iterator[str]:
    """Yield the problems of the signatures of the model's images, in any turn."""
    if not IMAGE_MODELS.match(model):
        return
    for at, content in enumerate(contents):
        for place, part in enumerate(many(content.get("parts") or [])):
            if content.get("role") == "model" and inner(part, "inlineData"):
                missing = IMAGE_MISSING.format(position=at + 1, part=place + 1)
                if wrong := signature_problem(pick(part, "thoughtSignature"), missing):
                    yield wrong


def _turn_start(contents: Sequence[Mapping[str, Any]]) -> int:
    """Return the index of the user's last content, apart from functions' results."""
    for at in range(len(contents) - 1, -1, -1):
        parts = many(contents[at].get("parts") or [])
        if contents[at].get("role") != "model" and not all(inner(part, "functionResponse") for part in parts):
            return at
    return 0


def _is_accepted(token: bytes, of_any_text: bool) -> bool:
    result = verdict(token, "")
    return (
        result == "intact"
        or (of_any_text and result == "another text")
        or (result == "foreign" and len(token) >= MIN_BYTES)
    )
