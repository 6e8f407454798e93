"""How each API caches prompts: from how many tokens on, and in which steps, by the model and where it is asked.

Sources: OpenAI's and Anthropic's guides to prompt caching, Google's page on context caching (13 Oct 2026); for the
others, the recordings (26 Nov 2026). Before GPT-5.6 OpenAI tells what was read alone, in steps.
"""

import functools
import re
from typing import NamedTuple


class Steps(NamedTuple):
    """The smallest prompt that an API caches automatically, and the granularity, both in tokens.

    `own` are the tokens of what the API itself says before every prompt, which are always cached. With `at_ends` a
    prompt is cached up to the ends of its messages, and what is written is told.
    """

    least: int
    step: int
    own: int = 0
    at_ends: bool = False


OPENAI, SINCE_GPT_5_6 = Steps(1024, 128), Steps(1024, 1, at_ends=True)
DEEPSEEK, XAI = Steps(128, 128), Steps(128, 64, own=192)

CACHES: tuple[tuple[str, str, Steps | None], ...] = (
    ("", "^(?:anthropic|ollama)/|/ollama$", None),
    ("claude", "", None),
    (r"(?:^|/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9])", "/(?:azure|openrouter)?$", SINCE_GPT_5_6),
    (r"(?:^|/)(?:gpt-3\.5|gpt-4(?:$|-)|gemini-(?:1|2\.0)|llama|qwen|text-|davinci)[^/]*$", "", None),
    ("deepseek", "", DEEPSEEK),
    (r"gemini.*2\.5", "", Steps(2048, 1)),
    (r"2\.5", "^gemini/", Steps(2048, 1)),
    ("gemini", "", Steps(4096, 1)),
    ("", "^gemini/", Steps(4096, 1)),
    ("grok", "/$", XAI),
    ("mi(?:ni)?stral|mixtral|magistral|codestral|grok", "/(?!mistral|xai)", None),
    ("", "/deepseek$", DEEPSEEK),
    ("", "/groq$", Steps(128, 128)),
    ("", "/mistral$", Steps(128, 16)),
    ("", "/xai$", XAI),
    ("", "/(?:azure|openrouter|vllm)?$", OPENAI),
)
"""What a model's name has in it, what the format and the dialect have, as `chat/groq`, and how such prompts are cached.

The first that fits counts. None is for those that are not cached, or of which it is not known.
"""

NOVA = "amazon.nova"
"""What the names of Nova's models have in them, of which 27 tokens were cached (0xPlaygrounds/rig, 2026)."""

MARKED: tuple[tuple[str, int], ...] = (
    (NOVA, 1),
    ("opus-5|fable|mythos", 512),
    ("opus-4[.-][56]|haiku-4", 4096),
    ("opus-4[.-]7|haiku", 2048),
    ("", 1024),
)
"""The fewest tokens that Anthropic and Bedrock cache where they are marked, by what the model's name has in it."""


@functools.lru_cache(maxsize=1024)
def steps_of(model: str, place: str) -> Steps | None:
    """Return how prompts of a model, whose name is in small letters, are cached at a place: `chat/groq`."""
    fits = (steps for names, places, steps in CACHES if re.search(names, model) and re.search(places, place))
    return next(fits, None)


@functools.lru_cache(maxsize=1024)
def least_marked(model: str) -> int:
    """Return how many tokens Anthropic caches at least."""
    return next(least for names, least in MARKED if re.search(names, model))
