"""What is doubtful about an answer, of APIs that other tests do not ask."""

import json

import pytest

from completions.control.concerns import concerns
from completions.conversation import Traffic
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.gemini.generate import Gemini
from completions.wire.openai.responses.format import Responses


@pytest.mark.parametrize(("word", "doubts"), [("glad", 0), ("angry", 1)])
def test_one_of_several_words__is_answered_without_quotes_by_gemini(word: str, doubts: int) -> None:
    config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["glad", "sad"]}}
    asked = {"contents": [{"parts": [{"text": "How is she?"}]}], "generationConfig": config}
    said = {"candidates": [{"content": {"parts": [{"text": word}], "role": "model"}, "finishReason": "STOP"}]}
    route = {"model": "gemini-2.5-flash", "method": "generateContent"}
    path = "/v1beta/models/gemini-2.5-flash:generateContent"
    traffic = Traffic("POST", path, json.dumps(asked).encode(), (json.dumps(said).encode(),), route=route)
    assert len(concerns(Gemini().read(traffic))) == doubts


SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FORM = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}


@pytest.mark.parametrize(("text", "doubts"), [("{}", 0), ("It rains.", 1)])
def test_calls_that_the_api_runs__are_no_doubt_and_leave_the_text_to_its_form(text: str, doubts: int) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    asked = {"model": "m", "messages": messages, "tools": [SEARCH], "output_config": {"format": FORM}}
    used = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Hi"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    content = [used, found, {"type": "text", "text": text}]
    said = {"type": "message", "content": content, "stop_reason": "end_turn"}
    traffic = Traffic("POST", "/v1/messages", json.dumps(asked).encode(), (json.dumps(said).encode(),))
    assert len(concerns(AnthropicMessages().read(traffic))) == doubts


def test_call_of_a_search__is_no_doubt_in_responses() -> None:
    asked = {"model": "gpt-5", "input": "Hi", "tools": [{"type": "web_search"}]}
    found = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Hi"}}
    said = {"object": "response", "status": "completed", "output": [found]}
    traffic = Traffic("POST", "/v1/responses", json.dumps(asked).encode(), (json.dumps(said).encode(),))
    assert concerns(Responses().read(traffic)) == []
