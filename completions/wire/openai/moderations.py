"""Moderations: `POST /v1/moderations`, which flag texts and images only if a script says so.

Shapes: `openai.types.ModerationCreateResponse` and `Moderation`; the limit of one image is the API's own, as its users
quote it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from completions import budget
from completions.conversation import Message, Moderation, Part, Prompt, Reply
from completions.tokens.capabilities import CATEGORIES
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import dicts, mapping, text, text_or_none
from completions.wire.openai.base import OpenAIFormat, made_id
from completions.wire.openai.readback import collect_moderations
from completions.wire.openai.refusals import MODERATIONS_FORMAT_REFUSALS
from completions.wire.validation import Check, Problem, array, either, record, refuse, string, tagged, worded_problem

DEFAULT_MODEL = "omni-moderation-latest"
"""The model of a request that names none."""

READS_IMAGES = "omni-moderation"
"""Models whose names start so take images."""

ANSWER_NAMES = {"text-moderation-latest": "text-moderation-007", "text-moderation-stable": "text-moderation-007"}
"""Models with another name in the answer than in the request."""

IMAGE_CATEGORIES = {"self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic"}
"""The categories that apply to images."""

THRESHOLD = 0.5
"""The score from which a category is flagged."""

BENIGN = 1e-3
"""The highest score that is not scripted."""

_PARTS = array(
    tagged(
        "type",
        {
            "text": record({"type": string(), "text": string()}, ("type", "text")),
            "image_url": record(
                {"type": string(), "image_url": record({"url": string(low=1)}, ("url",))}, ("type", "image_url")
            ),
        },
    ),
    "objects",
    low=1,
)
MAX_INPUTS = 2048
"""Texts of one request; the API's own limit is not known, so it is that of embeddings."""

_TEXTS = array(string(), "strings", low=1, high=MAX_INPUTS)


def _batch(value: list[Any]) -> Problem | None:
    return (_PARTS if value and type(value[0]) is dict else _TEXTS)(value)


FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "input": either("one of a string or array of strings or objects", string=string(), array=_batch),
}
_REQUEST = record(FIELDS, ("input",))


class Moderations(OpenAIFormat):
    """OpenAI's moderations; scores are a script's, or near 0 and always the same for the same text."""

    name = "moderations"
    vendor = "openai"
    refusals = MODERATIONS_FORMAT_REFUSALS
    collect = staticmethod(collect_moderations)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a moderation; each text is a user message, and parts together are one."""
        document = decode_object(body)
        messages = _messages(document.get("input"))
        if validate or len(messages) > MAX_INPUTS:
            refuse(_REQUEST(document) or _images(document, messages))
        return Prompt(
            format="moderations",
            task="moderate",
            model=text_or_none(document.get("model")),
            messages=messages,
            n=len(messages),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a result for each message."""
        model = reply.model or prompt.model or DEFAULT_MODEL
        each = budget.on_loop_while_there_is_time(scripted(prompt.messages, reply))
        results = [result(message, found) for message, found in each]
        return {"id": reply.id or made_id("modr-", reply), "model": ANSWER_NAMES.get(model, model), "results": results}


def scripted(messages: Sequence[Message], reply: Reply) -> list[tuple[Message, Moderation]]:
    """Return each message with the script's moderation; the choices are used in turn."""
    moderations = [choice.moderation for choice in reply.choices] or [None]
    return [(message, moderations[index % len(moderations)] or Moderation()) for index, message in enumerate(messages)]


def _messages(value: object) -> tuple[Message, ...]:
    if isinstance(value, list) and not (parts := dicts(value)):
        return tuple(Message("user", text(item)) for item in value)
    if not isinstance(value, list):
        return (Message("user", text(value)),)
    images = [text(mapping(part.get("image_url")).get("url")) for part in parts if part.get("type") == "image_url"]
    texts = [text(part.get("text")) for part in parts if part.get("type") == "text"]
    return (Message("user", "\n".join(texts), parts=tuple(Part("image", source) for source in images)),)


def _images(body: Mapping[str, Any], messages: Sequence[Message]) -> Problem | None:
    images = sum(len(message.parts) for message in messages)
    model = body.get("model", DEFAULT_MODEL)
    if images and not model.startswith(READS_IMAGES):
        return worded_problem(f"Invalid input: the model '{model}' takes text only.", "invalid_value", "input")
    if images > 1:
        return worded_problem(f"Number of images ({images}) exceeds maximum of 1", "too_many_images", "input")
    return None


def result(message: Message, moderation: Moderation) -> dict[str, Any]:
    """Return the result for one message."""
    scores = scored(message, moderation, CATEGORIES)
    flags = flagged(scores)
    kinds = (["text"] if message.text or not message.parts else [], ["image"] if message.parts else [])
    return {
        "flagged": any(flags.values()) if moderation.flagged is None else moderation.flagged,
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {
            name: kinds[0] + (kinds[1] if name in IMAGE_CATEGORIES else []) for name in CATEGORIES
        },
    }


def scored(message: Message, moderation: Moderation, categories: Sequence[str]) -> dict[str, float]:
    """Return a message's score for each category: the script's, or near 0."""
    return {name: moderation.scores.get(name, _benign(message.text, name)) for name in categories}


def flagged(scores: Mapping[str, float]) -> dict[str, bool]:
    """Return which scores flag a category."""
    return {name: score >= THRESHOLD for name, score in scores.items()}


def _benign(text: str, category: str) -> float:
    digest = hashlib.blake2s(f"{category} {text}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return round(BENIGN * int.from_bytes(digest, "big") / 2**32, 12)
