"""Who answers where a model declines: the models that a request names in `fallbacks`, one after the other.

Sources: Anthropic's guide to refusals and fallback; `BetaFallbackParam`, `BetaFallbackBlock` and
`BetaFallbackMessageIterationUsage` of the anthropic SDK 2.14; and a refusal of Claude Sonnet 5 that a user wrote down.
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
"""The model that `default` stands for, the one that Claude Opus 5 allows."""

WITHOUT = re.compile(r"claude-sonnet-5(-\d{8})?")
"""Those that were seen to refuse a list of models."""

DECLINED, LEFT = "declined", "fallbacks left"
"""What a prompt remembers: who has declined, and who is left."""

OVERRIDES = ("max_tokens", "thinking", "speed")


class Declined(NamedTuple):
    """A model that has declined: what it said before, block by block, and what that cost."""

    model: str
    said: Sequence[Any]
    usage: Mapping[str, Any]


def check(body: Mapping[str, Any]) -> None:
    """Raise the error of a model that has no other to fall back on."""
    model = text(body.get("model"))
    if isinstance(body.get("fallbacks"), list) and WITHOUT.fullmatch(model):
        raise RequestError(f"'{model}' does not support the `fallbacks` parameter.", param="fallbacks")


def declined(prompt: Prompt) -> Sequence[Declined]:
    """Return the models that have declined a prompt before it came to this one."""
    return cast(Sequence[Declined], prompt.recalled.get(DECLINED, ()))


def next_prompt(prompt: Prompt, said: Sequence[Any], usage: Mapping[str, Any]) -> Prompt | None:
    """Return the prompt for the next model, now that this one has declined; None where there is no other."""
    left = _left(prompt)
    if not left:
        return None
    entry, body = left[0], dict(prompt.body)
    body |= {name: entry[name] for name in OVERRIDES if entry.get(name) is not None}
    if "output_config" in entry:
        given = entry["output_config"]
        body["output_config"] = None if given is None else {**mapping(body.get("output_config")), **mapping(given)}
    body["model"] = entry["model"]
    hops = [*declined(prompt), Declined(prompt.model or "", said, usage)]
    return replace(
        prompt,
        model=entry["model"],
        max_tokens=entry.get("max_tokens") or prompt.max_tokens,
        reasoning_effort=effort(body),
        body=body,
        recalled={**prompt.recalled, DECLINED: hops, LEFT: left[1:]},
    )


def _left(prompt: Prompt) -> Sequence[Mapping[str, Any]]:
    if LEFT in prompt.recalled:
        return cast(Sequence[Mapping[str, Any]], prompt.recalled[LEFT])
    asked = prompt.body.get("fallbacks")
    if asked == "default":
        return () if prompt.model == DEFAULT or WITHOUT.fullmatch(prompt.model or "") else [{"model": DEFAULT}]
    return [entry for entry in dicts(asked) if isinstance(entry.get("model"), str)]


def boundaries(prompt: Prompt) -> list[tuple[Sequence[Any], dict[str, Any]]]:
    """Return what each model said that has declined, and the block that tells who came after it."""
    hops = declined(prompt)
    after = [*(hop.model for hop in hops[1:]), prompt.model]
    trigger = {"type": "refusal", "category": None}
    return [
        (hop.said, {"type": "fallback", "from": {"model": hop.model}, "to": {"model": model}, "trigger": trigger})
        for hop, model in zip(hops, after, strict=True)
    ]


def iterations(prompt: Prompt, step: Mapping[str, Any], *, serves: bool) -> dict[str, Any]:
    """Return what each model cost that was asked, where it was more than one; `serves`: this one has not declined."""
    if not (hops := declined(prompt)):
        return {}
    steps = [{"type": "message", "model": hop.model, **hop.usage} for hop in hops]
    kind = "fallback_message" if serves else "message"
    return {"iterations": [*steps, {"type": kind, "model": prompt.model, **step}]}
