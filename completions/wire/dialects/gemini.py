"""Gemini in OpenAI's format, at `/v1beta/openai/`: three counts, thoughts and their signatures, Google's errors.

Sources: Google's page on OpenAI compatibility; answers recorded in 2025; errors as users quote them (2026-01-10:
SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter 3), which are lists of one. Of Gemini 3: chunks with calls, which have no
index, and their ids, measured on 2026-09-16 (THU-MAIC/OpenMAIC 1556); the end of streams, whose reason is `stop` also
after calls, on 2026-08-17 (googleapis/python-genai 2868) and with the signature of a text on 2026-09-17.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import KeyRefused, RequestError
from completions.wire.dialects import catalogue, gemini_thinking, rules
from completions.wire.dialects.refusals import GEMINI
from completions.wire.dialects.vendor import HEAD, Vendor, with_running_usage
from completions.wire.fields import arranged, by_name, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.gemini import errors
from completions.wire.gemini.answer import call_id, response_id
from completions.wire.gemini.models import DEFAULT_MODELS
from completions.wire.gemini.rules import EMPTY_PART
from completions.wire.gemini.signatures import is_strict, signature, signs_answer
from completions.wire.openai.chat.rules import FIELDS
from completions.wire.openai.readback import THOUGHT_TAGS
from completions.wire.validation import Check
from completions.wire.wordings import Wording

UNSUPPORTED_FIELDS = frozenset({"frequency_penalty", "metadata", "seed", "store"})
"""OpenAI's fields that Google does not know (quoted from 2025-02 to 2026-09-17); it accepts `presence_penalty`."""

KNOWN_FIELDS = (FIELDS.keys() - UNSUPPORTED_FIELDS) | {"cached_content", "extra_body", "safety_settings"}
"""The fields of a request; all others are refused. Google's own are in `extra_body` (`google` alone: 2026-05-24)."""

NO_KEY = "Missing or invalid Authorization header."
"""Seen on 2026-04-20: NVIDIA/NemoClaw 2093."""

NO_MODEL = Wording(
    lambda facts: errors.not_found(facts, "v1main"),
    404,
    code=None,
    source="users of gemini-1.5-flash, which had been retired, in OpenAI's format",
    seen="2026-07-05",
)
WORDS: Mapping[str, Wording] = {**errors.ERROR_WORDINGS, "model_not_found": NO_MODEL}
"""The API's wording of common errors."""


class GeminiChat(Vendor):
    """Google's dialect. The keys of answers and chunks are in alphabetical order, at every depth."""

    name = "gemini"
    vendor = "gemini"
    stream_media_type = ServerSentEvents.media_type
    place = "v1beta/openai/"
    window_limits_prompt_only = True
    default_models = DEFAULT_MODELS
    model = staticmethod(catalogue.gemini)
    sends_whole_calls = True
    has_role_chunk = False
    has_null_usage = False
    sorts_keys = True
    head: Sequence[str] = HEAD
    has_finish_in_content = True
    wordings = WORDS
    refusals = (*GEMINI, *gemini_thinking.REFUSALS)
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(known=KNOWN_FIELDS)}
    cross_field_rules = gemini_thinking.CROSS_FIELD_RULES
    model_name = ""
    """The name of the requested model."""
    shows_thoughts = False
    """Whether the request asks for thoughts."""
    answer_id = staticmethod(response_id)
    error = staticmethod(errors.envelope)

    def for_prompt(self, prompt: Prompt) -> Self:
        """Return the dialect of a request and its model; since Gemini 3 streams end with a separate chunk."""
        dialect = copy.copy(self)
        dialect.model_name = gemini_thinking.base_name(prompt.model)
        if gemini_thinking.shows_thoughts(prompt.body):
            dialect.shows_thoughts, dialect.reasoning_tags = True, THOUGHT_TAGS
        dialect.has_finish_in_content, dialect.has_usage_in_last_chunk = (
            not is_strict(dialect.model_name),
            prompt.include_usage,
        )
        return dialect

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise the error of all fields that Google does not know, or another one."""
        if unknown := sorted(body.keys() - KNOWN_FIELDS):
            messages = (f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in unknown)
            raise errors.Violated([("", message) for message in messages])
        super().check_chat(body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request for embeddings is invalid, such as one of an empty text."""
        super().check_embeddings(body, size)
        if body["input"] == "" or (isinstance(body["input"], list) and "" in body["input"]):
            raise RequestError(EMPTY_PART)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id with Google's number of the call."""
        return call_id(f"call/{reply.serial}/{place[0]}", place[-1])

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning, which is a text with a mark; empty unless requested."""
        return {"content": text, "extra_content": {"google": {"thought": True}}} if self.shows_thoughts else {}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with thoughts before its text; it has no content if it only has calls."""
        fields = {key: value for key, value in message.items() if value or (key == "content" and value is not None)}
        google_fields: dict[str, Any] = {}
        if self.shows_thoughts and choice.reasoning:
            opening_tag, closing_tag = self.reasoning_tags
            fields["content"] = (
                opening_tag + choice.reasoning + (closing_tag + fields["content"] if "content" in fields else "")
            )
            google_fields["thought"] = True
        if (signature := self.signature_of(choice)) and "tool_calls" in fields:
            first, *rest = fields["tool_calls"]
            fields["tool_calls"] = [first | {"extra_content": {"google": signature}}, *rest]
        elif signature:
            google_fields |= signature
        return fields | ({"extra_content": {"google": google_fields}} if google_fields else {})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role; the last one of a text has its signature."""
        fields = {"role": "assistant", **super().delta(delta, choice)}
        if "tool_calls" in fields:
            calls = (without_fields(call, "index") for call in fields["tool_calls"])
            return fields | {"tool_calls": list(calls)}
        if not delta and not choice.tool_calls and (signature := self.signature_of(choice)):
            fields["extra_content"] = {"google": signature}
        return fields

    def signature_of(self, choice: Choice) -> dict[str, str]:
        """Return the signature of the thoughts; empty if the model signs nothing."""
        calls = choice.tool_calls
        if not signs_answer(self.model_name, calls=bool(calls), thought=bool(choice.reasoning)):
            return {}
        return {"thought_signature": signature(f"thought/{calls[0].id if calls else choice.text}")}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice without null log probabilities and null finish reasons.

        Since Gemini 3 a stream of calls ends in a chunk without a call, with the reason that a text has.
        """
        fields = without_nulls(document)
        if "delta" in fields and not self.has_finish_in_content and fields.get("finish_reason") == "tool_calls":
            fields["finish_reason"] = "stop"
        ordered: dict[str, Any] = by_name(fields)
        return ordered

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with its keys in alphabetical order."""
        return arranged(document, sorted(document))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts; reasoning tokens are only in the total."""
        used = reply.used
        return {
            "completion_tokens": max(used.completion_tokens - used.reasoning_tokens, 0),
            "prompt_tokens": used.prompt_tokens,
            "total_tokens": used.total_tokens,
        }

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the chunks, each with the usage so far if the usage is requested (ogx-ai/ogx 5122, 2026-03)."""
        if not prompt.include_usage:
            return events
        prompt_tokens = usage["prompt_tokens"]
        reasoning_tokens = usage["total_tokens"] - usage["completion_tokens"] - prompt_tokens
        shown, hidden = (reasoning_tokens, 0) if self.shows_thoughts else (0, reasoning_tokens)
        return with_running_usage(
            events,
            lambda streamed_tokens: {
                "completion_tokens": max(streamed_tokens - shown, 0),
                "prompt_tokens": prompt_tokens,
                "total_tokens": prompt_tokens + hidden + streamed_tokens,
            },
        )

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error in Google's words; the key is expected in OpenAI's header."""
        if isinstance(exc, KeyRefused) and not exc.key:
            return RequestError(NO_KEY)
        return errors.adapt_error(exc)

    def with_request_id(self, error: dict[str, Any], request_id: str) -> list[dict[str, Any]]:
        """Return the envelope in a list of one."""
        return [error]
