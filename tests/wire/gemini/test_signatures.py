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
DUMMY = "skip_thought_signature_validator"


def refused(model: str, *contents: dict[str, Any]) -> str | None:
    """Return the message that a conversation is refused with."""
    route = {"model": model, "method": "generateContent"}
    try:
        WIRE.parse(orjson.dumps({"contents": contents, "tools": TOOLS}), {}, validate=True, route=route)
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
