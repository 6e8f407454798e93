"""OpenRouter's chat: reasoning, the provider and its finish reason, the cost, and errors with the status as code.

Sources: OpenRouter's API reference; answers, streams and errors recorded in 2025 and 2026.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, ErrorSaid, Prompt, Reply, Usage
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.tokens.capabilities import is_known
from completions.tokens.models import MAKERS
from completions.wire.caching import cache_blocks
from completions.wire.dialects import (
    catalogue,
    openrouter_costs,
    openrouter_efforts,
    openrouter_reasons,
    openrouter_responses,
    refusals,
    rules,
)
from completions.wire.dialects.openrouter_errors import FAILED, GEMINI_3, PROVIDER, RULES, envelope
from completions.wire.dialects.openrouter_generations import generation_of
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.words import OPENROUTER, OPENROUTER_OF
from completions.wire.fields import arranged, dicts, texts, without_nulls
from completions.wire.framing import DONE, ServerSentEvents
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.seals import sealed
from completions.wire.validation import Check, Problem

USER = "user_mock"
"""Who has the key; every error but that of the key names them beside it (recorded 2025-08 to 2026-05)."""

ROUTED = "openrouter/auto"
"""The model that chooses another one."""


class OpenRouter(Vendor):
    """OpenRouter's dialect."""

    name = "openrouter"
    vendor = "openrouter"
    words, words_of = OPENROUTER, OPENROUTER_OF
    refusals = refusals.OPENROUTER
    place = "openrouter/api/v1/"
    listed = catalogue.OPENROUTER
    model = staticmethod(catalogue.openrouter)
    events_type = ServerSentEvents.media_type
    keep_alive = b": OPENROUTER PROCESSING\n\n"
    keep_alive_ms = 1000.0
    """According to its API reference it sends them "occasionally"; the interval is ours."""
    role_opens = null_usage = False
    response_order = openrouter_responses.ORDER
    head, header_mark = HEAD, b""
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(rules.ANY_FORM, needed=("messages",))}
    between = (*openrouter_efforts.RULES, *RULES)
    thinks_if_asked = ("google/gemini-2.5-flash",)
    tier: str | None = None
    """The tier that the maker tells."""
    native_reasons: ClassVar[Mapping[str, str]] = {}
    """What the maker calls finish reasons, where it is not what OpenAI does."""
    model_list = staticmethod(catalogue.pages)
    response = staticmethod(openrouter_responses.told)

    def knows(self, model: str) -> bool:
        """Tell whether a model exists, such as `anthropic/claude-haiku-4.5`, also by its maker's name."""
        maker, _, named = model.partition("/")
        name, vendor = named.partition(":")[0], MAKERS.get(maker, maker)
        return super().knows(model) or any(is_known(each, vendor) for each in (name, name.replace(".", "-")))

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect as it is for the models of one maker: some sign or encrypt what was thought."""
        model = prompt.model or ""
        dialect = next((dialect for start, dialect in OF_MAKERS.items() if model.startswith(start)), self)
        return dialect.silenced_if_asked(prompt)

    to_store = staticmethod(generation_of)

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning."""
        return {} if self.is_silent else {"reasoning": text, "reasoning_details": [self.detail({"text": text})]}

    def detail(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning."""
        return {"type": "reasoning.text", **said, "format": "unknown", "index": 0}

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields with the provider."""
        return super().top_level(head, reply, prompt) | {"provider": PROVIDER}

    def answer_id(self, reply: Reply) -> str:
        """Return an id that tells the time."""
        return generation("gen-", reply)

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the id of the generation (recorded since May 2026)."""
        return {"x-generation-id": reply.id or self.answer_id(reply)}

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return the id of a generation; items have ids that are kept nowhere."""
        if place is None:
            return self.answer_id(reply)
        return f"{made.partition('_')[0]}_tmp_{ids.spelled(made, 11, ids.LOWER)}"

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with what is null where the provider does not say it."""
        told = {**document, "system_fingerprint": document.get("system_fingerprint"), "service_tier": self.tier}
        return arranged(told, [key for key in told if key not in ("choices", "usage")])

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with null for missing fields."""
        said = super().message(message, choice)
        told = {"role": "assistant", "content": said["content"], "refusal": None}
        told |= said if self.is_silent else {"reasoning": None, **said}
        if calls := said.get("tool_calls"):
            told["tool_calls"] = [{"type": call["type"], "index": at, **call} for at, call in enumerate(calls)]
        return told

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice; only that of a whole answer has a place for log probabilities."""
        if "message" in document:
            return arranged(document, ("index", "logprobs", "finish_reason", "native_finish_reason"))
        return arranged(
            without_nulls(document, "logprobs"), ("index", "delta", "finish_reason", "native_finish_reason")
        )

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role and the content."""
        content = None if "tool_calls" in delta else ""
        if not delta and choice.reasoning and not self.is_silent:
            delta = {"reasoning": None}
        return {"content": content, "role": "assistant", **super().delta(delta, choice)}

    def finished_extras(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the provider's finish reason, and its failure if there was one."""
        if reason != "error":
            return {"native_finish_reason": self.native_reasons.get(reason or "", reason)}
        failure = choice.failure or ErrorSaid("")
        code = int(failure.code) if failure.code and failure.code.isdecimal() and len(failure.code) < 10 else 502
        return {"native_finish_reason": reason, "error": {"code": code, "message": failure.message or FAILED}}

    def chunk_extras(self, choice: Choice | None) -> dict[str, Any]:
        """Return that there is no finish reason yet."""
        return {"native_finish_reason": None}

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with its cache marks, as Anthropic's models accept them; it may ask to be compressed.

        A chat without a model gets the first of its `models`, or the router's own choice: the SDK's `ChatRequest`.
        """
        adapted, body = super().adapt_prompt(prompt), prompt.body
        model = prompt.model or next(iter(texts(body.get("models"))), ROUTED)
        return replace(adapted, model=model, cache_blocks=cache_blocks(body), truncates=_is_compressed(body))

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with its cost."""
        thought = (counted := reply.used).reasoning_tokens
        paid = openrouter_costs.told(*openrouter_costs.costs(prompt.model, counted))
        given = {
            "cached_tokens": counted.cached_tokens,
            "cache_write_tokens": counted.cache_creation_tokens,
            "audio_tokens": counted.audio_tokens,
            "video_tokens": 0,
        }
        return counts(reply.used) | {
            **{"cost": paid["cost"], "is_byok": False, "prompt_tokens_details": given, **paid},
            "completion_tokens_details": {"reasoning_tokens": thought, "image_tokens": 0, "audio_tokens": 0},
        }

    def reasoned(self, item: dict[str, Any], said: Sequence[str]) -> dict[str, Any]:
        """Return an item of reasoning with its text (recorded of gpt-oss-20b)."""
        return item | {"content": [{"type": "reasoning_text", "text": text} for text in said]}

    def narrated(self, events: Events) -> Sequence[Event]:
        """Return the events without names, and with a terminator."""
        return [*(event._replace(name="") for event in events), DONE]

    def adapt_embeddings(self, document: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Return the list with its cost and the provider."""
        used = Usage(document["usage"]["prompt_tokens"], 0)
        usage = openrouter_costs.told(*openrouter_costs.costs(document["model"], used))
        told = {"provider": PROVIDER, "id": generation("gen-emb-", reply)}
        told |= {"model": document["model"].rpartition("/")[2]}
        return document | {"usage": document["usage"] | usage} | told

    def has_usage_chunk(self, prompt: Prompt) -> bool:
        """Tell that there always is a usage."""
        return True

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the finished choice once more."""
        return {"service_tier": self.tier, "choices": [finished]}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error; without anything to answer it has words of its own (karthink/gptel issue 480)."""
        if problem.path == "messages" and not body.get("messages"):
            return RequestError('Input required: specify "prompt" or "messages"')
        return problem.error()

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, which names whose key it was if the key is good."""
        return envelope(exc) | ({} if exc.status == 401 else {"user_id": USER})

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chunk that ends a stream: its error stands beside a choice, of which a response has none."""
        if prompt.format == "responses":
            return envelope(exc)
        choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
        return {
            "id": last.get("id") or generation("gen-", Reply(())),
            "object": "chat.completion.chunk",
            "created": last.get("created", 0),
            "model": last.get("model") or prompt.model or "",
            "provider": PROVIDER,
            **envelope(exc),
            "choices": [choice | {"native_finish_reason": "error"}],
        }


class OfAnthropic(OpenRouter):
    """OpenRouter's dialect for Claude, which signs what it thought (recorded 2025-10 to 2026-08)."""

    native_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.CLAUDE
    call_ids = ("toolu_bdrk_01", 22, ids.BASE58)
    """Those that Claude has given on Amazon Bedrock."""

    def detail(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning."""
        return super().detail(said) | {"format": "anthropic-claude-v1"}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the signature."""
        return {"reasoning": None, "reasoning_details": [self.detail({"signature": _seal(thoughts)})]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; its reasoning is signed."""
        document = super().message(message, choice)
        if thoughts := choice.reasoning:
            document["reasoning_details"] = [self.detail({"text": thoughts}) | {"signature": _seal(thoughts)}]
        return document


class Encrypting(OpenRouter):
    """OpenRouter's dialect for makers whose reasoning is followed by what it was, encrypted."""

    form: str
    """The format of the details."""

    def without_thoughts(self, reply: Reply) -> Reply:
        """Return the reply, of whose thoughts what is encrypted is told all the same (0xPlaygrounds/rig, 2026-09)."""
        return reply

    def encrypted(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return what was thought as a detail that has to come back."""
        told = {"type": "reasoning.encrypted", "data": _seal(thoughts), "format": self.form}
        return {**told, **self.identity(thoughts, choice), "index": 0}

    def identity(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the id of what is encrypted: that of the first call, if there is one."""
        return {"id": choice.tool_calls[0].id} if choice.tool_calls else {}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the reasoning as the API encrypts it."""
        return {"reasoning": None, "reasoning_details": [self.encrypted(thoughts, choice)]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; its details are numbered, as those of a stream are not (since 2026-03)."""
        document = super().message(message, choice)
        if thoughts := choice.reasoning:
            told = [] if self.is_silent else [self.detail({"text": thoughts})]
            document["reasoning_details"] = [*told, self.encrypted(thoughts, choice) | {"index": len(told)}]
        return document


class OfOpenAI(Encrypting):
    """OpenRouter's dialect for OpenAI's models, whose reasoning is summed up and encrypted (2025-10 to 2026-06)."""

    tier: str | None = "default"
    native_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.OPENAI
    form = "openai-responses-v1"

    def detail(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return a summary of the reasoning."""
        return {"type": "reasoning.summary", "summary": said["text"], "format": self.form, "index": 0}

    def identity(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the id of the item of reasoning."""
        return {"id": f"rs_{self.item(thoughts)}"}

    def item(self, thoughts: str) -> str:
        """Return the id of an item, without its prefix."""
        return ids.spelled(thoughts, 50)


class OfGpt4o(OfOpenAI):
    """OpenRouter's dialect for GPT-4o, which is asked at OpenAI's chat (recorded in July and October 2026)."""

    native_reasons: ClassVar[Mapping[str, str]] = {}

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields with OpenAI's fingerprint."""
        return super().top_level(head, reply, prompt) | {"system_fingerprint": head["system_fingerprint"]}


class OfXai(OfOpenAI):
    """OpenRouter's dialect for Grok, which answers as xAI's responses do (recorded in 2026-03)."""

    tier = None
    form = "xai-responses-v1"
    call_ids = ("call_", 8, ids.DIGITS)

    def item(self, thoughts: str) -> str:
        """Return a UUID."""
        return ids.uuid_of(thoughts)


class OfMoonshot(OpenRouter):
    """OpenRouter's dialect for Kimi, as Moonshot AI serves it (recorded in 2026-03)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the tool's name with the call's number, such as `look:0`."""
        return f"{name}:{place[-1]}"


class OfGoogle(OpenRouter):
    """OpenRouter's dialect for Gemini (recorded 2025-11 to 2026-08)."""

    tier = "default"
    native_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.GEMINI

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id with the tool's name (recorded 2025-12 and 2026-03)."""
        return f"tool_{name}_{ids.spelled(f'call/{reply.serial}{place}', 20, ids.ALPHANUMERIC)}"

    def detail(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning (recorded in 2026-03)."""
        return super().detail(said) | {"format": "google-gemini-v1"}


class OfGemini3(Encrypting, OfGoogle):
    """OpenRouter's dialect for Gemini 3, which signs what it thought (recorded in 2026-03), and its calls anyway."""

    form = "google-gemini-v1"

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; calls that nothing was thought before are signed too."""
        document = super().message(message, choice)
        return document | self._signed(choice) if choice.tool_calls and not choice.reasoning else document

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; that which begins the first call tells the signature."""
        told = super().delta(delta, choice)
        begins = any(call.get("id") and not call.get("index") for call in dicts(delta.get("tool_calls")))
        return {**told, **self._signed(choice)} if begins and not choice.reasoning else told

    def _signed(self, choice: Choice) -> dict[str, Any]:
        return {"reasoning_details": [self.encrypted(choice.tool_calls[0].id, choice)]}


def _is_compressed(body: Mapping[str, Any]) -> bool:
    """Tell whether a prompt that is too long loses what is in its middle: by a plugin, or as once asked for."""
    plugins = [plugin.get("id") for plugin in dicts(body.get("plugins"))]
    return "context-compression" in plugins or "middle-out" in texts(body.get("transforms"))


def generation(prefix: str, reply: Reply) -> str:
    """Return the id of a generation: its second, and 20 letters."""
    return f"{prefix}{reply.created or 0}-{ids.spelled(f'generation/{reply.serial}', 20, ids.ALPHANUMERIC)}"


def _seal(thoughts: str) -> str:
    return base64.b64encode(sealed(thoughts)).decode()


OF_MAKERS: Mapping[str, OpenRouter] = {
    "anthropic/": OfAnthropic(),
    GEMINI_3: OfGemini3(),
    "google/": OfGoogle(),
    "moonshotai/": OfMoonshot(),
    "openai/gpt-oss": OpenRouter(),
    "openai/gpt-4o": OfGpt4o(),
    "openai/": OfOpenAI(),
    "x-ai/": OfXai(),
}
"""By how the names of a maker's models begin."""
