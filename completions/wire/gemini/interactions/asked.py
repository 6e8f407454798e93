"""Step 2 for interactions: what one asks, said as a request for `generateContent`, which asks the same in other words.

Shapes: `CreateModelInteraction`, `Step`, `Content` and `Tool` of google-genai's types (3.6).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import dicts, mapping, text, texts

Document = dict[str, Any]
Step = Mapping[str, Any]

CONTENTS = ("text", "image", "audio", "document", "video")
"""The types of what is said in a step."""

OWN_TOOLS: Mapping[str, str] = {
    "code_execution": "codeExecution",
    "google_search": "googleSearch",
    "url_context": "urlContext",
    "google_maps": "googleMaps",
    "computer_use": "computerUse",
}
"""The tools that the API runs itself, by their types."""

CONFIG: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "topP",
    "seed": "seed",
    "stop_sequences": "stopSequences",
    "max_output_tokens": "maxOutputTokens",
}
"""Fields of `generation_config` that have another name in a request for `generateContent`, and the same value."""


def steps_of(given: object) -> list[Document]:
    """Return the steps of an input: a text, a content or a step, or a list of contents or of steps."""
    if isinstance(given, str):
        return [_of_user([{"type": "text", "text": given}])]
    steps: list[Document] = []
    said: list[Document] = []
    for item in dicts(given if isinstance(given, list) else [given]):
        if item.get("type") in CONTENTS:
            said.append(item)
            continue
        steps += [_of_user(said)] if said else []
        steps.append(item)
        said = []
    return steps + ([_of_user(said)] if said else [])


def _of_user(contents: Sequence[Document]) -> Document:
    return {"type": "user_input", "content": list(contents)}


def to_generate_content(body: Mapping[str, Any], before: Sequence[Step] = ()) -> Document:
    """Return the request for `generateContent` that asks the same; `before` are the steps that came earlier."""
    config = mapping(body.get("generation_config"))
    request: Document = {
        "contents": list(_contents([*before, *steps_of(body.get("input"))])),
        "generationConfig": {**_config(config), **_formats(body), **_media(config)},
        "labels": mapping(body.get("labels")),
    }
    calling = _calling(config.get("tool_choice"))
    if (tools := list(_tools(body))) or calling:
        request |= {"tools": tools, "toolConfig": {"includeServerSideToolInvocations": True, **calling}}
    if system := text(body.get("system_instruction")):
        request["systemInstruction"] = {"parts": [{"text": system}]}
    for name, other in (("cached_content", "cachedContent"), ("service_tier", "serviceTier")):
        if isinstance(body.get(name), str):
            request[other] = body[name]
    return request


def _contents(steps: Sequence[Step]) -> Iterator[Document]:
    """Go through the contents; steps of one side that follow each other are one."""
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
    """Return whose step it is, and its parts; of what the API has run itself there are none."""
    match step.get("type"):
        case "user_input":
            return "user", [_part(content) for content in dicts(step.get("content"))]
        case "function_result":
            return "user", [_result(step, names)]
        case "function_call":
            call = {"id": text(step.get("id")), "name": text(step.get("name")), "args": mapping(step.get("arguments"))}
            return "model", [{"functionCall": call}]
        case "thought":
            said = "\n".join(text(content.get("text")) for content in dicts(step.get("summary")))
            signed = {"thoughtSignature": text(step.get("signature"))} if step.get("signature") else {}
            return "model", [{"text": said, "thought": True, **signed}]
        case "model_output":
            return "model", [_part(content) for content in dicts(step.get("content"))]
    return "model", []


def _part(content: Step) -> Document:
    mime = text(content.get("mime_type"))
    if content.get("type") == "text":
        return {"text": text(content.get("text"))}
    if uri := text(content.get("uri")):
        return {"fileData": {"fileUri": uri, **({"mimeType": mime} if mime else {})}}
    return {"inlineData": {"mimeType": mime, "data": text(content.get("data"))}}


def _result(step: Step, names: Mapping[str, str]) -> Document:
    """Return the part of a function's result: an object, a text, or contents, of which files stand beside the text."""
    result, call = step.get("result"), text(step.get("call_id"))
    files: list[Document] = []
    if isinstance(result, dict) and result.keys() == {"content"} and dicts(result["content"]):
        result = result["content"]
    if isinstance(result, list):
        contents = dicts(result)
        files = [_part(content) for content in contents if content.get("type") in CONTENTS[1:]]
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
            told = {key: tool[key] for key in ("name", "description") if key in tool}
            schema = tool.get("parameters")
            yield {"functionDeclarations": [told | ({"parametersJsonSchema": schema} if schema else {})]}
        elif kind == "file_search":
            names = {"file_search_store_names": "fileSearchStoreNames", "metadata_filter": "metadataFilter"}
            names["top_k"] = "topK"
            yield {"fileSearch": {names[key]: tool[key] for key in names if key in tool}}
        elif kind in OWN_TOOLS:
            yield {OWN_TOOLS[kind]: {}}


def _calling(choice: object) -> Document:
    """Return how functions are to be called: `tool_choice` is a mode, or has one and the tools' names."""
    allowed = mapping(mapping(choice).get("allowed_tools"))
    mode = text(allowed.get("mode")) or text(choice)
    config: Document = {"mode": mode.upper()} if mode else {}
    if names := texts(allowed.get("tools")):
        config["allowedFunctionNames"] = list(names)
    return {"functionCallingConfig": config} if config else {}


def _config(config: Mapping[str, Any]) -> Document:
    found: Document = {other: config[name] for name, other in CONFIG.items() if config.get(name) is not None}
    thinking: Document = {}
    if level := text(config.get("thinking_level")):
        thinking["thinkingLevel"] = level
    if config.get("thinking_summaries") == "auto":
        thinking["includeThoughts"] = True
    return found | ({"thinkingConfig": thinking} if thinking else {})


def _media(config: Mapping[str, Any]) -> Document:
    """Return how pictures and voices are to be; what is said of a picture may be a format of the answer instead."""
    found: Document = {}
    if picture := mapping(config.get("image_config")):
        found["imageConfig"] = _picture(picture)
    speech = config.get("speech_config")
    speakers = dicts(mapping(speech).get("speakers") if isinstance(speech, dict) else speech)
    voices = [
        {"speaker": text(each.get("speaker")), "voiceConfig": _voice(text(each.get("voice")))} for each in speakers
    ]
    if len(voices) > 1:
        found["speechConfig"] = {"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": voices}}
    elif voices:
        found["speechConfig"] = {"voiceConfig": voices[0]["voiceConfig"]}
    return found


def _voice(name: str) -> Document:
    return {"prebuiltVoiceConfig": {"voiceName": name}} if name else {}


def _picture(given: Mapping[str, Any]) -> Document:
    names = {"aspect_ratio": "aspectRatio", "image_size": "imageSize"}
    return {names[key]: given[key] for key in names if isinstance(given.get(key), str)}


def formats_of(body: Mapping[str, Any]) -> list[Document]:
    """Return the formats of the answer that are asked for."""
    given = body.get("response_format")
    return dicts(given if isinstance(given, list) else [given])


def _formats(body: Mapping[str, Any]) -> Document:
    """Return what the answer is to be: of which modalities, in JSON of which schema, a picture of which size."""
    found: Document = {}
    asked = [name.upper() for name in texts(body.get("response_modalities"))]
    if mime := text(body.get("response_mime_type")):
        found["responseMimeType"] = mime
    for each in formats_of(body):
        kind = text(each.get("type"))
        if kind not in CONTENTS:  # a schema itself
            found |= {"responseMimeType": "application/json", "responseJsonSchema": each}
            continue
        asked.append(kind.upper())
        if kind == "image" and (picture := _picture(each)):
            found["imageConfig"] = picture
        if kind == "text" and text(each.get("mime_type")):
            found["responseMimeType"] = each["mime_type"]
        if kind == "text" and (schema := mapping(each.get("schema"))):
            found |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    return found | ({"responseModalities": list(dict.fromkeys(asked))} if asked else {})
