"""Anthropic's Messages API: requests read, answers and streams in their shapes."""

from typing import Any

import jiter
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from completions.conversation import (
    Block,
    Choice,
    Message,
    Part,
    Prompt,
    Reply,
    ResponseFormat,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from completions.resolve.finish import finish
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages
from completions.wire.fragments import partial
from completions.wire.framing import SSE
from tests.wire.anthropic.stream import fold, read
from tests.wire.openai.test_chat import JUNK

WIRE, COUNT = AnthropicMessages(), AnthropicCount()
USER = {"role": "user", "content": "Hello"}
USAGE = Usage(20, 7, cached_tokens=5, reasoning_tokens=2)
DIRECT = {"caller": {"type": "direct"}}


def prompt(**fields: Any) -> Prompt:
    body = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": [USER], **fields}
    return WIRE.parse(orjson.dumps(body), {}, validate=False)


def both(reply: Reply, asked: Prompt) -> dict[str, Any]:
    """Return the whole answer, which the stream folds to."""
    answer: dict[str, Any] = orjson.loads(orjson.dumps(WIRE.document(reply, asked)))
    assert fold(read(b"".join(WIRE.framing(asked).frames(WIRE.events(reply, asked))))) == answer
    return answer


def reply(choice: Choice, usage: Usage = USAGE) -> Reply:
    return Reply((choice,), created=1, model="claude-opus-5-5", usage=usage, serial="s")


def test_prompt__has_what_is_asked() -> None:
    asked = prompt(
        system=[{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
        tools=[{"name": "add", "input_schema": {"type": "object"}}, {"type": "web_search_20250305", "name": "web"}],
        tool_choice={"type": "tool", "name": "add", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
        metadata={"user_id": "me"},
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        thinking={"type": "adaptive"},
        stream=True,
    )
    assert (asked.format, asked.model, asked.max_tokens, asked.stream) == ("anthropic", "claude-opus-5-5", 100, True)
    assert (asked.system, asked.last_user) == ("Be brief.\nBe kind.", "Hello")
    assert [tool.name for tool in asked.tools] == ["add"], "the API runs its own tools itself"
    assert (asked.tool_choice, asked.parallel_tool_calls) == (ToolChoice("required", ("add",)), False)
    assert (asked.stop, asked.user, asked.reasoning_effort) == (("END",), "me", "low")
    assert asked.response_format == ResponseFormat("json_schema", schema={"type": "object"}, strict=True)


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "mcp_toolset", "mcp_server_name": "wiki"},
        {
            "type": "browser_toolset_20260801",
            "configs": {name: {"enabled": False} for name in ("navigate", "screenshot")},
        },
        {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-5"},
    ],
    ids=lambda tool: tool["type"],
)
def test_prompt__calls_nothing_of_servers_and_nothing_disabled(tool: dict[str, Any]) -> None:
    assert [each.name for each in prompt(tools=[tool, {"name": "add", "input_schema": {}}]).tools] == ["add"]


def test_prompt__tool_results_are_messages_of_their_own() -> None:
    asked = prompt(
        messages=[
            USER,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "2"}]},
        ]
    )
    assert asked.messages[1].tool_calls == (ToolCall("add", '{"a":1}', "t1"),)
    assert asked.messages[2] == Message("tool", "2", tool_call_id="t1")
    assert asked.tool_result == ToolResult("add", "2")
    assert (asked.last_user, asked.turn) == ("Hello", 1)


@pytest.mark.parametrize(
    ("block", "part", "text"),
    [
        ({"type": "image", "source": {"type": "base64", "data": "aGk="}}, Part("image", "aGk="), ""),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            Part("image", "aGk=", media_type="image/png"),
            "",
        ),
        ({"type": "image", "source": {"type": "url", "url": "https://a/b"}}, Part("image", "https://a/b"), ""),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}}, Part("file", "file_1"), ""),
        ({"type": "document", "source": {"type": "text", "data": "Once"}}, None, "Once"),
        ({"type": "search_result", "content": [{"type": "text", "text": "Found"}]}, None, "Found"),
    ],
)
def test_prompt__has_the_parts(block: dict[str, Any], part: Part | None, text: str) -> None:
    (message,) = prompt(messages=[{"role": "user", "content": [block]}]).messages
    assert (message.parts, message.text) == (() if part is None else (part,), text)


@pytest.mark.parametrize(
    ("choice", "content", "reason"),
    [
        (Choice("Hi", "stop"), [{"type": "text", "text": "Hi"}], "end_turn"),
        (Choice("", "stop"), [], "end_turn"),
        (Choice("Hi", "length"), [{"type": "text", "text": "Hi"}], "max_tokens"),
        (Choice("Hi", "stop", stopped_by="."), [{"type": "text", "text": "Hi"}], "stop_sequence"),
        (Choice("Hi", "content_filter"), [{"type": "text", "text": "Hi"}], "refusal"),
        (
            Choice("So:", "tool_calls", (ToolCall("add", '{"a":1}', "t1"),)),
            [
                {"type": "text", "text": "So:"},
                {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}, **DIRECT},
            ],
            "tool_use",
        ),
        (
            Choice(None, "length", (ToolCall("add", '{"a":1,"b":[2,"un', "t1"),)),
            [{"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": [2]}, **DIRECT}],
            "max_tokens",
        ),
        (
            Choice(None, "tool_calls", (ToolCall("run", "ls -l", "t1", "custom"),)),
            [{"type": "tool_use", "id": "t1", "name": "run", "input": {"input": "ls -l"}, **DIRECT}],
            "tool_use",
        ),
    ],
)
def test_answer__has_its_blocks_and_its_end(choice: Choice, content: list[Any], reason: str) -> None:
    answer = both(reply(choice), prompt())
    assert (answer["content"], answer["stop_reason"]) == (content, reason)
    assert answer["stop_sequence"] == choice.stopped_by
    assert (answer["type"], answer["role"], answer["model"]) == ("message", "assistant", "claude-opus-5-5")
    assert answer["id"].startswith("msg_01")


def test_answer__counts_the_cache_apart() -> None:
    usage = both(reply(Choice("Hi", "stop")), prompt())["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (15, 5, 7)
    assert usage["output_tokens_details"] == {"thinking_tokens": 2}


def test_answer__explains_a_refusal() -> None:
    answer = both(reply(Choice(None, "stop", refusal="I won't.")), prompt())
    assert (answer["content"], answer["stop_reason"]) == ([], "refusal")
    assert answer["stop_details"] == {"type": "refusal", "category": None, "explanation": "I won't."}


def test_answer__thinks_before_it_speaks() -> None:
    said = reply(Choice("Hi", "stop", reasoning="Let me greet."))
    thinking, text = both(said, prompt(thinking={"type": "adaptive", "display": "summarized"}))["content"]
    assert (thinking["thinking"], text["text"]) == ("Let me greet.", "Hi")
    hidden, _ = both(said, prompt(thinking={"type": "adaptive", "display": "omitted"}))["content"]
    assert hidden == {"type": "thinking", "thinking": "", "signature": thinking["signature"]}
    for model, shown in (("claude-sonnet-5", ""), ("claude-opus-4-7", ""), ("claude-sonnet-4-6", "Let me greet.")):
        assert both(said, prompt(model=model))["content"][0]["thinking"] == shown, "as recorded until September 2026"
    assert len(thinking["signature"]) > 40


def test_answer__cites_what_the_script_cites() -> None:
    source = {"url": "https://a/", "title": "A", "start_index": 0, "end_index": 2}
    choice = Choice("It rains.", "stop", annotations=({"type": "url_citation", "url_citation": source}, {"type": "x"}))
    (block,) = both(reply(choice), prompt())["content"]
    assert [*block] == ["citations", "type", "text"]
    sent = b"".join(WIRE.framing(prompt()).frames(WIRE.events(reply(choice), prompt())))
    assert sent.index(b"citations_delta") < sent.index(b"text_delta"), "as recorded in July 2026"
    (citation,) = block["citations"]
    assert (citation["url"], citation["title"], citation["cited_text"]) == ("https://a/", "A", "It")


def test_answer__cites_in_the_text_where_the_script_does() -> None:
    pages: Any = [
        {"type": "url_citation", "url_citation": {"url": "https://a/", "start_index": start, "end_index": start + 2}}
        for start in (1, 6)
    ]
    blocks = (Block("text", "One, "), Block("text", "two, "), Block("text", "three."))
    choice = Choice("One, two, three.", "stop", annotations=tuple(pages), blocks=blocks)
    first, second, third = both(reply(choice), prompt())["content"]
    assert [[each["cited_text"] for each in block["citations"]] for block in (first, second)] == [["ne"], ["wo"]]
    assert "citations" not in third


def test_stream__comes_by_tokens_with_a_ping() -> None:
    choice = Choice("One two", "tool_calls", (ToolCall("add", '{"a":1}', "t1"),), reasoning="Hm.")
    events = WIRE.events(reply(choice), prompt(model="claude-sonnet-4-6"))
    types = [event["type"] for event in read(b"".join(SSE.frames(events)))]
    assert types[:3] == ["message_start", "content_block_start", "ping"]
    # what pacing counts: the thought's tokens, the text's, the call's name, and its arguments'
    assert sum(event.token for event in events) == 2 + 2 + 1 + 5
    assert [event.part for event in events if event.part] == ["arguments"] * 5 + ["finish"]
    assert [event.chunk for event in events].count(False) == 1 and not events[-1].chunk


def test_stream__of_a_call_without_arguments_has_an_empty_piece_alone() -> None:
    events = WIRE.events(reply(Choice(tool_calls=(ToolCall("now", "{}"),))), prompt())
    pieces = [delta.get("partial_json") for event in events if (delta := orjson.loads(event.data).get("delta"))]
    assert pieces[:-1] == [""], "the last delta ends the message"


def test_stop_sequence__is_the_one_that_came_first() -> None:
    asked = prompt(stop_sequences=["three", "two"])
    answer = both(finish(Reply((Choice("One two three"),)), asked), asked)
    assert (answer["content"][0]["text"], answer["stop_sequence"]) == ("One ", "two")
    cut = both(finish(Reply((Choice("One two three"),)), prompt(stop_sequences=["three"], max_tokens=1)), asked)
    assert (cut["stop_reason"], cut["stop_sequence"]) == ("max_tokens", None)


def test_message__is_not_kept_without_a_thread() -> None:
    assert WIRE.to_store(reply(Choice(text="Hi")), prompt(), lambda: pytest.fail("it costs a schedule")) == ()


def test_max_tokens__may_be_none_at_all() -> None:
    asked = prompt(max_tokens=0)
    answer = both(finish(Reply((Choice("One two three"),)), asked), asked)
    assert (answer["content"], answer["stop_reason"], answer["usage"]["output_tokens"]) == ([], "max_tokens", 0)


async def test_count__is_what_the_message_would_cost() -> None:
    body = orjson.dumps({"model": "claude-opus-5-5", "system": "Be brief.", "messages": [USER]})
    asked = COUNT.parse(body, {}, validate=False)
    assert (asked.format, asked.task, asked.stream) == ("count_tokens", "count", False)
    counted = COUNT.document(finish(Reply(()), asked), asked)
    message = WIRE.document(finish(Reply((Choice("Hi"),)), prompt(system="Be brief.")), prompt())
    assert counted == {"input_tokens": message["usage"]["input_tokens"]} and counted["input_tokens"] > 5


CUT = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(value=st.dictionaries(st.text(max_size=3), CUT, max_size=3), part=st.floats(0, 1))
@example({"a": [1, 'say "}{"', {"b": None}]}, 0.7)
def test_partial__is_what_the_sdk_reads(value: dict[str, Any], part: float) -> None:
    text = orjson.dumps(value).decode()
    cut = text[: round(len(text) * part)]
    read_by_sdk = jiter.from_json(cut.encode(), partial_mode=True) if cut else {}
    assert partial(cut) == read_by_sdk


@pytest.mark.parametrize("text", ["", "nothing", "[1", '"a', "{]", '{"a":1}}', "null", "{" * 5000])
def test_partial__begins_no_object(text: str) -> None:
    assert isinstance(partial(text), dict)


KEYS = (
    *("system", "messages", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata"),
    *("stop_sequences", "max_tokens", "model", "stream"),
)


@given(body=st.dictionaries(st.sampled_from(KEYS), JUNK))
def test_parse__takes_junk_in_every_field(body: dict[str, Any]) -> None:
    if not isinstance(body.get("stream", False), bool):
        del body["stream"]
    asked = WIRE.parse(orjson.dumps(body), {}, validate=False)
    both(reply(Choice("Hi", "stop")), asked)
    assert (asked.last_user, asked.system, asked.turn, asked.tool_result) is not None


@pytest.mark.parametrize(
    ("citations", "more"), [({"enabled": True}, {"citations": {"enabled": True}}), ({"enabled": False}, {}), (None, {})]
)
def test_fetched_page__is_as_recorded(citations: object, more: dict[str, Any]) -> None:
    """With a word on citations only where the tool asks for them (February and July 2026)."""
    tool = {"type": "web_fetch_20250910", "name": "web_fetch"} | ({"citations": citations} if citations else {})
    call = ToolCall("web_fetch", '{"url": "https://a.example/"}', result=orjson.dumps("A page.").decode())
    answer = both(reply(Choice(text="Read.", tool_calls=(call,))), prompt(tools=[tool]))
    (result,) = (block for block in answer["content"] if block["type"] == "web_fetch_tool_result")
    found = result["content"]
    assert [*result] == ["type", "tool_use_id", "content", "caller"] and result["caller"] == DIRECT["caller"]
    source = {"type": "text", "media_type": "text/plain", "data": "A page."}
    assert [*found.items()] == [
        ("type", "web_fetch_result"),
        ("url", "https://a.example/"),
        ("retrieved_at", "1970-01-01T00:00:01.000000+00:00"),
        ("content", {"type": "document", "source": source, **more}),
    ]
