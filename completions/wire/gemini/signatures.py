"""Steps 2 and 4 for Gemini: the signatures of what was thought, which Gemini 3 wants back on its calls.

Only the turn that is not over is looked at, and in each of its steps the first call. The words are the API's own, as
users quote them (seen 2026-09-17); that any long enough value of another's passes, and with it the two that Google's
guide "Thought signatures" names for calls that no model made, the recorded exchanges show.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.seals import decoded, sealed, verdict

STRICT = re.compile(r"gemini-([3-9]|\d\d)")
"""The models that want their calls' signatures back."""

SIGNS_TEXTS = re.compile(r"gemini-[3-9](\.\d)?-flash-lite(?!-image)")
"""The models that sign a text although nothing was thought (recorded of 3.1 and, in September 2026, of 3.5)."""

MIN_BYTES = 16
"""Bytes that a signature has at least."""

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
DRAWS = re.compile(r"gemini-([3-9]|\d\d).*-image")
"""The models that want the pictures back as they signed them."""

IMAGE_MISSING = (
    "Image part is missing a thought_signature in content position {position}, part position {part}. Please refer to "
    "https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details."
)
"""Quoted of Gemini 3 Pro Image and 3.1 Flash Image (seen 2026-06-20)."""

CORRUPTED = "Corrupted thought signature."


def is_strict(model: str | None) -> bool:
    """Return whether a model wants its calls' signatures back, and so signs each."""
    return STRICT.match(model or "") is not None


def signs_texts(model: str | None) -> bool:
    """Return whether a model signs each text, thought about or not."""
    return SIGNS_TEXTS.match(model or "") is not None


def signs(model: str | None, *, calls: bool, thought: bool) -> bool:
    """Return whether a model signs an answer with these: a strict one signs each call, and what it has thought about.

    The others sign calls alone, if they have thought: of Gemini 2.5, of 74 recorded texts without tools none is signed.
    """
    always = signs_texts(model) or (calls and is_strict(model))
    return (is_strict(model) or calls) and (thought or always)


def signature(serial: str) -> str:
    """Return a signature of an answer."""
    return base64.b64encode(sealed("", serial)).decode()


def unsigned(contents: Sequence[Mapping[str, Any]], model: str, *, vertex: bool) -> Iterator[str]:
    """Go through what is wrong with the signatures of the calls in the turn that is not over."""
    if not is_strict(model):
        return
    for at in range(_beginning(contents), len(contents)):
        calls = [part for part in many(contents[at].get("parts") or []) if inner(part, "functionCall")]
        if contents[at].get("role") != "model" or not calls:
            continue
        name = text(inner(calls[0], "functionCall").get("name"))
        missing = (MISSING_AT_VERTEX if vertex else MISSING).format(name=name, position=at + 1)
        if wrong := wrong_signature(pick(calls[0], "thoughtSignature"), missing):
            yield wrong


def wrong_signature(given: object, missing: str, *, of_any_text: bool = False) -> str:
    """Say what is wrong with a call's signature, `missing` where there is none; nothing where it may pass.

    `of_any_text` takes our own seal of any text, as elsewhere than at Google signatures are of what was thought.
    """
    if given is None or given == "":
        return missing
    return "" if _holds(decoded(text(given)) or b"", of_any_text) else CORRUPTED


def wrong_in_chat(
    messages: Sequence[Mapping[str, Any]],
    signature_of: Callable[[Mapping[str, Any]], object],
    *,
    of_any_text: bool = False,
) -> str:
    """Say what is wrong with the first signature in the turn of a chat that is not over; nothing where none is wrong.

    `signature_of` finds it in a message with calls; `of_any_text` is as `wrong_signature` has it.
    """
    for message, name, position in _open_calls(messages):
        missing = MISSING.format(name=name, position=position)
        if wrong := wrong_signature(signature_of(message), missing, of_any_text=of_any_text):
            return wrong
    return ""


def _open_calls(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str, int]]:
    """Go through the messages with calls in the turn of a chat that is not over, in OpenAI's shape.

    With each comes the name of its first call, and its position in Gemini's contents, where instructions do not
    count, and results that follow one another count as one.
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


def unsigned_images(contents: Sequence[Mapping[str, Any]], model: str) -> Iterator[str]:
    """Go through what is wrong with the signatures of the pictures that the model drew, in whichever turn."""
    if not DRAWS.match(model):
        return
    for at, content in enumerate(contents):
        for place, part in enumerate(many(content.get("parts") or [])):
            if content.get("role") == "model" and inner(part, "inlineData"):
                missing = IMAGE_MISSING.format(position=at + 1, part=place + 1)
                if wrong := wrong_signature(pick(part, "thoughtSignature"), missing):
                    yield wrong


def _beginning(contents: Sequence[Mapping[str, Any]]) -> int:
    """Return where the user spoke last, and not only with functions' results."""
    for at in range(len(contents) - 1, -1, -1):
        parts = many(contents[at].get("parts") or [])
        if contents[at].get("role") != "model" and not all(inner(part, "functionResponse") for part in parts):
            return at
    return 0


def _holds(token: bytes, of_any_text: bool) -> bool:
    found = verdict(token, "")
    return (
        found == "intact"
        or (of_any_text and found == "another text")
        or (found == "foreign" and len(token) >= MIN_BYTES)
    )
