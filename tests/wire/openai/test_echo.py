"""What a response repeats of its request, and in which order, as it was recorded of the APIs up to October 2026."""

import base64
import io
from typing import Any

import orjson
import pytest
from PIL import Image

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.wire.content import DEFAULT_PAGE
from completions.wire.dialects.azure import AZURE
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.xai import XAI
from completions.wire.framing import SSE
from completions.wire.openai.base import OPENAI, Dialect
from completions.wire.openai.responses.echo import shown_tools
from completions.wire.openai.responses.format import Responses
from tests.wire.openai.typed_events import typed_events

JSON = dict[str, Any]
EMPTY: JSON = {"type": "object", "properties": {}}
SEARCHING: JSON = {"tools": [{"type": "web_search"}]}
NOWHERE = {"city": None, "region": None, "timezone": None}


def answer(choice: Choice | None = None, dialect: Dialect = OPENAI, **asked: Any) -> JSON:
    """Return the response to a request."""
    wire, given = Responses(dialect), Reply((choice or Choice("Hi"),), created=5, usage=Usage(3, 2), serial="s")
    return wire.document(
        given, wire.parse(orjson.dumps({"model": "gpt-4o", "input": "Hello", **asked}), {}, validate=True)
    )


def events(choice: Choice | None = None, **asked: Any) -> list[JSON]:
    """Return the events of the response to a request."""
    wire, given = Responses(), Reply((choice or Choice("Hi"),), created=5, usage=Usage(3, 2), serial="s")
    body = {"model": "gpt-4o", "input": "Hello", "stream": True, **asked}
    prompt = wire.parse(orjson.dumps(body), {}, validate=True)
    return typed_events(b"".join(SSE.frames(wire.events(given, prompt))))


@pytest.mark.parametrize(
    ("model", "reasoning", "top_p", "retention"),
    [
        ("gpt-4.1-nano", {"context": None, "effort": None, "summary": None}, 1.0, "in_memory"),
        ("gpt-5-nano", {"context": "current_turn", "effort": "medium", "mode": "standard"}, 1.0, "in_memory"),
        ("gpt-5-pro", {"context": "current_turn", "effort": "high", "mode": "pro"}, 1.0, "in_memory"),
        ("gpt-5.2-pro", {"context": "current_turn", "effort": "medium", "mode": "pro"}, 0.98, "24h"),
        ("o3", {"context": "current_turn", "effort": "medium", "mode": "standard"}, 1.0, "in_memory"),
        ("gpt-5.2", {"context": "current_turn", "effort": "none", "mode": "standard"}, 0.98, "24h"),
        ("gpt-5.4-mini", {"context": "current_turn", "effort": "none", "mode": "standard"}, 0.98, "24h"),
        ("gpt-5.5", {"context": "current_turn", "effort": "medium", "mode": "standard"}, 0.98, "24h"),
        ("gpt-5.6-sol", {"context": "all_turns", "effort": "medium", "mode": "standard"}, 0.98, "24h"),
        ("a-model-of-my-own", {"effort": None, "summary": None}, 1.0, None),
    ],
)
def test_defaults__are_those_of_the_model(model: str, reasoning: JSON, top_p: float, retention: str | None) -> None:
    told = answer(model=model)
    assert list(told["reasoning"].items()) == list({**reasoning, "summary": None}.items())
    assert (told["top_p"], told["prompt_cache_retention"]) == (top_p, retention)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"effort": "high", "summary": "auto"}, ("high", "detailed", "all_turns", "standard")),
        ({"context": "auto", "mode": "pro"}, ("medium", None, "all_turns", "pro")),
        ({"context": "current_turn", "summary": "concise"}, ("medium", "concise", "current_turn", "standard")),
    ],
)
def test_reasoning__is_what_the_request_asks_for(asked: JSON, told: tuple[str | None, ...]) -> None:
    shown = answer(model="gpt-5.6-sol", reasoning=asked)["reasoning"]
    assert tuple(shown[key] for key in ("effort", "summary", "context", "mode")) == told


@pytest.mark.parametrize(
    ("tool", "added"),
    [
        (
            {"type": "web_search"},
            {
                "return_token_budget": "default",
                "search_content_types": ["text"],
                "search_context_size": "medium",
                "user_location": {"type": "approximate", "country": "US", **NOWHERE},
            },
        ),
        (
            {"type": "web_search_preview", "user_location": {"type": "approximate", "city": "Rome"}},
            {
                "search_context_size": "medium",
                "user_location": {"type": "approximate", "country": None, **NOWHERE, "city": "Rome"},
            },
        ),
        (
            {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
            {"filters": None, "ranking_options": {"ranker": "auto", "score_threshold": 0.0}},
        ),
        ({"type": "tool_search"}, {"description": None, "parameters": None}),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, {}),
        (
            {"type": "mcp", "server_label": "a", "server_url": "https://a.example", "headers": {"x-key": "secret"}},
            {"allowed_tools": None, "server_description": None, "headers": {"x-key": "<redacted>"}},
        ),
        (
            {"type": "mcp", "server_label": "a", "connector_id": "connector_gmail", "authorization": "secret"},
            {
                "allowed_tools": None,
                "headers": None,
                "server_description": None,
                "server_url": None,
                "authorization": "<redacted>",
            },
        ),
        ({"type": "custom", "name": "a"}, {"format": {"type": "text"}}),
        (
            {"type": "mcp", "server_label": "a", "server_url": "https://a.example", "require_approval": {"never": {}}},
            {"allowed_tools": None, "headers": None, "server_description": None}
            | {"require_approval": {"always": None, "never": {}}},
        ),
        (
            {"type": "function", "name": "a", "parameters": {}},
            {"description": None, "output_schema": None, "strict": True},
        ),
        (
            {"type": "image_generation", "quality": "low"},
            {
                **dict.fromkeys(("background", "moderation", "size"), "auto"),
                "n": 1,
                "output_compression": 100,
                "output_format": "png",
            },
        ),
    ],
    ids=lambda value: value.get("type", ""),
)
def test_tool__is_shown_with_its_defaults(tool: JSON, added: JSON) -> None:
    assert shown_tools([tool]) == [{**tool, **added}]


def test_tools__are_shown_functions_first_and_without_what_only_the_request_says() -> None:
    tools = [{"type": "tool_search"}, {"type": "namespace", "name": "n"}, {"type": "function", "name": "f"}]
    assert [tool["type"] for tool in shown_tools(tools)] == ["function", "tool_search", "namespace"]
    assert "external_web_access" not in shown_tools([{"type": "web_search", "external_web_access": False}])[0]
    assert list(shown_tools([{"name": "f", "type": "function"}])[0]) == [
        *("type", "description", "name", "output_schema", "parameters", "strict"),
    ]


def test_keys__have_the_order_of_the_api() -> None:
    told = answer()
    assert list(told)[:6] == ["id", "object", "created_at", "status", "access_programs", "background"]
    assert list(told)[4:-2] == sorted(list(told)[4:-2])
    assert list(told)[-2:] == ["user", "metadata"]
    assert list(told["output"][0]) == ["id", "type", "status", "content", "role"]
    called = answer(Choice(tool_calls=(ToolCall("a", "{}"),)))["output"][0]
    assert list(called) == ["id", "type", "status", "arguments", "call_id", "name"]
    for asked in (
        {"model": "gpt-5", "include": ["reasoning.encrypted_content"]},
        {"model": "gpt-5.6-luna"},
        {"model": "gpt-5.2-pro"},
    ):
        thought = answer(Choice("a", reasoning="b"), **asked)["output"][0]
        assert list(thought) == ["id", "type", "content", "encrypted_content", "summary"]


def test_events__of_what_was_thought_of_in_several_ways_tell_each_text_at_once() -> None:
    said = Choice("One, two", tool_calls=(ToolCall("a", '{"b": 1}'),))
    deltas = [event["delta"] for event in events(said, model="gpt-5.2-pro") if "delta" in event]
    assert deltas == ["One, two", '{"b": 1}']


def test_events__have_their_type_first_and_their_other_keys_by_name() -> None:
    asked: JSON = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    for told in (events(), events(**asked), events(Choice(tool_calls=(ToolCall("a", '{"b": 1}'),)))):
        assert [event["sequence_number"] for event in told] == [*range(len(told))]
        for event in told:
            assert list(event) == ["type", *sorted({*event} - {"type"})], event["type"]


def test_response__says_at_its_end_which_tier_it_was_and_what_is_billed() -> None:
    told = events()
    assert [told[0]["response"]["service_tier"], told[-1]["response"]["service_tier"]] == ["auto", "default"]
    assert not any("billing" in event.get("response", {}) for event in told)
    begun = answer(background=True)
    assert (begun["service_tier"], "billing" in begun) == ("auto", False)
    asked = {"flex": "flex", "fast": "priority", "ultrafast": "ultrafast"}  # by the SDK's description of the field
    assert {tier: events(service_tier=tier)[-1]["response"]["service_tier"] for tier in asked} == asked
    first = {tier: events(service_tier=tier)[0]["response"]["service_tier"] for tier in ("flex", "default", "auto")}
    assert first == {"flex": "flex", "default": "default", "auto": "auto"}  # recorded in October 2026
    assert answer(background=True, service_tier="default")["service_tier"] == "default"


def test_response__counts_its_searches_at_its_end() -> None:
    told = events(model="gpt-6-luna", tools=[{"type": "web_search"}])
    ends = [event["response"]["tool_usage"]["web_search"] for event in told if "response" in event]
    assert ends == [{"num_requests": 0}, {"num_requests": 0}, {"num_requests": 1}]


@pytest.mark.parametrize(
    "arguments", ['{"actions": [{"type": "screenshot"}]}', '{"action": {"type": "screenshot"}}', "{}"]
)
def test_computer__is_given_several_actions(arguments: str) -> None:
    tools = [{"type": "computer"}]
    call = answer(Choice(tool_calls=(ToolCall("computer", arguments),)), tools=tools)["output"][0]
    assert list(call) == ["id", "type", "status", "actions", "call_id"]  # recorded in October 2026
    assert call["actions"] == [{"type": "screenshot"}]
    shot = {"type": "computer_screenshot", "image_url": "data:image/png;base64,aGk="}
    result = {"type": "computer_call_output", "call_id": call["call_id"], "output": shot}
    asked = {"model": "gpt-4o", "tools": tools, "input": [{"role": "user", "content": "Look"}, call, result]}
    _, calling, told = Responses().parse(orjson.dumps(asked), {}, validate=True).messages
    called = calling.tool_calls[0]
    assert (called.name, orjson.loads(called.arguments)) == ("computer", {"actions": call["actions"]})
    assert (told.text, [part.kind for part in told.parts]) == ("", ["image"]), "no base64 is read as text"


def test_choice_of_a_tool__has_its_type_first() -> None:
    look = {"type": "function", "name": "look", "parameters": EMPTY, "strict": False}
    told = answer(tools=[look], tool_choice={"name": "look", "type": "function"})["tool_choice"]
    assert list(told) == ["type", "name"]


def test_log_probabilities__have_their_bytes_in_events_too() -> None:
    told = events(include=["message.output_text.logprobs"], top_logprobs=1)
    entries = [entry for event in told for entry in event.get("logprobs", ()) if event["type"].endswith(".delta")]
    assert b"".join(bytes(entry["bytes"]) for entry in entries) == b"Hi"
    assert list(entries[0]) == ["bytes", "logprob", "token", "top_logprobs"]


def test_padding__is_none_in_the_background() -> None:
    assert any("obfuscation" in event for event in events())
    assert not any("obfuscation" in event for event in events(background=True))


@pytest.mark.parametrize(("model", "begun"), [("gpt-5", None), ("gpt-4o", {"type": "search"})])
def test_search__has_no_query_before_it_ends(model: str, begun: JSON | None) -> None:
    items = [event["item"] for event in events(model=model, tools=[{"type": "web_search"}]) if "item" in event]
    first, last = [item.get("action") for item in items if item["type"] == "web_search_call"]
    assert (first, last["query"]) == (begun, "Hello")


def test_padding__is_there_beside_log_probabilities() -> None:
    told = [event for event in events(include=["message.output_text.logprobs"]) if event["type"].endswith(".delta")]
    assert told and all(event["logprobs"] and event["obfuscation"] for event in told)


def test_patch__comes_in_pieces() -> None:
    call = ToolCall("apply_patch", '{"operation": {"type": "create_file", "path": "a.txt", "diff": "+one two"}}')
    asked = {"model": "gpt-5.1", "tools": [{"type": "apply_patch"}]}
    told = [event for event in events(Choice(tool_calls=(call,)), **asked) if "item" in event or "item_id" in event]
    assert told[0]["item"]["operation"] == {"type": "create_file", "path": "a.txt", "diff": ""}
    pieces, (whole,) = told[1:-2], told[-2:-1]
    kind = "response.apply_patch_call_operation_diff"
    assert {event["type"] for event in pieces} == {f"{kind}.delta"} and len(pieces) > 1
    assert (
        "".join(event["delta"] for event in pieces) == whole["diff"] == "+one two" and whole["type"] == f"{kind}.done"
    )
    assert list(told[-1]["item"]) == ["id", "type", "status", "call_id", "operation"]


@pytest.mark.parametrize(("kind", "size", "edges"), [("jpeg", "auto", (1024, 1024)), ("webp", "512x256", (512, 256))])
def test_picture__is_drawn_as_it_says(kind: str, size: str, edges: tuple[int, int]) -> None:
    tool = {"type": "image_generation", "quality": "low", "size": size, "output_format": kind, "partial_images": 1}
    told = events(tools=[tool])
    drawn = {"background": "opaque", "output_format": kind, "quality": "low", "size": f"{edges[0]}x{edges[1]}"}
    begun, picture = [event["item"] for event in told if event.get("item", {}).get("type") == "image_generation_call"]
    assert set(begun) == {"id", "type", "status"}
    assert drawn.items() <= picture.items() and picture["revised_prompt"] == "Hello"
    (partial,) = [event for event in told if event["type"].endswith("partial_image")]
    assert drawn.items() <= partial.items()
    with Image.open(io.BytesIO(base64.b64decode(picture["result"]))) as image:
        assert (image.format, image.size) == (kind.upper(), edges)


LOOK: JSON = {"type": "function", "name": "look", "description": "Looks", "parameters": EMPTY}


@pytest.mark.parametrize(
    ("strict", "given", "told"),
    [
        (None, ["a"], {"additionalProperties": False, "required": ["a", "b"]}),
        (None, None, {"additionalProperties": False, "required": ["a", "b"]}),
        (False, ["a"], {"required": ["a"]}),
    ],
)
def test_function__is_made_strict_unless_told_otherwise(
    strict: bool | None, given: list[str] | None, told: JSON
) -> None:
    schema: JSON = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    schema |= {} if given is None else {"required": given}
    tool = {"type": "function", "name": "f", "parameters": schema} | ({} if strict is None else {"strict": strict})
    assert shown_tools([tool])[0]["parameters"] == schema | told


def test_function__of_no_parameters_shows_that_it_takes_nothing() -> None:
    tool = {"type": "function", "name": "clock"}
    nothing = {"additionalProperties": False, "type": "object", "properties": {}, "required": []}
    assert shown_tools([tool])[0]["parameters"] == nothing
    assert shown_tools([tool | {"strict": False}])[0]["parameters"] is None


@pytest.mark.parametrize(
    ("model", "kind", "shown"),
    [
        ("gpt-5.4", "tool_search_output", "namespace"),
        ("gpt-5.6", "tool_search_output", "namespace"),
        ("gpt-5.4", "additional_tools", "namespace"),
        ("gpt-5.6", "additional_tools", "function"),
    ],
)
def test_tools__that_items_bring_are_shown(model: str, kind: str, shown: str) -> None:
    found = {"type": kind, "tools": [{**LOOK, "defer_loading": True}]}
    found |= {"role": "developer"} if kind == "additional_tools" else {"execution": "client", "call_id": "call_1"}
    deferred = [{"type": "tool_search"}, {**LOOK, "defer_loading": True}]
    item = {"role": "user", "content": "Look"}
    search = {"type": "tool_search_call", "execution": "client", "call_id": "call_1", "arguments": {}}
    told = answer(model=model, input=[item, search, found], tools=deferred)["tools"]
    (tool,) = [each for each in told if each["type"] != "tool_search"]
    assert tool["type"] == shown
    call = answer(Choice(tool_calls=(ToolCall("look", "{}"),)), model=model, input=[item, search, found])["output"][-1]
    assert call.get("namespace") == ("look" if shown == "namespace" else None)
    (inner,) = tool.get("tools", [tool])
    assert (inner["name"], inner["strict"]) == ("look", True) and inner["parameters"]["required"] == []


def test_tools__that_items_bring_can_be_called() -> None:
    more = {"type": "additional_tools", "role": "developer", "tools": [LOOK, {**LOOK, "name": "see"}]}
    body = {"model": "gpt-5.6", "input": [{"role": "user", "content": "Look"}, more], "tools": [LOOK]}
    assert [tool.name for tool in Responses().parse(orjson.dumps(body), {}, validate=True).tools] == ["look", "see"]


SEARCH = {"type": "tool_search"}
LATE: JSON = {**LOOK, "defer_loading": True}
SPACE: JSON = {"type": "namespace", "name": "eyes", "description": "Eyes", "tools": [LATE]}
FOUND = {"type": "tool_search_output", "execution": "server", "status": "completed", "tools": [LATE]}


@pytest.mark.parametrize(
    ("tools", "before", "path"),
    [
        ([SEARCH, LATE], [], "look"),
        ([SEARCH, SPACE], [], "eyes"),
        ([SEARCH, LATE], [FOUND], None),
        ([SEARCH, LOOK, {**LATE, "name": "see"}], [], None),
        ([LATE, {**SEARCH, "execution": "client", "description": "Finds", "parameters": EMPTY}], [], None),
    ],
    ids=["deferred", "in a namespace", "found before", "not deferred", "the client's search"],
)
def test_deferred_tool__is_searched_before_it_is_called(
    tools: list[JSON], before: list[JSON], path: str | None
) -> None:
    asked: JSON = {"model": "gpt-5.4", "tools": tools, "input": [{"role": "user", "content": "Look"}, *before]}
    call = Choice(tool_calls=(ToolCall("look", "{}"),), reasoning="Hm")
    *search, last = answer(call, **asked)["output"][1:]
    assert last["type"] == "function_call"
    assert [item["type"] for item in search] == (["tool_search_call", "tool_search_output"] if path else [])
    if path:
        assert list(search[0]) == ["id", "type", "status", "arguments", "call_id", "execution"]
        assert search[0]["arguments"] == {"paths": [path]} and search[0]["call_id"] is None
        assert [tool["name"] for tool in search[1]["tools"]] == [path] and search[1]["execution"] == "server"
        begun = [event["item"] for event in events(call, **asked) if event["type"] == "response.output_item.added"]
        assert (begun[1]["arguments"], begun[2]["tools"]) == ({}, search[1]["tools"])
        again = [{"role": "user", "content": "Look"}, *answer(call, **asked)["output"]]
        result = {"type": "function_call_output", "call_id": last["call_id"], "output": "a wall"}
        assert answer(Choice("A wall."), **{**asked, "input": [*again, result]})["output"][0]["type"] == "message"


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5.4", "gpt-6-luna"])
def test_response__tells_of_access_programs(model: str) -> None:
    assert list(answer(model=model))[3:5] == ["status", "access_programs"]  # at OpenAI, recorded since September 2026
    assert answer(model=model)["access_programs"] is None
    assert answer(model=model, access_programs={"cyber": "standard"})["access_programs"] == {"cyber": "standard"}
    assert all("access_programs" not in answer(dialect=each, model=model) for each in (AZURE, OpenRouter(), XAI()))


@pytest.mark.parametrize(("model", "kept"), [("gpt-5.4", "in_memory"), ("gpt-5.5", "24h"), ("gpt-5-nano", "in_memory")])
def test_cache__is_kept_at_azure_as_long_as_recorded(model: str, kept: str) -> None:
    assert answer(dialect=AZURE, model=model)["prompt_cache_retention"] == kept
    assert answer(dialect=AZURE, model=model, prompt_cache_retention="24h")["prompt_cache_retention"] == "24h"


@pytest.mark.parametrize(
    ("tool", "namespace"),
    [
        ({"type": "function", "name": "look", "defer_loading": True, "parameters": EMPTY, "strict": False}, "look"),
        (
            {
                "type": "namespace",
                "name": "tools",
                "description": "Tools",
                "tools": [{"type": "function", "name": "look", "parameters": EMPTY}],
            },
            "tools",
        ),
        ({"type": "function", "name": "look", "parameters": EMPTY, "strict": False}, None),
    ],
    ids=["deferred", "in a namespace", "plain"],
)
def test_call__names_the_namespace_of_its_function(tool: JSON, namespace: str | None) -> None:
    call = Choice(tool_calls=(ToolCall("look", "{}"),))
    item = answer(call, model="gpt-5.4", tools=[{"type": "tool_search", "execution": "client"}, tool])["output"][-1]
    assert item.get("namespace") == namespace


def test_tools_of_a_server__are_listed_without_an_error() -> None:
    server = {"type": "mcp", "server_label": "a", "server_url": "https://a.example", "require_approval": "never"}
    listed, called, _ = answer(tools=[server])["output"]
    assert {*listed} == {"id", "type", "server_label", "tools"}
    assert list(called)[:3] == ["id", "type", "status"] and list(called)[3:] == sorted(list(called)[3:])
    said = [event["delta"] for event in events(tools=[server]) if event["type"] == "response.mcp_call_arguments.delta"]
    assert said == [called["arguments"]]


def test_response_of_xai__has_its_own_defaults() -> None:
    told = answer(Choice("a", reasoning="b"), XAI(), model="grok-4.3", tools=[{"type": "web_search"}])
    assert (told["temperature"], told["top_p"]) == (0.7, 0.95)
    assert told["reasoning"] == {"effort": "low", "summary": "detailed"}
    assert told["tools"] == [{"type": "web_search", "search_context_size": "medium"}]
    assert list(told["metadata"]) == ["system_fingerprint"]
    assert list(told)[:3] == ["created_at", "completed_at", "id"] and list(told)[-1] == "instructions"
    assert list(told["output"][0]) == ["id", "summary", "type", "status"]
    assert answer(dialect=XAI(), model="grok-4.3", temperature=0.1)["temperature"] == 0.1


def test_usage_of_xai__counts_the_tools_that_ran() -> None:
    none, searched = (answer(dialect=XAI(), model="grok-4.3", **more)["usage"] for more in ({}, SEARCHING))
    assert none["num_server_side_tools_used"] == 0 and "server_side_tool_usage_details" not in none
    assert searched["num_server_side_tools_used"] == 1
    counts = searched["server_side_tool_usage_details"]
    assert len(counts) == 9 and {key for key, count in counts.items() if count} == {"web_search_calls"}


def test_searches_of_xai__share_an_id_and_tell_their_sources() -> None:
    search = {"type": "web_search"}
    told = answer(dialect=XAI(), model="grok-4.3", tools=[search, search | {"filters": {}}])
    searches = [item for item in told["output"] if item["type"] == "web_search_call"]
    names = [item["id"].removeprefix(f"ws_{told['id']}_call-").rpartition("-") for item in searches]
    assert [number for _, _, number in names] == [str(at) for at in range(len(searches))]
    assert len({call for call, _, _ in names}) == 1 and len(names[0][0]) == 36
    (action,) = {orjson.dumps(item["action"]) for item in searches}
    assert orjson.loads(action) == {
        "type": "search",
        "query": "Hello",
        "sources": [{"type": "url", "url": DEFAULT_PAGE["url"]}],
    }


def test_response_of_xai__has_no_effort_of_a_model_that_does_not_reason() -> None:
    told = answer(dialect=XAI(), model="grok-4-1-fast-non-reasoning")
    assert told["reasoning"] == {"effort": None, "summary": None}


def test_response_of_deepseek__is_stored_nowhere() -> None:
    told = answer(dialect=DeepSeek(), model="deepseek-chat")
    assert (told["store"], told["text"]["verbosity"], told["prompt_cache_retention"]) == (False, None, None)
    assert told["reasoning"] == {"effort": None, "summary": None}


def test_response_of_openrouter__has_whole_numbers() -> None:
    told = answer(dialect=OpenRouter(), model="openai/gpt-5.6-sol")
    assert [repr(told[key]) for key in ("temperature", "top_p", "frequency_penalty")] == ["1", "1", "0"]
    assert (told["store"], "prompt_cache_retention" in told, told["text"]) == (
        False,
        False,
        {"format": {"type": "text"}},
    )
    assert told["reasoning"]["context"] == "all_turns"


def test_schema__names_no_standard() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
    given = {"type": "json_schema", "name": "n", "schema": {"$schema": "https://a.example/schema", **schema}}
    assert answer(text={"format": given})["text"]["format"]["schema"] == schema


def test_shell__is_told_its_commands_one_by_one() -> None:
    """As the types of the SDK have it: without the item's id, and with nothing in the call that is added."""
    call = Choice(tool_calls=(ToolCall("shell", '{"commands": ["ls -l", "pwd"]}'),))
    told = events(call, tools=[{"type": "shell"}])
    assert next(event["item"]["action"]["commands"] for event in told if "item" in event) == []
    found = [event for event in told if event["type"].startswith("response.shell_call_command.")]
    assert [event["command"] for event in found if event["type"].endswith(".done")] == ["ls -l", "pwd"]
    assert {event["command_index"] for event in found} == {0, 1} and not any("item_id" in event for event in found)
