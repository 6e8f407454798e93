"""Mistral's moderations: `POST /v1/moderations` of texts, and `POST /v1/chat/moderations` of conversations.

Shapes: `ModerationResponse`, `ClassificationRequest` and `ChatModerationRequest` of the mistralai SDK. Of a
conversation the last message is judged (Mistral's page on moderation). The score from which a category is flagged is
not documented; here it is 0.5, as for OpenAI's.
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

FIRST_MODEL = "mistral-moderation-2411"
MODEL_PREFIX = "mistral-moderation-"
"""The prefix of the models' names; the table has some of them."""

_MESSAGE = record({"role": choice("system", "user", "assistant", "tool"), "content": anything}, ("role",), others=True)
_TEXTS = either(
    "one of a string or array of strings", string=anything, array=array(string(), "strings", high=MAX_INPUTS)
)


def _request_check(input: Check) -> Check:
    return record({"model": string(), "input": input, "metadata": nullable(obj)}, ("model", "input"))


def _check_conversations(value: list[Any]) -> Any:
    several = value and isinstance(value[0], list)
    one = array(_MESSAGE, "objects", low=1)
    return (array(one, "arrays", high=MAX_INPUTS) if several else one)(value)


class MistralModerations(OpenAIFormat):
    """A result for each text; scores are a script's, or near 0 and always the same for the same text."""

    name = "moderations"
    check = staticmethod(_request_check(_TEXTS))
    collect = staticmethod(collect_moderations)

    def has_model(self, model: str) -> bool:
        """Accept all moderation models."""
        return model.startswith(MODEL_PREFIX) or super().has_model(model)

    def judged_messages(self, input: object) -> Sequence[Message]:
        """Return the messages that are judged, given the input."""
        return [Message("user", text(item)) for item in (input if isinstance(input, list) else [input])]

    def prompt_messages(self, input: object) -> Sequence[Message]:
        """Return the messages of the input that a script's rules see."""
        return self.judged_messages(input)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a moderation."""
        document = decode_object(body)
        if validate:
            MISTRAL.refuse(self.check(document), document)
        input = document.get("input")
        messages = self.judged_messages(input)
        if len(messages) > MAX_INPUTS:
            raise RequestError(f"At most {MAX_INPUTS} inputs are taken.", status=422)
        return Prompt(
            format="moderations",
            task="moderate",
            model=text_or_none(document.get("model")),
            messages=tuple(self.prompt_messages(input)),
            n=len(messages),
            headers=headers,
            body=document,
            address={"dialect": self._dialect.name},
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a result for each message that is judged."""
        model = reply.model or prompt.model or ""
        categories = MISTRAL_FIRST if model == FIRST_MODEL else MISTRAL_CATEGORIES
        judged = scripted(self.judged_messages(prompt.body.get("input")), reply)
        results = [_result(message, found, categories) for message, found in judged]
        return {"id": reply.id or made_id("", reply), "model": model, "results": results}


class MistralChatModerations(MistralModerations):
    """A result for each conversation, of its last message."""

    check = staticmethod(_request_check(either("an array", array=_check_conversations)))

    def judged_messages(self, input: object) -> Sequence[Message]:
        """Return the last message of each conversation."""
        return [_message(messages[-1]) for messages in _conversations(input) if messages]

    def prompt_messages(self, input: object) -> Sequence[Message]:
        """Return the messages of all conversations."""
        return [_message(message) for messages in _conversations(input) for message in messages]


MISTRAL = Mistral()


def addresses(dialect: Mistral) -> list[Address]:
    """Return the addresses of moderations."""
    return [
        Address(f"{dialect.place}moderations", MistralModerations(dialect)),
        Address(f"{dialect.place}chat/moderations", MistralChatModerations(dialect)),
    ]


def _conversations(input: object) -> list[list[dict[str, Any]]]:
    if isinstance(input, list) and any(isinstance(item, list) for item in input):
        return [dicts(item) for item in input]
    return [dicts(input)]


def _message(message: Mapping[str, Any]) -> Message:
    content = message.get("content")
    message_text = content if isinstance(content, str) else "\n".join(text(part.get("text")) for part in dicts(content))
    return Message(text(message.get("role")), message_text)


def _result(message: Message, moderation: Moderation, categories: Sequence[str]) -> dict[str, Any]:
    scores = scored(message, moderation, categories)
    return {"category_scores": scores, "categories": flagged(scores)}
