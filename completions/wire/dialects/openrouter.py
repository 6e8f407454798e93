"""OpenRouter's chat: reasoning, the provider and its finish reason, the cost, and errors with the status as code.

Sources: OpenRouter's API reference; answers, streams and errors recorded in 2025 and 2026.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, ErrorContent, Prompt, Reply, Usage
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.tokens.capabilities import is_known
from completions.tokens.models import MAKER_NAMES
from completions.wire.caching import cache_blocks
from completions.wire.dialects import (
    catalogue,
    openrouter_costs,
    openrouter_efforts,
    openrouter_plugins,
    openrouter_prompts,
    openrouter_reasons,
    openrouter_responses,
    refusals,
    rules,
)
from completions.wire.dialects.openrouter_errors import GEMINI_3, PROVIDER, PROVIDER_FAILED, RULES, envelope
from completions.wire.dialects.openrouter_generations import generation_of
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.wordings import OPENROUTER, OPENROUTER_OF
from completions.wire.fields import arranged, dicts, texts, without_nulls
from completions.wire.framing import DONE, ServerSentEvents
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.seals import sealed
from completions.wire.validation import Check

USER = "user_mock"
"""The owner of the key; every error except that of the key has this id, too (recorded 2025-08 to 2026-05)."""

AUTO_MODEL = "openrouter/auto"
"""The model that chooses another one."""


class OpenRouter(Vendor):
    """OpenRouter's dialect."""

    name = "openrouter"
    vendor = "openrouter"
    wordings, wordings_by_format = OPENROUTER, OPENROUTER_OF
    refusals = refusals.OPENROUTER
    place = "openrouter/api/v1/"
    default_models = catalogue.OPENROUTER
    model = staticmethod(catalogue.openrouter)
    stream_media_type = ServerSentEvents.media_type
    keep_alive = b": OPENROUTER PROCESSING\n\n"
    keep_alive_ms = 1000.0
    """According to its API reference it sends them "occasionally"; the interval is ours."""
    has_role_chunk = has_null_usage = False
    cites_first = True
    response_order = openrouter_responses.ORDER
    head, headers_marker = HEAD, b""
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(rules.ANY_RESPONSE_FORMAT, required=())}
    cross_field_rules = (*openrouter_efforts.RULES, *RULES)
    thinks_on_request = ("google/gemini-2.5-flash",)
    tier: str | None = None
    """The service tier that the maker reports."""
    searches = answers_with_texts = False
    """Whether a request has the web searched, and a `prompt` in place of messages."""
    native_finish_reasons: ClassVar[Mapping[str, str]] = {}
    """The maker's names of finish reasons, if they differ from OpenAI's."""
    model_list = staticmethod(catalogue.page)
    response = staticmethod(openrouter_responses.openrouter_response)

    def has_model(self, model: str) -> bool:
        """Tell whether a model exists, such as `anthropic/claude-haiku-4.5`, also by its maker's name."""
        maker, _, variant = model.partition("/")
        name, vendor = variant.partition(":")[0], MAKER_NAMES.get(maker, maker)
        return super().has_model(model) or any(is_known(each, vendor) for each in (name, name.replace(".", "-")))

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model's maker: some sign or encrypt thoughts."""
        model = prompt.model or ""
        dialect = next((dialect for prefix, dialect in DIALECT_BY_PREFIX.items() if model.startswith(prefix)), self)
        dialect = openrouter_plugins.searching(dialect.hiding_thoughts_on_request(prompt), prompt)
        if openrouter_prompts.has_prompt(prompt):
            dialect = dialect.hiding_thoughts()
            dialect.answers_with_texts = True
        return dialect

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a chat is invalid; a `prompt` may stand for messages."""
        super().check_chat(openrouter_prompts.with_messages(body))

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply as this API sends it, with a page that was found if the web is searched."""
        return super().adapt_reply(openrouter_plugins.with_page(reply) if self.searches else reply)

    to_store = staticmethod(generation_of)

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning."""
        return {} if self.hides_thoughts else {"reasoning": text, "reasoning_details": [self.detail({"text": text})]}

    def detail(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning."""
        return {"type": "reasoning.text", **fields, "format": "unknown", "index": 0}

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields with the provider."""
        return super().top_level(head, reply, prompt) | {"provider": PROVIDER}

    def answer_id(self, reply: Reply) -> str:
        """Return an id with the time."""
        return generation_id("gen-", reply)

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the id of the generation (recorded since May 2026)."""
        return {"x-generation-id": reply.id or self.answer_id(reply)}

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return the id of a generation; the ids of items are temporary."""
        if place is None:
            return self.answer_id(reply)
        return f"{made.partition('_')[0]}_tmp_{ids.spelled(made, 11, ids.LOWER)}"

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, with null for the fields that the provider lacks."""
        answer = {**document, "system_fingerprint": document.get("system_fingerprint"), "service_tier": self.tier}
        return arranged(answer, [key for key in answer if key not in ("choices", "usage")])

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with null for missing fields."""
        fields = super().message(message, choice)
        document = {"role": "assistant", "content": fields["content"], "refusal": None}
        document |= fields if self.hides_thoughts else {"reasoning": None, **fields}
        if calls := fields.get("tool_calls"):
            document["tool_calls"] = [
                {"type": call["type"], "index": index, **call} for index, call in enumerate(calls)
            ]
        return document

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice; only that of a whole answer has log probabilities."""
        choice = document if "message" in document else without_nulls(document, "logprobs")
        choice = openrouter_prompts.as_text(choice) if self.answers_with_texts else choice
        return arranged(choice, openrouter_prompts.CHOICE_ORDER)

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role and the content."""
        content = None if "tool_calls" in delta else ""
        if not delta and choice.reasoning and not self.hides_thoughts:
            delta = {"reasoning": None}
        return {"content": content, "role": "assistant", **super().delta(delta, choice)}

    def finished_extras(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the provider's finish reason, and its failure if there was one."""
        if reason != "error":
            return {"native_finish_reason": self.native_finish_reasons.get(reason or "", reason)}
        failure = choice.failure or ErrorContent("")
        code = int(failure.code) if failure.code and failure.code.isdecimal() and len(failure.code) < 10 else 502
        return {"native_finish_reason": reason, "error": {"code": code, "message": failure.message or PROVIDER_FAILED}}

    def chunk_extras(self, choice: Choice | None) -> dict[str, Any]:
        """Return that there is no finish reason yet."""
        return {"native_finish_reason": None}

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with its cache marks, as for Anthropic's models, and with its request for compression.

        A chat without a model gets the first of its `models`, or the router's own choice: the SDK's `ChatRequest`.
        """
        adapted, body = openrouter_prompts.as_conversation(super().adapt_prompt(prompt)), prompt.body
        model = prompt.model or next(iter(texts(body.get("models"))), AUTO_MODEL)
        return replace(
            adapted, model=model, cache_blocks=cache_blocks(body), truncates=openrouter_plugins.compresses(body)
        )

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with its cost."""
        reasoning_tokens = (used := reply.used).reasoning_tokens
        cost = openrouter_costs.cost_fields(*openrouter_costs.costs(prompt.model, used))
        input_details = {
            "cached_tokens": used.cached_tokens,
            "cache_write_tokens": used.cache_creation_tokens,
            "audio_tokens": used.audio_tokens,
            "video_tokens": 0,
        }
        return counts(reply.used) | {
            **{"cost": cost["cost"], "is_byok": False, "prompt_tokens_details": input_details, **cost},
            "completion_tokens_details": {"reasoning_tokens": reasoning_tokens, "image_tokens": 0, "audio_tokens": 0},
            **openrouter_plugins.tool_use(prompt, self.searches),
        }

    def reasoning_item(self, item: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
        """Return an item of reasoning with its text (recorded of gpt-oss-20b)."""
        return item | {"content": [{"type": "reasoning_text", "text": text} for text in texts]}

    def response_events(self, events: Events) -> Sequence[Event]:
        """Return the events without names, and with a terminator."""
        return [*(event._replace(name="") for event in events), DONE]

    def adapt_embeddings(self, document: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Return the list with its cost and the provider."""
        used = Usage(document["usage"]["prompt_tokens"], 0)
        usage = openrouter_costs.cost_fields(*openrouter_costs.costs(document["model"], used))
        fields = {"provider": PROVIDER, "id": generation_id("gen-emb-", reply)}
        fields |= {"model": document["model"].rpartition("/")[2]}
        return document | {"usage": document["usage"] | usage} | fields

    def has_usage_chunk(self, prompt: Prompt) -> bool:
        """Return True: every stream has the usage."""
        return True

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the service tier, and the finished choice once more."""
        return {"service_tier": self.tier, "choices": [finished]}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, with the owner of the key if the key is valid."""
        return envelope(exc) | ({} if exc.status == 401 else {"user_id": USER})

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chunk that ends a stream: it has the error and, except in responses, a choice."""
        if prompt.format == "responses":
            return envelope(exc)
        choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
        return {
            "id": last.get("id") or generation_id("gen-", Reply(())),
            "object": "chat.completion.chunk",
            "created": last.get("created", 0),
            "model": last.get("model") or prompt.model or "",
            "provider": PROVIDER,
            **envelope(exc),
            "choices": [choice | {"native_finish_reason": "error"}],
        }


class OpenRouterClaude(OpenRouter):
    """OpenRouter's dialect of Claude, which signs its thoughts (recorded 2025-10 to 2026-08)."""

    native_finish_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.CLAUDE
    call_ids = ("toolu_bdrk_01", 22, ids.BASE58)
    """Those of Claude on Amazon Bedrock."""

    def detail(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning."""
        return super().detail(fields) | {"format": "anthropic-claude-v1"}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the signature."""
        return {"reasoning": None, "reasoning_details": [self.detail({"signature": _encrypted(thoughts)})]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with signed reasoning."""
        document = super().message(message, choice)
        if thoughts := choice.reasoning:
            document["reasoning_details"] = [self.detail({"text": thoughts}) | {"signature": _encrypted(thoughts)}]
        return document


class EncryptingOpenRouter(OpenRouter):
    """OpenRouter's dialect of makers whose reasoning is followed by its encryption."""

    format: str
    """The format of the details."""

    def without_thoughts(self, reply: Reply) -> Reply:
        """Return the reply: its thoughts are still sent in encrypted form (0xPlaygrounds/rig, 2026-09)."""
        return reply

    def encrypted(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the encrypted thoughts as a detail, which clients must send back."""
        detail = {"type": "reasoning.encrypted", "data": _encrypted(thoughts), "format": self.format}
        return {**detail, **self.identity(thoughts, choice), "index": 0}

    def identity(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the id of the encrypted thoughts: that of the first call, if there is one."""
        return {"id": choice.tool_calls[0].id} if choice.tool_calls else {}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the delta with the encrypted reasoning."""
        return {"reasoning": None, "reasoning_details": [self.encrypted(thoughts, choice)]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; its details are numbered, unlike those of a stream (since 2026-03)."""
        document = super().message(message, choice)
        if thoughts := choice.reasoning:
            details = [] if self.hides_thoughts else [self.detail({"text": thoughts})]
            document["reasoning_details"] = [*details, self.encrypted(thoughts, choice) | {"index": len(details)}]
        return document


class OpenRouterOpenAI(EncryptingOpenRouter):
    """OpenRouter's dialect of OpenAI's models, whose reasoning is summarized and encrypted (2025-10 to 2026-06)."""

    tier: str | None = "default"
    native_finish_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.OPENAI
    format = "openai-responses-v1"

    def detail(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a summary of the reasoning."""
        return {"type": "reasoning.summary", "summary": fields["text"], "format": self.format, "index": 0}

    def identity(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the id of the item of reasoning."""
        return {"id": f"rs_{self.item_id(thoughts)}"}

    def item_id(self, thoughts: str) -> str:
        """Return the id of an item, without its prefix."""
        return ids.spelled(thoughts, 50)


class OpenRouterGpt4o(OpenRouterOpenAI):
    """OpenRouter's dialect of GPT-4o, which uses OpenAI's chat (recorded in July and October 2026)."""

    native_finish_reasons: ClassVar[Mapping[str, str]] = {}

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields with OpenAI's fingerprint."""
        return super().top_level(head, reply, prompt) | {"system_fingerprint": head["system_fingerprint"]}


class OpenRouterGrok(OpenRouterOpenAI):
    """OpenRouter's dialect of Grok, which uses xAI's responses (recorded in 2026-03)."""

    tier = None
    format = "xai-responses-v1"
    call_ids = ("call_", 8, ids.DIGITS)

    def item_id(self, thoughts: str) -> str:
        """Return a UUID."""
        return ids.uuid_of(thoughts)


class OpenRouterKimi(OpenRouter):
    """OpenRouter's dialect of Kimi, served by Moonshot AI (recorded in 2026-03)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the tool's name with the call's number, such as `look:0`."""
        return f"{name}:{place[-1]}"


class OpenRouterGemini(OpenRouter):
    """OpenRouter's dialect of Gemini (recorded 2025-11 to 2026-08)."""

    tier = "default"
    native_finish_reasons: ClassVar[Mapping[str, str]] = openrouter_reasons.GEMINI

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id with the tool's name (recorded 2025-12 and 2026-03)."""
        return f"tool_{name}_{ids.spelled(f'call/{reply.serial}{place}', 20, ids.ALPHANUMERIC)}"

    def detail(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a detail of the reasoning (recorded in 2026-03)."""
        return super().detail(fields) | {"format": "google-gemini-v1"}


class OpenRouterGemini3(EncryptingOpenRouter, OpenRouterGemini):
    """OpenRouter's dialect of Gemini 3, which signs its thoughts (recorded in 2026-03), and calls without any."""

    format = "google-gemini-v1"

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; calls without thoughts are signed, too."""
        document = super().message(message, choice)
        return document | self._signed(choice) if choice.tool_calls and not choice.reasoning else document

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; that which begins the first call has the signature."""
        fields = super().delta(delta, choice)
        begins_first_call = any(call.get("id") and not call.get("index") for call in dicts(delta.get("tool_calls")))
        return {**fields, **self._signed(choice)} if begins_first_call and not choice.reasoning else fields

    def _signed(self, choice: Choice) -> dict[str, Any]:
        return {"reasoning_details": [self.encrypted(choice.tool_calls[0].id, choice)]}


def generation_id(prefix: str, reply: Reply) -> str:
    """Return the id of a generation: the time in seconds, and 20 letters."""
    return f"{prefix}{reply.created or 0}-{ids.spelled(f'generation/{reply.serial}', 20, ids.ALPHANUMERIC)}"


def _encrypted(thoughts: str) -> str:
    return base64.b64encode(sealed(thoughts)).decode()


DIALECT_BY_PREFIX: Mapping[str, OpenRouter] = {
    "anthropic/": OpenRouterClaude(),
    GEMINI_3: OpenRouterGemini3(),
    "google/": OpenRouterGemini(),
    "moonshotai/": OpenRouterKimi(),
    "openai/gpt-oss": OpenRouter(),
    "openai/gpt-4o": OpenRouterGpt4o(),
    "openai/": OpenRouterOpenAI(),
    "x-ai/": OpenRouterGrok(),
}
"""The dialects by the prefix of the models' names."""
