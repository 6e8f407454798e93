"""The signatures of Gemini's calls, which Gemini 3 wants back."""

from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.exceptions import RequestError
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.signatures import CORRUPTED

WIRE = Gemini()
STRICT, OLDER = "gemini-3-flash-preview", "gemini-2.5-flash"
CALL: dict[str, Any] = {"functionCall": {"name": "f", "args": {}}}
RESULT = {"functionResponse": {"name": "f", "response": {"r": 1}}}
TOOLS = [{"functionDeclarations": [{"name": "f"}]}]
ASKED = {"role": "user", "parts": [{"text": "Go."}]}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
DUMMY = "skip_thought_signature_validator"


def refused(model: str, *contents: dict[str, Any], tools: Any = TOOLS) -> str | None:
    """Return the message that a conversation is refused with."""
    route = {"model": model, "method": "generateContent"}
    try:
        WIRE.parse(orjson.dumps({"contents": contents, "tools": tools}), {}, validate=True, route=route)
    except RequestError as exc:
        assert exc.status == 400
        return exc.message
    return None


def step(*calls: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"role": "model", "parts": list(calls)}, {"role": "user", "parts": [RESULT] * len(calls)}


def answered(model: str, reasoning: str | None = None) -> dict[str, Any]:
    calls = (ToolCall("f", "{}", "c1"), ToolCall("f", "{}", "c2"))
    address = {"model": model, "method": "generateContent"}
    reply = Reply((Choice(None, "tool_calls", tool_calls=calls, reasoning=reasoning),), serial="s")
    document = WIRE.document(reply, Prompt(format="gemini", model=model, address=address))
    content: dict[str, Any] = document["candidates"][0]["content"]
    return content


SIGNED = answered(STRICT)["parts"][0]


def missing(position: int) -> str:
    return f"function call `default_api:f` , position {position}. Please refer to"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ((ASKED, *step(CALL)), missing(2)),
        ((ASKED, *step(SIGNED), *step(CALL)), missing(4)),
        ((ASKED, *step(CALL, SIGNED)), missing(2)),
        ((ASKED, *step({**CALL, "thoughtSignature": ""})), missing(2)),
        ((ASKED, *step({**CALL, "thoughtSignature": "Ym9ndXM="})), CORRUPTED),
        ((ASKED, *step({**CALL, "thoughtSignature": SIGNED["thoughtSignature"][:-8] + "AAAAAAA="})), CORRUPTED),
        ((ASKED, *step(SIGNED, CALL)), None),
        ((ASKED, *step({**CALL, "thought_signature": DUMMY})), None),
        ((ASKED, *step({**CALL, "thoughtSignature": "context_engineering_is_the_way_to_go"})), None),
        ((ASKED, *step(CALL), {"role": "model", "parts": [{"text": "Done."}]}, ASKED), None),
        ((ASKED, *step(CALL), ASKED, *step(SIGNED)), None),
    ],
)
def test_call__comes_back_signed_in_the_turn_that_is_not_over(
    contents: tuple[dict[str, Any], ...], words: str | None
) -> None:
    found = refused(STRICT, *contents)
    assert found is None if words is None else found is not None and words in found
    assert refused(OLDER, *contents) is None


@pytest.mark.parametrize("model", [STRICT, OLDER, "gemini-3.1-pro-preview"])
@pytest.mark.parametrize("reasoning", ["Hm.", None])
def test_answer__is_taken_when_it_comes_back(model: str, reasoning: str | None) -> None:
    content = answered(model, reasoning)
    assert ("thoughtSignature" in content["parts"][0]) == (model != OLDER or reasoning is not None)
    assert "thoughtSignature" not in content["parts"][1]
    assert refused(model, ASKED, content, {"role": "user", "parts": [RESULT, RESULT]}) is None


@pytest.mark.parametrize(
    ("model", "signed"),
    [
        ("gemini-3.5-flash-lite", True),
        ("gemini-3.1-flash-lite", True),
        (STRICT, False),
        ("gemini-2.5-flash-lite", False),
    ],
)
def test_text__without_thoughts_is_signed_by_the_light_models_of_gemini_3(model: str, signed: bool) -> None:
    reply, address = Reply((Choice("Hello."),), serial="s"), {"model": model, "method": "generateContent"}
    prompt = Prompt(format="gemini", model=model, address=address)
    (part,) = WIRE.document(reply, prompt)["candidates"][0]["content"]["parts"]
    assert ("thoughtSignature" in part) is signed
    assert ("thoughtSignature" in str([event.data for event in WIRE.events(reply, prompt)])) is signed


IMAGE = {"inlineData": {"mimeType": "image/png", "data": PNG}}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([IMAGE], "Image part is missing a thought_signature in content position 2, part position 1."),
        ([{"text": "Here."}, IMAGE], "in content position 2, part position 2."),
        ([{**IMAGE, "thoughtSignature": "Ym9ndXM="}], CORRUPTED),
        ([{**IMAGE, "thoughtSignature": SIGNED["thoughtSignature"]}], None),
        ([{"text": "No."}], None),
    ],
)
@pytest.mark.parametrize("model", ["gemini-3-pro-image-preview", "gemini-3.1-flash-image", "gemini-2.5-flash-image"])
def test_picture__comes_back_signed(model: str, parts: list[dict[str, Any]], words: str | None) -> None:
    contents: list[dict[str, Any]] = [
        ASKED,
        {"role": "model", "parts": parts},
        {"role": "user", "parts": [IMAGE, {"text": "Bluer."}]},
    ]
    found = refused(model, *contents, tools=[])
    assert found is None if words is None or "2.5" in model else found is not None and words in found


@pytest.mark.parametrize("stream", [False, True])
def test_picture__of_an_answer_is_taken_when_it_comes_back(stream: bool) -> None:
    model, method = "gemini-3.1-flash-image", "streamGenerateContent" if stream else "generateContent"
    body = {"contents": [ASKED], "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}
    prompt = WIRE.parse(orjson.dumps(body), {}, validate=True, route={"model": model, "method": method, "alt": "sse"})
    reply = Reply((Choice("Here."),), serial="s")
    documents = (
        [orjson.loads(each.data) for each in WIRE.events(reply, prompt)] if stream else [WIRE.document(reply, prompt)]
    )
    parts = [part for each in documents for part in each["candidates"][0]["content"]["parts"]]
    assert [list(part) for part in parts if "inlineData" in part] == [["inlineData", "thoughtSignature"]]
    assert refused(model, ASKED, {"role": "model", "parts": parts}, ASKED, tools=[]) is None
