"""What of a prompt decides how many tokens it has where the tokenizer is not ours: sizes that weights are fitted to.

Texts are measured in tokens of the encoding that OpenAI's current models have; the rest are numbers of things.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from completions.conversation import Message, Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import shown, walk

MAX_DEPTH = 32
"""Levels of a schema that are looked at."""

_DIGITS = re.compile(r"[0-9]{2,}")

Measure = Callable[[Prompt], float]


def size(text: str) -> int:
    """Return a text's size in tokens."""
    return tokens.count(text) if text else 0


def texts(prompt: Prompt) -> float:
    """Measure all that was said."""
    return sum(size(message.text) for message in prompt.messages)


def newlines(prompt: Prompt) -> float:
    """Count the line breaks in what was said."""
    return sum(message.text.count("\n") for message in prompt.messages)


def digits(prompt: Prompt) -> float:
    """Count the digits beyond one for each three in a row, for most tokenizers but ours take them one by one."""
    runs = (len(run) for message in prompt.messages for run in _DIGITS.findall(message.text))
    return sum(run - (run + 2) // 3 for run in runs)


def messages(prompt: Prompt) -> float:
    """Count the messages that say something, beyond the first."""
    return max(sum(map(_speaks, prompt.messages)) - 1, 0)


def _speaks(message: Message) -> bool:
    return message.role not in ("tool", "function") and bool(message.text or message.parts or not message.tool_calls)


def more_tools(prompt: Prompt) -> float:
    """Count the tools beyond the first."""
    return max(len(shown(prompt)) - 1, 0)


def tools_as_json(prompt: Prompt) -> float:
    """Measure the tools with their schemas as JSON."""
    return sum(size(tool.name) + size(tool.description) + size(as_json(tool.parameters)) for tool in shown(prompt))


def tools_as_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the tools: names, descriptions, properties' names, values."""
    own = sum(size(tool.name) + size(tool.description) for tool in shown(prompt))
    return own + sum(size(text) for tool in shown(prompt) for text in _schema_texts(tool.parameters, 0))


def properties(prompt: Prompt) -> float:
    """Count the tools' parameters, and what is in them."""
    return sum(1 for tool in shown(prompt) for _ in _properties(tool.parameters, 0))


def objects(prompt: Prompt) -> float:
    """Count the tools' parameters that have properties of their own."""
    inner = (each for tool in shown(prompt) for each in _properties(tool.parameters, 0))
    return sum(1 for each in inner if isinstance(each, Mapping) and each.get("properties"))


def with_parameters(prompt: Prompt) -> float:
    """Count the tools that take something."""
    return sum(1 for tool in shown(prompt) if tool.parameters.get("properties"))


def calls_as_json(prompt: Prompt) -> float:
    """Measure the calls' names and arguments as they stand."""
    return sum(size(call.name) + size(call.arguments) for message in prompt.messages for call in message.tool_calls)


def calls_as_texts(prompt: Prompt) -> float:
    """Measure the texts alone in the calls."""
    total = 0
    for call in (call for message in prompt.messages for call in message.tool_calls):
        total += size(call.name) + sum(map(size, _value_texts(_read(call.arguments), 0)))
    return total


def schema_as_json(prompt: Prompt) -> float:
    """Measure the schema of the answer as JSON."""
    form = prompt.response_format
    return size(as_json(form.schema)) if form.kind == "json_schema" else 0


def sealed(prompt: Prompt) -> float:
    """Measure what was thought since the user last spoke, in hundreds of characters of what only the API can read."""
    last = max((at for at, message in enumerate(prompt.messages) if message.role == "user"), default=-1)
    since = (thought for message in prompt.messages[last + 1 :] for thought in message.thoughts)
    return sum(len(thought.sealed) for thought in since) / 100


def thinks(prompt: Prompt) -> float:
    """Tell whether a budget for thinking is given, as Anthropic takes it, or an effort, as its dialects do."""
    thinking = prompt.body.get("thinking")
    if isinstance(thinking, Mapping):
        return float(thinking.get("type") == "enabled")
    return float(prompt.format == "chat" and prompt.reasoning_effort not in (None, "none"))


def thinks_as_needed(prompt: Prompt) -> float:
    """Tell whether Anthropic's model itself decides how much it thinks."""
    thinking = prompt.body.get("thinking")
    return float(isinstance(thinking, Mapping) and thinking.get("type") == "adaptive")


def has_effort(prompt: Prompt) -> float:
    """Tell whether DeepSeek's model is told how much to think; at `responses` it always is."""
    return float(prompt.reasoning_effort not in (None, "none") or prompt.format == "responses")


def has_task_budget(prompt: Prompt) -> float:
    """Tell whether Anthropic's model is told how many tokens it has for a task."""
    config = prompt.body.get("output_config")
    return float(isinstance(config, Mapping) and bool(config.get("task_budget")))


def text_documents(prompt: Prompt) -> float:
    """Count the documents that Anthropic is given as texts."""
    return float(sum(block.get("type") == "document" and _is_text(block.get("source")) for block in _blocks(prompt)))


def citations(prompt: Prompt) -> float:
    """Tell whether Anthropic's model is to cite what it is given."""
    asked = (block.get("citations") for block in _blocks(prompt))
    return float(any(isinstance(each, Mapping) and each.get("enabled") is True for each in asked))


def later_instructions(prompt: Prompt) -> float:
    """Count the system messages that come in the middle of a conversation."""
    return sum(message.role == "system" for message in prompt.messages[1:])


def _blocks(prompt: Prompt) -> Iterator[Mapping[str, Any]]:
    """Go through Anthropic's content blocks, and those of tools' results."""
    return walk(prompt.body.get("messages")) if prompt.format in ("anthropic", "count_tokens") else iter(())


def _is_text(source: object) -> bool:
    return isinstance(source, Mapping) and source.get("type") in ("text", "content")


def one_by_one(prompt: Prompt) -> float:
    """Tell whether tools must not be called at once."""
    return float(bool(prompt.tools) and not prompt.parallel_tool_calls)


MEASURES: Mapping[str, Measure] = {
    "base": lambda prompt: 1,
    "text": texts,
    "newline": newlines,
    "digit": digits,
    "message": messages,
    "tools": lambda prompt: float(bool(prompt.tools)),
    "tool": more_tools,
    "tool_json": tools_as_json,
    "tool_text": tools_as_texts,
    "property": properties,
    "object": objects,
    "parameters": with_parameters,
    "required": lambda prompt: float(bool(prompt.tools) and prompt.tool_choice.mode == "required"),
    "serial": one_by_one,
    "call": lambda prompt: sum(len(message.tool_calls) for message in prompt.messages),
    "call_json": calls_as_json,
    "call_text": calls_as_texts,
    "schema": lambda prompt: float(prompt.response_format.kind == "json_schema"),
    "schema_json": schema_as_json,
    "thinking": thinks,
    "adaptive": thinks_as_needed,
    "effort": has_effort,
    "task_budget": has_task_budget,
    "text_document": text_documents,
    "citations": citations,
    "later": later_instructions,
    "sealed": sealed,
}
"""By the name that weights have for it."""


def as_json(value: object) -> str:
    """Write a value as JSON; nothing of one that is nested too deep to be written."""
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


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Go through the schemas in a schema, with the names that those of properties have."""
    for key in ("properties", "$defs", "definitions"):
        if isinstance(found := schema.get(key), Mapping):
            yield from found.items()
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(options := schema.get(key), list):
            yield from (("", option) for option in options)
    for key in ("items", "additionalProperties"):
        yield "", schema.get(key)


def _schema_texts(schema: object, level: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or level > MAX_DEPTH:
        return
    yield from (value for key in ("description", "format", "pattern") if isinstance(value := schema.get(key), str))
    if isinstance(values := schema.get("enum"), list):
        yield from map(str, values)
    for name, inner in _inner(schema):
        yield name
        yield from _schema_texts(inner, level + 1)


def _properties(schema: object, level: int) -> Iterator[object]:
    if not isinstance(schema, Mapping) or level > MAX_DEPTH:
        return
    if isinstance(found := schema.get("properties"), Mapping):
        yield from found.values()
    for _, inner in _inner(schema):
        yield from _properties(inner, level + 1)
