"""What may differ where others speak OpenAI's chat format; each method says what OpenAI's own API does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.wire.fields import mapping, text_or_none
from completions.wire.openai.base import envelope
from completions.wire.openai.chat.refusals import REFUSALS
from completions.wire.openai.chat.rules import FIELDS
from completions.wire.openai.refusals import CHAT_ELSEWHERE
from completions.wire.refusals import Refusal


class Dialect:
    """OpenAI's own way. A dialect changes what is different."""

    name = ""
    """What scripts call it."""
    keep_alive = b": keep-alive\n\n"
    vendor = "openai"
    """Whose models are asked for."""
    refusals: Sequence[Refusal] = (*CHAT_ELSEWHERE, *REFUSALS)
    """What is refused because of the model."""
    obfuscates = True
    """Whether the chunks of a stream are padded."""
    whole_calls = False
    """Whether a stream has each tool call in one chunk."""

    def own(self, reply: Reply) -> Reply:
        """Return the reply as it is said: OpenAI's document word by word, where the script gives one."""
        return reply

    def checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return what of a request is held to OpenAI's rules."""
        return body

    def asked(self, prompt: Prompt) -> Prompt:
        """Return the prompt with what is asked in this dialect alone."""
        return prompt

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level of answers and chunks, without choices and usage."""
        return head

    def whole(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return what a whole answer has at its end."""
        return {}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a whole message."""
        return message

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of what is thought, as a delta; nothing where it is not told."""
        return {}

    def start(self, delta: dict[str, Any]) -> dict[str, Any]:
        """Return the delta that opens a choice."""
        return delta

    def beside(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return what a finished choice has beside its message."""
        return {}

    def said(self, choice: Choice | None) -> dict[str, Any]:
        """Return what a choice in a chunk has beside its delta; None is before anything is said."""
        return {}

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage."""
        return usage

    def tells_usage(self, prompt: Prompt) -> bool:
        """Return whether a stream has a chunk with the usage alone."""
        return prompt.include_usage

    def opening(self, reply: Reply) -> list[Event]:
        """Return what a stream begins with, before any choice."""
        return []

    def first(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return what else the first choice's first chunk has at its top level."""
        return {}

    def last(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return what else the last choice's last chunk has at its top level."""
        return {}

    def headers(self, request_id: str) -> Mapping[str, str] | None:
        """Return the headers; None for OpenAI's."""
        return None

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return an error's envelope."""
        return envelope(exc)


OPENAI = Dialect()


class Foreign(Dialect):
    """What all the others have in common: no padding, no document word by word, and parameters of their own."""

    obfuscates = False
    refusals = ()
    refuses = False
    """Whether a refusal is told apart from a text."""

    def own(self, reply: Reply) -> Reply:
        """Return the reply to be said in this dialect's shape."""
        if not self.refuses and any(choice.refusal for choice in reply.choices):
            said = (replace(choice, text=choice.refusal or choice.text, refusal=None) for choice in reply.choices)
            reply = replace(reply, choices=tuple(said))
        return reply if reply.body is None else replace(reply, body=None)

    def checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters and the messages without what OpenAI does not have."""
        known = {key: value for key, value in body.items() if key in FIELDS}
        if isinstance(known.get("messages"), list):
            known["messages"] = [_plain(message) for message in known["messages"]]
        if known.get("tool_choice") == "any":
            known["tool_choice"] = "required"
        return known

    def asked(self, prompt: Prompt) -> Prompt:
        """Return the prompt with who is asked, and whether to think."""
        return replace(prompt, address={"dialect": self.name}, reasoning_effort=_effort(prompt))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message without what is not said."""
        plain = {key: value for key, value in message.items() if value or key not in ("refusal", "annotations")}
        return plain | (self.thought(choice.reasoning) if choice.reasoning else {})

    def start(self, delta: dict[str, Any]) -> dict[str, Any]:
        """Return the delta without what is not said."""
        return {key: value for key, value in delta.items() if key != "refusal"}

    def headers(self, request_id: str) -> Mapping[str, str] | None:
        """Return none: those of OpenAI are its own."""
        return {}


THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details", "prefix")
"""What an assistant's message may have in a dialect: its thoughts come back, and it may be the answer's beginning."""


def _effort(prompt: Prompt) -> str | None:
    """Return how much is to be thought: as OpenAI says it, or as `thinking: {type}`, or as `reasoning: {effort}`."""
    thinking, reasoning = mapping(prompt.body.get("thinking")), mapping(prompt.body.get("reasoning"))
    if prompt.reasoning_effort is not None:
        return prompt.reasoning_effort
    if thinking.get("type") == "disabled" or reasoning.get("enabled") is False:
        return "none"
    asked = text_or_none(reasoning.get("effort"))
    return asked or ("medium" if thinking.get("type") == "enabled" or reasoning else None)


def _plain(message: Any) -> Any:
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return message
    return {key: value for key, value in message.items() if key not in THOUGHTS}
