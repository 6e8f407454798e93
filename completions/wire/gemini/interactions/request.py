"""Step 2 for interactions: translate a request into the equivalent request for `generateContent`.

Shapes: `CreateModelInteraction`, `Step`, `Content` and `Tool` of google-genai's types (3.6).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import dicts, mapping, text, texts

Document = dict[str, Any]
Step = Mapping[str, Any]

CONTENT_TYPES = ("text", "image", "audio", "document", "video")
"""The types of the contents of a step."""

BUILT_IN_TOOLS: Mapping[str, str] = {
    "code_execution": "codeExecution",
    "google_search": "googleSearch",
    "url_context": "urlContext",
    "google_maps": "googleMaps",
    "computer_use": "computerUse",
}
"""The tools that the API runs itself, by their types."""

CONFIG_NAMES: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "topP",
    "seed": "seed",
    "stop_sequences": "stopSequences",
    "max_output_tokens": "maxOutputTokens",
}
"""Fields of `generation_config` by their names in a request for `generateContent`, where they have the same values."""


def steps_of(value: object) -> list[Document]:
    """Return the steps of an input: a text, a content or a step, or a list of contents or of steps."""
    if isinstance(value, str):
        return [_user_step([{"type": "text", "text": value}])]
    steps: list[Document] = []
    contents: list[Document] = []
    for item in dicts(value if isinstance(value, list) else [value]):
        if item.get("type") in CONTENT_TYPES:
            contents.append(item)
            continue
        steps += [_user_step(contents)] if contents else []
        steps.append(item)
        contents = []
    return steps + ([_user_step(contents)] if contents else [])


def _user_step(contents: Sequence[Document]) -> Document:
    return {"type": "user_input", "content": list(contents)}


def to_generate_content(body: Mapping[str, Any], earlier: Sequence[Step] = ()) -> Document:
    """Return the equivalent request for `generateContent`; `earlier` are the steps of earlier interactions."""
    config = mapping(body.get("generation_config"))
    request: Document = {
        "contents": list(_contents([*earlier, *steps_of(body.get("input"))])),
        "generationConfig": {**_config(config), **_formats(body), **_media(config)},
        "labels": mapping(body.get("labels")),
    }
    tool_config = _tool_config(config.get("tool_choice"))
    if (tools := list(_tools(body))) or tool_config:
        request |= {"tools": tools, "toolConfig": {"includeServerSideToolInvocations": True, **tool_config}}
    if system := text(body.get("system_instruction")):
        request["systemInstruction"] = {"parts": [{"text": system}]}
    for name, other in (("cached_content", "cachedContent"), ("service_tier", "serviceTier")):
        if isinstance(body.get(name), str):
            request[other] = body[name]
    return request


def _contents(steps: Sequence[Step]) -> Iterator[Document]:
    """Yield the contents; consecutive steps of the same role are merged."""
    names = {text(step.get("id")): text(step.get("name")) for step in steps if step.get("type") == "function_call"}
    turn: Document = {}
    for step in steps:
        role, parts = _parts(step, names)
        if role != turn.get("role"):
            if turn:
                yield turn
            turn = {"role": role, "parts": []}
        turn["parts"] += parts
    if turn:
        yield turn


def _parts(step: Step, names: Mapping[str, str]) -> tuple[str, list[Document]]:
    """Return a step's role and its parts; steps of the API's built-in tools have no parts."""
    match step.get("type"):
        case "user_input":
            return "user", [_part(content) for content in dicts(step.get("content"))]
        case "function_result":
            return "user", [_result(step, names)]
        case "function_call":
            call = {"id": text(step.get("id")), "name": text(step.get("name")), "args": mapping(step.get("arguments"))}
            return "model", [{"functionCall": call}]
        case "thought":
            summary = "\n".join(text(content.get("text")) for content in dicts(step.get("summary")))
            signature = {"thoughtSignature": text(step.get("signature"))} if step.get("signature") else {}
            return "model", [{"text": summary, "thought": True, **signature}]
        case "model_output":
            return "model", [_part(content) for content in dicts(step.get("content"))]
    return "model", []


def _part(content: Step) -> Document:
    mime = text(content.get("mime_type"))
    if content.get("type") == "text":
        return {"text": text(content.get("text"))}
    level = text(content.get("resolution"))
    resolution = {"mediaResolution": {"level": f"MEDIA_RESOLUTION_{level.upper()}"}} if level else {}
    if uri := text(content.get("uri")):
        return {"fileData": {"fileUri": uri, **({"mimeType": mime} if mime else {})}, **resolution}
    return {"inlineData": {"mimeType": mime, "data": text(content.get("data"))}, **resolution}


def _result(step: Step, names: Mapping[str, str]) -> Document:
    """Return the part of a function's result: an object, a text, or contents, whose files go into `parts`."""
    result, call = step.get("result"), text(step.get("call_id"))
    files: list[Document] = []
    if isinstance(result, dict) and result.keys() == {"content"} and dicts(result["content"]):
        result = result["content"]
    if isinstance(result, list):
        contents = dicts(result)
        files = [_part(content) for content in contents if content.get("type") in CONTENT_TYPES[1:]]
        result = "\n".join(text(content.get("text")) for content in contents if content.get("type") == "text")
    response: Document = {
        "id": call,
        "name": text(step.get("name")) or names.get(call, ""),
        "response": result if isinstance(result, dict) else {"result": result},
    }
    return {"functionResponse": response | ({"parts": files} if files else {})}


def _tools(body: Mapping[str, Any]) -> Iterator[Document]:
    for tool in dicts(body.get("tools")):
        kind = text(tool.get("type"))
        if kind == "function":
            declaration = {key: tool[key] for key in ("name", "description") if key in tool}
            schema = tool.get("parameters")
            yield {"functionDeclarations": [declaration | ({"parametersJsonSchema": schema} if schema else {})]}
        elif kind == "file_search":
            names = {"file_search_store_names": "fileSearchStoreNames", "metadata_filter": "metadataFilter"}
            names["top_k"] = "topK"
            yield {"fileSearch": {names[key]: tool[key] for key in names if key in tool}}
        elif kind in BUILT_IN_TOOLS:
            options = {key: value for key, value in tool.items() if key != "type"} if kind == "computer_use" else {}
            yield {BUILT_IN_TOOLS[kind]: options}


def _tool_config(choice: object) -> Document:
    """Return the `toolConfig` of a `tool_choice`, which is a mode, or has a mode and the tools' names."""
    allowed = mapping(mapping(choice).get("allowed_tools"))
    mode = text(allowed.get("mode")) or text(choice)
    config: Document = {"mode": mode.upper()} if mode else {}
    if names := texts(allowed.get("tools")):
        config["allowedFunctionNames"] = list(names)
    return {"functionCallingConfig": config} if config else {}


def _config(config: Mapping[str, Any]) -> Document:
    fields: Document = {other: config[name] for name, other in CONFIG_NAMES.items() if config.get(name) is not None}
    thinking: Document = {}
    if level := text(config.get("thinking_level")):
        thinking["thinkingLevel"] = level
    if config.get("thinking_summaries") == "auto":
        thinking["includeThoughts"] = True
    return fields | ({"thinkingConfig": thinking} if thinking else {})


def _media(config: Mapping[str, Any]) -> Document:
    """Return the options of images and voices; those of images may be in a response format instead."""
    fields: Document = {}
    if picture := mapping(config.get("image_config")):
        fields["imageConfig"] = _image_config(picture)
    speech = config.get("speech_config")
    speakers = dicts(mapping(speech).get("speakers") if isinstance(speech, dict) else speech)
    voices = [
        {"speaker": text(each.get("speaker")), "voiceConfig": _voice(text(each.get("voice")))} for each in speakers
    ]
    if len(voices) > 1:
        fields["speechConfig"] = {"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": voices}}
    elif voices:
        fields["speechConfig"] = {"voiceConfig": voices[0]["voiceConfig"]}
    return fields


def _voice(name: str) -> Document:
    return {"prebuiltVoiceConfig": {"voiceName": name}} if name else {}


def _image_config(config: Mapping[str, Any]) -> Document:
    names = {"aspect_ratio": "aspectRatio", "image_size": "imageSize"}
    return {names[key]: config[key] for key in names if isinstance(config.get(key), str)}


def formats_of(body: Mapping[str, Any]) -> list[Document]:
    """Return the requested response formats."""
    formats = body.get("response_format")
    return dicts(formats if isinstance(formats, list) else [formats])


def _formats(body: Mapping[str, Any]) -> Document:
    """Return the options of the answer: its modalities, its JSON schema, and the size of an image."""
    fields: Document = {}
    modalities = [name.upper() for name in texts(body.get("response_modalities"))]
    if mime := text(body.get("response_mime_type")):
        fields["responseMimeType"] = mime
    for each in formats_of(body):
        kind = text(each.get("type"))
        if kind not in CONTENT_TYPES:  # a schema itself
            fields |= {"responseMimeType": "application/json", "responseJsonSchema": each}
            continue
        modalities.append(kind.upper())
        if kind == "image" and (picture := _image_config(each)):
            fields["imageConfig"] = picture
        if kind == "text" and text(each.get("mime_type")):
            fields["responseMimeType"] = each["mime_type"]
        if kind == "text" and (schema := mapping(each.get("schema"))):
            fields |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    return fields | ({"responseModalities": list(dict.fromkeys(modalities))} if modalities else {})
