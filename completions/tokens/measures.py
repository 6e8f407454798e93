"""What of a prompt decides how many tokens it has where the tokenizer is not ours: sizes that weights are fitted to.

Texts are measured in tokens of the encoding that DeepSeek's, or else OpenAI's current models have; the rest are numbers
of things.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Message, Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import objects_in, shown
from completions.tokens.measures_of_claude import CLAUDE_MEASURES
from completions.tokens.remembered import by_text
from completions.tokens.typescript import functions, walk_schema

MAX_DEPTH = 32
"""Levels of a value that are looked at."""

_DIGITS = re.compile(r"[0-9]{2,}")
_MARKS = re.compile(r"(?<=[^\W_])_(?=[^\W_])|'(?=s\b|t\b|re\b|m\b|ll\b)|[^\s\w]\n")
_CONTRACTIONS = re.compile(r"\w'(?:s|t|re|ve|ll|d|m)\b")
_NUMBERS = re.compile(r"\s\d")

Measure = Callable[[Prompt], float]


def size(text: str, model: str | None = None) -> int:
    """Return a text's size in tokens."""
    return tokens.count(text, model) if text else 0


def texts(prompt: Prompt) -> float:
    """Measure all that was said."""
    return sum(size(message.wrapped or message.text, prompt.model) for message in prompt.messages)


@by_text
def _digits(text: str) -> int:
    return sum(len(run) - (len(run) + 2) // 3 for run in _DIGITS.findall(text))


@by_text
def fine(text: str) -> int:
    """Return a text's size, nearly as Gemini has it: digits, marks in words and ends of lines stand alone."""
    return size(text) + _digits(text) + len(_MARKS.findall(text))


TEXTS: Mapping[str, Callable[[str], float]] = {
    "small": tokens.count_in_small,
    "newline": lambda text: text.count("\n"),
    "digit": _digits,
    "fine": fine,
    "fours": tokens.count_in_fours,
    "contraction": by_text(lambda text: len(_CONTRACTIONS.findall(text))),
    "number": by_text(lambda text: len(_NUMBERS.findall(text))),
}
"""What decides the tokens of a text, by the name that weights have for it.

Claude's vocabulary is smaller than ours, since Opus 4.7 so small that pieces of four letters come near it; most
tokenizers but ours take digits one by one; short forms like `what's`, and numbers with the blank before them, are one
token here.
"""


def text_cost(text: str, weights: Mapping[str, float]) -> float:
    """Return what a text costs by the weights that texts have."""
    return sum(weights[name] * measure(text) for name, measure in TEXTS.items() if name in weights)


def _in_all(measure: Callable[[str], float]) -> Measure:
    """Return the measure of all that was said."""
    return lambda prompt: sum(measure(message.wrapped or message.text) for message in prompt.messages)


def fine_values(prompt: Prompt) -> float:
    """Measure all that was said, nearly as Gemini has it: of results that are objects the texts alone."""
    return sum(fine(text) for message in prompt.messages for text in _said(message))


def _said(message: Message) -> Iterator[str]:
    if message.role in ("tool", "function"):
        return _value_texts(_read(message.wrapped or message.text), 0)
    return iter((message.text,))


def given_documents(prompt: Prompt) -> float:
    """Measure the documents that Cohere's model is given beside a conversation; digits stand alone."""
    said = (text for data in _documents(prompt) for text in (data.values() if isinstance(data, Mapping) else (data,)))
    return sum(size(text) + _digits(text) for text in said if isinstance(text, str))


def fields_of_documents(prompt: Prompt) -> float:
    """Count the fields that those documents have."""
    return sum(len(data) for data in _documents(prompt) if isinstance(data, Mapping))


def _documents(prompt: Prompt) -> Iterator[object]:
    given = prompt.body.get("documents")
    for each in given if isinstance(given, list) else ():
        yield each.get("data") if isinstance(each, Mapping) else each


def messages(prompt: Prompt) -> float:
    """Count the messages that say something, beyond the first."""
    return max(sum(map(_speaks, prompt.messages)) - 1, 0)


def exchanges(prompt: Prompt) -> float:
    """Count the assistant's messages that more follows, for what begins the answer stands before the last anyway."""
    said = [message.role for message in prompt.messages if message.role != "system"]
    return sum(role == "assistant" for role in said[:-1])


def _speaks(message: Message) -> bool:
    return message.role not in ("tool", "function") and bool(message.text or message.parts or not message.tool_calls)


def more_tools(prompt: Prompt) -> float:
    """Count the tools beyond the first."""
    return max(len(shown(prompt)) - 1, 0)


def tools_as_json(prompt: Prompt) -> float:
    """Measure the tools with their schemas as JSON."""
    return sum(size(tool.name) + size(tool.description) + size(as_json(tool.parameters)) for tool in shown(prompt))


def tools_with_blanks(prompt: Prompt) -> float:
    """Measure the tools with their schemas as JSON that has blanks between its parts."""
    model = prompt.model
    return sum(
        size(tool.name, model) + size(tool.description, model) + size(_spaced(tool.parameters), model)
        for tool in shown(prompt)
    )


def tools_as_types(prompt: Prompt) -> float:
    """Measure the tools as types in TypeScript."""
    tools = shown(prompt)
    return size(functions(tools), prompt.model) if tools else 0


def tools_as_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the tools: names, descriptions, properties' names, values."""
    return sum(map(size, _tool_texts(prompt)))


def tools_as_fine_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the tools, nearly as Gemini has them."""
    return sum(map(fine, _tool_texts(prompt)))


def tools_in_fours(prompt: Prompt) -> float:
    """Measure the texts alone in the tools, in pieces of four letters."""
    return sum(map(tokens.count_in_fours, _tool_texts(prompt)))


def marks_of_tools(prompt: Prompt) -> float:
    """Measure what the tools are beside those texts: the marks, types and words of their schemas as JSON."""
    whole = sum(
        sum(map(tokens.count_in_fours, (tool.name, tool.description, as_json(tool.parameters))))
        for tool in shown(prompt)
    )
    return max(whole - tools_in_fours(prompt), 0)


def _tool_texts(prompt: Prompt) -> Iterator[str]:
    for tool in shown(prompt):
        yield from (tool.name, tool.description)
        for name, schema in walk_schema(tool.parameters):
            yield name
            yield from _own_texts(schema)


def _own_texts(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (value for key in ("description", "format", "pattern") if isinstance(value := schema.get(key), str))
    if isinstance(values := schema.get("enum"), list):
        yield from map(str, values)


def titles(prompt: Prompt) -> float:
    """Measure the titles of the tools' parameters and of what is in them, each with its marks."""
    schemas = (schema for tool in shown(prompt) for _, schema in walk_schema(tool.parameters))
    return sum(fine(title) + 2 for schema in schemas if isinstance(title := schema.get("title"), str))


def properties(prompt: Prompt) -> float:
    """Count the tools' parameters, and what is in them."""
    inner = (schema for tool in shown(prompt) for _, schema in walk_schema(tool.parameters))
    return sum(len(found) for schema in inner if isinstance(found := schema.get("properties"), Mapping))


def objects(prompt: Prompt) -> float:
    """Count the objects with properties of their own in the tools' parameters."""
    schemas = (schema for tool in shown(prompt) for _, schema in walk_schema(tool.parameters))
    own = sum(bool(tool.parameters.get("properties")) for tool in shown(prompt))
    return sum(bool(schema.get("properties")) for schema in schemas) - own


def with_parameters(prompt: Prompt) -> float:
    """Count the tools that take something."""
    return sum(1 for tool in shown(prompt) if tool.parameters.get("properties"))


def calls_as_json(prompt: Prompt) -> float:
    """Measure the calls' names and arguments as they stand."""
    calls = (call for message in prompt.messages for call in message.tool_calls)
    return sum(size(call.name, prompt.model) + size(call.arguments, prompt.model) for call in calls)


def arguments(prompt: Prompt) -> float:
    """Count the arguments that the calls have."""
    read = (_read(call.arguments) for message in prompt.messages for call in message.tool_calls)
    return sum(len(found) for found in read if isinstance(found, Mapping))


def thoughts(prompt: Prompt) -> float:
    """Measure what was thought since the user last spoke, where it is sent back as text."""
    said = (thought.text for message in since_user(prompt) for thought in message.thoughts)
    return sum(size(text, prompt.model) for text in (*said, *_reasoning(prompt.body.get("messages"))))


def _reasoning(messages: object) -> Iterator[str]:
    """Go through the reasoning that `chat` is sent back since the user last spoke."""
    for message in reversed(objects_in(messages)):
        if message.get("role") == "user":
            return
        if isinstance(text := message.get("reasoning_content"), str):
            yield text


def calls_as_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the calls."""
    return sum(map(size, _call_texts(prompt)))


def calls_as_fine_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the calls, nearly as Gemini has them."""
    return sum(map(fine, _call_texts(prompt)))


def _call_texts(prompt: Prompt) -> Iterator[str]:
    for call in (call for message in prompt.messages for call in message.tool_calls):
        yield call.name
        yield from _value_texts(_read(call.arguments), 0)


def schema_as_json(prompt: Prompt) -> float:
    """Measure the schema of the answer as JSON."""
    form = prompt.response_format
    return size(as_json(form.schema)) if form.kind == "json_schema" else 0


def sealed(prompt: Prompt) -> float:
    """Measure what was thought since the user last spoke, in hundreds of characters of what only the API can read."""
    return sum(map(len, _seals(since_user(prompt)))) / 100


def seals(prompt: Prompt) -> float:
    """Count the seals of what was thought since the user last spoke."""
    return sum(1 for _ in _seals(since_user(prompt)))


def since_user(prompt: Prompt) -> Sequence[Message]:
    """Return the messages after the user's last one, whose reasoning counts: what was thought before is dropped."""
    last = max((at for at, message in enumerate(prompt.messages) if message.role == "user"), default=-1)
    return prompt.messages[last + 1 :]


SEAL = 100
"""Characters of a seal that hides something; shorter ones stand for thoughts of another model."""


def _seals(messages: Sequence[Message]) -> Iterator[str]:
    found = (thought.sealed for message in messages for thought in message.thoughts)
    return (seal for seal in found if len(seal) > SEAL)


def has_effort(prompt: Prompt) -> float:
    """Tell whether DeepSeek's model is told how much to think; at `responses` it always is."""
    return float(prompt.reasoning_effort not in (None, "none") or prompt.format == "responses")


def is_not_to_think(prompt: Prompt) -> float:
    """Tell whether a model that would think is told not to."""
    return float(prompt.reasoning_effort == "none")


def named_tool(prompt: Prompt) -> float:
    """Measure the name of the one tool that must be called, in pieces of four letters, with the words around it."""
    names = prompt.tool_choice.names if prompt.tools and prompt.tool_choice.mode == "required" else ()
    return tokens.count_in_fours(names[0]) + 2 if len(names) == 1 else 0


def one_by_one(prompt: Prompt) -> float:
    """Tell whether tools must not be called at once."""
    return float(bool(prompt.tools) and not prompt.parallel_tool_calls)


OF_TOOLS: Mapping[str, Measure] = {
    "tool": more_tools,
    "tool_json": tools_as_json,
    "tool_spaced": tools_with_blanks,
    "tool_types": tools_as_types,
    "tool_text": tools_as_texts,
    "tool_fine": tools_as_fine_texts,
    "tool_fours": tools_in_fours,
    "tool_marks": marks_of_tools,
    "property": properties,
    "title": titles,
    "object": objects,
    "parameters": with_parameters,
    "tool_schema": lambda prompt: sum(bool(tool.parameters) for tool in shown(prompt)),
    "described": lambda prompt: sum(bool(tool.description) for tool in shown(prompt)),
}
"""Those of the tools that are shown, and of nothing else but the model."""

MEASURES: Mapping[str, Measure] = {
    "base": lambda prompt: 1,
    "text": texts,
    **{name: _in_all(measure) for name, measure in TEXTS.items()},
    "fine_values": fine_values,
    "documents": given_documents,
    "document_field": fields_of_documents,
    "message": messages,
    "exchange": exchanges,
    "user": lambda prompt: sum(message.role == "user" for message in prompt.messages),
    "assistant": lambda prompt: sum(message.role == "assistant" and _speaks(message) for message in prompt.messages),
    "tools": lambda prompt: float(bool(prompt.tools)),
    "hidden": lambda prompt: float(bool(prompt.tools) and not shown(prompt)),
    **OF_TOOLS,
    "required": lambda prompt: float(bool(prompt.tools) and prompt.tool_choice.mode == "required"),
    "named": named_tool,
    "serial": one_by_one,
    "call": lambda prompt: sum(len(message.tool_calls) for message in prompt.messages),
    "turn": lambda prompt: sum(bool(message.tool_calls) for message in prompt.messages),
    "argument": arguments,
    "call_json": calls_as_json,
    "call_text": calls_as_texts,
    "call_fine": calls_as_fine_texts,
    **CLAUDE_MEASURES,
    "json_object": lambda prompt: float(prompt.response_format.kind == "json_object"),
    "schema": lambda prompt: float(prompt.response_format.kind == "json_schema"),
    "schema_json": schema_as_json,
    "effort": has_effort,
    "unthinking": is_not_to_think,
    "sealed": sealed,
    "seal": seals,
    "sealed_ever": lambda prompt: sum(map(len, _seals(prompt.messages))) / 100,
    "seal_ever": lambda prompt: sum(1 for _ in _seals(prompt.messages)),
    "thought": thoughts,
}
"""By the name that weights have for it."""


def _spaced(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def as_json(value: object) -> str:
    """Write a value as JSON; nothing of one that is nested too deeply to be written."""
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
