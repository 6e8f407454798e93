"""The choice of the tools that are called, for step 3, such that every agent loop ends.

| the request | the calls |
|---|---|
| the conversation was handed over to this agent | those of its tools, if any, that do not hand it on |
| no tool has answered | the tools that share words with the user, but not those that end the conversation |
| a tool has answered, and one is there to give the final answer | those named that were not called; else that one |
| a tool has answered, and calls are required | the best of those that were called the fewest times |
| a tool has answered | none |
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from completions import budget
from completions.conversation import Prompt, Tool, ToolCall, ToolResult
from completions.script.auto.deferred import choose_loader
from completions.script.auto.expressions import with_sum
from completions.script.auto.fitting import fitting, named
from completions.script.auto.instances import instance, is_instance
from completions.script.auto.listed import with_listed
from completions.script.auto.mentioned import PLACE_NAMES, mentioned, places
from completions.script.auto.named_numbers import with_numbers
from completions.script.auto.paths import with_paths
from completions.script.auto.sentences import keywords, retold
from completions.script.protocols.observation import (
    has_loaded,
    in_sentences,
    is_after_worker,
    is_called_alone,
    is_handover,
    is_launcher,
    is_loader,
    observation,
    question,
    was_handed_over,
    without_additions,
)
from completions.script.protocols.ranges import ranged
from completions.script.protocols.rosters import with_roster
from completions.script.protocols.suited import suited
from completions.script.schemas.document import Schema, compact, schemas_of, seeded, strings_of
from completions.script.schemas.scalars import sense

VALUE_KEYWORDS = frozenset(("enum", "const", "examples", "$ref"))
PLAIN_TYPES = frozenset(("string", "integer", "number", "boolean", "array", "null"))
"""Keywords that give a property's value, and the types of the properties whose value is otherwise made up."""

MAX_CALLS = 3
"""Parallel tool calls in one answer."""

FINAL_NAME = re.compile(
    r"(?i)^(?:final[_-]?(?:answer|result|response|output)\w*|finish\w*|submit(?:[_-]?(?:answer|result|response|output)\w*)?"
    r"|attempt_completion|done|task_(?:done|complete\w*)|structured_?output|(?:return|give|provide)_(?:final_)?answer)$"
)
_FINAL = r"final (?:response|answer|result|output)\b"
FINAL_DESCRIPTION = re.compile(
    rf"(?i)\A[^.\n]*\b{_FINAL}|(?:[.!]\s|\n)\s*(?:the|your|an?) {_FINAL}|\bends? (?:this|the) (?:conversation|task)\b"
    r"|\Aends? the current turn\b"
    r"|\Asubmits? (?:your|the|an?) (?:answer|solution)\b"
)
"""Names and descriptions of tools whose call is the answer, in Pydantic AI, smolagents, LangChain, Cline and Inspect.

Later sentences may describe another final result, such as that of a batch of edits.
"""


THOUGHT_NAME = re.compile(r"(?i)^(?:mcp__\w+__)?(?:think(?:ing)?|sequential[_-]?thinking)(?:_tool)?$")
"""Names of tools that only write down a thought, as in Anthropic's guide, Inspect and MCP's sequential thinking."""


ANSWER_NAME = re.compile(r"(?i)^(?:final_?)?(?:answer|result|response|output)$")
"""Names of what a tool that gives the final answer takes as its text."""


def calls(prompt: Prompt, seed: str) -> tuple[ToolCall, ...]:
    """Return the tool calls of the answer; none if it is a text.

    Raise `instances.Unsatisfiable` if a tool's schema has no instance.
    """
    return tuple(call for tool in _chosen(prompt) for call in _calls(tool, prompt, f"{seed}/{tool.name}"))


def is_final(tool: Tool) -> bool:
    """Tell whether a tool is there to give the final answer."""
    return FINAL_NAME.match(tool.name) is not None or FINAL_DESCRIPTION.search(tool.description[:500]) is not None


def _chosen(prompt: Prompt) -> list[Tool]:
    choice = prompt.tool_choice
    if choice.mode == "none":
        return []
    offered = [tool for tool in prompt.tools if not choice.names or tool.name in choice.names]
    continuing = [tool for tool in offered if not is_handover(tool.name)]
    if was_handed_over(prompt) and (continuing or choice.mode != "required"):
        offered = continuing
    if choice.mode == "auto" and continuing != offered and _must_continue(prompt):
        return _least_called([tool for tool in offered if tool not in continuing], prompt)[:1]
    final = [tool for tool in offered if is_final(tool)]
    working = [tool for tool in offered if tool not in final]
    result = observation(prompt)
    if final and choice.mode == "required" and _must_continue(prompt):
        return final[:1]
    if result is None and working:
        if not any(map(is_loader, _called(prompt))) and (loader := choose_loader(working, prompt)):
            return [loader]
        limit = MAX_CALLS if prompt.parallel_tool_calls else 1
        return _first_if_alone(fitting(_callable(working, prompt), question(prompt), limit))
    if result is None:
        return final[:1]
    if final and (remaining := _not_called(named(working, question(prompt)), prompt)):
        return remaining[: MAX_CALLS if prompt.parallel_tool_calls else 1]
    if final and not (choice.mode == "auto" and any(tool.name == result.name for tool in final)):
        return fitting(final, question(prompt), 1)
    return fitting(_least_called(working, prompt), question(prompt), 1) if choice.mode == "required" else []


def _callable(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools to choose from: no loaders, none again after a tool was loaded, some last unless they are named.

    These start agents, or only write down a thought.
    """
    remaining = (has_loaded(prompt) and _not_called(tools, prompt)) or tools
    callable_tools = [tool for tool in remaining if not is_loader(tool.name)] or remaining
    return sorted(callable_tools, key=lambda tool: _comes_last(tool.name) and not named([tool], question(prompt)))


def _comes_last(name: str) -> bool:
    return is_launcher(name) or THOUGHT_NAME.match(name) is not None


def _must_continue(prompt: Prompt) -> bool:
    """Tell whether an agent is asked to continue after its own answer; it hands the conversation over, if it can."""
    last = prompt.messages[-1] if prompt.messages else None
    return last is not None and last.role == "assistant" and not last.tool_calls


def _first_if_alone(chosen: list[Tool]) -> list[Tool]:
    """Return the chosen tools, or the first alone if one of them hands the conversation or work to another agent."""
    return chosen[:1] if any(is_called_alone(tool.name) for tool in chosen) else chosen


def _not_called(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools that were not called since the user's question; none if the prompt has no calls."""
    called = _called(prompt)
    return [tool for tool in tools if tool.name not in called] if called else []


def _called(prompt: Prompt) -> list[str]:
    """Return the names of the tools that were called since the user's question."""
    called: list[str] = []
    user_question = question(prompt)
    for message in reversed(prompt.messages):
        if message.role == "user" and without_additions(message.text) == user_question:
            break
        called += [call.name for call in message.tool_calls]
    return called


def _least_called(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools with the fewest calls since the user's question, so that no tool is called over and over."""
    called = _called(prompt)
    fewest = min((called.count(tool.name) for tool in tools), default=0)
    return [tool for tool in tools if called.count(tool.name) == fewest]


def _calls(tool: Tool, prompt: Prompt, seed: str) -> list[ToolCall]:
    """Call a tool: once, or for each of the places that the user asks about (recordings of Gemini, 2025 and 2026)."""
    user_question = question(prompt)
    if tool.defined is not None:
        tool = replace(tool, parameters=tool.defined)
    if tool.kind == "custom":
        return [ToolCall(tool.name, " ".join(keywords(user_question, 8)) or tool.name, kind="custom")]
    is_free = prompt.parallel_tool_calls and prompt.tool_choice.mode == "auto" and not is_final(tool)
    place_names = places(user_question)[:MAX_CALLS] if is_free and _takes_a_place(tool) else []
    texts = [f"in {place}" for place in place_names] if place_names[1:] else [user_question]
    return [ToolCall(tool.name, compact(_arguments(tool, prompt, seed, text))) for text in texts]


def _takes_a_place(tool: Tool) -> bool:
    properties = tool.parameters.get("properties")
    return isinstance(properties, Mapping) and any(
        sense(name) in PLACE_NAMES and isinstance(schema, Mapping) and schema.get("type") in ("string", "STRING")
        for name, schema in properties.items()
    )


def _arguments(tool: Tool, prompt: Prompt, seed: str, text: str) -> object:
    """Return valid arguments; a final answer with one property repeats the previous tool's result, or is a sentence."""
    parameters = tool.parameters if is_final(tool) else with_roster(tool, prompt)
    is_form = is_final(tool) or prompt.tool_choice.mode == "required"
    schema = (suited if is_form else ranged)({**parameters, "type": "object"}, prompt)
    result = observation(prompt) if is_final(tool) else None
    properties = tool.parameters.get("properties")
    if is_final(tool) and isinstance(properties, Mapping) and len(properties) == 1:
        [name] = properties
        told = {name: _final_text(name, result, prompt, seed)}
        if is_instance(told, schema):
            return told
    detailed = with_paths(with_numbers(with_listed(with_sum(schema, tool, text), text), text), text, prompt)
    is_over = is_after_worker(prompt)
    arguments = instance(detailed if is_final(tool) else _without_unmentioned(detailed, text), seed, text, is_over)
    return arguments if is_instance(arguments, detailed) else instance(detailed, seed, text, is_over)


def _final_text(name: str, result: ToolResult | None, prompt: Prompt, seed: str) -> str | None:
    """Return the result of a tool in words, or an answer to the question where a property of this name is for one."""
    if result is not None:
        return retold(result, question(prompt), seeded(seed))
    return in_sentences(prompt, seeded(seed), short=True) if ANSWER_NAME.match(name) else None


def _without_unmentioned(schema: Schema, text: str) -> Schema:
    """Return a schema without the optional properties that the text does not mention: no `offset` for `Read a.txt`.

    Models do the same (recordings of 2025 and 2026). If `required` is missing, as it often is, everything is needed.
    """
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    required = schema.get("required") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping) or not required:
        return schema
    needed = frozenset(strings_of(required))
    mentioned_properties = {
        name: each
        for name, each in budget.on_loop_while_there_is_time(properties.items())
        if name in needed or not isinstance(each, Mapping) or _is_mentioned(name, each, text)
    }
    return {**schema, "properties": mentioned_properties}


def _is_mentioned(name: str, schema: Mapping[str, object], text: str) -> bool:
    kinds = [schema, *(each for each in schemas_of(schema.get("anyOf")) if isinstance(each, Mapping))]
    types = {str(each.get("type", "")).lower() for each in kinds} - {""}
    if any(each.keys() & VALUE_KEYWORDS for each in kinds) or not types <= PLAIN_TYPES:
        return True
    return next(mentioned(name, text, str(schema.get("format", ""))), None) is not None
