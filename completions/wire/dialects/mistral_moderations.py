"""Mistral's moderations: `POST /v1/moderations` of texts, and `POST /v1/chat/moderations` of conversations.

Shapes: `ModerationResponse`, `ClassificationRequest` and `ChatModerationRequest` of the mistralai SDK. Of a
conversation the last message is judged (Mistral's page on moderation). From which score on a category is flagged, no
document says; here it is 0.5, as for OpenAI's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Moderation, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens.capabilities import MISTRAL_CATEGORIES, MISTRAL_FIRST
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.mistral import Mistral
from completions.wire.fields import dicts, text, text_or_none
from completions.wire.openai.base import OpenAIFormat, made_id
from completions.wire.openai.moderations import MAX_INPUTS, flagged, scored, scripted
from completions.wire.openai.readback import collect_moderations
from completions.wire.validation import Check, anything, array, choice, either, nullable, obj, record, string

FIRST = "mistral-moderation-2411"
MODELS = "mistral-moderation-"
"""How the names of the models begin, of which the table knows some."""

_MESSAGE = record({"role": choice("system", "user", "assistant", "tool"), "content": anything}, ("role",), others=True)
_TEXTS = either(
    "one of a string or array of strings", string=anything, array=array(string(), "strings", high=MAX_INPUTS)
)


def _asks(given: Check) -> Check:
    return record({"model": string(), "input": given, "metadata": nullable(obj)}, ("model", "input"))


def _conversations(value: list[Any]) -> Any:
    several = value and isinstance(value[0], list)
    one = array(_MESSAGE, "objects", low=1)
    return (array(one, "arrays", high=MAX_INPUTS) if several else one)(value)


class MistralModerations(OpenAIFormat):
    """A result for each text; scores are a script's, or near 0 and always the same for the same text."""

    name = "moderations"
    check = staticmethod(_asks(_TEXTS))
    collect = staticmethod(collect_moderations)

    def knows(self, model: str) -> bool:
        """Accept all moderation models."""
        return model.startswith(MODELS) or super().knows(model)

    def judged(self, given: object) -> Sequence[Message]:
        """Return the messages that are judged, given the input."""
        return [Message("user", text(item)) for item in (given if isinstance(given, list) else [given])]

    def asked(self, given: object) -> Sequence[Message]:
        """Return the messages that a rule sees, given the input."""
        return self.judged(given)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a moderation."""
        document = decode_object(body)
        if validate:
            MISTRAL.refuse(self.check(document), document)
        given = document.get("input")
        judged = self.judged(given)
        if len(judged) > MAX_INPUTS:
            raise RequestError(f"At most {MAX_INPUTS} inputs are taken.", status=422)
        return Prompt(
            format="moderations",
            task="moderate",
            model=text_or_none(document.get("model")),
            messages=tuple(self.asked(given)),
            n=len(judged),
            headers=headers,
            body=document,
            address={"dialect": self._dialect.name},
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a result for each message that is judged."""
        model = reply.model or prompt.model or ""
        categories = MISTRAL_FIRST if model == FIRST else MISTRAL_CATEGORIES
        judged = scripted(self.judged(prompt.body.get("input")), reply)
        results = [_result(message, found, categories) for message, found in judged]
        return {"id": reply.id or made_id("", reply), "model": model, "results": results}


class MistralChatModerations(MistralModerations):
    """A result for each conversation, of its last message."""

    check = staticmethod(_asks(either("an array", array=_conversations)))

    def judged(self, given: object) -> Sequence[Message]:
        """Return the last message of each conversation."""
        return [_message(messages[-1]) for messages in _each(given) if messages]

    def asked(self, given: object) -> Sequence[Message]:
        """Return the messages of all conversations."""
        return [_message(message) for messages in _each(given) for message in messages]


MISTRAL = Mistral()


def addresses(dialect: Mistral) -> list[Address]:
    """Return where moderations are asked for."""
    return [
        Address(f"{dialect.place}moderations", MistralModerations(dialect)),
        Address(f"{dialect.place}chat/moderations", MistralChatModerations(dialect)),
    ]


def _each(given: object) -> list[list[dict[str, Any]]]:
    if isinstance(given, list) and any(isinstance(item, list) for item in given):
        return [dicts(item) for item in given]
    return [dicts(given)]


def _message(message: Mapping[str, Any]) -> Message:
    content = message.get("content")
    said = content if isinstance(content, str) else "\n".join(text(part.get("text")) for part in dicts(content))
    return Message(text(message.get("role")), said)


def _result(message: Message, found: Moderation, categories: Sequence[str]) -> dict[str, Any]:
    scores = scored(message, found, categories)
    return {"category_scores": scores, "categories": flagged(scores)}
