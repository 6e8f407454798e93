"""Tools that a model is not shown yet are not counted."""

from typing import Any

import orjson
import pytest

from completions.tokens.prompt import prompt_tokens
from completions.wire.registry import format_at

PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SEARCHED = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}


def count(path: str, body: dict[str, Any]) -> int:
    found = format_at(path)
    assert found is not None
    return prompt_tokens(found[0].parse(orjson.dumps(body), {}, validate=False, route={}))


def claude(*tools: dict[str, Any], result: object = "nothing") -> int:
    said = {"role": "assistant", "content": [SEARCHED]}
    got = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result}]}
    messages = [{"role": "user", "content": "Weather?"}, said, got]
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": messages, "tools": list(tools)}
    return count("/v1/messages", body)


FIND = {"name": "find", "input_schema": {"type": "object"}}
WEATHER = {"name": "weather", "description": "Tells the weather", "input_schema": PLACE}


def test_a_deferred_tool__counts_when_a_result_refers_to_it() -> None:
    hidden = {**WEATHER, "defer_loading": True}
    found = [{"type": "tool_reference", "tool_name": "weather"}]
    assert claude(FIND, hidden, result=[]) == claude(FIND, result=[]) < claude(FIND, WEATHER, result=[])
    assert claude(FIND, hidden, result=found) == claude(FIND, WEATHER, result=found)


def responses(*items: dict[str, Any], tools: list[dict[str, Any]]) -> int:
    asked = {"role": "user", "content": "Weather?"}
    return count("/v1/responses", {"model": "gpt-5.4", "input": [asked, *items], "tools": tools})


FUNCTION = {"type": "function", "name": "weather", "description": "Tells the weather", "parameters": PLACE}
OUTPUT = {"type": "tool_search_output", "execution": "server", "status": "completed", "tools": [FUNCTION]}


def test_responses__counts_a_search_while_there_are_hidden_tools() -> None:
    hidden = {**FUNCTION, "defer_loading": True}
    searching, plain = {"type": "tool_search"}, responses(tools=[])
    assert responses(tools=[hidden]) == plain, "nobody can find it"
    assert responses(tools=[hidden, searching]) > plain + 300
    found = responses(OUTPUT, tools=[hidden, searching])
    assert plain + 100 < found < plain + 300, "the tool's definition, and the search is no longer shown"


def test_responses__counts_what_was_searched_for() -> None:
    def searched(query: object) -> int:
        call = {"type": "tool_search_call", "execution": "server", "arguments": {"queries": [query]}}
        return responses(call, OUTPUT, tools=[{**FUNCTION, "defer_loading": True}, {"type": "tool_search"}])

    assert searched("the weather of a city") - searched("weather") == 4
    unanswered = responses({"type": "tool_search_call", "arguments": {}}, tools=[])
    assert unanswered > responses(tools=[]) + 40


@pytest.mark.parametrize("tools", [None, 3, [None], [{"name": 1, "description": [], "parameters": "x"}]])
def test_tools_that_are_none__are_counted_without_a_fault(tools: object) -> None:
    assert responses({"type": "additional_tools", "role": "developer", "tools": tools}, tools=[]) > 0


def document(**fields: Any) -> int:
    block = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hello"}, **fields}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, block]}]
    return count("/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": messages})


def test_citations__cost_their_instructions() -> None:
    assert document(citations={"enabled": True}) > document(citations={"enabled": False}) + 500


def turn(*blocks: dict[str, Any]) -> int:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hi"}, *blocks]},
    ]
    return count("/v1/messages", {"model": "claude-sonnet-4-6", "max_tokens": 9, "messages": [*messages, messages[0]]})


def test_pages_that_a_search_found__cost_by_their_size() -> None:
    def found(size: int) -> dict[str, Any]:
        page = {"type": "web_search_result", "url": "https://a.b", "title": "A", "encrypted_content": "x" * size}
        return {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]}

    assert turn(found(2_000)) - turn(found(1_000)) == 356


def test_summary_of_a_conversation__costs_what_it_says_and_what_is_around_it() -> None:
    assert turn({"type": "compaction", "content": "Farewell"}) - turn() >= 94
    assert turn({"type": "compaction", "content": None}) == turn()
