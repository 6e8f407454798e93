"""Step 4 for Anthropic's Messages API: what a message cost, and where it was made; models differ in what they tell.

Recorded from September 2025 to August 2026; of models that had gone by then, when they were there.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply, Usage
from completions.wire.anthropic import compaction, credit, fallbacks, server_tools
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text, without_fields

TIER = {"service_tier": "standard"}

EARLIER = re.compile(r"claude-(?:[23]|instant|(?:haiku|sonnet|opus)-4(?:-[0-5])?(?:-20\d{6}|$))")
"""Models of which the API does not tell where they run: those up to 4.5."""

THINKING = re.compile(r"claude-(?:opus-4-[7-9]|[a-z]+-[5-9])")
"""Models that think as much as they like, unless they are told not to, and Opus 4.7, which tells too (2026-07)."""

SCREENED = re.compile(r"claude-(?:fable|mythos)-")
"""Models whose requests are screened before they see them."""

GONE = re.compile(r"\bclaude-(?:[23]-|v?2\b|instant)")
"""Models that had gone before answers told who calls a tool, why they refuse and where they are made."""

PLAIN = re.compile(r"\bclaude-(?:2|instant|3-opus)")
"""Models of which an answer tells nothing of a cache that it has not used."""

SEARCHES = {"web_search": "web_search_requests", "web_fetch": "web_fetch_requests"}
"""How the API's own tools are counted."""

AT_START = ("cache_creation", "service_tier", "inference_geo", "speed")
AT_END = ("output_tokens_details", "server_tool_use", "iterations")
"""What of a usage only the start of a stream tells, and what only its end."""


def usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of a message; in this API, input tokens exclude what was read from the cache."""
    known, model = reply.used, reply.model or prompt.model or ""
    if PLAIN.search(model):
        return plain(known)
    stopped = _is_stopped(reply, model)
    made = {"inference_geo": "not_available"} if stopped else TIER | _place(model, prompt)
    read = _input(known) | credit.redeemed(prompt)
    said = _output(known, prompt)
    if stopped and "completion_tokens" not in reply.counts:
        said["output_tokens"] = 0
    whole = read | _iterations(reply, read | said, prompt) | said | made | _served(reply, prompt)
    return compaction.with_steps(whole, step_of(whole), prompt) if compaction.kind(prompt) else whole


STEP = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation")


def step_of(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a usage what one step of it tells."""
    return {name: whole[name] for name in STEP if name in whole}


def plain(counted: Usage) -> dict[str, Any]:
    """Return what a message cost as the first models told it: nothing of a cache, unless it was used."""
    whole = _input(counted) | {"output_tokens": counted.completion_tokens}
    if counted.cached_tokens or counted.cache_creation_tokens:
        return whole
    return {name: whole[name] for name in ("input_tokens", "output_tokens")}


def usage_at_start(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a message's usage what the start of its stream tells, with one output token.

    Where the conversation is summarized first, it is what that reads (recorded of Claude Opus 4.6 in 2026).
    """
    first: Mapping[str, Any] = next(iter(whole.get("iterations", ())), {})
    told = without_fields(whole, *AT_END)
    if first.get("type") == "compaction":
        told |= {key: value for key, value in first.items() if key in told}
    return told | {"output_tokens": min(whole["output_tokens"], 1)}


def usage_at_end(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a message's usage what its stream's `message_delta` tells: the totals, which replace those before."""
    again = () if "cache_read_input_tokens" in whole else ("input_tokens",)
    return without_fields(whole, *AT_START, *AT_END, *again) | {key: whole[key] for key in AT_END if key in whole}


def _input(counted: Usage) -> dict[str, Any]:
    written, long = counted.cache_creation_tokens, counted.cache_creation_1h_tokens
    return {
        "input_tokens": max(counted.prompt_tokens - counted.cached_tokens - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": counted.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": max(written - long, 0), "ephemeral_1h_input_tokens": long},
    }


def _output(counted: Usage, prompt: Prompt) -> dict[str, Any]:
    """Return what was written; what was thought of it is told where the model thinks."""
    said: dict[str, Any] = {"output_tokens": counted.completion_tokens}
    asked = mapping(prompt.body.get("thinking")).get("type") in ("enabled", "adaptive")
    if counted.reasoning_tokens or asked or THINKING.match(prompt.model or ""):
        said["output_tokens_details"] = {"thinking_tokens": counted.reasoning_tokens}
    return said


def _iterations(reply: Reply, whole: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return what each step cost: each model that was asked, or the message, where the context may be compacted."""
    if asked := fallbacks.iterations(prompt, step_of(whole), serves=not is_refused(reply)):
        return asked
    edits = dicts(mapping(prompt.body.get("context_management")).get("edits"))
    if not any(text(edit.get("type")).startswith("compact") for edit in edits):
        return {}
    return {"iterations": [step_of(whole) | {"type": "message"}]}


def is_refused(reply: Reply) -> bool:
    """Tell whether the model has declined: with a refusal, or by a filter."""
    choice = only_choice(reply)
    return bool(choice.refusal) or choice.finish_reason == "content_filter"


def _is_stopped(reply: Reply, model: str) -> bool:
    """Tell whether a request was refused before the model said a word (recorded of Fable 5.1 in September 2026)."""
    choice = only_choice(reply)
    return bool(choice.refusal and not choice.text and SCREENED.match(model))


def _place(model: str, prompt: Prompt) -> dict[str, Any]:
    """Return where the answer was made, and how fast, where the request says that (measured in September 2026)."""
    if GONE.search(model):
        return {}
    asked, speed = text(prompt.body.get("inference_geo")), text(prompt.body.get("speed"))
    made = {"inference_geo": "not_available" if EARLIER.match(model) else asked or "global"}
    return made | ({"speed": speed} if speed else {})


def _served(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return how often the API's own tools were called, where they were."""
    served = [call.name for call in only_choice(reply).tool_calls if server_tools.is_servers(call, prompt)]
    if not served:
        return {}
    return {"server_tool_use": {counted: served.count(name) for name, counted in SEARCHES.items()}}
