"""What is doubtful about an answer, of APIs that other tests do not ask."""

import json

import pytest

from completions.control.concerns import concerns
from completions.conversation import Traffic
from completions.wire.gemini.generate import Gemini


@pytest.mark.parametrize(("word", "doubts"), [("glad", 0), ("angry", 1)])
def test_one_of_several_words__is_answered_without_quotes_by_gemini(word: str, doubts: int) -> None:
    config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["glad", "sad"]}}
    asked = {"contents": [{"parts": [{"text": "How is she?"}]}], "generationConfig": config}
    said = {"candidates": [{"content": {"parts": [{"text": word}], "role": "model"}, "finishReason": "STOP"}]}
    route = {"model": "gemini-2.5-flash", "method": "generateContent"}
    path = "/v1beta/models/gemini-2.5-flash:generateContent"
    traffic = Traffic("POST", path, json.dumps(asked).encode(), (json.dumps(said).encode(),), route=route)
    assert len(concerns(Gemini().read(traffic))) == doubts
