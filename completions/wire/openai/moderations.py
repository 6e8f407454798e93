"""Moderations: `POST /v1/moderations`, what texts and images are flagged for; nothing, unless a script says so.

Shapes: `openai.types.ModerationCreateResponse` and `Moderation`; the limit of one image is the API's own, as its users
quote it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Moderation, Part, Prompt, Reply
from completions.tokens.capabilities import CATEGORIES
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import dicts, mapping, text, text_or_none
from completions.wire.openai.base import OpenAIFormat, made_id
from completions.wire.openai.readback import collect_moderations
from completions.wire.openai.refusals import MODERATIONS_ELSEWHERE
from completions.wire.validation import Check, Problem, array, either, record, refuse, string, tagged, worded_problem

DEFAULT_MODEL = "omni-moderation-latest"
"""The model of a request that names none."""

READS_IMAGES = "omni-moderation"
"""Models whose names start so take images."""

ANSWERED = {"text-moderation-latest": "text-moderation-007", "text-moderation-stable": "text-moderation-007"}
"""Models that an answer names otherwise than the request."""

OF_IMAGES = {"self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic"}
"""The categories that an image is looked at for."""

THRESHOLD = 0.5
"""The score from which a category is flagged."""

BENIGN = 1e-3
"""No score of what is not scripted is above this."""

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
    refusals = MODERATIONS_ELSEWHERE
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
        results = [result(message, found) for message, found in scripted(prompt.messages, reply)]
        return {"id": reply.id or made_id("modr-", reply), "model": ANSWERED.get(model, model), "results": results}


def scripted(messages: Sequence[Message], reply: Reply) -> list[tuple[Message, Moderation]]:
    """Return each message with what the script finds in it; the choices' turn comes round again."""
    found = [choice.moderation for choice in reply.choices] or [None]
    return [(message, found[index % len(found)] or Moderation()) for index, message in enumerate(messages)]


def _messages(given: object) -> tuple[Message, ...]:
    if isinstance(given, list) and not (parts := dicts(given)):
        return tuple(Message("user", text(item)) for item in given)
    if not isinstance(given, list):
        return (Message("user", text(given)),)
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


def result(message: Message, found: Moderation) -> dict[str, Any]:
    """Return what one message is flagged for."""
    scores = scored(message, found, CATEGORIES)
    flags = flagged(scores)
    kinds = (["text"] if message.text or not message.parts else [], ["image"] if message.parts else [])
    return {
        "flagged": any(flags.values()) if found.flagged is None else found.flagged,
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {
            name: kinds[0] + (kinds[1] if name in OF_IMAGES else []) for name in CATEGORIES
        },
    }


def scored(message: Message, found: Moderation, categories: Sequence[str]) -> dict[str, float]:
    """Return a message's score for each category: what was found, or near 0."""
    return {name: found.scores.get(name, _benign(message.text, name)) for name in categories}


def flagged(scores: Mapping[str, float]) -> dict[str, bool]:
    """Return which scores flag a category."""
    return {name: score >= THRESHOLD for name, score in scores.items()}


def _benign(said: str, category: str) -> float:
    digest = hashlib.blake2s(f"{category} {said}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return round(BENIGN * int.from_bytes(digest, "big") / 2**32, 12)
