"""Gemini in OpenAI's format, at `/v1beta/openai/`: three counts, what was thought and its signatures, Google's errors.

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
from completions.wire.dialects.vendor import HEAD, Vendor, counting
from completions.wire.fields import arranged, by_name, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.gemini import errors
from completions.wire.gemini.answer import call_id, response_id
from completions.wire.gemini.rules import EMPTY_PART
from completions.wire.gemini.signatures import is_strict, signature, signs_answer
from completions.wire.openai.chat.rules import FIELDS
from completions.wire.openai.readback import THOUGHT_TAGS
from completions.wire.validation import Check
from completions.wire.words import Words

FOREIGN = frozenset({"frequency_penalty", "metadata", "seed", "store"})
"""What Google knows not of OpenAI's fields (quoted from 2025-02 to 2026-09-17); it takes `presence_penalty`."""

KNOWN = (FIELDS.keys() - FOREIGN) | {"cached_content", "extra_body", "safety_settings"}
"""The fields of a request; all others are refused. Google's own are in `extra_body` (`google` alone: 2026-05-24)."""

NO_KEY = "Missing or invalid Authorization header."
"""Seen on 2026-04-20: NVIDIA/NemoClaw 2093."""

NO_MODEL = Words(
    lambda facts: errors.not_found(facts, "v1main"),
    404,
    code=None,
    source="users of gemini-1.5-flash, which had been retired, in OpenAI's format",
    seen="2026-07-05",
)
WORDS: Mapping[str, Words] = {**errors.ERROR_WORDS, "model_not_found": NO_MODEL}
"""How the API puts the usual errors."""


class GeminiChat(Vendor):
    """Google's dialect. The keys of answers and chunks are in the order of their names, at every depth."""

    name = "gemini"
    vendor = "gemini"
    events_type = ServerSentEvents.media_type
    place = "v1beta/openai/"
    window_of_prompt = True
    listed = catalogue.GEMINI
    model = staticmethod(catalogue.gemini)
    whole_calls = True
    role_opens = False
    null_usage = False
    ordered = True
    head: Sequence[str] = HEAD
    finish_joined = True
    words = WORDS
    refusals = (*GEMINI, *gemini_thinking.REFUSALS)
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(known=KNOWN)}
    between = gemini_thinking.RULES
    asked = ""
    """The model that is asked."""
    shows_thoughts = False
    """Whether the request wants to be told what was thought."""
    answer_id = staticmethod(response_id)
    error = staticmethod(errors.envelope)

    def for_prompt(self, prompt: Prompt) -> Self:
        """Return the dialect of a model, whose streams end in a chunk of their own since Gemini 3, and of a request."""
        told = copy.copy(self)
        told.asked = gemini_thinking.own_name(prompt.model)
        if gemini_thinking.shows_thoughts(prompt.body):
            told.shows_thoughts, told.thought_tags = True, THOUGHT_TAGS
        told.finish_joined, told.usage_joined = not is_strict(told.asked), prompt.include_usage
        return told

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise the error of all fields that Google does not know, or of others."""
        if unknown := sorted(body.keys() - KNOWN):
            said = (f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in unknown)
            raise errors.Violated([("", each) for each in said])
        super().check_chat(body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request for embeddings is invalid, as one of an empty text."""
        super().check_embeddings(body, size)
        if body["input"] == "" or (isinstance(body["input"], list) and "" in body["input"]):
            raise RequestError(EMPTY_PART)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id as Google numbers calls."""
        return call_id(f"call/{reply.serial}/{place[0]}", place[-1])

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning, which is a text with a mark; empty unless it was asked for."""
        return {"content": text, "extra_content": {"google": {"thought": True}}} if self.shows_thoughts else {}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with thoughts before its text; it has no content where it only has calls."""
        told = {key: value for key, value in message.items() if value or (key == "content" and value is not None)}
        extra: dict[str, Any] = {}
        if self.shows_thoughts and choice.reasoning:
            begin, end = self.thought_tags
            told["content"] = begin + choice.reasoning + (end + told["content"] if "content" in told else "")
            extra["thought"] = True
        if (signed := self.signature_of(choice)) and "tool_calls" in told:
            first, *others = told["tool_calls"]
            told["tool_calls"] = [first | {"extra_content": {"google": signed}}, *others]
        elif signed:
            extra |= signed
        return told | ({"extra_content": {"google": extra}} if extra else {})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role; one that only ends a text has its signature."""
        told = {"role": "assistant", **super().delta(delta, choice)}
        if "tool_calls" in told:
            calls = (without_fields(call, "index") for call in told["tool_calls"])
            return told | {"tool_calls": list(calls)}
        if not delta and not choice.tool_calls and (signed := self.signature_of(choice)):
            told["extra_content"] = {"google": signed}
        return told

    def signature_of(self, choice: Choice) -> dict[str, str]:
        """Return the signature of what was thought; empty where the model signs nothing."""
        calls = choice.tool_calls
        if not signs_answer(self.asked, calls=bool(calls), thought=bool(choice.reasoning)):
            return {}
        return {"thought_signature": signature(f"thought/{calls[0].id if calls else choice.text}")}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice without null log probabilities and null finish reasons.

        Since Gemini 3 a stream of calls ends in a chunk without a call, with the reason that a text has.
        """
        told = without_nulls(document)
        if "delta" in told and not self.finish_joined and told.get("finish_reason") == "tool_calls":
            told["finish_reason"] = "stop"
        ordered: dict[str, Any] = by_name(told)
        return ordered

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with its keys in the order of their names."""
        return arranged(document, sorted(document))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts; what was thought is in the total alone."""
        used = reply.used
        return {
            "completion_tokens": max(used.completion_tokens - used.reasoning_tokens, 0),
            "prompt_tokens": used.prompt_tokens,
            "total_tokens": used.total_tokens,
        }

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the chunks, each with the usage so far where a usage is asked for (ogx-ai/ogx 5122, 2026-03)."""
        if not prompt.include_usage:
            return events
        asked = usage["prompt_tokens"]
        thought = usage["total_tokens"] - usage["completion_tokens"] - asked
        shown, hidden = (thought, 0) if self.shows_thoughts else (0, thought)
        return counting(
            events,
            lambda said: {
                "completion_tokens": max(said - shown, 0),
                "prompt_tokens": asked,
                "total_tokens": asked + hidden + said,
            },
        )

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error in Google's words; here, a key is wanted in a header of OpenAI's."""
        if isinstance(exc, KeyRefused) and not exc.key:
            return RequestError(NO_KEY)
        return errors.adapt_error(exc)

    def sent(self, error: dict[str, Any], request_id: str) -> list[dict[str, Any]]:
        """Return the envelope in a list of one."""
        return [error]
