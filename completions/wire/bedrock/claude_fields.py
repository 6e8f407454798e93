"""Steps 2 and 4 for Claude at Converse: what is asked and answered in Anthropic's own fields.

`additionalModelRequestFields` has members of a body of Anthropic's, and `additionalModelResponseFieldPaths` JSON
Pointers into its answer; of both the AI SDK, LangChain and Pydantic AI make use. AWS passes over what is not there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.anthropic.answer import ending
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.fields import mapping, texts

MISSING = object()


def fields_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request asks of its model alone."""
    return mapping(body.get("additionalModelRequestFields"))


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
