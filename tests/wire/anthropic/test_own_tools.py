"""The API's own tools: which the model calls of itself, where the script calls none, and what they come to."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse
from completions.wire.vertex.claude import VertexClaude, VertexCount
from tests.wire.anthropic.stream import fold, read

WIRE = AnthropicMessages()
Document = dict[str, Any]


def own(kind: str, version: str) -> Document:
    """Return one of the API's own tools as a request offers it."""
    return {"type": f"{kind}_{version}", "name": kind}


SEARCH, FETCH = own("web_search", "20250305"), own("web_fetch", "20250910")
PYTHON, SHELL = own("code_execution", "20250522"), own("code_execution", "20250825")
BM25, REGEX = own("tool_search_tool_bm25", "20251119"), own("tool_search_tool_regex", "20251119")
RATE = {"name": "rate", "input_schema": {"type": "object"}, "defer_loading": True}
ADD = {"name": "add", "input_schema": {"type": "object"}}
QUESTION = "Is it raining?"
HEADERS = {"anthropic-version": "2023-06-01", "anthropic-beta": "advisor-tool-2026-03-01,mcp-client-2025-11-20"}


LISTED = {**HEADERS, "anthropic-beta": "mcp-client-2026-09-15,interleaved-thinking-2025-05-14"}


def answer(choice: Choice, content: Any = QUESTION, *before: Document, **asked: Any) -> Document:
    """Return the message, whose stream says the same."""
    return answered(HEADERS, choice, [*before, {"role": "user", "content": content}], asked)


def answered(headers: dict[str, str], choice: Choice, messages: list[Document], asked: Document) -> Document:
    """Return the message for a conversation and its headers, whose stream says the same."""
    body = {"model": "claude-sonnet-4-6", "max_tokens": 2000, "messages": messages, **asked}
    prompt = WIRE.parse(orjson.dumps(body), headers, validate=True)
    reply = Reply((choice,), usage=Usage(9, 2), serial="s", created=0)
    events = WIRE.events(reply, prompt)
    message = WIRE.document(reply, prompt)
    assert fold(read(b"".join(WIRE.framing(prompt).frames(events)))) == message
    assert not any(event.token for event in events if event.part == "arguments"), "the script has counted none of these"
    return message


def kinds(message: Document) -> list[str]:
    """Return the types of a message's blocks, calls by the tool."""
    return [block.get("name") or block["type"] for block in message["content"]]


SAID = Choice("It rains.", reasoning="Hm.")
SEARCHED = ["web_search", "web_search_tool_result"]
FETCHED = ["web_fetch", "web_fetch_tool_result"]
RAN = ["bash_code_execution", "bash_code_execution_tool_result"]


@pytest.mark.parametrize(
    ("tools", "content", "asked", "expected"),
    [
        ([SEARCH], QUESTION, {}, SEARCHED),
        ([SEARCH, ADD], QUESTION, {}, SEARCHED),
        ([own("web_search", "20260209")], QUESTION, {}, SEARCHED),
        ([FETCH], "What is on https://a.example/b?", {}, FETCHED),
        ([FETCH], QUESTION, {}, []),
        ([SEARCH, FETCH], "What is on https://a.example/b?", {}, FETCHED),
        ([SEARCH, FETCH], QUESTION, {}, SEARCHED),
        ([SHELL], QUESTION, {}, RAN),
        ([PYTHON], QUESTION, {}, ["code_execution", "code_execution_tool_result"]),
        ([SEARCH, SHELL], QUESTION, {}, SEARCHED + RAN),
        ([SEARCH, SHELL], QUESTION, {"tool_choice": {"type": "tool", "name": "code_execution"}}, RAN),
        ([SEARCH], QUESTION, {"tool_choice": {"type": "none"}}, []),
        ([ADD], QUESTION, {}, []),
        ([{"type": "memory_20250818", "name": "memory"}], QUESTION, {}, []),
        ([BM25, RATE], QUESTION, {}, []),
    ],
)
def test_text__comes_after_what_the_model_looked_up(tools: Any, content: str, asked: Any, expected: list[str]) -> None:
    message = answer(SAID, content, tools=tools, **asked)
    assert kinds(message) == ["thinking", *expected, "text"]
    assert message["stop_reason"] == "end_turn" and message["usage"]["output_tokens"] == 2
    assert (message["container"] is not None) is any("code_execution" in name for name in expected)
    used = {"web_search_requests": expected.count("web_search"), "web_fetch_requests": expected.count("web_fetch")}
    assert message["usage"].get("server_tool_use") == (used if expected else None)
    cited = [citation["url"] for citation in message["content"][-1].get("citations", [])]
    assert cited == (["https://example.com/"] if "web_search" in expected else [])


DOCKS: Document = {"type": "url", "name": "docks", "url": "https://docks.example/mcp"}
DOCKS_TOOLS: Document = {"type": "mcp_toolset", "mcp_server_name": "docks"}


@pytest.mark.parametrize(
    ("toolset", "choice", "expected"),
    [
        ({}, "auto", "search"),
        ({}, "none", None),
        ({"configs": {"find": {"enabled": False}, "look": {}}}, "auto", "look"),
        ({"default_config": {"enabled": False}}, "auto", None),
        ({"default_config": {"enabled": False}, "configs": {"find": {"enabled": True}}}, "any", "find"),
        ({"tools": [{"name": "list", "input_schema": {"type": "object"}}]}, "auto", "list"),
    ],
)
def test_tools_of_mcp_servers__are_called_before_a_text(toolset: Document, choice: str, expected: str | None) -> None:
    asked = {"mcp_servers": [DOCKS], "tools": [DOCKS_TOOLS | toolset], "tool_choice": {"type": choice}}
    message = answer(Choice("Dock Seven."), **asked)
    if expected is None:
        assert kinds(message) == ["text"]
        return
    used, found, _ = message["content"]
    assert used == {
        "type": "mcp_tool_use",
        "id": used["id"],
        "name": expected,
        "input": {"query": QUESTION},
        "server_name": "docks",
    }
    said = [{"type": "text", "text": "This is a mock result."}]
    assert found == {"type": "mcp_tool_result", "tool_use_id": used["id"], "is_error": False, "content": said}
    assert used["id"].startswith("mcptoolu_01") and message["stop_reason"] == "end_turn"
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 0, "web_fetch_requests": 0}


@pytest.mark.parametrize("reasoning", [None, "Hm."])
@pytest.mark.parametrize("said", [Choice("Dock Seven."), Choice(tool_calls=(ToolCall("add", "{}", "toolu_01"),))])
def test_tools_of_mcp_servers__are_listed_first_and_once_in_a_later_beta(said: Choice, reasoning: str | None) -> None:
    toolset = DOCKS_TOOLS | {"configs": {"find": {}, "look": {}}}
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}} if reasoning else {}
    asked = {"mcp_servers": [DOCKS], "tools": [toolset, ADD], **thinking}
    question = {"role": "user", "content": QUESTION}
    message = answered(LISTED, replace(said, reasoning=reasoning), [question], asked)
    listing = message["content"][0]
    assert [*listing] == ["type", "mcp_server_name", "tools"] and listing["mcp_server_name"] == "docks"
    assert [tool["name"] for tool in listing["tools"]] == ["find", "look"]
    result = [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "3"}] if said.tool_calls else "And now?"
    turn = {"role": "assistant", "content": message["content"]}
    later = answered(LISTED, SAID, [question, turn, {"role": "user", "content": result}], asked)
    assert "mcp_tool_listing" not in kinds(later) and kinds(message).count("mcp_tool_listing") == 1
    assert "mcp_tool_listing" not in kinds(answer(said, **asked))


def test_tools_of_the_api__stay_its_own_beside_a_server() -> None:
    asked = {"mcp_servers": [DOCKS], "tools": [DOCKS_TOOLS, SEARCH, SHELL]}
    message = answer(Choice("Dock Seven."), **asked)
    assert kinds(message) == [*SEARCHED, "search", "mcp_tool_result", *RAN, "text"]
    called = [block["type"] for block in message["content"] if "input" in block]
    assert called == ["server_tool_use", "mcp_tool_use", "server_tool_use"]


@pytest.mark.parametrize(
    ("name", "result", "tools", "expected"),
    [
        ("find", "Seven", ["find"], (False, [{"type": "text", "text": "Seven"}])),
        ("find", {"is_error": True, "content": "Closed"}, ["find"], (True, [{"type": "text", "text": "Closed"}])),
        ("find", [{"type": "text", "text": "A"}], None, (False, [{"type": "text", "text": "A"}])),
        ("find", {"dock": 7}, None, (False, [{"type": "text", "text": '{"dock":7}'}])),
        ("find", None, None, None),
        ("find", "Seven", ["other"], None),
        ("add", "3", None, None),
    ],
)
def test_calls_of_a_script__are_those_of_a_server_that_may_have_them(
    name: str, result: Any, tools: list[str] | None, expected: Any
) -> None:
    found = "" if result is None else orjson.dumps(result).decode()
    server = DOCKS if tools is None else DOCKS | {"tool_configuration": {"allowed_tools": tools}}
    body = {"mcp_servers": [server], "tools": [ADD], "model": "m", "max_tokens": 9}
    asked = body | {"messages": [{"role": "user", "content": "Go"}]}
    prompt = WIRE.parse(orjson.dumps(asked), {}, validate=False)
    reply = Reply((Choice(tool_calls=(ToolCall(name, "{}", result=found),)),), serial="s", created=0)
    used, *ran = WIRE.document(reply, prompt)["content"]
    assert (used["type"], used.get("server_name")) == (("mcp_tool_use", "docks") if expected else ("tool_use", None))
    assert [(each["is_error"], each["content"]) for each in ran] == ([expected] if expected else [])


def test_text__that_answers_a_function_or_is_begun_by_the_client_is_looked_up_no_more() -> None:
    asked = {"role": "user", "content": QUESTION}
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    result = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "3"}]
    given = {"role": "assistant", "content": [call]}
    assert kinds(answer(Choice("3"), result, asked, given, tools=[SEARCH, ADD])) == ["text"]
    result = [*result, {"type": "text", "text": "And tomorrow?"}]
    assert kinds(answer(Choice("3"), result, asked, given, tools=[SEARCH, ADD])) == [*SEARCHED, "text"]


def test_annotations_of_a_script__are_what_the_text_cites_after_a_search() -> None:
    place = {"url": "https://b.example/", "title": "B", "start_index": 0, "end_index": 2}
    message = answer(
        Choice("It rains.", annotations=({"type": "url_citation", "url_citation": place},)), tools=[SEARCH]
    )
    (cited,) = message["content"][-1]["citations"]
    assert (cited["url"], cited["cited_text"]) == ("https://b.example/", "It") and cited["encrypted_index"]


@pytest.mark.parametrize("model", ["claude-3-5-haiku-20241022", "claude-opus-4-8"])
def test_refusal__is_looked_up_nowhere(model: str) -> None:
    assert kinds(answer(Choice(refusal="No."), tools=[SEARCH], model=model)) == []


@pytest.mark.parametrize(
    ("tool", "asked"), [(BM25, {"query": "rate"}), (REGEX, {"pattern": "rate"})], ids=["bm25", "regex"]
)
def test_tool_that_is_loaded_late__is_searched_for_before_its_first_call(tool: Document, asked: Document) -> None:
    calls = (ToolCall("add", "{}"), ToolCall("rate", "{}"), ToolCall("rate", "{}"))
    said = Choice("Wait.", finish_reason="tool_calls", tool_calls=calls)
    tools = [tool, RATE, ADD]
    message = _late(said, tools=tools)
    name = tool["name"]
    assert kinds(message) == ["text", "add", name, "tool_search_tool_result", "rate", "rate"]
    search, found = message["content"][2:4]
    assert (search["type"], search["input"], found["tool_use_id"]) == ("server_tool_use", asked, search["id"])
    references = [{"type": "tool_reference", "tool_name": "rate"}]
    assert found["content"] == {"type": "tool_search_tool_search_result", "tool_references": references}
    assert message["stop_reason"] == "tool_use"
    history: list[Document] = [
        {"role": "user", "content": "Rate?"},
        {"role": "assistant", "content": [search, found, _said("Yes.")]},
    ]
    assert kinds(_late(said, *history, tools=tools)) == ["text", "add", "rate", "rate"], "it was found"
    assert kinds(_late(said, tools=[{**RATE, "defer_loading": False}, tool])) == ["text", "add", "rate", "rate"]
    assert kinds(_late(said, tools=[RATE, ADD])) == ["text", "add", "rate", "rate"], "nothing can search"


def _said(text: str) -> Document:
    return {"type": "text", "text": text}


def _late(choice: Choice, *before: Document, **asked: Any) -> Document:
    body = {"model": "claude-sonnet-4-6", "max_tokens": 99, "messages": [*before, {"role": "user", "content": "Go"}]}
    prompt = WIRE.parse(orjson.dumps(body | asked), HEADERS, validate=True)
    return WIRE.document(Reply((choice,), usage=Usage(9, 2), serial="s", created=0), prompt)


EDITOR = "text_editor_code_execution"


@pytest.mark.parametrize(
    ("name", "asked", "result", "tool", "content"),
    [
        (
            "advisor",
            {},
            "Ship it.",
            own("advisor", "20260301") | {"model": "claude-opus-4-8"},
            {"type": "advisor_result", "text": "Ship it.", "stop_reason": "end_turn"},
        ),
        (
            EDITOR,
            {"command": "view", "path": "/a"},
            "one\ntwo",
            SHELL,
            {"type": f"{EDITOR}_view_result", "file_type": "text", "content": "one\ntwo"}
            | {"num_lines": 2, "start_line": 1, "total_lines": 2},
        ),
        (
            EDITOR,
            {"command": "create", "path": "/a", "file_text": "one"},
            None,
            SHELL,
            {"type": f"{EDITOR}_create_result", "is_file_update": False},
        ),
        (
            EDITOR,
            {"command": "str_replace", "path": "/a", "old_str": "one", "new_str": "1\n2"},
            None,
            SHELL,
            {"type": f"{EDITOR}_str_replace_result", "old_start": 1, "old_lines": 1, "new_start": 1, "new_lines": 2}
            | {"lines": ["-one", "+1", "+2"]},
        ),
        (
            EDITOR,
            {"command": "view"},
            {"type": f"{EDITOR}_tool_result_error", "error_code": "unavailable"},
            SHELL,
            {"type": f"{EDITOR}_tool_result_error", "error_code": "unavailable"},
        ),
        (
            "tool_search_tool_bm25",
            {"query": "rates"},
            ["rate"],
            BM25,
            {
                "type": "tool_search_tool_search_result",
                "tool_references": [{"type": "tool_reference", "tool_name": "rate"}],
            },
        ),
    ],
)
def test_call_of_a_script__has_its_result(name: str, asked: Any, result: Any, tool: Any, content: Any) -> None:
    found = "" if result is None else orjson.dumps(result).decode()
    call = ToolCall(name, orjson.dumps(asked).decode(), result=found)
    message = _late(Choice("Done.", tool_calls=(call,)), tools=[tool, RATE, ADD])
    _, used, ran = message["content"]
    assert (used["type"], used["name"], used["input"]) == ("server_tool_use", name, asked)
    kind = "tool_search" if name.startswith("tool_search") else name
    assert (ran["type"], ran["tool_use_id"], ran["content"]) == (f"{kind}_tool_result", used["id"], content)
    assert message["stop_reason"] == "end_turn"


CLAUDE = "claude-sonnet-4-6"
INVOKED: Document = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}
PREDICTED: Document = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 9}
TALK = [{"role": "user", "content": QUESTION}]
FETCHES, RUNS = own("web_fetch", "20260318"), own("code_execution", "20260120")


@pytest.mark.parametrize(
    ("wire", "model", "body", "refuses"),
    [
        (BedrockClaude(), f"us.anthropic.{CLAUDE}", INVOKED | {"tools": [SEARCH]}, "web_search_20250305"),
        (BedrockClaude(), f"us.anthropic.{CLAUDE}", INVOKED | {"tools": [ADD, RUNS]}, "code_execution_20260120"),
        (BedrockClaude(), f"us.anthropic.{CLAUDE}", INVOKED | {"tools": [BM25, ADD]}, None),
        (VertexClaude(), CLAUDE, PREDICTED | {"tools": [SEARCH]}, None),
        (VertexClaude(), CLAUDE, PREDICTED | {"tools": [own("web_search", "20260209")]}, "web_search_20260209"),
        (VertexClaude(), CLAUDE, PREDICTED | {"tools": [FETCHES]}, "web_fetch_20260318"),
        (VertexCount(), "", {"model": CLAUDE, "tools": [own("advisor", "20260301")]}, "advisor_20260301"),
        (Converse(), f"us.anthropic.{CLAUDE}", {"additionalModelRequestFields": {"tools": [FETCHES]}}, FETCHES["type"]),
    ],
)
def test_clouds__have_none_of_the_tools_that_anthropic_runs(
    wire: Any, model: str, body: Document, refuses: str | None
) -> None:
    talk = [{"role": "user", "content": [{"text": QUESTION}]}] if isinstance(wire, Converse) else TALK
    asked = orjson.dumps(body | {"messages": talk})
    route = {"model": model, "method": "converse" if isinstance(wire, Converse) else "invoke"}
    if refuses is None:
        wire.parse(asked, {}, validate=True, route=route)
        return
    with pytest.raises(RequestError, match=f"tools.[01]: Input tag '{refuses}' found using 'type'") as raised:
        wire.parse(asked, {}, validate=True, route=route)
    assert "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124'" in raised.value.message
    assert ("web_search_20250305" in raised.value.message.partition("expected")[2]) is ("Vertex" in type(wire).__name__)
