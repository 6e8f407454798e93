"""Step 2 for Gemini: the request's body -> `Prompt`.

It reads well-formed fields and ignores the rest; invalid requests are refused before, by `rules`.
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
from completions.wire.gemini.schema import json_schema, lowercase_types
from completions.wire.gemini.signatures import is_strict

Task = Literal["generate", "embed", "count", "draw"]

TASKS: Mapping[str, Task] = {
    "generateContent": "generate",
    "streamGenerateContent": "generate",
    "bidiGenerateContent": "generate",
    "countTokens": "count",
    "computeTokens": "count",
    "embedContent": "embed",
    "batchEmbedContents": "embed",
    "predict": "embed",
}
"""The tasks of the API's methods; `predict` is Vertex's older one for embeddings, and Imagen's for images."""

RESULT_KEYS = ("result", "output", "content")
"""The keys under which Google's SDK and pages put a tool's result that is not an object."""

EFFORTS = ((0, "none"), (1024, "low"), (8192, "medium"))
"""The largest thinking budgets, in tokens, of each effort; a larger one is `high`."""

RESOLUTIONS = ("", *(f"MEDIA_RESOLUTION_{level}" for level in ("LOW", "MEDIUM", "HIGH", "ULTRA_HIGH")))
"""The resolutions of media by their numbers."""


def read_prompt(body: dict[str, Any], headers: Mapping[str, str], address: Mapping[str, str]) -> Prompt:
    """Return the prompt of a request to the `model` and the `method` in its address."""
    task: Task = "draw" if imagen.is_imagen(address) else TASKS[address["method"]]
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
        descriptions = (text(instance.get("prompt")) for instance in dicts(body.get("instances")))
        return replace(prompt, messages=tuple(Message("user", each) for each in descriptions), n=imagen.count(body))
    if task == "embed":
        return replace(prompt, messages=tuple(Message("user", each) for each in _texts_to_embed(body)))
    return _generation_prompt(prompt, inner(body, "generateContentRequest") or body if task == "count" else body)


def _generation_prompt(prompt: Prompt, request: dict[str, Any]) -> Prompt:
    config = inner(request, "generationConfig")
    logprobs = pick(config, "responseLogprobs") is True
    return replace(
        prompt,
        messages=tuple(
            _with_resolution(_messages(request), _resolution(pick(config, "mediaResolution")), prompt.model)
        ),
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


def _resolution(value: object) -> str:
    """Return the name of a resolution, which may be given by its number."""
    name = RESOLUTIONS[value] if isinstance(value, int) and 0 <= value < len(RESOLUTIONS) else text(value)
    return name if name in RESOLUTIONS else ""


def _with_resolution(messages: Iterator[Message], level: str, model: str | None) -> Iterator[Message]:
    """Yield messages; their media have the resolution of the request, or from Gemini 3 on their own if they have one.

    An interaction with a part of low resolution was recorded of Gemini 2.5, where it made no difference.
    """
    for message in messages:
        details = (part.detail or level if is_strict(model) else level for part in message.parts)
        parts = tuple(replace(part, detail=detail) for part, detail in zip(message.parts, details, strict=True))
        yield message if parts == message.parts else replace(message, parts=parts)


def _effort(thinking: Mapping[str, Any]) -> str | None:
    if level := level_of(thinking).lower():
        return level
    budget = integer(pick(thinking, "thinkingBudget"), 0)
    return None if budget is None else next((name for limit, name in EFFORTS if budget <= limit), "high")


def _messages(request: Mapping[str, Any]) -> Iterator[Message]:
    """Yield the messages; consecutive contents of the model are merged, as SDKs keep one for each chunk of a stream."""
    if system := _system(pick(request, "systemInstruction")):
        yield Message("system", system)
    open_calls: list[ToolCall] = []
    answer: Message | None = None
    for content in many(request.get("contents")):
        parts = many(content.get("parts"))
        if content.get("role") == "model":
            answer = _merged(answer, _model_message(parts, len(answer.tool_calls) if answer else 0))
            continue
        if answer is not None:
            open_calls = list(answer.tool_calls)
            yield answer
            answer = None
        yield from _user_messages(parts, open_calls)
    if answer is not None:
        yield answer


def _system(value: object) -> str:
    return value if isinstance(value, str) else "\n".join(_text_parts(many(mapping(value).get("parts"))))


def _text_parts(parts: list[dict[str, Any]]) -> list[str]:
    return [text(part["text"]) for part in parts if part.get("text") is not None and part.get("thought") is not True]


def _model_message(parts: list[dict[str, Any]], calls_before: int) -> Message:
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
        thought = text(part.get("text")) if part.get("thought") is True else ""
        if thought or pick(part, "thoughtSignature"):
            yield Thought(thought, text(pick(part, "thoughtSignature")))


def _call(call: Mapping[str, Any], at: int) -> ToolCall:
    return ToolCall(text(call.get("name")), as_json(mapping(call.get("args"))), text(call.get("id")) or f"call_{at}")


def _merged(message: Message | None, more: Message) -> Message:
    if message is None:
        return more
    calls, parts, thoughts = (
        message.tool_calls + more.tool_calls,
        message.parts + more.parts,
        message.thoughts + more.thoughts,
    )
    return replace(message, text=message.text + more.text, tool_calls=calls, parts=parts, thoughts=thoughts)


def _user_messages(parts: list[dict[str, Any]], open_calls: list[ToolCall]) -> Iterator[Message]:
    results = [result for part in parts if (result := inner(part, "functionResponse"))]
    for result in results:
        yield _result(result, open_calls)
    contents, media = _text_parts(parts), tuple(_media(parts))
    if contents or media or not results:
        yield Message("user", "\n".join(contents), parts=media)


def _result(result: Mapping[str, Any], open_calls: list[ToolCall]) -> Message:
    """Return a tool's result; one without an id is that of the first open call with its name."""
    name, identity = text(result.get("name")), text(result.get("id"))
    answered = next((call for call in open_calls if (call.id == identity if identity else call.name == name)), None)
    if answered is not None:
        open_calls.remove(answered)
    response = result.get("response")
    return Message(
        "tool",
        _result_text(unwrapped(response, name)),
        name=name,
        tool_call_id=identity or None if answered is None else answered.id,
        parts=tuple(_media(many(result.get("parts")))),
        wrapped=_counted_text(response),
    )


def _counted_text(response: object) -> str:
    """Return a tool's result as it is counted: recordings show that the API's own keys around it cost nothing."""
    if isinstance(response, dict) and len(response) == 1 and (key := next(iter(response))) in RESULT_KEYS:
        response = response[key]
    return _result_text(response)


def _result_text(response: object) -> str:
    """Return a tool's result as a text; as JSON if it is not one."""
    if isinstance(response, str):
        return response
    return "" if response is None else as_json(response)


def _media(parts: list[dict[str, Any]]) -> Iterator[Part]:
    for part in parts:
        detail = _resolution(inner(part, "mediaResolution").get("level"))
        if data := inner(part, "inlineData"):
            yield _inline(text(pick(data, "mimeType")), text(data.get("data")), detail)
        elif file := inner(part, "fileData"):
            image = text(pick(file, "mimeType")).startswith("image/")
            kind: Literal["image", "file"] = "image" if image else "file"
            yield Part(kind, text(pick(file, "fileUri")), detail, text(pick(file, "mimeType")))


def _inline(mime: str, data: str, detail: str) -> Part:
    match mime.partition("/")[0]:
        case "image":
            return Part("image", f"data:{mime};base64,{data}", detail, mime)
        case "audio":
            return Part("audio", data, media_type=mime)
    return Part("file", data, detail, mime)


OPEN_BROWSER = "open_web_browser"
"""The function of Google's with which a model that uses a browser begins (its SDK's tests)."""


def _tools(request: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in many(request.get("tools")):
        if _opens_browser(pick(tool, "computerUse")):
            yield Tool(OPEN_BROWSER)
        for function in many(pick(tool, "functionDeclarations")):
            schema = pick(function, "parametersJsonSchema")
            yield Tool(
                text(function.get("name")),
                text(function.get("description")),
                mapping(lowercase_types(schema)) if schema is not None else json_schema(inner(function, "parameters")),
            )


def _opens_browser(computer: object) -> bool:
    """Tell whether the tool for using a computer is there, and has a browser to open: in the default environment."""
    if not isinstance(computer, Mapping):
        return False
    environment = text(computer.get("environment")).rpartition("_")[2].lower()
    is_excluded = OPEN_BROWSER in texts(pick(computer, "excludedPredefinedFunctions"))
    return environment in ("", "unspecified", "browser") and not is_excluded


def _tool_choice(config: Mapping[str, Any]) -> ToolChoice:
    names = texts(pick(config, "allowedFunctionNames"))
    match text(config.get("mode")).upper():
        case "NONE":
            return ToolChoice("none")
        case "ANY":
            return ToolChoice("required", names)
    return ToolChoice("auto", names) if config else ANY_TOOL


def _response_format(config: Mapping[str, Any]) -> ResponseFormat:
    schema = lowercase_types(pick(config, "responseJsonSchema") or pick(config, "_responseJsonSchema"))
    if schema is None and (gemini_schema := inner(config, "responseSchema")):
        schema = json_schema(gemini_schema)
    if isinstance(schema, dict):
        bare = pick(config, "responseMimeType") == "text/x.enum"
        return ResponseFormat("json_schema", text(schema.get("title")), schema, strict=True, bare=bare)
    if pick(config, "responseMimeType") == "application/json":
        return ResponseFormat("json_object")
    return ResponseFormat() if schema or pick(config, "responseMimeType") else ANY_FORM


def _texts_to_embed(body: dict[str, Any]) -> Iterator[str]:
    """Yield the texts to embed: of one request, of a batch, or of Vertex's instances."""
    for instance in dicts(body.get("instances")):
        yield text(instance.get("content"))
    for request in dicts(body.get("requests")):
        yield _system(request.get("content"))
    if (content := body.get("content")) is not None:
        yield text_or_none(content) or _system(content)
