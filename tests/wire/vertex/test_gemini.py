"""Gemini on Vertex AI: what it refuses in words of its own."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.vertex.gemini import VertexGemini

WIRE = VertexGemini()
PLACE = {"vertex": "projects/p/locations/l/", "method": "generateContent"}
BODY = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def asked(model: str, config: dict[str, Any], **place: str) -> None:
    """Parse a request."""
    body = orjson.dumps(BODY | {"generationConfig": config})
    WIRE.parse(body, {}, validate=True, route={"model": model, **PLACE, **place})


@pytest.mark.parametrize(
    ("model", "config", "range_"),
    [
        (
            "gemini-2.5-pro",
            {"temperature": 1000.0},
            "temperature value of 1000 but the supported range is from 0 {}2.0001",
        ),
        (
            "gemini-2.5-pro",
            {"maxOutputTokens": 828858},
            "s value of 828858 but the supported range is from 1 {}65537",
        ),
        ("gemini-2.0-flash", {"maxOutputTokens": -1}, "Tokens value of -1 but the supported range is from 1 {}8193"),
    ],
)
def test_value__out_of_range_is_refused_in_its_words(model: str, config: dict[str, Any], range_: str) -> None:
    with pytest.raises(RequestError) as refused:
        asked(model, config)
    said = WIRE.error(refused.value)["error"]["message"]
    assert said.startswith("Unable to submit request because it has a ")
    assert said.endswith(range_.format("(inclusive) to ") + " (exclusive). Update the value and try again.")


@pytest.mark.parametrize("config", [{"temperature": 2}, {"maxOutputTokens": 65536}, {}])
def test_value__in_range_is_taken(config: dict[str, Any]) -> None:
    asked("gemini-2.5-pro", config)


@pytest.mark.parametrize("value", [3, "3", "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_NEW"])
def test_enum__may_be_a_number(value: Any) -> None:
    setting = {"category": value, "threshold": 2, "method": 1}
    tool = {"functionDeclarations": [{"name": "f", "parameters": {"type": 6, "properties": {"at": {"type": 1}}}}]}
    body = BODY | {"safetySettings": [setting], "tools": [tool], "toolConfig": {"functionCallingConfig": {"mode": 2}}}
    WIRE.parse(orjson.dumps(body), {}, validate=True, route={"model": "gemini-2.5-pro", **PLACE})


@pytest.mark.parametrize("value", [True, 1.5, -1, {}])
def test_enum__is_a_name_or_a_number(value: Any) -> None:
    body = BODY | {"safetySettings": [{"category": value, "threshold": "OFF"}]}
    with pytest.raises(RequestError, match="safety_settings"):
        WIRE.parse(orjson.dumps(body), {}, validate=True, route={"model": "gemini-2.5-pro", **PLACE})


GUIDE = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal"
CALLED = [
    *({"role": role, "parts": [{"text": "Hi"}]} for role in ("user", "model", "user")),
    {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
    {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
]


SEARCHED = {"tools": [{"googleSearch": {}}], "generationConfig": {"responseMimeType": "application/json"}}


def declares(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the tools with a function whose parameter's field is of a schema."""
    inner = {"type": "OBJECT", "properties": {"width": schema}}
    parameters = {"type": "OBJECT", "properties": {"meta": inner}}
    return {"tools": [{"functionDeclarations": [{"name": "f", "parameters": parameters}]}]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            declares({"description": "How wide"}),
            "Unable to submit request because `f` functionDeclaration `parameters.meta.width` schema didn't specify "
            f"the schema type field. {GUIDE}/function-calling",
        ),
        (
            declares({"type": "STRING", "anyOf": [{"type": "STRING"}]}),
            "Unable to submit request because `f` functionDeclaration `parameters.meta.width` schema specified other "
            f"fields alongside any_of. When using any_of, it must be the only field set. {GUIDE}/function-calling",
        ),
        (
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {"type": "OBJECT", "properties": {"a": {"enum": ["b"]}}},
                }
            },
            "Unable to submit request because one or more response schemas didn't specify the schema type field. "
            f"{GUIDE}/control-generated-output",
        ),
        (
            {"contents": CALLED},
            "Unable to submit request because function call `default_api:f` in the 4. content block is missing a "
            "`thought_signature`. Learn more: "
            "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures",
        ),
        (SEARCHED, None),  # Gemini 3 can
        (declares({"type": "ARRAY"}), None),
        (declares({"anyOf": [{"type": "STRING"}], "description": "How wide"}), None),
        ({"safetySettings": [{"category": "HARM_CATEGORY_JAILBREAK", "threshold": "OFF"}]}, None),
    ],
    ids=lambda value: repr(value)[:80],
)
def test_schema__is_refused_in_its_words(fields: dict[str, Any], message: str | None) -> None:
    body = orjson.dumps(BODY | fields)
    route = {"model": "gemini-3-flash-preview", **PLACE}
    if message is None:
        WIRE.parse(body, {}, validate=True, route=route)
        return
    with pytest.raises(RequestError) as refused:
        WIRE.parse(body, {}, validate=True, route=route)
    assert refused.value.message == message


def test_search__does_not_go_with_json_before_gemini_3() -> None:
    with pytest.raises(RequestError, match="controlled generation is not supported with Search tool"):
        WIRE.parse(orjson.dumps(BODY | SEARCHED), {}, validate=True, route={"model": "gemini-2.5-flash", **PLACE})
