"""Step 3: a prompt as a document for scripts and cassettes, with the same keys for every API."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Message, Prompt, Tool

Document = dict[str, Any]

LONG = 4000
"""Characters of an image's, a sound's or a file's data above which its hash replaces it."""

SAMPLING = (
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "min_p",
    "logit_bias",
    "max_tokens",
)
"""Sampling parameters, by their names in OpenAI's API."""

OTHER_NAMES = {
    "topP": "top_p",
    "topK": "top_k",
    "p": "top_p",
    "k": "top_k",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "repeat_penalty": "repetition_penalty",
    "random_seed": "seed",
}
"""The names of these parameters in other APIs."""

DECLARATIONS = ("functionDeclarations", "function_declarations")
"""The keys of Gemini's tools that hold functions."""

NESTED_IN = ("generationConfig", "generation_config", "options", "inferenceConfig", "additionalModelRequestFields")
"""Objects in which other APIs nest these parameters."""


def document(prompt: Prompt) -> Document:
    """Return a prompt as a JSON-like document, without the fields that it leaves out."""
    found: Document = {"format": prompt.format, "model": prompt.model}
    if prompt.task == "generate":
        found["messages"] = list(map(_message, prompt.messages))
        found["tools"] = [*map(_tool, prompt.tools), *_hosted(prompt.body)]
        if prompt.tool_choice.stated:
            found["tool_choice"] = [prompt.tool_choice.mode, *prompt.tool_choice.names]
        if prompt.response_format.stated:
            form = prompt.response_format
            found["response_format"] = {"type": form.kind, "schema": dict(form.schema)}
        found["n"] = prompt.n if prompt.n != 1 else None
        found["stop"] = list(prompt.stop)
        found["reasoning_effort"] = prompt.reasoning_effort
    else:
        found["body"] = {key: value for key, value in prompt.body.items() if key not in ("model", "stream")}
    found["sampling"] = _sampling(prompt)
    return {key: shortened(value) for key, value in found.items() if value not in (None, [], {})}


def last_text(request: Document) -> object:
    """Return the text of a document's last message, or else its body."""
    messages = request.get("messages") or ()
    return next((each.get("text", "") for each in reversed(messages) if isinstance(each, Mapping)), request.get("body"))


def _message(message: Message) -> Document:
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    parts = [{"kind": part.kind, "source": part.source} for part in message.parts]
    found = {
        "role": message.role,
        "text": message.text,
        "name": message.name,
        "tool_calls": calls,
        "tool_call_id": message.tool_call_id,
        "parts": parts,
    }
    return {key: value for key, value in found.items() if value}


def _tool(tool: Tool) -> Document:
    found = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {key: value for key, value in found.items() if value}


def _hosted(body: Mapping[str, object]) -> Iterator[Document]:
    """Yield the tools that the API itself runs, by their types, or by their names as in Gemini's API."""
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        if isinstance(tool.get("type"), str):
            yield from [] if tool["type"] in ("function", "custom") else [{"type": tool["type"]}]
        elif "name" not in tool:
            yield from ({"type": name} for name in tool if name not in DECLARATIONS and tool[name] is not None)


def _sampling(prompt: Prompt) -> Document:
    found: Document = {"max_tokens": prompt.max_tokens}
    for holder in (prompt.body, *(prompt.body.get(name) for name in NESTED_IN)):
        for key, value in holder.items() if isinstance(holder, Mapping) else ():
            name = OTHER_NAMES.get(key, key)
            if name in SAMPLING and name != "max_tokens":
                found[name] = value
    return {name: value for name, value in found.items() if value is not None}


def shortened(value: Any) -> Any:
    """Return a value with each long text without spaces, such as an image's data, replaced by its hash."""
    match value:
        case str() if len(value) > LONG and " " not in value[:LONG]:
            return f"sha256:{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"
        case Mapping():
            return {key: shortened(child) for key, child in value.items()}
        case list() | tuple():
            return list(map(shortened, value))
    return value
