"""The models that answer after one declines: those that a request names in `fallbacks`, one after the other.

Sources: Anthropic's guide to refusals and fallback; `BetaFallbackParam`, `BetaFallbackBlock` and
`BetaFallbackMessageIterationUsage` of the anthropic SDK 2.14; and a refusal of Claude Sonnet 5 that a user published.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.anthropic.prompt import effort
from completions.wire.fields import dicts, mapping, text

DEFAULT = "claude-opus-4-8"
"""The model for `default`, the one that Claude Opus 5 allows."""

NO_FALLBACKS = re.compile(r"claude-sonnet-5(-\d{8})?")
"""The models that were seen to refuse `fallbacks`."""

DECLINED, FALLBACKS_LEFT = "declined", "fallbacks left"
"""Keys in a prompt's `recalled`: the models that have declined, and those that are left."""

OVERRIDES = ("max_tokens", "thinking", "speed")


class Declined(NamedTuple):
    """A model that has declined: its content blocks before that, and its usage."""

    model: str
    content: Sequence[Any]
    usage: Mapping[str, Any]


def check(body: Mapping[str, Any]) -> None:
    """Raise the error for a model that does not support fallbacks."""
    model = text(body.get("model"))
    if isinstance(body.get("fallbacks"), list) and NO_FALLBACKS.fullmatch(model):
        raise RequestError(f"'{model}' does not support the `fallbacks` parameter.", param="fallbacks")


def declined(prompt: Prompt) -> Sequence[Declined]:
    """Return the models that have declined a prompt before this one."""
    return cast(Sequence[Declined], prompt.recalled.get(DECLINED, ()))


def next_prompt(prompt: Prompt, content: Sequence[Any], usage: Mapping[str, Any]) -> Prompt | None:
    """Return the prompt for the next model after this one has declined; None if no other is left."""
    left = _fallbacks_left(prompt)
    if not left:
        return None
    entry, body = left[0], dict(prompt.body)
    body |= {name: entry[name] for name in OVERRIDES if entry.get(name) is not None}
    if "output_config" in entry:
        output_config = entry["output_config"]
        body["output_config"] = (
            None if output_config is None else {**mapping(body.get("output_config")), **mapping(output_config)}
        )
    body["model"] = entry["model"]
    hops = [*declined(prompt), Declined(prompt.model or "", content, usage)]
    return replace(
        prompt,
        model=entry["model"],
        max_tokens=entry.get("max_tokens") or prompt.max_tokens,
        reasoning_effort=effort(body),
        body=body,
        recalled={**prompt.recalled, DECLINED: hops, FALLBACKS_LEFT: left[1:]},
    )


def _fallbacks_left(prompt: Prompt) -> Sequence[Mapping[str, Any]]:
    if FALLBACKS_LEFT in prompt.recalled:
        return cast(Sequence[Mapping[str, Any]], prompt.recalled[FALLBACKS_LEFT])
    requested = prompt.body.get("fallbacks")
    if requested == "default":
        return () if prompt.model == DEFAULT or NO_FALLBACKS.fullmatch(prompt.model or "") else [{"model": DEFAULT}]
    return [entry for entry in dicts(requested) if isinstance(entry.get("model"), str)]


def boundaries(prompt: Prompt) -> list[tuple[Sequence[Any], dict[str, Any]]]:
    """Return the content of each model that has declined, and the block that names the next model."""
    hops = declined(prompt)
    after = [*(hop.model for hop in hops[1:]), prompt.model]
    trigger = {"type": "refusal", "category": None}
    return [
        (hop.content, {"type": "fallback", "from": {"model": hop.model}, "to": {"model": model}, "trigger": trigger})
        for hop, model in zip(hops, after, strict=True)
    ]


def iterations(prompt: Prompt, step: Mapping[str, Any], *, serves: bool) -> dict[str, Any]:
    """Return the usage of each model, if there were several; with `serves` this one has not declined."""
    if not (earlier := declined(prompt)):
        return {}
    steps = [{"type": "message", "model": hop.model, **hop.usage} for hop in earlier]
    kind = "fallback_message" if serves else "message"
    return {"iterations": [*steps, {"type": kind, "model": prompt.model, **step}]}
