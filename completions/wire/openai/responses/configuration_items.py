"""Items of the input that configure the answers after them, and the positions that they may have.

A `configuration_update` sets the effort, or the text format, until the next one; a `compaction_trigger` at the end
makes the API compact the conversation. Sources: the openai SDK 3.57, OpenRouter's guide to GPT-6 Astra, and refusals
that users have written down (2026-09-19 of gpt-6-astra, 2026-10-01 of gpt-5.6-sol and others).
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
from completions.wire.openai.responses.echo import REASONS_OVER_ALL_TURNS
from completions.wire.openai.responses.prompt import own_items, response_format
from completions.wire.wordings import listed

UPDATE, TRIGGER, COMPACTION = "configuration_update", "compaction_trigger", "compaction"

PRO = re.compile(r"-pro(-|$)")
"""The part of the names of models with the `pro` mode."""

UNSUPPORTED = f"The '{UPDATE}' item type is not supported"


def check(items: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
    """Raise the error of a misplaced item; the last of `items` are the request's own."""
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


def _check_efforts(items: Sequence[Mapping[str, Any]], model: str) -> None:
    """Raise the error of an effort that the model does not support."""
    supported = capabilities(models.base(model), "openai").efforts_in("responses")
    for at, item in enumerate(items):
        effort = mapping(item.get("reasoning")).get("effort") if item.get("type") == UPDATE else None
        if effort is not None and supported and effort not in supported:
            raise RequestError(
                f"Unsupported value: '{effort}' is not supported with the '{model}' model. Supported values are: "
                f"{listed(supported)}.",
                code="unsupported_value",
                param=f"input[{at}].reasoning.effort",
            )


def _unsupported(body: Mapping[str, Any]) -> str | None:
    name = models.base(text(body.get("model"))).rpartition("/")[2]
    if PRO.search(name) or mapping(body.get("reasoning")).get("mode") == "pro":
        return "pro or tournament models"
    return "this model" if is_known(name, "openai") and not REASONS_OVER_ALL_TURNS.match(name) else None


def _misplaced(message: str, at: int) -> RequestError:
    """Return the error of an item at a position in the request; a negative one is in the earlier conversation."""
    return RequestError(message, param=f"input[{at}].type" if at >= 0 else "input")


def configured(prompt: Prompt, items: Sequence[Mapping[str, Any]]) -> Prompt:
    """Return a prompt with the settings of the last updates among its items."""
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
    """Tell whether a request only compacts its conversation."""
    items = own_items(prompt.body)
    return bool(items) and items[-1].get("type") == TRIGGER
