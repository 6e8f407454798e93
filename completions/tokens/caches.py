"""How each API caches prompts: the least tokens and the granularity, by the model and the API.

Sources: OpenAI's and Anthropic's guides to prompt caching, Google's page on context caching (13 Oct 2026); for the
others, the recordings (26 Nov 2026). Before GPT-5.6 OpenAI reports only cache reads, in steps.
"""

import functools
import re
from typing import NamedTuple


class CachePolicy(NamedTuple):
    """The smallest prompt that an API caches automatically, and the granularity, both in tokens.

    `preamble` are the tokens of the API's own preamble, always cached. With `at_ends` a prompt is cached up to the
    ends of its messages, and cache writes are reported.
    """

    least: int
    step: int
    preamble: int = 0
    at_ends: bool = False


OPENAI, SINCE_GPT_5_6 = CachePolicy(1024, 128), CachePolicy(1024, 1, at_ends=True)
DEEPSEEK, XAI = CachePolicy(128, 128), CachePolicy(128, 64, preamble=192)

AUTOMATIC_CACHES: tuple[tuple[str, str, CachePolicy | None], ...] = (
    ("", "^(?:anthropic|ollama)/|/ollama$", None),
    ("claude", "", None),
    (r"(?:^|/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9])", "/(?:azure|openrouter)?$", SINCE_GPT_5_6),
    (r"(?:^|/)(?:gpt-3\.5|gpt-4(?:$|-)|gemini-(?:1|2\.0)|llama|qwen|text-|davinci)[^/]*$", "", None),
    ("deepseek", "", DEEPSEEK),
    (r"gemini.*2\.5", "", CachePolicy(2048, 1)),
    (r"2\.5", "^gemini/", CachePolicy(2048, 1)),
    ("gemini", "", CachePolicy(4096, 1)),
    ("", "^gemini/", CachePolicy(4096, 1)),
    ("grok", "/$", XAI),
    ("mi(?:ni)?stral|mixtral|magistral|codestral|grok", "/(?!mistral|xai)", None),
    ("", "/deepseek$", DEEPSEEK),
    ("", "/groq$", CachePolicy(128, 128)),
    ("", "/mistral$", CachePolicy(128, 16)),
    ("", "/xai$", XAI),
    ("", "/(?:azure|openrouter|vllm)?$", OPENAI),
)
"""Patterns of a model's name, and of its format and dialect, as `chat/groq`, with the policy for such prompts.

The first match counts. None means that prompts are not cached, or that it is not known.
"""

NOVA = "amazon.nova"
"""A part of the names of Nova's models, of which 27 tokens were cached (0xPlaygrounds/rig, 2026)."""

MIN_MARKED: tuple[tuple[str, int], ...] = (
    (NOVA, 1),
    ("opus-5|fable|mythos", 512),
    ("opus-4[.-][56]|haiku-4", 4096),
    ("opus-4[.-]7|haiku", 2048),
    ("", 1024),
)
"""The fewest tokens that Anthropic and Bedrock cache at marks, by patterns of the model's name."""


@functools.lru_cache(maxsize=1024)
def cache_policy(model: str, place: str) -> CachePolicy | None:
    """Return the policy for prompts of a model, in small letters, at a place such as `chat/groq`."""
    fits = (steps for names, places, steps in AUTOMATIC_CACHES if re.search(names, model) and re.search(places, place))
    return next(fits, None)


@functools.lru_cache(maxsize=1024)
def min_marked_tokens(model: str) -> int:
    """Return the fewest tokens that are cached at a mark."""
    return next(least for names, least in MIN_MARKED if re.search(names, model))
