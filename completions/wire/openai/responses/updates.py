"""What items of the input say of the answers after them, and where they may stand.

A `configuration_update` sets the effort, or the form of the text, until another does; a `compaction_trigger` at the end
has the conversation compacted. Sources: the openai SDK 3.57, OpenRouter's guide to GPT-6 Astra, and refusals that users
have written down (2026-09-19 of gpt-6-astra, 2026-10-01 of gpt-5.6-sol and others).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens import models
from completions.tokens.capabilities import capabilities, is_known
from completions.wire.fields import mapping, text, text_or_none
from completions.wire.openai.responses.echo import WHOLE_REASONING
from completions.wire.openai.responses.prompt import own_items, response_format
from completions.wire.words import listed

UPDATE, TRIGGER, COMPACTION = "configuration_update", "compaction_trigger", "compaction"

PRO = re.compile(r"-pro(-|$)")
"""What the names of models have that think in several ways at once."""

UNSUPPORTED = f"The '{UPDATE}' item type is not supported"


def check(items: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
    """Raise the error of an item that has no place there; the last of `items` are the request's own."""
    kinds = [item.get("type") for item in items]
    earlier = len(items) - len(own_items(body))
    if TRIGGER in kinds[:-1]:
        raise _misplaced(f"The '{TRIGGER}' item must be the final input item.", kinds.index(TRIGGER) - earlier)
    if UPDATE not in kinds:
        return
    first, last = kinds.index(UPDATE), len(kinds) - 1 - kinds[::-1].index(UPDATE)
    if (why := _unsupported(body)) is not None:
        raise _misplaced(f"{UNSUPPORTED} with {why}.", first - earlier)
    pair = next((at for at in range(first, last) if kinds[at] == kinds[at + 1] == UPDATE), None)
    if pair is not None:
        raise _misplaced(f"Consecutive '{UPDATE}' items are not allowed.", pair + 1 - earlier)
    if COMPACTION in kinds[last:]:
        raise _misplaced(f"{UNSUPPORTED} with compaction without a subsequent configuration update.", last - earlier)
    _check_efforts(items[earlier:], text(body.get("model")))


def _check_efforts(own: Sequence[Mapping[str, Any]], model: str) -> None:
    """Raise the error of an effort that the model does not take."""
    taken = capabilities(models.base(model), "openai").efforts_in("responses")
    for at, item in enumerate(own):
        effort = mapping(item.get("reasoning")).get("effort") if item.get("type") == UPDATE else None
        if effort is not None and taken and effort not in taken:
            raise RequestError(
                f"Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are: "
                f"{listed(taken)}.",
                code="unsupported_value",
                param=f"input[{at}].reasoning.effort",
            )


def _unsupported(body: Mapping[str, Any]) -> str | None:
    name = models.base(text(body.get("model"))).rpartition("/")[2]
    if PRO.search(name) or mapping(body.get("reasoning")).get("mode") == "pro":
        return "pro or tournament models"
    return "this model" if is_known(name, "openai") and not WHOLE_REASONING.match(name) else None


def _misplaced(told: str, at: int) -> RequestError:
    """Return the error of an item at a place among the request's own; one before is in what it continues."""
    return RequestError(told, param=f"input[{at}].type" if at >= 0 else "input")


def configured(prompt: Prompt, items: Sequence[Mapping[str, Any]]) -> Prompt:
    """Return a prompt as the last updates among its items want the answer."""
    updates = [item for item in items if item.get("type") == UPDATE]
    if not updates:
        return prompt
    efforts = [effort for item in updates if (effort := text_or_none(mapping(item.get("reasoning")).get("effort")))]
    forms = [form for item in updates if (form := mapping(mapping(item.get("text")).get("format")))]
    return replace(
        prompt,
        reasoning_effort=efforts[-1] if efforts else prompt.reasoning_effort,
        response_format=response_format(forms[-1]) if forms else prompt.response_format,
    )


def compacts(prompt: Prompt) -> bool:
    """Return whether a request has its conversation compacted, and wants nothing else."""
    items = own_items(prompt.body)
    return bool(items) and items[-1].get("type") == TRIGGER
