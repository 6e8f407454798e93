"""xAI's responses, which tell other things in streams than else, as ruby_llm and rig recorded them in 2026."""

import base64
import json
import re
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.base import WireFormat
from completions.wire.dialects.xai import MAX_SINGLE, XAI
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.responses.reasoning_order import encrypted

WIRE = Responses(XAI())
SEARCH = {"type": "web_search"}
SEALED = {"include": ["reasoning.encrypted_content"]}


def asked(**more: Any) -> Prompt:
    """Return the prompt of a request that offers a search."""
    body = {"model": "grok-4.3", "input": "Hi", "tools": [SEARCH], **more}
    return WIRE.parse(orjson.dumps(body), {}, validate=True)


def answered(prompt: Prompt) -> dict[str, Any]:
    """Return the response to a prompt; that of a stream is its last event's."""
    reply = Reply((Choice("It is here."),), model="grok-4.3", serial="1")
    if not prompt.stream:
        return WIRE.document(reply, prompt)
    found: dict[str, Any] = json.loads(WIRE.events(reply, prompt)[-1].data)["response"]
    return found


@pytest.mark.parametrize("wire", [WIRE, ChatCompletions(XAI())])
def test_first_search__has_gone(wire: WireFormat) -> None:
    body = {"model": "grok-4.3", "input": "Hi", "messages": [{"role": "user", "content": "Hi"}]}
    with pytest.raises(RequestError) as caught:
        wire.parse(orjson.dumps(body | {"search_parameters": {"mode": "off"}}), {}, validate=True)
    told = (
        "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview"
    )
    assert (caught.value.status, wire.error(caught.value)) == (410, {"error": told})


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"tools": [{**SEARCH, "external_web_access": True}]}, 400, "external_web_access"),
        ({"tools": [{**SEARCH, "indexed_web_access": False}]}, 400, "indexed_web_access"),
        ({"max_tokens": 5}, 400, "max_tokens"),
        ({"background": True}, 400, "background"),
        (
            {"instructions": "Be brief.", "previous_response_id": "a"},
            400,
            "instructions and previous_response_id together",
        ),
        (
            {"tools": [SEARCH, {"type": "custom"}]},
            422,
            "tools[1].type: unknown variant `custom`, expected one of `func",
        ),
        ({"tools": [{}]}, 422, "tools[0]: missing field `type`"),
    ],
)
def test_response__that_is_not_supported(more: dict[str, Any], status: int, error: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked(**more)
    told = WIRE.error(caught.value)
    assert caught.value.status == status
    assert (
        error in told["error"]
        if status == 422
        else told
        == {
            "code": "400",
            "error": f"Argument not supported: {error}",
        }
    )


@pytest.mark.parametrize(
    "more",
    [
        {"background": False, "max_tokens": None},
        {"tools": None},
        {"unheard": 1},
        {"instructions": "Be brief.", "previous_response_id": None},
        {"instructions": "", "previous_response_id": "a"},
    ],
)
def test_response__that_is_taken(more: dict[str, Any]) -> None:
    assert asked(**more).model == "grok-4.3"


def test_stream__tells_numbers_in_single_precision() -> None:
    whole, streamed = answered(asked()), answered(asked(stream=True))
    assert (whole["temperature"], whole["top_p"]) == (0.7, 0.95)
    assert (streamed["temperature"], streamed["top_p"]) == (0.699999988079071, 0.949999988079071)
    assert answered(asked(stream=True, temperature=0))["temperature"] == 0
    assert MAX_SINGLE < 3.4e38


def test_stream__tells_no_effort_that_nobody_asked_for() -> None:
    assert answered(asked())["reasoning"] == {"effort": "low", "summary": "detailed"}
    assert answered(asked(stream=True))["reasoning"] == {"effort": None, "summary": None}
    high = {"effort": "high"}
    assert answered(asked(stream=True, reasoning=high))["reasoning"] == {"effort": "high", "summary": "detailed"}


def test_stream__tells_no_size_of_a_search_that_nobody_asked_for() -> None:
    assert answered(asked())["tools"] == [{**SEARCH, "search_context_size": "medium"}]
    assert answered(asked(stream=True))["tools"] == [SEARCH]
    low = {**SEARCH, "search_context_size": "low"}
    assert answered(asked(stream=True, tools=[low]))["tools"] == [low]


@pytest.mark.parametrize("more", [{}, SEALED])
def test_what_a_search_found__follows_it_as_reasoning_without_text(more: dict[str, Any]) -> None:
    search, found, message = answered(asked(**more))["output"]
    assert (search["type"], found["type"], message["type"]) == ("web_search_call", "reasoning", "message")
    assert found["id"] == search["id"].replace("ws_", "tco_") and found["summary"] == []
    assert re.match(f"{found['id']}_" if more else "$", found.get("encrypted_content", ""))
    assert [item["type"] for item in answered(asked(**more, stream=True))["output"]] == ["web_search_call", "message"]


def test_what_a_search_found__comes_back() -> None:
    before = answered(asked(**SEALED))["output"]
    assert asked(input=[*before, {"role": "user", "content": "And now?"}], **SEALED).last_user == "And now?"


def test_search_of_a_stream__begins_empty() -> None:
    reply = Reply((Choice("It is here."),), model="grok-4.3", serial="1")
    events = [json.loads(event.data) for event in WIRE.events(reply, asked(stream=True))]
    begun = next(event["item"] for event in events if event["type"] == "response.output_item.added")
    assert begun["action"] == {"type": "search", "query": "", "sources": []}


def test_citation__has_a_number_for_its_title() -> None:
    (part,) = answered(asked())["output"][-1]["content"]
    assert [each["title"] for each in part["annotations"]] == ["1"]


@pytest.mark.parametrize(
    ("token", "taken"),
    [
        (encrypted("Hm.", "s"), True),
        ("tKdkUbIkdvfq" * 30, True),
        ("bogus", False),
        ("gAAAAA" + base64.urlsafe_b64encode(bytes(90)).decode(), False),
        (encrypted("Hm.", "s")[:-8] + "AAAAAAA=", False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("reasoning", "Could not decrypt the provided encrypted_content."),
        ("compaction", "Could not decode the compaction blob."),
    ],
)
def test_what_is_encrypted__is_looked_at(kind: str, words: str, token: str, taken: bool) -> None:
    own: dict[str, Any] = {"summary": []} if kind == "reasoning" else {}
    items = [{"role": "user", "content": "Hi"}, {"type": kind, "encrypted_content": token, **own}]
    items += [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Go on."}]
    if taken:
        asked(input=items, store=False)
        return
    with pytest.raises(RequestError) as caught:
        asked(input=items, store=False)
    told = WIRE.error(caught.value)
    assert (caught.value.status, told["code"]) == (400, "invalid-argument") and told["error"].startswith(words)
