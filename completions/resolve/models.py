"""Between parse and resolve: which models exist, and whether a request suits its model.

They are the models that the namespace's script lists, without fine-tuned models that were deleted.
"""

from collections.abc import Collection
from dataclasses import replace

from completions.conversation import Message, Prompt
from completions.exceptions import RequestError
from completions.script.language import KNOWN
from completions.script.rules import Script
from completions.state.namespaces import Namespace
from completions.tokens import text
from completions.tokens.capabilities import Capabilities, capabilities
from completions.tokens.models import check_context, context_window
from completions.tokens.prompt import prompt_tokens
from completions.tokens.spelling import is_malformed, is_wrong
from completions.wire.base import WireFormat
from completions.wire.openai import models as wire
from completions.wire.wordings import MALFORMED

DELETED = "deleted_model"
"""The kind of record that marks a deleted model."""


PER_IMAGE = 20_000
"""More tokens than any image costs."""


def is_there(script: Script, format_: WireFormat, name: str) -> bool:
    """Tell whether a script has a model in a format."""
    names, known, _, any_ = script.catalogue
    if any_ or name in names:
        return True
    return format_.has_model(name) if known else not (names or is_wrong(name, format_.has_model))


def window(script: Script, format_: WireFormat, name: str | None) -> int | None:
    """Return the context window of a model: as the script describes it, or else from the model table."""
    own = script.catalogue.described.get(name or "")
    if own is None:
        return context_window(name and format_.table_name(name), format_.vendor)
    return own.context or context_window(own.like)


def abilities(script: Script, format_: WireFormat, name: str | None) -> Capabilities:
    """Return what a model can do: as the script describes it, or else from the tables."""
    own = script.catalogue.described.get(name or "")
    if own is None:
        return capabilities(name and format_.table_name(name), format_.vendor)
    usual = capabilities(own.like, format_.vendor)
    more = {feature for feature, has in own.supports.items() if has}
    less = own.supports.keys() - more
    return usual._replace(
        lacks=usual.lacks - more | less,
        lacks_reasoning=usual.lacks_reasoning - more,
        efforts=own.efforts or usual.efforts,
    )


async def listed(space: Namespace, name: str = "", format_: WireFormat | None = None) -> Collection[str]:
    """Return the script's models that are left, none where any is there; raise the API's 404 for a deleted `name`.

    Where any is there, or all that are known, none stands for a `name` that the API of the format has, and another for
    one that it has not.
    """
    if await _is_deleted(space, name):
        raise wire.unknown(name)
    catalogue = space.script.catalogue
    if format_ is not None and name and (catalogue.known or catalogue.any):
        return () if is_there(space.script, format_, name) else (KNOWN,)
    if not any(model.startswith(wire.FINE_TUNED) for model in space.script.models):
        return space.script.models
    gone = {record["id"] for record in await space.records.all(DELETED)}
    return [model for model in space.script.models if model not in gone]


async def delete(space: Namespace, name: str) -> dict[str, object]:
    """Delete a fine-tuned model until the namespace is reset; raise the API's 403 for any other model."""
    if not name.startswith(wire.FINE_TUNED):
        raise wire.not_owned(name)
    document = wire.deletion(name)
    await space.records.put(DELETED, name, document)
    return document


async def check(space: Namespace, name: str | None) -> None:
    """Raise the API's 404 if the model was deleted."""
    if name is not None and await _is_deleted(space, name):
        raise _not_found(name)


def can_be_deleted(name: str | None) -> bool:
    """Tell whether a model is fine-tuned. Every request asks, and almost no model is."""
    return name is not None and name.startswith(wire.FINE_TUNED)


async def _is_deleted(space: Namespace, name: str) -> bool:
    return can_be_deleted(name) and await space.records.get(DELETED, name) is not None


def check_model(prompt: Prompt, wire: WireFormat, script: Script) -> None:
    """Raise the API's error if the model does not exist or lacks an ability.

    A request without a model is admitted if its format allows that.
    """
    if prompt.model is not None and not is_there(script, wire, prompt.model):
        raise _not_found(prompt.model, address=prompt.address)
    if wire.refusals:
        wire.check_abilities(prompt, abilities(script, wire, prompt.model))


def _not_found(name: str, **facts: object) -> RequestError:
    """Return the API's 404; `facts` are what its format tells it by, besides the model."""
    return RequestError(
        f"The model `{name}` does not exist or you do not have access to it.",
        status=404,
        code="model_not_found",
        facts={"model": name, **facts},
        kind=MALFORMED if is_malformed(name) else "model_not_found",
    )


def room_to_check(prompt: Prompt, wire: WireFormat, script: Script, size: int) -> int | None:
    """Return the context window if the prompt may be too large for it.

    `size` is the request's size in bytes. Since a token has at least one byte, the prompt needs to be counted only if
    the request, with the tokens that it asks for, is larger than the window, or if it refers to earlier messages.
    """
    if prompt.task not in ("generate", "decide"):
        return None  # what is not generated has limits for each input, which its format knows
    room = window(script, wire, prompt.model)
    if wire.cuts_last_message and (asked := wire.requested_window(prompt)) is not None:
        room = asked if room is None else min(room, asked)
    most = size + (_answer_in_window(prompt, wire) or 0) + _in_parts(prompt)
    return None if room is None or (most <= room and not prompt.recalled) else room


def fit(prompt: Prompt, wire: WireFormat, room: int) -> Prompt:
    """Raise the API's error if a prompt is too large for this window.

    Return the prompt, without its oldest messages if it allows that; Ollama cuts the last one too.
    """
    most = _answer_in_window(prompt, wire)
    if prompt.truncates:
        prompt = _truncated(prompt, room - (most or 0))
        if wire.cuts_last_message:
            return _cut(prompt, room)
    check_context(prompt_tokens(prompt), most, prompt.model, room)
    return prompt


def _answer_in_window(prompt: Prompt, wire: WireFormat) -> int | None:
    """Return the tokens that the answer may have, where they have to fit into the window too."""
    return None if wire.window_limits_prompt_only else prompt.max_tokens


def _truncated(prompt: Prompt, window: int) -> Prompt:
    """Drop the oldest messages, but no instructions, until the rest fits."""
    over = prompt_tokens(prompt) - window
    if over <= 0:
        return prompt
    empty = replace(prompt, messages=(), tools=())
    least = prompt_tokens(empty)
    kept: list[Message] = []
    for index, message in enumerate(prompt.messages):
        if over > 0 and message.role not in ("system", "developer") and index < len(prompt.messages) - 1:
            over -= prompt_tokens(replace(empty, messages=(message,))) - least
        else:
            kept.append(message)
    return replace(prompt, messages=tuple(kept))


def _cut(prompt: Prompt, window: int) -> Prompt:
    """Drop the beginning of the last message until the rest fits."""
    over = prompt_tokens(prompt) - window
    if over <= 0:
        return prompt
    *before, last = prompt.messages
    left = "".join(text.split(last.text, prompt.model)[over:])
    return replace(prompt, messages=(*before, replace(last, text=left)))


def _in_parts(prompt: Prompt) -> int:
    """Return the most tokens of pictures, and of files, which may have been uploaded before."""
    return sum(
        [
            PER_IMAGE if part.kind == "image" else len(part.source)
            for message in prompt.messages
            if message.parts
            for part in message.parts
        ]
    )
