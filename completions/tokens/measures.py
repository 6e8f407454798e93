"""Measures of a prompt, from which tokens are estimated for foreign tokenizers: sizes that weights are fitted to.

Texts are measured in tokens of DeepSeek's encoding, or else of OpenAI's current one; the other measures are counts.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Message, Prompt
from completions.tokens import text as tokens
from completions.tokens.claude_measures import CLAUDE_MEASURES
from completions.tokens.deferred import objects_in, visible_tools
from completions.tokens.memory import remember_by_text
from completions.tokens.typescript import functions, walk_schema

MAX_DEPTH = 32
"""The levels of a value that are measured."""

_DIGITS = re.compile(r"[0-9]{2,}")
_MARKS = re.compile(r"(?<=[^\W_])_(?=[^\W_])|'(?=s\b|t\b|re\b|m\b|ll\b)|[^\s\w]\n")
_CONTRACTIONS = re.compile(r"\w'(?:s|t|re|ve|ll|d|m)\b")
_NUMBERS = re.compile(r"\s\d")

Measure = Callable[[Prompt], float]


def size(text: str, model: str | None = None) -> int:
    """Return a text's size in tokens."""
    return tokens.count(text, model) if text else 0


def all_texts(prompt: Prompt) -> float:
    """Measure the texts of all messages."""
    return sum(size(message.wrapped or message.text, prompt.model) for message in prompt.messages)


@remember_by_text
def _digits(text: str) -> int:
    return sum(len(run) - (len(run) + 2) // 3 for run in _DIGITS.findall(text))


@remember_by_text
def size_for_gemini(text: str) -> int:
    """Return a text's size nearly as Gemini counts it: digits, marks in words and ends of lines are single tokens."""
    return size(text) + _digits(text) + len(_MARKS.findall(text))


TEXT_MEASURES: Mapping[str, Callable[[str], float]] = {
    "small": tokens.count_in_small,
    "newline": lambda text: text.count("\n"),
    "digit": _digits,
    "fine": size_for_gemini,
    "fours": tokens.count_in_fours,
    "contraction": remember_by_text(lambda text: len(_CONTRACTIONS.findall(text))),
    "number": remember_by_text(lambda text: len(_NUMBERS.findall(text))),
}
"""The measures of a text, by their names in weights.

Claude's vocabulary is smaller than ours, since Opus 4.7 so small that pieces of four letters come near it; most other
tokenizers split digits one by one; short forms like `what's`, and numbers with the blank before them, are one token in
ours.
"""


def text_cost(text: str, weights: Mapping[str, float]) -> float:
    """Return the cost of a text by the weights of its measures."""
    return sum(weights[name] * measure(text) for name, measure in TEXT_MEASURES.items() if name in weights)


def _of_all_texts(measure: Callable[[str], float]) -> Measure:
    """Return the measure of the texts of all messages."""
    return lambda prompt: sum(measure(message.wrapped or message.text) for message in prompt.messages)


def fine_values(prompt: Prompt) -> float:
    """Measure all texts nearly as Gemini counts them; of results that are objects only the texts."""
    return sum(size_for_gemini(text) for message in prompt.messages for text in _texts_for_gemini(message))


def _texts_for_gemini(message: Message) -> Iterator[str]:
    if message.role in ("tool", "function"):
        return _value_texts(_read(message.wrapped or message.text), 0)
    return iter((message.text,))


def document_texts(prompt: Prompt) -> float:
    """Measure the documents in a request to Cohere's models; digits are single tokens."""
    contents = (
        text for data in _documents(prompt) for text in (data.values() if isinstance(data, Mapping) else (data,))
    )
    return sum(size(text) + _digits(text) for text in contents if isinstance(text, str))


def document_fields(prompt: Prompt) -> float:
    """Count the fields of those documents."""
    return sum(len(data) for data in _documents(prompt) if isinstance(data, Mapping))


def _documents(prompt: Prompt) -> Iterator[object]:
    documents = prompt.body.get("documents")
    for each in documents if isinstance(documents, list) else ():
        yield each.get("data") if isinstance(each, Mapping) else each


def message_count(prompt: Prompt) -> float:
    """Count the messages with content beyond the first."""
    return max(sum(map(_has_content, prompt.messages)) - 1, 0)


def exchanges(prompt: Prompt) -> float:
    """Count the assistant's messages except a last one, as the start of the answer comes before that anyway."""
    roles = [message.role for message in prompt.messages if message.role != "system"]
    return sum(role == "assistant" for role in roles[:-1])


def _has_content(message: Message) -> bool:
    return message.role not in ("tool", "function") and bool(message.text or message.parts or not message.tool_calls)


def more_tools(prompt: Prompt) -> float:
    """Count the tools beyond the first."""
    return max(len(visible_tools(prompt)) - 1, 0)


def tools_as_json(prompt: Prompt) -> float:
    """Measure the tools with their schemas as JSON."""
    return sum(
        size(tool.name) + size(tool.description) + size(as_json(tool.parameters)) for tool in visible_tools(prompt)
    )


def tools_with_blanks(prompt: Prompt) -> float:
    """Measure the tools with their schemas as JSON with blanks."""
    model = prompt.model
    return sum(
        size(tool.name, model) + size(tool.description, model) + size(_spaced(tool.parameters), model)
        for tool in visible_tools(prompt)
    )


def tools_as_types(prompt: Prompt) -> float:
    """Measure the tools as types in TypeScript."""
    tools = visible_tools(prompt)
    return size(functions(tools), prompt.model) if tools else 0


def tools_as_texts(prompt: Prompt) -> float:
    """Measure only the texts in the tools: names, descriptions, names of properties, values."""
    return sum(map(size, _tool_texts(prompt)))


def tools_as_fine_texts(prompt: Prompt) -> float:
    """Measure only the texts in the tools, nearly as Gemini counts them."""
    return sum(map(size_for_gemini, _tool_texts(prompt)))


def tools_in_fours(prompt: Prompt) -> float:
    """Measure only the texts in the tools, in pieces of four letters."""
    return sum(map(tokens.count_in_fours, _tool_texts(prompt)))


def marks_of_tools(prompt: Prompt) -> float:
    """Measure the tools without those texts: the marks, types and keywords of their schemas as JSON."""
    total = sum(
        sum(map(tokens.count_in_fours, (tool.name, tool.description, as_json(tool.parameters))))
        for tool in visible_tools(prompt)
    )
    return max(total - tools_in_fours(prompt), 0)


def _tool_texts(prompt: Prompt) -> Iterator[str]:
    for tool in visible_tools(prompt):
        yield from (tool.name, tool.description)
        for name, schema in walk_schema(tool.parameters):
            yield name
            yield from _schema_texts(schema)


def _schema_texts(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (value for key in ("description", "format", "pattern") if isinstance(value := schema.get(key), str))
    if isinstance(values := schema.get("enum"), list):
        yield from map(str, values)


def titles(prompt: Prompt) -> float:
    """Measure the titles in the schemas of the tools' parameters, each with its marks."""
    schemas = (schema for tool in visible_tools(prompt) for _, schema in walk_schema(tool.parameters))
    return sum(size_for_gemini(title) + 2 for schema in schemas if isinstance(title := schema.get("title"), str))


def property_count(prompt: Prompt) -> float:
    """Count the properties in the schemas of the tools' parameters."""
    inner = (schema for tool in visible_tools(prompt) for _, schema in walk_schema(tool.parameters))
    return sum(len(found) for schema in inner if isinstance(found := schema.get("properties"), Mapping))


def object_count(prompt: Prompt) -> float:
    """Count the nested objects with properties in the tools' parameters."""
    schemas = (schema for tool in visible_tools(prompt) for _, schema in walk_schema(tool.parameters))
    top_level = sum(bool(tool.parameters.get("properties")) for tool in visible_tools(prompt))
    return sum(bool(schema.get("properties")) for schema in schemas) - top_level


def with_parameters(prompt: Prompt) -> float:
    """Count the tools with parameters."""
    return sum(1 for tool in visible_tools(prompt) if tool.parameters.get("properties"))


def calls_as_json(prompt: Prompt) -> float:
    """Measure the calls' names and arguments as they are."""
    calls = (call for message in prompt.messages for call in message.tool_calls)
    return sum(size(call.name, prompt.model) + size(call.arguments, prompt.model) for call in calls)


def argument_count(prompt: Prompt) -> float:
    """Count the arguments of the calls."""
    read = (_read(call.arguments) for message in prompt.messages for call in message.tool_calls)
    return sum(len(found) for found in read if isinstance(found, Mapping))


def thought_size(prompt: Prompt) -> float:
    """Measure the reasoning since the user's last message that is sent back as text."""
    thoughts = (thought.text for message in since_user(prompt) for thought in message.thoughts)
    return sum(size(text, prompt.model) for text in (*thoughts, *_reasoning(prompt.body.get("messages"))))


def _reasoning(messages: object) -> Iterator[str]:
    """Yield the reasoning since the user's last message that is sent back at `chat`."""
    for message in reversed(objects_in(messages)):
        if message.get("role") == "user":
            return
        if isinstance(text := message.get("reasoning_content"), str):
            yield text


def calls_as_texts(prompt: Prompt) -> float:
    """Measure only the texts in the calls."""
    return sum(map(size, _call_texts(prompt)))


def calls_as_fine_texts(prompt: Prompt) -> float:
    """Measure only the texts in the calls, nearly as Gemini counts them."""
    return sum(map(size_for_gemini, _call_texts(prompt)))


def _call_texts(prompt: Prompt) -> Iterator[str]:
    for call in (call for message in prompt.messages for call in message.tool_calls):
        yield call.name
        yield from _value_texts(_read(call.arguments), 0)


def schema_as_json(prompt: Prompt) -> float:
    """Measure the schema of the answer as JSON."""
    form = prompt.response_format
    return size(as_json(form.schema)) if form.kind == "json_schema" else 0


def sealed_size(prompt: Prompt) -> float:
    """Measure the sealed reasoning since the user's last message, in hundreds of characters."""
    return sum(map(len, _seals(since_user(prompt)))) / 100


def seal_count(prompt: Prompt) -> float:
    """Count the seals of reasoning since the user's last message."""
    return sum(1 for _ in _seals(since_user(prompt)))


def since_user(prompt: Prompt) -> Sequence[Message]:
    """Return the messages after the user's last one, whose reasoning counts; earlier reasoning is dropped."""
    last = max((at for at, message in enumerate(prompt.messages) if message.role == "user"), default=-1)
    return prompt.messages[last + 1 :]


SEAL = 100
"""The least characters of a seal with content; shorter ones are placeholders for another model's thoughts."""


def _seals(messages: Sequence[Message]) -> Iterator[str]:
    found = (thought.sealed for message in messages for thought in message.thoughts)
    return (seal for seal in found if len(seal) > SEAL)


def has_effort(prompt: Prompt) -> float:
    """Tell whether DeepSeek's model gets a reasoning effort, as it always does at `responses`."""
    return float(prompt.reasoning_effort not in (None, "none") or prompt.format == "responses")


def is_thinking_off(prompt: Prompt) -> float:
    """Tell whether thinking is turned off."""
    return float(prompt.reasoning_effort == "none")


def named_tool(prompt: Prompt) -> float:
    """Measure the name of the one tool that must be called, in pieces of four letters, with the words around it."""
    names = prompt.tool_choice.names if prompt.tools and prompt.tool_choice.mode == "required" else ()
    return tokens.count_in_fours(names[0]) + 2 if len(names) == 1 else 0


def forbids_parallel_calls(prompt: Prompt) -> float:
    """Tell whether parallel calls are forbidden."""
    return float(bool(prompt.tools) and not prompt.parallel_tool_calls)


TOOL_MEASURES: Mapping[str, Measure] = {
    "tool": more_tools,
    "tool_json": tools_as_json,
    "tool_spaced": tools_with_blanks,
    "tool_types": tools_as_types,
    "tool_text": tools_as_texts,
    "tool_fine": tools_as_fine_texts,
    "tool_fours": tools_in_fours,
    "tool_marks": marks_of_tools,
    "property": property_count,
    "title": titles,
    "object": object_count,
    "parameters": with_parameters,
    "tool_schema": lambda prompt: sum(bool(tool.parameters) for tool in visible_tools(prompt)),
    "described": lambda prompt: sum(bool(tool.description) for tool in visible_tools(prompt)),
}
"""The measures that depend only on the visible tools and the model."""

MEASURES: Mapping[str, Measure] = {
    "base": lambda prompt: 1,
    "text": all_texts,
    **{name: _of_all_texts(measure) for name, measure in TEXT_MEASURES.items()},
    "fine_values": fine_values,
    "documents": document_texts,
    "document_field": document_fields,
    "message": message_count,
    "exchange": exchanges,
    "user": lambda prompt: sum(message.role == "user" for message in prompt.messages),
    "assistant": lambda prompt: sum(
        message.role == "assistant" and _has_content(message) for message in prompt.messages
    ),
    "tools": lambda prompt: float(bool(prompt.tools)),
    "hidden": lambda prompt: float(bool(prompt.tools) and not visible_tools(prompt)),
    **TOOL_MEASURES,
    "required": lambda prompt: float(bool(prompt.tools) and prompt.tool_choice.mode == "required"),
    "named": named_tool,
    "serial": forbids_parallel_calls,
    "call": lambda prompt: sum(len(message.tool_calls) for message in prompt.messages),
    "turn": lambda prompt: sum(bool(message.tool_calls) for message in prompt.messages),
    "argument": argument_count,
    "call_json": calls_as_json,
    "call_text": calls_as_texts,
    "call_fine": calls_as_fine_texts,
    **CLAUDE_MEASURES,
    "json_object": lambda prompt: float(prompt.response_format.kind == "json_object"),
    "schema": lambda prompt: float(prompt.response_format.kind == "json_schema"),
    "schema_json": schema_as_json,
    "effort": has_effort,
    "unthinking": is_thinking_off,
    "sealed": sealed_size,
    "seal": seal_count,
    "sealed_ever": lambda prompt: sum(map(len, _seals(prompt.messages))) / 100,
    "seal_ever": lambda prompt: sum(1 for _ in _seals(prompt.messages)),
    "thought": thought_size,
}
"""All measures, by their names in weights."""


def _spaced(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def as_json(value: object) -> str:
    """Write a value as JSON; return an empty text if it is nested too deeply."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return ""


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _value_texts(value: object, level: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif level < MAX_DEPTH and isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _value_texts(inner, level + 1)
    elif level < MAX_DEPTH and isinstance(value, list):
        for inner in value:
            yield from _value_texts(inner, level + 1)
