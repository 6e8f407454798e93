"""Warnings about an answer that was sent correctly: no model would have given it, or it was cut."""

import json
from collections.abc import Iterator, Mapping

from completions.conversation import Choice, ParsedExchange, Prompt, Tool, ToolCall
from completions.script.text.node import shortened

MAX_SHOWN = 100
"""The most characters of a text in a warning."""


def concerns(parsed: ParsedExchange) -> list[str]:
    """Return the warnings, one sentence each; none if the request or the answer cannot be read in full."""
    if parsed.prompt is None or parsed.reply is None or parsed.cut or parsed.prompt.task != "generate":
        return []
    return [text for choice in parsed.reply.choices for text in _concerns_of_choice(choice, parsed.prompt)]


def _concerns_of_choice(choice: Choice, prompt: Prompt) -> Iterator[str]:
    calls = [call for call in choice.tool_calls if call.kind != "hosted"]
    if choice.finish_reason == "length":
        limit = "" if prompt.max_tokens is None else f" ({prompt.max_tokens})"
        yield f"The answer was cut off at the token limit{limit}: {shortened(choice.text or '', MAX_SHOWN)}"
    elif choice.text and not calls and prompt.response_format.kind != "text":
        yield from _concerns_of_format(choice.text, prompt)
    for call in calls:
        yield from _concerns_of_call(call, prompt)


def _concerns_of_format(text: str, prompt: Prompt) -> Iterator[str]:
    """Compare the answer's text with the response format of the request."""
    response_format = prompt.response_format
    try:
        value = text if response_format.bare else json.loads(text)
    except ValueError:
        yield f"The request asks for JSON, but the answer is not JSON: {shortened(text, MAX_SHOWN)}"
        return
    if (
        response_format.kind == "json_schema"
        and response_format.schema
        and not _is_instance(value, response_format.schema)
    ):
        name = f" `{response_format.name}`" if response_format.name else ""
        yield f"The answer does not fit the request's schema{name}: {shortened(text, MAX_SHOWN)}"


def _concerns_of_call(call: ToolCall, prompt: Prompt) -> Iterator[str]:
    """Compare a call with the tools that the request offers."""
    tool = next((tool for tool in prompt.tools if tool.name == call.name), None)
    if tool is None:
        offered = ", ".join(f"`{each.name}`" for each in prompt.tools) or "none"
        yield f"The tool `{call.name}` is called, but the request does not offer it; it offers {offered}."
    elif tool.kind == "function" and tool.parameters and not _fits(call.arguments, tool):
        yield f"The arguments of `{call.name}` do not fit its parameters: {shortened(call.arguments, MAX_SHOWN)}"


def _fits(arguments: str, tool: Tool) -> bool:
    try:
        return _is_instance(json.loads(arguments or "{}"), tool.parameters)
    except ValueError:
        return False


def _is_instance(value: object, schema: Mapping[str, object]) -> bool:
    from completions.script.auto.instances import is_instance  # only the inspector and verdicts need it

    return is_instance(value, schema)
