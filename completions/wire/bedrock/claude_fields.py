"""Steps 2 and 4 for Claude at Converse: what is asked and answered in Anthropic's own fields.

`additionalModelRequestFields` has members of a body of Anthropic's, and `additionalModelResponseFieldPaths` JSON
Pointers into its answer; of both the AI SDK, LangChain and Pydantic AI make use. AWS passes over what is not there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.anthropic.answer import ending
from completions.wire.anthropic.beta import unknown
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.fields import mapping, texts

MISSING = object()

NO_BETAS = frozenset(
    {
        "advanced-tool-use-2025-11-20",
        "code-execution-2025-05-22",
        "code-execution-2025-08-25",
        "fast-mode-2026-02-01",
        "files-api-2025-04-14",
        "max-tokens-3-5-sonnet-2024-07-15",
        "message-batches-2024-09-24",
        "prompt-caching-scope-2026-01-05",
        "redact-thinking-2026-02-12",
        "skills-2025-10-02",
        "web-fetch-2025-09-10",
    }
)
"""Betas of Anthropic's that Bedrock was seen to refuse, of all models."""


def fields_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request asks of its model alone."""
    return mapping(body.get("additionalModelRequestFields"))


def lacks_a_beta(fields: Mapping[str, Any]) -> bool:
    """Tell whether Claude's fields ask for a beta of no such name, or for one that Bedrock lacks."""
    betas = texts(fields.get("anthropic_beta"))
    return unknown(betas) is not None or not NO_BETAS.isdisjoint(betas)


def extended(prompt: Prompt) -> Prompt:
    """Return a prompt with what is asked of Claude besides: the form of the answer, thinking, tools of Anthropic's."""
    if not (fields := fields_of(prompt.body)):
        return prompt
    own, known = read_prompt(fields, prompt.headers), {tool.name for tool in prompt.tools}
    return replace(
        prompt,
        response_format=own.response_format if own.response_format.stated else prompt.response_format,
        reasoning_effort=own.reasoning_effort or prompt.reasoning_effort,
        tools=(*prompt.tools, *(tool for tool in own.tools if tool.name not in known)),
        tool_choice=own.tool_choice if own.tool_choice.stated else prompt.tool_choice,
        parallel_tool_calls=own.parallel_tool_calls,
    )


def pointed_at(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of Claude's answer that a request points at, each at its place.

    A stream has the reasons in the `delta` of a message; the AI SDK asks for that of an answer that is whole, too.
    """
    if not (pointers := texts(prompt.body.get("additionalModelResponseFieldPaths"))):
        return {}
    told = ending(reply, prompt)
    reasons = {key: told[key] for key in ("stop_reason", "stop_sequence")}
    answered, found = {**reasons, "delta": reasons}, dict[str, Any]()
    for pointer in pointers:
        *above, last = pointer.removeprefix("/").split("/")
        value: Any = answered
        for step in (*above, last):
            value = mapping(value).get(step, MISSING)
        if value is not MISSING:
            place = found
            for step in above:
                place = place.setdefault(step, {})
            place[last] = value
    return {"additionalModelResponseFields": found} if found else {}
