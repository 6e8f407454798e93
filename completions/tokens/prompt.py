"""How many tokens a prompt has: each vendor counts in its own way."""

from dataclasses import replace

from completions.conversation import Prompt, PromptTokens
from completions.tokens import openai
from completions.tokens import text as tokens
from completions.tokens.vendors import vendor_of

ALONE = {"legacy": "prompt", "embeddings": "input"}
"""Where a format has texts and tokens without any message around them: the parameter, by format."""

UNFRAMED = ("embed", "moderate", "speak", "transcribe", "draw")
"""The tasks of which a prompt costs its texts and nothing around them."""


def prompt_tokens(prompt: Prompt) -> int:
    """Return how many tokens a prompt has; one that was counted is not counted again."""
    return count(prompt).total


def counted(prompt: Prompt) -> Prompt:
    """Return a prompt that knows its tokens, so that nobody counts them again."""
    return prompt if prompt.counted is not None else replace(prompt, counted=count(prompt))


def count(prompt: Prompt) -> PromptTokens:
    """Count the tokens of a prompt as its vendor does, or return what was counted."""
    if prompt.counted is not None:
        return prompt.counted
    if (alone := ALONE.get(prompt.format)) is not None:
        return PromptTokens(_texts(prompt.body.get(alone), prompt.model))
    if prompt.task in UNFRAMED:
        return PromptTokens(sum(tokens.count(message.text, prompt.model) for message in prompt.messages))
    address = prompt.address
    vendor = vendor_of(prompt.model or "", prompt.format, "vertex" in address, address.get("dialect"))
    return openai.count(prompt) if vendor is None else vendor.count(prompt)


def _texts(prompt: object, model: str | None) -> int:
    """Count a prompt without messages: a text, tokens, or an array of either; each token counts for itself."""
    match prompt:
        case str():
            return tokens.count(prompt, model)
        case list():
            return sum(_texts(item, model) for item in prompt if not isinstance(item, list)) + _token_lists(prompt)
        case int():
            return 1
    return 0


def _token_lists(prompts: list[object]) -> int:
    return sum(len(item) for item in prompts if isinstance(item, list))
