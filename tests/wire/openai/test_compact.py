"""Compacted responses: what users said, and an opaque item, with which a conversation goes on."""

from typing import Any

import openai
import orjson
import pytest

from completions.conversation import Choice, Reply, Usage
from completions.exceptions import RequestError
from completions.wire.framing import SSE
from completions.wire.openai.responses.compact import Compaction
from completions.wire.openai.responses.format import Responses
from tests.server import LiveServer
from tests.wire.openai.typed_events import typed_events

WIRE = Compaction()
SAID = [{"role": "user", "content": "What is 2+2?"}, {"role": "assistant", "content": "4."}]


def parsed(**body: Any) -> Any:
    return WIRE.parse(orjson.dumps({"model": "gpt-5", "input": SAID, **body}), {}, validate=True)


def test_document__has_the_users_messages_and_one_opaque_item() -> None:
    document = WIRE.document(Reply((), created=7, usage=Usage(9, 0), serial="a"), parsed())
    assert list(document) == ["id", "object", "created_at", "output", "usage"]
    assert (document["object"], document["created_at"]) == ("response.compaction", 7)
    message, item = document["output"]
    assert message["content"] == [{"type": "input_text", "text": "What is 2+2?"}] and message["status"] == "completed"
    assert (item["type"], item["id"][:4], item["encrypted_content"][:5]) == ("compaction", "cmp_", "gAAAA")
    assert document["usage"]["input_tokens"] == 9 and document["usage"]["output_tokens"] > 0
    assert document["usage"]["input_tokens_details"] == {"cache_write_tokens": 0, "cached_tokens": 0}
    assert document["usage"]["total_tokens"] == 9 + document["usage"]["output_tokens"]


@pytest.mark.parametrize(("model", "kept"), [("gpt-4.1", ["user"]), ("gpt-5.4", ["user", "assistant"])])
def test_document__keeps_what_newer_models_said(model: str, kept: list[str]) -> None:
    *messages, item = WIRE.document(Reply((), created=7, serial="a"), parsed(model=model))["output"]
    assert ([message["role"] for message in messages], item["type"]) == (kept, "compaction")


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.4"])
def test_document__is_taken_back(model: str) -> None:
    output = WIRE.document(Reply((), created=7, serial="a"), parsed(model=model))["output"]
    body = {"model": model, "input": [*output, {"role": "user", "content": "And 3+3?"}]}
    assert Responses().parse(orjson.dumps(body), {}, validate=True).last_user == "And 3+3?"


LIMIT: dict[str, Any] = {"type": "compaction", "compact_threshold": 1000}


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        (998, ["message"]),
        (999, ["message", "compaction"]),
        (1000, ["compaction", "message"]),
    ],
)
def test_response__compacts_a_conversation_that_is_or_became_as_long_as_it_says(asked: int, kinds: list[str]) -> None:
    body = {"model": "gpt-5", "input": SAID, "context_management": [LIMIT]}
    wire, reply = Responses(), Reply((Choice("5."),), created=7, usage=Usage(asked, 1), serial="a")
    prompt = wire.parse(orjson.dumps({**body, "stream": True}), {}, validate=True)
    output = wire.document(reply, prompt)["output"]
    assert [item["type"] for item in output] == kinds
    told = typed_events(b"".join(SSE.frames(wire.events(reply, prompt))))
    items = [event["item"] for event in told if event.get("item", {}).get("type") == "compaction"]
    assert items == [item for item in output if item["type"] == "compaction"] * 2 and all(
        item["id"].startswith("cmp_") for item in items
    )
    later = {"model": "gpt-5", "input": [*SAID, *output, {"role": "user", "content": "And 3+3?"}]}
    assert wire.parse(orjson.dumps(later), {}, validate=True).last_user == "And 3+3?"


def test_response__that_was_cut_compacts_nothing() -> None:
    body = {"model": "gpt-5", "input": SAID, "context_management": [LIMIT]}
    reply = Reply((Choice("5", finish_reason="length"),), usage=Usage(999, 1), serial="a")
    prompt = Responses().parse(orjson.dumps(body), {}, validate=True)
    assert [item["type"] for item in Responses().document(reply, prompt)["output"]] == ["message"]


def test_takes__what_codex_cli_sends() -> None:
    tool = {"type": "function", "name": "shell", "strict": False, "parameters": {"type": "object", "properties": {}}}
    more = {
        "reasoning": {"effort": "medium", "summary": "auto"},
        "text": {"verbosity": "low"},
        "service_tier": "priority",
    }
    prompt = parsed(instructions="Be brief.", tools=[tool], parallel_tool_calls=True, prompt_cache_key="k", **more)
    assert prompt.tools[0].name == "shell"
    with pytest.raises(RequestError, match="loud"):
        parsed(text={"verbosity": "loud"})


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"stream": True}, "unknown_parameter", "stream"),
        ({"model": 1}, "invalid_type", "model"),
        ({"input": [{"role": "nobody", "content": "a"}]}, "invalid_value", "input[0].role"),
    ],
)
def test_refuses__what_the_api_refuses(body: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert (error.value.status, error.value.code) == (400, code)
    assert (error.value.param or "").startswith(param.partition("[")[0])


def test_sdk__compacts_a_kept_response_at_openai_and_at_azure() -> None:
    with LiveServer(MOCK_SCRIPT="auto") as live:
        clients = (
            openai.OpenAI(base_url=f"{live.url}/v1", api_key="k"),
            openai.OpenAI(base_url=f"{live.url}/openai/v1", api_key="k"),
            openai.AzureOpenAI(azure_endpoint=live.url, api_version="2025-04-01-preview", api_key="k"),
        )
        for client in clients:
            with client:
                first = client.responses.create(model="gpt-4o", input="Hello")
                compacted = client.responses.compact(model="gpt-4o", previous_response_id=first.id, input=[])
                assert [item.type for item in compacted.output] == ["message", "compaction"]
                assert compacted.usage.input_tokens > 0
                counted = client.responses.input_tokens.count(model="gpt-4o", input="Hello")
                assert first.usage and counted.input_tokens == first.usage.input_tokens
