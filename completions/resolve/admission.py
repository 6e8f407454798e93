"""Between parse and resolve: whether the model that a valid request names is there, and whether the prompt fits it."""

from dataclasses import replace

from completions.conversation import Message, Prompt
from completions.exceptions import RequestError
from completions.resolve import models
from completions.script.rules import Script
from completions.tokens.models import check_context
from completions.tokens.prompt import counted, prompt_tokens
from completions.wire import refusals
from completions.wire.base import WireFormat

PER_IMAGE = 20_000
"""More tokens than an image of any size costs."""


def admit(prompt: Prompt, wire: WireFormat, script: Script, size: int) -> Prompt:
    """Raise the API's error for a model that is not there, for what the model does not take, or a prompt too long.

    `size` is the request's in bytes. A token is a byte at least, so only a request that is larger than the window,
    less what it asks to be answered, is counted; so is one that refers to what was said before. A request that need not
    name a model may leave it out. Return the prompt, without its oldest messages where it allows that they are dropped.
    """
    if prompt.model is not None and not models.is_there(script, wire, prompt.model):
        raise RequestError(
            f"The model `{prompt.model}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
            facts={"model": prompt.model, "method": prompt.address.get("method", "")},
            kind="model_not_found",
        )
    if wire.refusals:
        refusals.check(prompt, wire.refusals, models.abilities(script, wire, prompt.model))
    if prompt.task != "generate":
        return prompt  # what is not generated has limits for each input, which its format knows
    window = models.window(script, wire, prompt.model)
    most = size + (prompt.max_tokens or 0) + PER_IMAGE * _images(prompt)
    if window is None or (most <= window and not prompt.recalled):
        return prompt
    if prompt.truncates:
        prompt = _truncated(prompt, window - (prompt.max_tokens or 0))
    prompt = counted(prompt)
    check_context(prompt_tokens(prompt), prompt.max_tokens, prompt.model, window)
    return prompt


def _truncated(prompt: Prompt, window: int) -> Prompt:
    """Drop messages from the beginning of the conversation, but no instructions, until the rest fits."""
    over = prompt_tokens(prompt) - window
    if over <= 0:
        return prompt
    empty = replace(prompt, messages=(), tools=(), counted=None)
    least = prompt_tokens(empty)
    kept: list[Message] = []
    for index, message in enumerate(prompt.messages):
        if over > 0 and message.role not in ("system", "developer") and index < len(prompt.messages) - 1:
            over -= prompt_tokens(replace(empty, messages=(message,))) - least
        else:
            kept.append(message)
    return replace(prompt, messages=tuple(kept), counted=None)


def _images(prompt: Prompt) -> int:
    return sum(part.kind == "image" for message in prompt.messages for part in message.parts)
