"""Step 2 for Gemini: the request's body -> `Prompt`.

It reads what is well-formed and passes over the rest; what the API refuses is refused before, by `rules`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from completions.conversation import (
    ANY_FORM,
    ANY_TOOL,
    Message,
    Part,
    Prompt,
    ResponseFormat,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
)
from completions.tokens.measures import as_json
from completions.wire.fields import choices, dicts, mapping, text, text_or_none, texts, unwrapped
from completions.wire.gemini import imagen, media
from completions.wire.gemini.fields import inner, integer, level_of, many, pick
from completions.wire.gemini.schema import json_schema, lowered

Task = Literal["generate", "embed", "count", "draw"]

TASKS: Mapping[str, Task] = {
    "generateContent": "generate",
    "streamGenerateContent": "generate",
    "bidiGenerateContent": "generate",
    "countTokens": "count",
    "embedContent": "embed",
    "batchEmbedContents": "embed",
    "predict": "embed",
}
"""What each of the API's methods is for; `predict` is Vertex's older one for embeddings, and Imagen's for pictures."""

OWN_KEYS = ("result", "output", "content")
"""Where Google's SDK and pages put a tool's answer that is no object."""

EFFORTS = ((0, "none"), (1024, "low"), (8192, "medium"))
"""The largest thinking budgets, in tokens, of each effort; a larger one is `high`."""


def read_prompt(body: dict[str, Any], headers: Mapping[str, str], address: Mapping[str, str]) -> Prompt:
    """Return what a request asks, of the `model` and the `method` in its address."""
    task: Task = "draw" if imagen.is_asked(address) else TASKS[address["method"]]
    prompt = Prompt(
        format="gemini",
        task=task,
        model=address["model"],
        stream=address["method"] == "streamGenerateContent",
        include_usage=True,
        headers=headers,
        body=body,
        address=address,
    )
    if task == "draw":
        asked = (text(instance.get("prompt")) for instance in dicts(body.get("instances")))
        return replace(prompt, messages=tuple(Message("user", each) for each in asked), n=imagen.count(body))
    if task == "embed":
        return replace(prompt, messages=tuple(Message("user", each) for each in _embedded(body)))
    return _asked(prompt, inner(body, "generateContentRequest") or body if task == "count" else body)


def _asked(prompt: Prompt, request: dict[str, Any]) -> Prompt:
    config = inner(request, "generationConfig")
    logprobs = pick(config, "responseLogprobs") is True
    return replace(
        prompt,
        messages=tuple(_messages(request)),
        tools=tuple(_tools(request)),
        tool_choice=_tool_choice(inner(request, "toolConfig", "functionCallingConfig")),
        response_format=_response_format(config),
        n=choices(integer(pick(config, "candidateCount"), 1)),
        stop=tuple(stop for stop in texts(pick(config, "stopSequences")) if stop),
        max_tokens=integer(pick(config, "maxOutputTokens"), 1),
        top_logprobs=(integer(config.get("logprobs"), 0) or 0) if logprobs else None,
        reasoning_effort=_effort(inner(config, "thinkingConfig")),
        modalities=media.modalities(config, prompt.model or ""),
        metadata=mapping(request.get("labels")),
    )


def _effort(thinking: Mapping[str, Any]) -> str | None:
    if level := level_of(thinking).lower():
        return level
    budget = integer(pick(thinking, "thinkingBudget"), 0)
    return None if budget is None else next((name for most, name in EFFORTS if budget <= most), "high")


def _messages(request: Mapping[str, Any]) -> Iterator[Message]:
    """Go through the messages; contents of the model that follow each other are one, as an SDK keeps a stream's."""
    if system := _system(pick(request, "systemInstruction")):
        yield Message("system", system)
    open_calls: list[ToolCall] = []
    said: Message | None = None
    for content in many(request.get("contents")):
        parts = many(content.get("parts"))
        if content.get("role") == "model":
            said = _continued(said, _of_model(parts, len(said.tool_calls) if said else 0))
            continue
        if said is not None:
            open_calls = list(said.tool_calls)
            yield said
            said = None
        yield from _of_user(parts, open_calls)
    if said is not None:
        yield said


def _system(value: object) -> str:
    return value if isinstance(value, str) else "\n".join(_text_parts(many(mapping(value).get("parts"))))


def _text_parts(parts: list[dict[str, Any]]) -> list[str]:
    return [text(part["text"]) for part in parts if part.get("text") is not None and part.get("thought") is not True]


def _of_model(parts: list[dict[str, Any]], calls_before: int) -> Message:
    calls = [call for part in parts if (call := inner(part, "functionCall"))]
    return Message(
        "assistant",
        "".join(_text_parts(parts)),
        tool_calls=tuple(_call(call, calls_before + at) for at, call in enumerate(calls)),
        parts=tuple(_media(parts)),
        thoughts=tuple(_thoughts(parts)),
    )


def _thoughts(parts: list[dict[str, Any]]) -> Iterator[Thought]:
    for part in parts:
        said = text(part.get("text")) if part.get("thought") is True else ""
        if said or pick(part, "thoughtSignature"):
            yield Thought(said, text(pick(part, "thoughtSignature")))


def _call(call: Mapping[str, Any], at: int) -> ToolCall:
    return ToolCall(text(call.get("name")), as_json(mapping(call.get("args"))), text(call.get("id")) or f"call_{at}")


def _continued(said: Message | None, more: Message) -> Message:
    if said is None:
        return more
    calls, parts, thoughts = said.tool_calls + more.tool_calls, said.parts + more.parts, said.thoughts + more.thoughts
    return replace(said, text=said.text + more.text, tool_calls=calls, parts=parts, thoughts=thoughts)


def _of_user(parts: list[dict[str, Any]], open_calls: list[ToolCall]) -> Iterator[Message]:
    results = [result for part in parts if (result := inner(part, "functionResponse"))]
    for result in results:
        yield _result(result, open_calls)
    said, media = _text_parts(parts), tuple(_media(parts))
    if said or media or not results:
        yield Message("user", "\n".join(said), parts=media)


def _result(result: Mapping[str, Any], open_calls: list[ToolCall]) -> Message:
    """Return a tool's answer; one without an id answers the first open call of its name."""
    name, identity = text(result.get("name")), text(result.get("id"))
    fitting = [call for call in open_calls if (call.id == identity if identity else call.name == name)]
    if fitting:
        open_calls.remove(fitting[0])
    response = result.get("response")
    return Message(
        "tool",
        _told(unwrapped(response, name)),
        name=name,
        tool_call_id=fitting[0].id if fitting else identity or None,
        parts=tuple(_media(many(result.get("parts")))),
        wrapped=_counted(response),
    )


def _counted(response: object) -> str:
    """Return what a tool's answer is counted as: recordings show that the API's own keys around it cost nothing."""
    if isinstance(response, dict) and len(response) == 1 and (key := next(iter(response))) in OWN_KEYS:
        response = response[key]
    return _told(response)


def _told(response: object) -> str:
    """Return what a tool said, as a text: the JSON of what is none."""
    if isinstance(response, str):
        return response
    return "" if response is None else as_json(response)


def _media(parts: list[dict[str, Any]]) -> Iterator[Part]:
    for part in parts:
        if data := inner(part, "inlineData"):
            yield _inline(text(pick(data, "mimeType")), text(data.get("data")))
        elif file := inner(part, "fileData"):
            image = text(pick(file, "mimeType")).startswith("image/")
            kind: Literal["image", "file"] = "image" if image else "file"
            yield Part(kind, text(pick(file, "fileUri")), media_type=text(pick(file, "mimeType")))


def _inline(mime: str, data: str) -> Part:
    match mime.partition("/")[0]:
        case "image":
            return Part("image", f"data:{mime};base64,{data}", media_type=mime)
        case "audio":
            return Part("audio", data, media_type=mime)
    return Part("file", data, media_type=mime)


def _tools(request: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in many(request.get("tools")):
        for function in many(pick(tool, "functionDeclarations")):
            schema = pick(function, "parametersJsonSchema")
            yield Tool(
                text(function.get("name")),
                text(function.get("description")),
                mapping(lowered(schema)) if schema is not None else json_schema(inner(function, "parameters")),
            )


def _tool_choice(config: Mapping[str, Any]) -> ToolChoice:
    names = texts(pick(config, "allowedFunctionNames"))
    match text(config.get("mode")).upper():
        case "NONE":
            return ToolChoice("none")
        case "ANY":
            return ToolChoice("required", names)
    return ToolChoice("auto", names) if config else ANY_TOOL


def _response_format(config: Mapping[str, Any]) -> ResponseFormat:
    schema = lowered(pick(config, "responseJsonSchema") or pick(config, "_responseJsonSchema"))
    if schema is None and (own := inner(config, "responseSchema")):
        schema = json_schema(own)
    if isinstance(schema, dict):
        bare = pick(config, "responseMimeType") == "text/x.enum"
        return ResponseFormat("json_schema", text(schema.get("title")), schema, strict=True, bare=bare)
    if pick(config, "responseMimeType") == "application/json":
        return ResponseFormat("json_object")
    return ResponseFormat() if schema or pick(config, "responseMimeType") else ANY_FORM


def _embedded(body: dict[str, Any]) -> Iterator[str]:
    """Go through the texts to embed: of one request, of a batch, or of Vertex's instances."""
    for instance in dicts(body.get("instances")):
        yield text(instance.get("content"))
    for request in dicts(body.get("requests")):
        yield _system(request.get("content"))
    if (content := body.get("content")) is not None:
        yield text_or_none(content) or _system(content)
