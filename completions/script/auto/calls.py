"""Which of the tools in a request are called, for step 3, so that every agent loop comes to an end.

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

from completions.conversation import Prompt, Tool, ToolCall
from completions.script.auto.deferred import choose_loader
from completions.script.auto.fitting import fitting, named
from completions.script.auto.instances import instance, is_instance
from completions.script.auto.mentioned import PLACES, mentioned, places, with_numbers
from completions.script.auto.paths import with_paths
from completions.script.auto.sentences import keywords, retold
from completions.script.protocols.observation import (
    has_loaded,
    has_worked,
    is_called_alone,
    is_handover,
    is_launcher,
    is_loader,
    observation,
    own_words,
    question,
    was_handed_over,
)
from completions.script.protocols.ranges import ranged
from completions.script.protocols.rosters import with_roster
from completions.script.schemas.document import Schema, compact, schemas_of, seeded
from completions.script.schemas.scalars import sense

TELLING = frozenset(("enum", "const", "examples", "$ref"))
PLAIN = frozenset(("string", "integer", "number", "boolean", "array", "null"))
"""What a property has whose value need not be made up, and the types of those whose value would be."""

MAX_CALLS = 3
"""The parallel tool calls in one answer."""

FINAL_NAME = re.compile(
    r"(?i)^(?:final[_-]?(?:answer|result|response|output)\w*|finish\w*|submit[_-]?(?:answer|result|response|output)\w*"
    r"|attempt_completion|done|task_(?:done|complete\w*)|structured_?output|(?:return|give|provide)_(?:final_)?answer)$"
)
_FINAL = r"final (?:response|answer|result|output)\b"
FINAL_DESCRIPTION = re.compile(
    rf"(?i)\A[^.\n]*\b{_FINAL}|(?:[.!]\s|\n)\s*(?:the|your|an?) {_FINAL}|\bends? (?:this|the) (?:conversation|task)\b"
)
"""How frameworks name and describe a tool whose call is the answer: Pydantic AI, smolagents, LangChain, Cline.

A sentence further on may speak of another final result, as of what a batch of edits comes to.
"""


def calls(prompt: Prompt, seed: str) -> tuple[ToolCall, ...]:
    """Call the tools that are asked for; none where a text is wanted.

    Raise `instances.Unsatisfiable` where a tool's schema has no instance.
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
    own = [tool for tool in offered if not is_handover(tool.name)]
    if was_handed_over(prompt) and (own or choice.mode != "required"):
        offered = own
    if choice.mode == "auto" and own != offered and _goes_on(prompt):
        return _least_called([tool for tool in offered if tool not in own], prompt)[:1]
    final = [tool for tool in offered if is_final(tool)]
    others = [tool for tool in offered if tool not in final]
    result = observation(prompt)
    if final and choice.mode == "required" and _goes_on(prompt):
        return final[:1]
    if result is None and others:
        if not any(map(is_loader, _called(prompt))) and (loader := choose_loader(others, prompt)):
            return [loader]
        most = MAX_CALLS if prompt.parallel_tool_calls else 1
        return _alone_if_needed(fitting(_callable(others, prompt), question(prompt), most))
    if result is None:
        return final[:1]
    if final and (left := _not_called(named(others, question(prompt)), prompt)):
        return left[: MAX_CALLS if prompt.parallel_tool_calls else 1]
    if final and not (choice.mode == "auto" and any(tool.name == result.name for tool in final)):
        return fitting(final, question(prompt), 1)
    return fitting(_least_called(others, prompt), question(prompt), 1) if choice.mode == "required" else []


def _callable(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools to choose from: no loader, none twice after a tool was loaded, those that start agents last."""
    left = (has_loaded(prompt) and _not_called(tools, prompt)) or tools
    kept = [tool for tool in left if not is_loader(tool.name)] or left
    return sorted(kept, key=lambda tool: is_launcher(tool.name) and not named([tool], question(prompt)))


def _goes_on(prompt: Prompt) -> bool:
    """Tell whether an agent is asked to go on after its own answer: it hands the conversation over, if it can."""
    last = prompt.messages[-1] if prompt.messages else None
    return last is not None and last.role == "assistant" and not last.tool_calls


def _alone_if_needed(chosen: list[Tool]) -> list[Tool]:
    """Return the chosen tools, or the first alone if one of them hands the conversation or work to another agent."""
    return chosen[:1] if any(is_called_alone(tool.name) for tool in chosen) else chosen


def _not_called(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools that were not called since the user spoke; none where calls are told in words."""
    called = _called(prompt)
    return [tool for tool in tools if tool.name not in called] if called else []


def _called(prompt: Prompt) -> list[str]:
    """Return the names of the tools that were called since the user spoke."""
    called: list[str] = []
    asked = question(prompt)
    for message in reversed(prompt.messages):
        if message.role == "user" and own_words(message.text) == asked:
            break
        called += [call.name for call in message.tool_calls]
    return called


def _least_called(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools that were called the fewest times since the user spoke: never one tool over and over."""
    called = _called(prompt)
    fewest = min((called.count(tool.name) for tool in tools), default=0)
    return [tool for tool in tools if called.count(tool.name) == fewest]


def _calls(tool: Tool, prompt: Prompt, seed: str) -> list[ToolCall]:
    """Call a tool: once, or for each of the places that the user asks about (recordings of Gemini, 2025 and 2026)."""
    asked = question(prompt)
    if tool.kind == "custom":
        return [ToolCall(tool.name, " ".join(keywords(asked, 8)) or tool.name, kind="custom")]
    is_free = prompt.parallel_tool_calls and prompt.tool_choice.mode == "auto" and not is_final(tool)
    several = places(asked)[:MAX_CALLS] if is_free and _takes_a_place(tool) else []
    told = [f"in {place}" for place in several] if several[1:] else [asked]
    return [ToolCall(tool.name, compact(_arguments(tool, prompt, seed, said))) for said in told]


def _takes_a_place(tool: Tool) -> bool:
    taken = tool.parameters.get("properties")
    return isinstance(taken, Mapping) and any(
        sense(name) in PLACES and isinstance(schema, Mapping) and schema.get("type") in ("string", "STRING")
        for name, schema in taken.items()
    )


def _arguments(tool: Tool, prompt: Prompt, seed: str, said: str) -> object:
    """Make valid arguments; where the final answer is one text, it says what the tool before it said."""
    parameters = tool.parameters if is_final(tool) else with_roster(tool, prompt)
    schema = ranged({**parameters, "type": "object"}, prompt)
    result = observation(prompt) if is_final(tool) else None
    properties = tool.parameters.get("properties")
    if result is not None and isinstance(properties, Mapping) and len(properties) == 1:
        told = {name: retold(result, question(prompt), seeded(seed)) for name in properties}
        if is_instance(told, schema):
            return told
    full = with_paths(with_numbers(schema, said), said, prompt)
    made = instance(full if is_final(tool) else _needed(full, said), seed, said, over=has_worked(prompt))
    return made if is_instance(made, full) else instance(full, seed, said, over=has_worked(prompt))


def _needed(schema: Schema, said: str) -> Schema:
    """Return a schema without what a call can do without, and of which nothing was said: no `offset` for `Read a.txt`.

    So models do (recordings of 2025 and 2026). Where nothing is required, as many leave it out, everything is needed.
    """
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping) or not (needed := schema.get("required")):
        return schema
    kept = {
        name: each
        for name, each in properties.items()
        if (isinstance(needed, list) and name in needed) or not isinstance(each, Mapping) or _is_told(name, each, said)
    }
    return {**schema, "properties": kept}


def _is_told(name: str, schema: Mapping[str, object], said: str) -> bool:
    kinds = [schema, *(each for each in schemas_of(schema.get("anyOf")) if isinstance(each, Mapping))]
    types = {str(each.get("type", "")).lower() for each in kinds} - {""}
    if any(each.keys() & TELLING for each in kinds) or not types <= PLAIN:
        return True
    return next(mentioned(name, said, str(schema.get("format", ""))), None) is not None
