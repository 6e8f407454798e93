"""Differences between OpenAI's models in chat completions: fields that their answers lack, or have in addition.

Recorded from August 2025 to September 2026.
"""

import functools
import hashlib
import re
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.fields import without_fields, without_nulls
from completions.wire.openai.base import OPENAI, Dialect

COMMON_MODELS = frozenset(
    (
        None,
        *("gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"),
        *("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"),
    )
)
"""The most used models, which have no such differences; their names are not compared with the patterns."""

AUDIO = re.compile(r"gpt-(4o(-mini)?-)?audio")
SEARCH = re.compile(r"gpt-.*-search")
WRITES_CACHE = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9])")
"""Models whose usage has the tokens written to a cache."""
REASONS = re.compile(r"o\d|gpt-[5-9](?!-chat)")


class WithoutLogprobs(Dialect):
    """Reasoning models, whose answers have no field for log probabilities."""

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice without log probabilities, unless there are some."""
        return without_nulls(document, "logprobs")


class CacheWriting(WithoutLogprobs):
    """Models whose usage has the tokens written to a cache."""

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens written to the cache, unless it has images (recorded in September 2026)."""
        if any(part.kind == "image" for message in prompt.messages for part in message.parts):
            return usage
        written = reply.used.cache_creation_tokens
        cached, audio = (usage["prompt_tokens_details"][key] for key in ("cached_tokens", "audio_tokens"))
        details = {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": audio}
        return usage | {"prompt_tokens_details": details}


class AudioModels(WithoutLogprobs):
    """Models for audio, whose tokens are counted by kind."""

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens that were text."""
        prompt_details, completion_details = usage["prompt_tokens_details"], usage["completion_tokens_details"]
        with_text = prompt_details | {
            "text_tokens": usage["prompt_tokens"] - prompt_details["audio_tokens"],
            "image_tokens": 0,
        }
        completion_with_text = completion_details | {
            "text_tokens": usage["completion_tokens"] - completion_details["audio_tokens"]
        }
        return usage | {"prompt_tokens_details": with_text, "completion_tokens_details": completion_with_text}


class SearchModels(WithoutLogprobs):
    """Models that always search the web."""

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields without a tier, and with an empty fingerprint."""
        return without_fields(head, "service_tier") | {"system_fingerprint": ""}


WITHOUT_LOGPROBS, CACHE_WRITING, AUDIO_MODELS, SEARCH_MODELS = (
    WithoutLogprobs(),
    CacheWriting(),
    AudioModels(),
    SearchModels(),
)


@functools.lru_cache(maxsize=1024)
def dialect_of(model: str) -> Dialect:
    """Return the dialect of a model."""
    for names, dialect in (
        (AUDIO, AUDIO_MODELS),
        (SEARCH, SEARCH_MODELS),
        (WRITES_CACHE, CACHE_WRITING),
        (REASONS, WITHOUT_LOGPROBS),
    ):
        if names.match(model):
            return dialect
    return OPENAI


def calls_end_with_stop(dialect: Dialect, prompt: Prompt) -> bool:
    """Tell whether answers with calls have the finish reason `stop`, because the request names the tool to call.

    So they do at OpenAI's models that do not reason (gpt-4o on 2025-09-17: vllm-project/vllm 25054; gpt-4o-mini on
    2026-03-08: ENTERPILOT/GoModel 124; not at gpt-5-mini, as recorded), and on vLLM (its 49496, 2026-07-23).
    """
    named = prompt.body.get("tool_choice", prompt.body.get("function_call"))
    if not isinstance(named, dict) or named.get("type") == "allowed_tools":
        return False
    model = prompt.model or ""
    return dialect.name == "vllm" or (_is_openais(dialect, model) and REASONS.match(model) is None)


def _is_openais(dialect: Dialect, model: str) -> bool:
    """Tell whether a model is OpenAI's, also at Azure, where other vendors' models behave differently."""
    return not dialect.name or (dialect.name == "azure" and model.startswith("gpt-"))


NAMELESS = re.compile(r"gpt-(3\.5-turbo|4(-0613)?$|[5-9])|o4-mini")
"""Models whose answers have no fingerprint (recorded from 2024 to August 2026)."""


@functools.lru_cache(maxsize=1024)
def fingerprint(model: str | None) -> str | None:
    """Return the `system_fingerprint` of a model: the same for every answer, None for those without one."""
    return (
        None
        if NAMELESS.match(model or "")
        else "fp_" + hashlib.blake2s((model or "").encode(), digest_size=5).hexdigest()
    )
