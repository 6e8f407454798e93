"""Steps 2 and 4 for Claude at Converse: Anthropic's own fields in requests and answers.

`additionalModelRequestFields` has members of a body of Anthropic's, and `additionalModelResponseFieldPaths` JSON
Pointers into its answer; the AI SDK, LangChain and Pydantic AI use both. AWS ignores pointers to missing fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.anthropic.answer import message_end
from completions.wire.anthropic.beta import unknown_beta_problem
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.fields import mapping, texts

MISSING = object()

UNSUPPORTED_BETAS = frozenset(
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
"""Anthropic's betas that Bedrock was seen to refuse, for all models."""


def request_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's model-specific fields."""
    return mapping(body.get("additionalModelRequestFields"))


def has_unsupported_beta(fields: Mapping[str, Any]) -> bool:
    """Tell whether Claude's fields name a beta that is unknown, or that Bedrock lacks."""
    betas = texts(fields.get("anthropic_beta"))
    return unknown_beta_problem(betas) is not None or not UNSUPPORTED_BETAS.isdisjoint(betas)


def with_request_fields(prompt: Prompt) -> Prompt:
    """Return a prompt with the model-specific fields: the answer's format, the effort, Anthropic's tools."""
    if not (fields := request_fields(prompt.body)):
        return prompt
    anthropic_prompt, tool_names = read_prompt(fields, prompt.headers), {tool.name for tool in prompt.tools}
    return replace(
        prompt,
        response_format=anthropic_prompt.response_format
        if anthropic_prompt.response_format.stated
        else prompt.response_format,
        reasoning_effort=anthropic_prompt.reasoning_effort or prompt.reasoning_effort,
        tools=(*prompt.tools, *(tool for tool in anthropic_prompt.tools if tool.name not in tool_names)),
        tool_choice=anthropic_prompt.tool_choice if anthropic_prompt.tool_choice.stated else prompt.tool_choice,
        parallel_tool_calls=anthropic_prompt.parallel_tool_calls,
    )


def response_fields(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of Claude's answer to which a request has pointers, nested as in the answer.

    A stream has the reasons in the `delta` of a message; the AI SDK requests this of whole answers, too.
    """
    if not (pointers := texts(prompt.body.get("additionalModelResponseFieldPaths"))):
        return {}
    message_ending = message_end(reply, prompt)
    reasons = {key: message_ending[key] for key in ("stop_reason", "stop_sequence")}
    answer, fields = {**reasons, "delta": reasons}, dict[str, Any]()
    for pointer in pointers:
        *parents, name = pointer.removeprefix("/").split("/")
        value: Any = answer
        for step in (*parents, name):
            value = mapping(value).get(step, MISSING)
        if value is not MISSING:
            parent = fields
            for step in parents:
                parent = parent.setdefault(step, {})
            parent[name] = value
    return {"additionalModelResponseFields": fields} if fields else {}
