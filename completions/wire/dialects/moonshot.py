"""Moonshot's chat: `reasoning_content`, the usage within the last choice, and errors of a message and a type.

Sources: answers, streams and refusals of kimi-k3, kimi-k2.7-code and moonshot-v1-8k that vercel/ai recorded in August
2026; a conversation with kimi-k2.5 that tmc/langchaingo recorded in February 2026.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.wire.dialects import catalogue, rules
from completions.wire.dialects.moonshot_rules import MOONSHOT_RULES, SWITCHABLE_MODELS, thinks
from completions.wire.dialects.vendor import HEAD, Vendor, with_thoughts
from completions.wire.dialects.wordings import MOONSHOT as MOONSHOT_WORDINGS
from completions.wire.fields import without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.validation import Check, choice, nullable, record

CHAT = rules.chat(
    {"thinking": nullable(record({"type": choice("enabled", "disabled")}, ("type",), others=True))},
    message=rules.with_content,
)


class Moonshot(Vendor):
    """Moonshot's dialect."""

    name = "moonshot"
    reasoning_field = "reasoning_content"
    vendor = "moonshot"
    wordings = MOONSHOT_WORDINGS
    cross_field_rules = MOONSHOT_RULES
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "moonshot/v1/"
    default_models = catalogue.MOONSHOT
    model = staticmethod(catalogue.moonshot)
    head = HEAD
    stream_media_type = ServerSentEvents.media_type
    has_call_in_role_chunk = False
    has_null_usage = False
    logprob_fields = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model: Kimi K3 has other ids, and K2 demands its thoughts back."""
        model = prompt.model or ""
        dialect = self
        if model.startswith("kimi-k3"):
            dialect = KIMI_K3
        elif SWITCHABLE_MODELS.match(model) and thinks(prompt.body):
            dialect = KIMI_K2
        return dialect.hiding_thoughts_on_request(prompt)

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt, with an effort if the model thinks without a request for it."""
        adapted = super().adapt_prompt(prompt)
        if adapted.reasoning_effort in (None, "none") and thinks(prompt.body):
            return replace(adapted, reasoning_effort="medium")
        return adapted

    def answer_id(self, reply: Reply) -> str:
        """Return an id of 24 digits, the first eight of which are the time."""
        return f"chatcmpl-{reply.created or 0:08x}{ids.spelled(f'answer/{reply.serial}', 16)}"

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the tool's name with the call's number, such as `look_0`."""
        return f"{name}_{place[-1]}"

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the empty piece with which the chain of thought ends."""
        return {"reasoning_content": ""}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message: its content is a string even with tool calls, and its thoughts precede them."""
        return with_thoughts(super().message(message, choice))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; that with the role has empty content."""
        return {"role": "assistant", "content": ""} if "role" in delta else super().delta(delta, choice)

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, without log probabilities if these are null."""
        return without_nulls(document, "logprobs")

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage, without details that are 0."""
        cached_tokens, reasoning_tokens = reply.used.cached_tokens, reply.used.reasoning_tokens
        return {
            **counts(reply.used),
            **({"cached_tokens": cached_tokens} if cached_tokens else {}),
            **({"completion_tokens_details": {"reasoning_tokens": reasoning_tokens}} if reasoning_tokens else {}),
            **({"prompt_tokens_details": {"cached_tokens": cached_tokens}} if cached_tokens else {}),
        }

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the events, with the usage in the last choice too."""
        if prompt.format != "chat":
            return events
        chunks, last = list(events), -3 if self.has_usage_chunk(prompt) else -2
        chunk = orjson.loads(chunks[last].data)
        chunk["choices"][-1]["usage"] = usage
        chunks[last] = chunks[last]._replace(data=orjson.dumps(chunk))
        return chunks

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, which has neither a parameter nor a code."""
        return {"error": {"message": exc.message, "type": exc.type}}


class KimiK2(Moonshot):
    """Moonshot's dialect of Kimi K2.5 and 2.6 while they think: they call no tool without a thought."""

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply, with a space as the thoughts of calls without any: the API must accept them back."""
        choices = [
            replace(choice, reasoning=" ") if choice.tool_calls and not (choice.reasoning or choice.blocks) else choice
            for choice in reply.choices
        ]
        return super().adapt_reply(replace(reply, choices=tuple(choices)))


class KimiK3(Moonshot):
    """Moonshot's dialect of Kimi K3."""

    answer_id = Vendor.prefixed_uuid


KIMI_K2, KIMI_K3 = KimiK2(), KimiK3()
