"""Between parse and resolve: whether the model that a valid request names is there, and whether the prompt fits it."""

from collections.abc import Collection

from completions.conversation import Prompt
from completions.counting import prompt_tokens
from completions.exceptions import RequestError
from completions.model_table import check_context, context_window

PER_IMAGE = 20_000
"""More tokens than an image of any size costs."""


def admit(prompt: Prompt, models: Collection[str], size: int) -> None:
    """Raise the API's error for a model that `models` does not list (none listed: all are there), or a prompt too long.

    `size` is the request's in bytes. A token is a byte at least, so only a request that is larger than the window,
    less what it asks to be answered, is counted. A request that need not name a model may leave it out.
    """
    if models and prompt.model is not None and prompt.model not in models:
        raise RequestError(
            f"The model `{prompt.model}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
            facts={"model": prompt.model},
        )
    if prompt.task != "generate":
        return  # what is not generated has limits for each input, which its format knows
    window = context_window(prompt.model)
    if window is not None and size + (prompt.max_tokens or 0) + PER_IMAGE * _images(prompt) > window:
        check_context(prompt_tokens(prompt), prompt.max_tokens, prompt.model)


def _images(prompt: Prompt) -> int:
    return sum(part.kind == "image" for message in prompt.messages for part in message.parts)
