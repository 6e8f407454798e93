"""Between parse and resolve: which models exist, and whether a request suits its model.

They are the models that the namespace's script lists, without fine-tuned models that were deleted.
"""

from collections.abc import Collection
from dataclasses import replace
from operator import attrgetter

from completions.conversation import Message, Prompt
from completions.exceptions import RequestError
from completions.script.language import KNOWN
from completions.script.models import Model
from completions.script.rules import Script
from completions.state.namespaces import Namespace
from completions.tokens import text
from completions.tokens.capabilities import Capabilities, capabilities
from completions.tokens.models import check_context, context_window
from completions.tokens.prompt import prompt_tokens
from completions.tokens.spelling import is_malformed, is_unknown_name, other_names
from completions.wire.base import WireFormat
from completions.wire.openai import models as wire
from completions.wire.wordings import MALFORMED

DELETED = "deleted_model"
"""The kind of record that marks a deleted model."""


PARTS = attrgetter("parts")
"""Reads the files of a message."""


def exists(script: Script, format_: WireFormat, name: str) -> bool:
    """Tell whether a model exists for a script and a format."""
    names, known, _, any_ = script.catalogue
    if any_ or name in names or (names and any(each in names for each in other_names(name, format_.vendor))):
        return True
    return format_.has_model(name) if known else not (names or is_unknown_name(name, format_.has_model))


def _described(script: Script, format_: WireFormat, name: str | None) -> Model | None:
    """Return what a script says of a model, whichever of its names that has."""
    described = script.catalogue.described
    names = (name, *other_names(name, format_.vendor)) if name else ()
    return next((described[each] for each in names if each in described), None)


def window(script: Script, format_: WireFormat, name: str | None) -> int | None:
    """Return the context window of a model: as the script describes it, or else from the model table."""
    described = _described(script, format_, name) if script.catalogue.described else None
    if described is None:
        return context_window(name and format_.table_name(name), format_.vendor)
    return described.context or context_window(described.like)


def abilities(script: Script, format_: WireFormat, name: str | None) -> Capabilities:
    """Return a model's capabilities: as the script describes it, or else from the tables."""
    described = _described(script, format_, name) if script.catalogue.described else None
    if described is None:
        return capabilities(name and format_.table_name(name), format_.vendor)
    base = capabilities(described.like, format_.vendor)
    added = {feature for feature, has in described.supports.items() if has}
    removed = described.supports.keys() - added
    return base._replace(
        lacks=base.lacks - added | removed,
        lacks_reasoning=base.lacks_reasoning - added,
        efforts=described.efforts or base.efforts,
    )


async def listed(space: Namespace, name: str = "", format_: WireFormat | None = None) -> Collection[str]:
    """Return the script's undeleted models, empty if any model exists; raise the API's 404 for a deleted `name`.

    If any model exists, or all known ones, the result is empty for a `name` that the format's API has, and another
    model for one that it has not.
    """
    if await _is_deleted(space, name):
        raise wire.unknown(name)
    catalogue = space.script.catalogue
    if format_ is not None and name and (catalogue.known or catalogue.any):
        return () if exists(space.script, format_, name) else (KNOWN,)
    if not any(model.startswith(wire.FINE_TUNED) for model in space.script.models):
        return space.script.models
    deleted = {record["id"] for record in await space.records.all(DELETED)}
    return [model for model in space.script.models if model not in deleted]


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


def check_model(prompt: Prompt, wire: WireFormat, script: Script) -> Prompt:
    """Raise the API's error if the model does not exist or lacks an ability; return the prompt to go on with.

    A request without a model is admitted if its format allows that.
    """
    if prompt.model is not None and not exists(script, wire, prompt.model):
        return wire.without_model(prompt, _not_found(prompt.model, address=prompt.address))
    if not wire.refusals:
        return prompt
    can = abilities(script, wire, prompt.model)
    wire.check_abilities(prompt, can)
    return wire.with_abilities(prompt, can)


def _not_found(name: str, **facts: object) -> RequestError:
    """Return the API's 404; `facts` are further values in the format's wording, besides the model."""
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
    the request, with the tokens that it asks for, is larger than the window, or if it has files, whose pages are more
    than their bytes tell, or refers to earlier messages.
    """
    if prompt.task not in ("generate", "decide"):
        return None  # what is not generated has limits for each input, which its format knows
    room = window(script, wire, prompt.model)
    if wire.cuts_last_message and (requested_window := wire.requested_window(prompt)) is not None:
        room = requested_window if room is None else min(room, requested_window)
    if room is None or prompt.recalled or any(map(PARTS, prompt.messages)):
        return room
    return None if size + (_answer_in_window(prompt, wire) or 0) <= room else room


def fit(prompt: Prompt, wire: WireFormat, room: int) -> Prompt:
    """Raise the API's error if a prompt is too large for this window.

    Return the prompt, without its oldest messages if it allows that; Ollama cuts the last one too.
    """
    answer_tokens = _answer_in_window(prompt, wire)
    if prompt.truncates:
        prompt = _truncated(prompt, room - (answer_tokens or 0))
        if wire.cuts_last_message:
            return _cut(prompt, room)
    check_context(prompt_tokens(prompt), answer_tokens, prompt.model, room)
    return prompt


def _answer_in_window(prompt: Prompt, wire: WireFormat) -> int | None:
    """Return the answer's token limit if the answer must fit into the window too."""
    return None if wire.window_limits_prompt_only else prompt.max_tokens


def _truncated(prompt: Prompt, window: int) -> Prompt:
    """Drop the oldest messages, but no instructions, until the rest fits."""
    excess = prompt_tokens(prompt) - window
    if excess <= 0:
        return prompt
    empty = replace(prompt, messages=(), tools=())
    overhead = prompt_tokens(empty)
    remaining_messages: list[Message] = []
    for index, message in enumerate(prompt.messages):
        if excess > 0 and message.role not in ("system", "developer") and index < len(prompt.messages) - 1:
            excess -= prompt_tokens(replace(empty, messages=(message,))) - overhead
        else:
            remaining_messages.append(message)
    return replace(prompt, messages=tuple(remaining_messages))


def _cut(prompt: Prompt, window: int) -> Prompt:
    """Drop the beginning of the last message until the rest fits."""
    excess = prompt_tokens(prompt) - window
    if excess <= 0:
        return prompt
    *before, last = prompt.messages
    remaining_text = "".join(text.split(last.text, prompt.model)[excess:])
    return replace(prompt, messages=(*before, replace(last, text=remaining_text)))
