"""What is doubtful about an answer that was sent correctly: no model would have given it, or it was cut."""

import json
from collections.abc import Iterator

from completions.conversation import Choice, ParsedExchange, Prompt, Tool, ToolCall
from completions.script.auto.instances import is_instance
from completions.script.text.node import shortened

SHOWN = 100
"""The most characters of a text in a warning."""


def concerns(said: ParsedExchange) -> list[str]:
    """Return the doubts, one sentence each; none if the request or the answer cannot be read in full."""
    if said.prompt is None or said.reply is None or said.cut or said.prompt.task != "generate":
        return []
    return [text for choice in said.reply.choices for text in _of_choice(choice, said.prompt)]


def _of_choice(choice: Choice, prompt: Prompt) -> Iterator[str]:
    calls = [call for call in choice.tool_calls if call.kind != "hosted"]
    if choice.finish_reason == "length":
        limit = "" if prompt.max_tokens is None else f" ({prompt.max_tokens})"
        yield f"The answer was cut off at the token limit{limit}: {shortened(choice.text or '', SHOWN)}"
    elif choice.text and not calls and prompt.response_format.kind != "text":
        yield from _of_form(choice.text, prompt)
    for call in calls:
        yield from _of_call(call, prompt)


def _of_form(text: str, prompt: Prompt) -> Iterator[str]:
    """Compare the answer's text with the form that the request asks for."""
    form = prompt.response_format
    try:
        value = text if form.bare else json.loads(text)
    except ValueError:
        yield f"The request asks for JSON, but the answer is not JSON: {shortened(text, SHOWN)}"
        return
    if form.kind == "json_schema" and form.schema and not is_instance(value, form.schema):
        name = f" `{form.name}`" if form.name else ""
        yield f"The answer does not fit the request's schema{name}: {shortened(text, SHOWN)}"


def _of_call(call: ToolCall, prompt: Prompt) -> Iterator[str]:
    """Compare a call with the tools that the request offers."""
    tool = next((tool for tool in prompt.tools if tool.name == call.name), None)
    if tool is None:
        offered = ", ".join(f"`{each.name}`" for each in prompt.tools) or "none"
        yield f"The tool `{call.name}` is called, but the request does not offer it; it offers {offered}."
    elif tool.kind == "function" and tool.parameters and not _fits(call.arguments, tool):
        yield f"The arguments of `{call.name}` do not fit its parameters: {shortened(call.arguments, SHOWN)}"


def _fits(arguments: str, tool: Tool) -> bool:
    try:
        return is_instance(json.loads(arguments or "{}"), tool.parameters)
    except ValueError:
        return False
