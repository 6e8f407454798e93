"""Step 2, the checks for Gemini: first the types of fields, then their values and combinations.

The wordings are the API's own, as its users quote them, where they are known.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.media import may_be_picture
from completions.wire.fields import text, texts
from completions.wire.gemini import grounding, imagen, media, response_format, schema_rules
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import inner, integer, level_of, many, pick
from completions.wire.gemini.messages import DATA, HARM, HARMS, REQUESTS, VERTEX_IMAGE_FIELDS
from completions.wire.gemini.proto import Violation, unknown
from completions.wire.gemini.signatures import image_signature_problems, is_strict, signature_problems

DECLARATIONS = ("functionDeclarations", "function_declarations")
ROLES = ("user", "model", "function", "tool")
MIME_TYPES = ("text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum")
SCHEMA_TYPES = ("application/json", "text/x.enum")
FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
CALLING_MODES = ("AUTO", "ANY", "VALIDATED")
MAX_STOPS = 5

SUPPORTED_MIME_TYPES = re.compile(
    r"(?i)(?:image|audio|video|text)/[\w.+-]+|application/(?:pdf|json|xml|rtf|yaml|x-(?:javascript|typescript|python|sh))"
)
UNSUPPORTED_MIME_TYPE = "Unsupported MIME type: {mime}"
"""The Gemini API's error for unsupported files, such as archives and Office documents (googleapis/python-genai
744 and 829; seen 2026-06-13)."""

NO_PICTURE = (
    "Unable to process input image. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)
"""Its error for data that is not an image, such as web pages and SVG (quoted until August 2026)."""

SET_HARMS = tuple(f"HARM_CATEGORY_{name}" for name in HARMS[:5])
NO_JSON_WITH_SEARCH = (
    "Unable to submit request because controlled generation is not supported with Search tool. Learn more: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
)
"""Vertex AI's error for JSON answers with the search tool (quoted until August 2026)."""

HARM_NUMBERS = range(7, 12)
"""Their numbers, in `google.ai.generativelanguage.v1beta`."""

NO_TOOL_MIX = "Tool use with function calling is unsupported by the model."
TOOL_MIX_NOT_ENABLED = (
    "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."
)
"""The Gemini API's errors for functions next to built-in tools: of models up to 2.5 (withceleste/celeste-python 197;
seen 2026-02-26), of later ones (ag2ai/ag2 3145, AstrBotDevs/AstrBot 9978; seen 2026-09-08). Vertex AI takes both."""

VERTEX_RANGE = (
    "Unable to submit request because it has a {name} value of {value:.10g} but the supported range is from {low:g} "
    "(inclusive) to {high:g} (exclusive). Update the value and try again."
)
"""Vertex AI's error for a value out of range (recorded in 2025, of a temperature; quoted until 2026, of tokens)."""

EARLIER_MODELS = re.compile(r"gemini-(?:1|2\.0)")

RANGES: tuple[tuple[str, str, float, float], ...] = (
    ("temperature", "temperature", 0.0, 2.0),
    ("topP", "top_p", 0.0, 1.0),
    ("candidateCount", "candidate_count", 1, 8),
    ("logprobs", "logprobs", 0, 20),
)


EMPTY_PART = "EmbedContentRequest.content contains an empty Part."
"""The error for an empty text to embed (quoted by many users until 2026), also for one of several."""


def validate(body: dict[str, Any], address: Mapping[str, str]) -> None:
    """Raise the API's error for a request that it refuses."""
    violations = REQUESTS[address["method"]](body, "")
    if violations or (violations := [] if "vertex" in address else _vertex_fields(body)):
        raise Violated(violations)
    body = response_format.with_older_fields(body)
    match address["method"]:
        case "generateContent" | "streamGenerateContent":
            problems = _generation(body, address)
        case "countTokens":
            problems = _contents(inner(body, "generateContentRequest") or body, "CountTokensRequest")
        case "computeTokens" if "instances" not in body:
            problems = _contents(body, "ComputeTokensRequest")
        case "embedContent":
            problems = _embedding(body, "EmbedContentRequest")
        case "batchEmbedContents":
            problems = _batch(body)
        case _ if imagen.is_imagen(address):
            problems = imagen.problems(body)
        case _:
            problems = _instances(body)
    if (problem := next(problems, None)) is not None:
        raise RequestError(problem)


def _generation(body: dict[str, Any], address: Mapping[str, str]) -> Iterator[str]:
    model = address.get("model", "")
    if model.startswith("models/") and "vertex" not in address:
        yield _bullet("GenerateContentRequest", "model", "unexpected model name format")
    yield from _contents(body, "GenerateContentRequest")
    yield from media.problems(inner(body, "generationConfig"), model)
    if "vertex" in address:
        yield from _vertex_range_problems(inner(body, "generationConfig"), model)
    yield from config_problems(inner(body, "generationConfig"))
    yield from _thinking_problems(inner(body, "generationConfig", "thinkingConfig"), model)
    yield from function_problems(body, vertex="vertex" in address)
    if "vertex" in address:
        yield from schema_rules.vertex_problems(_declarations(body), inner(body, "generationConfig"))
    else:
        yield from schema_rules.problems(_declarations(body), inner(body, "generationConfig"))
        yield from _safety_problems(body)
        yield from _tool_mix_problems(body, model)
        yield from _old_search_problems(body, model)
        yield from file_problems(body)
        yield from image_signature_problems(many(body.get("contents") or []), model)
    yield from grounding.problems(body)
    yield from turn_problems(body)
    yield from signature_problems(many(body.get("contents") or []), model, vertex="vertex" in address)
    if pick(inner(body, "generationConfig"), "responseMimeType") == "application/json" and re.match(
        "gemini-[12]", model
    ):
        yield from _json_problems(body, vertex="vertex" in address)


def _json_problems(body: dict[str, Any], *, vertex: bool) -> Iterator[str]:
    """Yield the errors for tools that are not supported with JSON answers; Gemini 3 supports them."""
    if _declarations(body):
        mode = pick(inner(body, "toolConfig", "functionCallingConfig"), "mode")
        feature = "Forced function calling (ANY mode)" if text(mode).upper() == "ANY" else "Function calling"
        yield f"{feature} with a response mime type: 'application/json' is unsupported"
    for tool in many(body.get("tools") or []):
        if not vertex and any(name not in DECLARATIONS and value is not None for name, value in tool.items()):
            yield "Tool use with a response mime type: 'application/json' is unsupported"
        if vertex and pick(tool, "googleSearch") is not None:
            yield NO_JSON_WITH_SEARCH


def _vertex_fields(body: dict[str, Any]) -> list[Violation]:
    """Return the violations of fields, keywords and harms that only Vertex AI accepts."""
    config = inner(body, "generationConfig", "imageConfig")
    path = "generation_config.image_config"
    violations = [
        wrong for name in VERTEX_IMAGE_FIELDS if pick(config, name) is not None for wrong in unknown(path, name)
    ]
    violations += response_format.violations(inner(body, "generationConfig"))
    for at, setting in enumerate(many(pick(body, "safetySettings") or [])):
        violations += HARM(setting.get("category", 0), f"safety_settings[{at}].category")
    return [*schema_rules.unknown_keywords(_declarations(body), inner(body, "generationConfig")), *violations]


def _bullet(request: str, path: str, problem: str) -> str:
    return f"* {request}.{path}: {problem}\n"


def _contents(body: dict[str, Any], request: str) -> Iterator[str]:
    contents = many(body.get("contents") or [])
    if not contents:
        yield _bullet(request, "contents", "contents is not specified")
    for at, content in enumerate(contents):
        if content.get("role") not in (None, "", *ROLES):
            yield "Please use a valid role: user, model."
        yield from _parts(content, request, f"contents[{at}]")


def _parts(content: dict[str, Any], request: str, path: str) -> Iterator[str]:
    parts = many(content.get("parts") or [])
    if not parts and content.get("role") != "model":  # an empty answer has no parts
        yield _bullet(request, f"{path}.parts", "contents.parts must not be empty.")
    for at, part in enumerate(parts):
        present = [name for name in (*DATA, "thoughtSignature", "videoMetadata") if pick(part, name) is not None]
        if not present:
            problem = "required oneof field 'data' must have one initialized field"
            yield _bullet(request, f"{path}.parts[{at}].data", problem)
        if (call := inner(part, "functionCall")) and not text(call.get("name")):
            yield _bullet(request, f"{path}.parts[{at}].function_call.name", "Name cannot be empty.")
        if (result := inner(part, "functionResponse")) and not text(result.get("name")):
            yield _bullet(request, f"{path}.parts[{at}].function_response.name", "Name cannot be empty.")


def _vertex_range_problems(config: dict[str, Any], model: str) -> Iterator[str]:
    """Yield Vertex AI's errors for values out of range."""
    max_tokens = 8193 if EARLIER_MODELS.match(model) else 65537
    for name, low, high in (("temperature", 0.0, 2.0001), ("maxOutputTokens", 1, max_tokens)):
        value = pick(config, name)
        if value is not None and not low <= float(value) < high:
            yield VERTEX_RANGE.format(name=name, value=float(value), low=low, high=high)


def config_problems(config: dict[str, Any]) -> Iterator[str]:
    """Yield the problems of a `generationConfig`."""
    request = "GenerateContentRequest.generation_config"
    for name, spelled, low, high in RANGES:
        value = pick(config, name)
        if value is not None and not low <= float(value) <= high:
            yield _bullet(request, spelled, f"{spelled} must be in the range [{low}, {high}].")
    for name, spelled in (("maxOutputTokens", "max_output_tokens"), ("topK", "top_k")):
        value = pick(config, name)
        if value is not None and float(value) <= 0:
            yield _bullet(request, spelled, f"{spelled} must be positive.")
    if len(texts(pick(config, "stopSequences"))) > MAX_STOPS:
        yield _bullet(request, "stop_sequences", f"at most {MAX_STOPS} stop sequences are allowed.")
    if pick(config, "logprobs") is not None and pick(config, "responseLogprobs") is not True:
        yield _bullet(request, "logprobs", "response_logprobs must be true when logprobs is set.")
    yield from _format(config, request)


def _format(config: dict[str, Any], request: str) -> Iterator[str]:
    mime = pick(config, "responseMimeType") or "text/plain"
    if mime not in MIME_TYPES:
        yield _bullet(
            request,
            "response_mime_type",
            "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and "
            "`text/x.enum`.",
        )
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if pick(config, name) is not None]
    if schemas and mime not in SCHEMA_TYPES:
        problem = "response schema is only supported with response mime type `application/json` or `text/x.enum`."
        yield _bullet(request, "response_schema", problem)
    if len(schemas) > 1:
        yield _bullet(request, "response_json_schema", "response_schema and response_json_schema cannot both be set.")


def _declarations(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the declared functions, each with its path."""
    return [
        (f"tools[{at}].function_declarations[{place}]", function)
        for at, tool in enumerate(many(body.get("tools") or []))
        for place, function in enumerate(many(pick(tool, "functionDeclarations") or []))
    ]


def function_problems(body: dict[str, Any], *, vertex: bool = False) -> Iterator[str]:
    """Yield the problems of the declared functions, and of the `functionCallingConfig`.

    The Gemini API refuses that configuration without functions, even with built-in tools (measured 2026-02-07, and of
    `AUTO` on 2026-05-10); Vertex AI accepts it with built-in tools.
    """
    names: set[str] = set()
    for path, function in _declarations(body):
        name = text(function.get("name"))
        if not FUNCTION_NAME.fullmatch(name):
            problem = (
                "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, "
                "0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
            )
            yield _bullet("GenerateContentRequest", f"{path}.name", problem)
        if name in names:
            yield f"Duplicate function declaration found: {name}"
        names.add(name)
    config = inner(body, "toolConfig", "functionCallingConfig")
    mode, allowed = text(config.get("mode")).upper(), texts(pick(config, "allowedFunctionNames"))
    hosted = any(pick(tool, "functionDeclarations") is None for tool in many(body.get("tools") or []))
    is_set = mode == "ANY" if vertex else mode in CALLING_MODES
    if is_set and not (names or hosted):
        yield "Function calling config is set without function_declarations."
    if allowed and mode not in ("ANY", "VALIDATED"):
        yield "Allowed function names should only be set when function calling mode is ANY or VALIDATED."
    if unknown_names := [name for name in allowed if name not in names]:
        yield f"Allowed function names are not found in the function declarations: {', '.join(unknown_names)}"


def _safety_problems(body: dict[str, Any]) -> Iterator[str]:
    """Check that safety settings are for harms that the Gemini API knows (quoted of gemini-3.1-flash-lite)."""
    allowed = ", ".join(f"HarmCategory.{name}" for name in SET_HARMS)
    for at, setting in enumerate(many(pick(body, "safetySettings") or [])):
        category = setting.get("category")
        number = integer(category, 0)
        if number not in HARM_NUMBERS if number is not None else text(category).upper() not in SET_HARMS:
            problem = f"element predicate failed: $.category in ({allowed})"
            yield _bullet("GenerateContentRequest", f"safety_settings[{at}]", problem)


def _tool_mix_problems(body: dict[str, Any], model: str) -> Iterator[str]:
    """Check that functions are mixed with built-in tools only if the model and the request allow it."""
    tools = (tool.items() for tool in many(body.get("tools") or []))
    hosted = any(name not in DECLARATIONS and tool is not None for items in tools for name, tool in items)
    if not hosted or not _declarations(body):
        return
    if re.match(r"gemini-[12]", model):
        yield NO_TOOL_MIX
    elif is_strict(model) and pick(inner(body, "toolConfig"), "includeServerSideToolInvocations") is not True:
        yield TOOL_MIX_NOT_ENABLED


def _old_search_problems(body: dict[str, Any], model: str) -> Iterator[str]:
    """Refuse the first form of Google's search, which models up to 1.5 have (quoted of 2.0 to 3.1 until 2026)."""
    if re.match(r"gemini-(?:[2-9]|\d\d)", model) and any(
        pick(tool, "googleSearchRetrieval") is not None for tool in many(body.get("tools") or [])
    ):
        yield "google_search_retrieval is not supported. Please use google_search tool instead."


def _thinking_problems(config: dict[str, Any], model: str) -> Iterator[str]:
    """Refuse a budget together with a level (measured of Gemini 3 to 3.8 until 2026-10-07); 2.5 has no levels."""
    level = level_of(config).removeprefix("THINKING_LEVEL_")
    both = level not in ("", "UNSPECIFIED") and pick(config, "thinkingBudget") is not None
    if both and not re.match(r"gemini-[12]", model):
        yield "You can only set only one of thinking budget and thinking level."


def file_problems(body: dict[str, Any]) -> Iterator[str]:
    """Check that files have supported types, and that images are images."""
    parts = (part for content in many(body.get("contents") or []) for part in many(content.get("parts") or []))
    for part in parts:
        for name in ("inlineData", "fileData"):
            mime = text(pick(inner(part, name), "mimeType"))
            if mime and not SUPPORTED_MIME_TYPES.match(mime):
                yield UNSUPPORTED_MIME_TYPE.format(mime=mime[:100])
        data = inner(part, "inlineData")
        if text(pick(data, "mimeType")).lower().startswith("image/") and not may_be_picture(text(data.get("data"))):
            yield NO_PICTURE


def turn_problems(body: dict[str, Any]) -> Iterator[str]:
    """Check that calls come after a user's turn, and that each has its result in the next turn."""
    open_calls, before = 0, ""
    for content in many(body.get("contents") or []):
        parts = many(content.get("parts") or [])
        call_count = sum(bool(inner(part, "functionCall")) for part in parts)
        result_count = sum(bool(inner(part, "functionResponse")) for part in parts)
        is_model = content.get("role") == "model"
        if call_count and not is_model:
            yield "Please ensure that function call turn comes from the model."
        if call_count and before == "":
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
        if result_count and open_calls == 0:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        if not is_model and result_count != open_calls:
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        open_calls = open_calls + call_count if is_model else 0
        before = "model" if is_model else "user"


def _embedding(body: dict[str, Any], request: str) -> Iterator[str]:
    content = inner(body, "content")
    if not content:
        yield _bullet(request, "content", "contents is not specified")
    yield from _parts(content, request, "content")
    if any(part.get("text") == "" for part in many(content.get("parts") or [])):
        yield EMPTY_PART
    size = integer(pick(body, "outputDimensionality"), -(2**31))
    if size is not None and not 1 <= size <= 3072:
        yield _bullet(request, "output_dimensionality", "output_dimensionality must be in the range [1, 3072].")


def _batch(body: dict[str, Any]) -> Iterator[str]:
    requests = many(body.get("requests") or [])
    if not requests:
        yield _bullet("BatchEmbedContentsRequest", "requests", "at least one request is required.")
    if len(requests) > 100:
        yield _bullet("BatchEmbedContentsRequest", "requests", "at most 100 requests can be in one batch")
    for at, request in enumerate(requests):
        yield from _embedding(request, f"BatchEmbedContentsRequest.requests[{at}]")


def _instances(body: dict[str, Any]) -> Iterator[str]:
    if not many(body.get("instances") or []):
        yield "Empty instances."
