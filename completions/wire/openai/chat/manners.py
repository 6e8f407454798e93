"""How some of OpenAI's models answer chat completions otherwise than most: what their answers lack, or have besides.

Recorded from August 2025 to September 2026.
"""

import functools
import hashlib
import re
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.fields import without_fields, without_nulls
from completions.wire.openai.base import OPENAI, Dialect

USUAL = frozenset(
    (
        None,
        *("gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"),
        *("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"),
    )
)
"""The models that are asked most, which answer as most do; so that no name is looked at for them."""

AUDIO = re.compile(r"gpt-(4o(-mini)?-)?audio")
SEARCH = re.compile(r"gpt-.*-search")
WRITES = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9])")
"""Models that tell how much they wrote to a cache."""
REASONS = re.compile(r"o\d|gpt-[5-9](?!-chat)")


class Unlikely(Dialect):
    """Models that reason, whose answers have no place for log probabilities."""

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice without log probabilities, unless there are some."""
        return without_nulls(document, "logprobs")


class Writing(Unlikely):
    """Models whose caches are written on demand."""

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with what was written to the cache, unless there are images (recorded in September 2026)."""
        if any(part.kind == "image" for message in prompt.messages for part in message.parts):
            return usage
        written = reply.used.cache_creation_tokens
        cached, audio = (usage["prompt_tokens_details"][key] for key in ("cached_tokens", "audio_tokens"))
        told = {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": audio}
        return usage | {"prompt_tokens_details": told}


class Speaking(Unlikely):
    """Models that hear and speak, whose tokens are counted by kind."""

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens that were text."""
        heard, said = usage["prompt_tokens_details"], usage["completion_tokens_details"]
        given = heard | {"text_tokens": usage["prompt_tokens"] - heard["audio_tokens"], "image_tokens": 0}
        made = said | {"text_tokens": usage["completion_tokens"] - said["audio_tokens"]}
        return usage | {"prompt_tokens_details": given, "completion_tokens_details": made}


class Searching(Unlikely):
    """Models that always search."""

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields without a tier, and with a fingerprint that says nothing."""
        return without_fields(head, "service_tier") | {"system_fingerprint": ""}


UNLIKELY, WRITING, SPEAKING, SEARCHING = Unlikely(), Writing(), Speaking(), Searching()


@functools.lru_cache(maxsize=1024)
def of_model(model: str) -> Dialect:
    """Return how a model answers."""
    for names, dialect in ((AUDIO, SPEAKING), (SEARCH, SEARCHING), (WRITES, WRITING), (REASONS, UNLIKELY)):
        if names.match(model):
            return dialect
    return OPENAI


def ends_as_text(dialect: Dialect, prompt: Prompt) -> bool:
    """Tell whether calls end as a text does, with `stop`, because the request names the tool to call.

    So they do at OpenAI's models that do not reason (gpt-4o on 2025-09-17: vllm-project/vllm 25054; gpt-4o-mini on
    2026-03-08: ENTERPILOT/GoModel 124; not at gpt-5-mini, as recorded), and on vLLM (its 49496, 2026-07-23).
    """
    named = prompt.body.get("tool_choice", prompt.body.get("function_call"))
    if not isinstance(named, dict) or named.get("type") == "allowed_tools":
        return False
    model = prompt.model or ""
    return dialect.name == "vllm" or (_is_openais(dialect, model) and REASONS.match(model) is None)


def _is_openais(dialect: Dialect, model: str) -> bool:
    """Tell whether a model of OpenAI's is asked, also at Azure, where others have manners of their own."""
    return not dialect.name or (dialect.name == "azure" and model.startswith("gpt-"))


NAMELESS = re.compile(r"gpt-(3\.5-turbo|4(-0613)?$|[5-9])|o4-mini")
"""Models whose answers have no fingerprint (recorded from 2024 to August 2026)."""


@functools.lru_cache(maxsize=1024)
def fingerprint(model: str | None) -> str | None:
    """Return the `system_fingerprint` of a model: the same for every answer, None of those that tell none."""
    return (
        None
        if NAMELESS.match(model or "")
        else "fp_" + hashlib.blake2s((model or "").encode(), digest_size=5).hexdigest()
    )
