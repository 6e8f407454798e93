"""Step 2, the checks for Gemini: first whether its fields are of their types, then what they mean together.

The wordings are the API's own, as its users quote them, where they are known.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.media import may_be_picture
from completions.wire.fields import text, texts
from completions.wire.gemini import declared, grounding, imagen, media, response_format
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import inner, integer, level_of, many, pick
from completions.wire.gemini.messages import DATA, HARM, HARMS, REQUESTS, VERTEX_ALONE
from completions.wire.gemini.proto import Violation, unknown
from completions.wire.gemini.signatures import is_strict, unsigned, unsigned_images

DECLARATIONS = ("functionDeclarations", "function_declarations")
ROLES = ("user", "model", "function", "tool")
MIME_TYPES = ("text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum")
SCHEMA_TYPES = ("application/json", "text/x.enum")
FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
CALLING = ("AUTO", "ANY", "VALIDATED")
MAX_STOPS = 5

READABLE = re.compile(
    r"(?i)(?:image|audio|video|text)/[\w.+-]+|application/(?:pdf|json|xml|rtf|yaml|x-(?:javascript|typescript|python|sh))"
)
UNREADABLE = "Unsupported MIME type: {mime}"
"""What the Gemini API says of files that it does not read, as archives and Office documents (googleapis/python-genai
744 and 829; seen 2026-06-13)."""

NO_PICTURE = (
    "Unable to process input image. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)
"""What it says of pictures that are none, as of web pages and SVG (quoted until August 2026)."""

SET_HARMS = tuple(f"HARM_CATEGORY_{name}" for name in HARMS[:5])
NOT_SEARCHED = (
    "Unable to submit request because controlled generation is not supported with Search tool. Learn more: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
)
"""What Vertex AI says of answers in JSON that are to be searched for (quoted until August 2026)."""

HARM_NUMBERS = range(7, 12)
"""Their numbers, in `google.ai.generativelanguage.v1beta`."""

APART = "Tool use with function calling is unsupported by the model."
TOGETHER = "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."
"""What it says of functions beside its own tools: of models up to 2.5 (withceleste/celeste-python 197; seen
2026-02-26), and of later ones (ag2ai/ag2 3145, AstrBotDevs/AstrBot 9978; seen 2026-09-08). Vertex AI takes both."""

UNABLE = (
    "Unable to submit request because it has a {name} value of {value:.10g} but the supported range is from {low:g} "
    "(inclusive) to {high:g} (exclusive). Update the value and try again."
)
"""What Vertex AI says of a value (recorded in 2025, of a temperature; quotes by users, of tokens, until 2026)."""

EARLIER = re.compile(r"gemini-(?:1|2\.0)")

RANGES: tuple[tuple[str, str, float, float], ...] = (
    ("temperature", "temperature", 0.0, 2.0),
    ("topP", "top_p", 0.0, 1.0),
    ("candidateCount", "candidate_count", 1, 8),
    ("logprobs", "logprobs", 0, 20),
)


EMPTY = "EmbedContentRequest.content contains an empty Part."
"""What is said of an empty text that is to be embedded (quoted by many users until 2026), also of one of several."""


def validate(body: dict[str, Any], address: Mapping[str, str]) -> None:
    """Raise the API's error for a request that it refuses."""
    violations = REQUESTS[address["method"]](body, "")
    if violations or (violations := [] if "vertex" in address else _not_here(body)):
        raise Violated(violations)
    body = response_format.unfolded(body)
    match address["method"]:
        case "generateContent" | "streamGenerateContent":
            problems = _generation(body, address)
        case "countTokens":
            problems = _contents(inner(body, "generateContentRequest") or body, "CountTokensRequest")
        case "embedContent":
            problems = _embedding(body, "EmbedContentRequest")
        case "batchEmbedContents":
            problems = _batch(body)
        case _ if imagen.is_asked(address):
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
        yield from _unable(inner(body, "generationConfig"), model)
    yield from config_problems(inner(body, "generationConfig"))
    yield from _thinking(inner(body, "generationConfig", "thinkingConfig"), model)
    yield from function_problems(body, vertex="vertex" in address)
    if "vertex" in address:
        yield from declared.vertex_problems(_declared(body), inner(body, "generationConfig"))
    else:
        yield from declared.problems(_declared(body), inner(body, "generationConfig"))
        yield from _unsafe(body)
        yield from _together(body, model)
        yield from _outdated(body, model)
        yield from unreadable(body)
        yield from unsigned_images(many(body.get("contents") or []), model)
    yield from grounding.problems(body)
    yield from turns(body)
    yield from unsigned(many(body.get("contents") or []), model, vertex="vertex" in address)
    if pick(inner(body, "generationConfig"), "responseMimeType") == "application/json" and re.match(
        "gemini-[12]", model
    ):
        yield from _in_json(body, vertex="vertex" in address)


def _in_json(body: dict[str, Any], *, vertex: bool) -> Iterator[str]:
    """Go through the tools that do not go with answers in JSON; with Gemini 3 they do."""
    if _declared(body):
        mode = pick(inner(body, "toolConfig", "functionCallingConfig"), "mode")
        asked = "Forced function calling (ANY mode)" if text(mode).upper() == "ANY" else "Function calling"
        yield f"{asked} with a response mime type: 'application/json' is unsupported"
    for tool in many(body.get("tools") or []):
        if not vertex and any(name not in DECLARATIONS and value is not None for name, value in tool.items()):
            yield "Tool use with a response mime type: 'application/json' is unsupported"
        if vertex and pick(tool, "googleSearch") is not None:
            yield NOT_SEARCHED


def _not_here(body: dict[str, Any]) -> list[Violation]:
    """Return the fields that Vertex AI has and the Gemini API has not, and harms that are none here."""
    config = inner(body, "generationConfig", "imageConfig")
    path = "generation_config.image_config"
    found = [wrong for name in VERTEX_ALONE if pick(config, name) is not None for wrong in unknown(path, name)]
    found += response_format.violations(inner(body, "generationConfig"))
    for at, setting in enumerate(many(pick(body, "safetySettings") or [])):
        found += HARM(setting.get("category", 0), f"safety_settings[{at}].category")
    return [*declared.not_here(_declared(body), inner(body, "generationConfig")), *found]


def _bullet(request: str, path: str, said: str) -> str:
    return f"* {request}.{path}: {said}\n"


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
    if not parts and content.get("role") != "model":  # an answer that says nothing has no parts
        yield _bullet(request, f"{path}.parts", "contents.parts must not be empty.")
    for at, part in enumerate(parts):
        given = [name for name in (*DATA, "thoughtSignature", "videoMetadata") if pick(part, name) is not None]
        if not given:
            said = "required oneof field 'data' must have one initialized field"
            yield _bullet(request, f"{path}.parts[{at}].data", said)
        if (call := inner(part, "functionCall")) and not text(call.get("name")):
            yield _bullet(request, f"{path}.parts[{at}].function_call.name", "Name cannot be empty.")
        if (result := inner(part, "functionResponse")) and not text(result.get("name")):
            yield _bullet(request, f"{path}.parts[{at}].function_response.name", "Name cannot be empty.")


def _unable(config: dict[str, Any], model: str) -> Iterator[str]:
    """Go through what Vertex AI alone refuses, or refuses in words of its own."""
    most = 8193 if EARLIER.match(model) else 65537
    for name, low, high in (("temperature", 0.0, 2.0001), ("maxOutputTokens", 1, most)):
        value = pick(config, name)
        if value is not None and not low <= float(value) < high:
            yield UNABLE.format(name=name, value=float(value), low=low, high=high)


def config_problems(config: dict[str, Any]) -> Iterator[str]:
    """Go through what is wrong with the values of a configuration."""
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
    given = [name for name in ("responseSchema", "responseJsonSchema") if pick(config, name) is not None]
    if given and mime not in SCHEMA_TYPES:
        said = "response schema is only supported with response mime type `application/json` or `text/x.enum`."
        yield _bullet(request, "response_schema", said)
    if len(given) > 1:
        yield _bullet(request, "response_json_schema", "response_schema and response_json_schema cannot both be set.")


def _declared(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the functions that are offered, each with its path."""
    return [
        (f"tools[{at}].function_declarations[{place}]", function)
        for at, tool in enumerate(many(body.get("tools") or []))
        for place, function in enumerate(many(pick(tool, "functionDeclarations") or []))
    ]


def function_problems(body: dict[str, Any], *, vertex: bool = False) -> Iterator[str]:
    """Go through what is wrong with the functions that are offered, and with how they are to be called.

    The Gemini API refuses to be told how to call functions where there are none, be there tools of its own (measured
    2026-02-07, and of `AUTO` on 2026-05-10); Vertex AI takes it beside such.
    """
    names: set[str] = set()
    for path, function in _declared(body):
        name = text(function.get("name"))
        if not FUNCTION_NAME.fullmatch(name):
            said = (
                "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, "
                "0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
            )
            yield _bullet("GenerateContentRequest", f"{path}.name", said)
        if name in names:
            yield f"Duplicate function declaration found: {name}"
        names.add(name)
    calling = inner(body, "toolConfig", "functionCallingConfig")
    mode, allowed = text(calling.get("mode")).upper(), texts(pick(calling, "allowedFunctionNames"))
    hosted = any(pick(tool, "functionDeclarations") is None for tool in many(body.get("tools") or []))
    is_set = mode == "ANY" if vertex else mode in CALLING
    if is_set and not (names or hosted):
        yield "Function calling config is set without function_declarations."
    if allowed and mode not in ("ANY", "VALIDATED"):
        yield "Allowed function names should only be set when function calling mode is ANY or VALIDATED."
    if strangers := [name for name in allowed if name not in names]:
        yield f"Allowed function names are not found in the function declarations: {', '.join(strangers)}"


def _unsafe(body: dict[str, Any]) -> Iterator[str]:
    """Check that what is safe is set for the harms that the Gemini API knows (quoted of gemini-3.1-flash-lite)."""
    allowed = ", ".join(f"HarmCategory.{name}" for name in SET_HARMS)
    for at, setting in enumerate(many(pick(body, "safetySettings") or [])):
        category = setting.get("category")
        number = integer(category, 0)
        if number not in HARM_NUMBERS if number is not None else text(category).upper() not in SET_HARMS:
            said = f"element predicate failed: $.category in ({allowed})"
            yield _bullet("GenerateContentRequest", f"safety_settings[{at}]", said)


def _together(body: dict[str, Any], model: str) -> Iterator[str]:
    """Check that functions stand beside the API's own tools only where the model and the request allow it."""
    given = (tool.items() for tool in many(body.get("tools") or []))
    hosted = any(name not in DECLARATIONS and tool is not None for named in given for name, tool in named)
    if not hosted or not _declared(body):
        return
    if re.match(r"gemini-[12]", model):
        yield APART
    elif is_strict(model) and pick(inner(body, "toolConfig"), "includeServerSideToolInvocations") is not True:
        yield TOGETHER


def _outdated(body: dict[str, Any], model: str) -> Iterator[str]:
    """Refuse the first form of Google's search, which models up to 1.5 have (quoted of 2.0 to 3.1 until 2026)."""
    if re.match(r"gemini-(?:[2-9]|\d\d)", model) and any(
        pick(tool, "googleSearchRetrieval") is not None for tool in many(body.get("tools") or [])
    ):
        yield "google_search_retrieval is not supported. Please use google_search tool instead."


def _thinking(config: dict[str, Any], model: str) -> Iterator[str]:
    """Refuse two measures of thinking (measured of Gemini 3 to 3.8 until 2026-10-07); 2.5 knows no levels."""
    level = level_of(config).removeprefix("THINKING_LEVEL_")
    both = level not in ("", "UNSPECIFIED") and pick(config, "thinkingBudget") is not None
    if both and not re.match(r"gemini-[12]", model):
        yield "You can only set only one of thinking budget and thinking level."


def unreadable(body: dict[str, Any]) -> Iterator[str]:
    """Check that files are of types that the models read, and that pictures are pictures."""
    parts = (part for content in many(body.get("contents") or []) for part in many(content.get("parts") or []))
    for part in parts:
        for name in ("inlineData", "fileData"):
            mime = text(pick(inner(part, name), "mimeType"))
            if mime and not READABLE.match(mime):
                yield UNREADABLE.format(mime=mime[:100])
        data = inner(part, "inlineData")
        if text(pick(data, "mimeType")).lower().startswith("image/") and not may_be_picture(text(data.get("data"))):
            yield NO_PICTURE


def turns(body: dict[str, Any]) -> Iterator[str]:
    """Check that calls come after a user's turn, and that each has its answer in the turn that follows them."""
    calls, before = 0, ""
    for content in many(body.get("contents") or []):
        parts = many(content.get("parts") or [])
        called = sum(bool(inner(part, "functionCall")) for part in parts)
        answered = sum(bool(inner(part, "functionResponse")) for part in parts)
        model = content.get("role") == "model"
        if called and not model:
            yield "Please ensure that function call turn comes from the model."
        if called and before == "":
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
        if answered and calls == 0:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        if not model and answered != calls:
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = calls + called if model else 0
        before = "model" if model else "user"


def _embedding(body: dict[str, Any], request: str) -> Iterator[str]:
    content = inner(body, "content")
    if not content:
        yield _bullet(request, "content", "contents is not specified")
    yield from _parts(content, request, "content")
    if any(part.get("text") == "" for part in many(content.get("parts") or [])):
        yield EMPTY
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
