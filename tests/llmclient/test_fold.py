import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmclient import Choice, Completion, Timings, ToolCall, Usage
from llmclient.fold import Fold
from tests.llmclient.wire_server import answer


def fold(*documents: dict[str, Any]) -> Completion:
    folding = Fold()
    for document in documents:
        folding.add(document)
    return folding.completion("asked-for", Timings(), {})


def delta(index: int = 0, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


@given(st.lists(st.text(max_size=5)), st.lists(st.text(max_size=5)))
def test_chunks__add_up_to_the_whole_answer(text: list[str], reasoning: list[str]) -> None:
    chunks = [delta(reasoning_content=piece) for piece in reasoning] + [delta(content=piece) for piece in text]
    streamed = fold(*chunks, delta(finish="stop"))
    whole = fold(answer("".join(text), reasoning_content="".join(reasoning)))
    assert streamed.choices == whole.choices
    assert streamed.text == "".join(text)


def test_tool_calls__fragments_join_by_index() -> None:
    streamed = fold(
        delta(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]),
        delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "g", "arguments": '{"y"'}}]),
        delta(
            tool_calls=[
                {"index": 0, "function": {"arguments": '{"x":'}},
                {"index": 1, "function": {"arguments": ":2}"}},
            ]
        ),
        delta(tool_calls=[{"index": 0, "function": {"arguments": " 1}"}}]),
        delta(finish="tool_calls"),
    )
    assert streamed.tool_calls == (ToolCall("a", "f", '{"x": 1}'), ToolCall("b", "g", '{"y":2}'))
    assert streamed.finish_reason == "tool_calls"
    functions = {"a": {"name": "f", "arguments": '{"x": 1}'}, "b": {"name": "g", "arguments": '{"y":2}'}}
    calls = [{"id": id, "type": "function", "function": function} for id, function in functions.items()]
    assert json.loads(json.dumps(streamed.message)) == {"role": "assistant", "content": None, "tool_calls": calls}


def test_tool_calls__without_index_a_new_id_starts_the_next() -> None:
    streamed = fold(
        delta(tool_calls=[{"id": "a", "function": {"name": "f", "arguments": "{"}}]),
        delta(tool_calls=[{"function": {"arguments": "}"}}]),
        delta(tool_calls=[{"id": "b", "function": {"name": "g", "arguments": "{}"}}]),
    )
    assert streamed.tool_calls == (ToolCall("a", "f", "{}"), ToolCall("b", "g", "{}"))


def test_tool_calls__may_be_named_by_a_later_fragment() -> None:
    streamed = fold(
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "", "arguments": "{"}}]),
        delta(tool_calls=[{"index": 0, "id": "", "function": {"name": "f", "arguments": "}"}}]),
    )
    assert streamed.tool_calls == (ToolCall("a", "f", "{}"),)


def test_tool_calls__stand_in_the_order_of_their_indexes() -> None:
    calls = [{"index": index, "id": name, "function": {"name": name}} for index, name in ((1, "b"), (2, "c"), (0, "a"))]
    assert [call.name for call in fold(*(delta(tool_calls=[call]) for call in calls)).tool_calls] == ["a", "b", "c"]


def test_tool_calls__without_index_a_fragment_goes_to_the_call_of_its_id_or_to_the_last() -> None:
    ids = ["a", "b", None, "a", None]
    fragments = [
        {"function": {"arguments": str(place)}} | ({"id": id_} if id_ else {}) for place, id_ in enumerate(ids)
    ]
    streamed = fold(*(delta(tool_calls=[fragment]) for fragment in fragments))
    assert streamed.tool_calls == (ToolCall("a", "", "03"), ToolCall("b", "", "124"))
    assert fold(delta(tool_calls=[{"function": {"arguments": "x"}}])).tool_calls == (ToolCall("", "", "x"),)


def test_finish_reason__the_last_one_counts() -> None:
    assert fold(delta(finish="length"), delta(finish="stop"), delta(content="")).finish_reason == "stop"
    assert fold(delta(finish="stop"), delta(finish="")).finish_reason == "stop"


def test_finish_reason__that_is_empty_is_none() -> None:
    folding = Fold()
    assert [piece.finish_reason for piece in folding.add(delta(finish="", content="x"))] == [None]
    assert folding.unfinished() == [0]
    assert folding.add(delta(finish="", reasoning="Hm.")) != [], "there is thinking in it"


def test_usage__has_the_server_s_own_total() -> None:
    assert fold({"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}}).usage == Usage(1, 2, 9)


def test_tool_calls__of_a_whole_answer_need_no_index() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    whole = fold(answer(None, "tool_calls", tool_calls=[call, {**call, "id": "b"}]))
    assert [call.id for call in whole.tool_calls] == ["a", "b"]
    assert whole.message["content"] is None
    nameless = {"type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert len(fold(answer(None, "tool_calls", tool_calls=[nameless, nameless])).tool_calls) == 2


def test_tool_calls__arguments_sent_as_an_object_become_text() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    assert fold(answer(None, "tool_calls", tool_calls=[call])).tool_calls == (ToolCall("a", "f", '{"x": 1}'),)


def test_function_call__is_a_tool_call_without_id() -> None:
    streamed = fold(delta(function_call={"name": "f", "arguments": "{"}), delta(function_call={"arguments": "}"}))
    assert streamed.tool_calls == (ToolCall("", "f", "{}"),)


def test_choices__are_kept_apart() -> None:
    both = {"choices": [{"index": i, "delta": {"content": str(i)}, "finish_reason": None} for i in (0, 1)]}
    streamed = fold(both, delta(1, content="!"), delta(0, "stop"), delta(1, "length"))
    assert streamed.choices == (Choice(0, "0", finish_reason="stop"), Choice(1, "1!", finish_reason="length"))
    assert streamed.text == "0"
    told = streamed.to_dict()
    assert (told["text"], [choice["text"] for choice in told["choices"]]) == ("0", ["0", "1!"])
    assert told.keys() >= {"id", "model", "usage", "timings", "request_id", "reasoning", "tool_calls", "finish_reason"}


def test_pieces__of_a_chunk_with_nothing_in_it_are_none() -> None:
    folding = Fold()
    assert folding.add(delta(role="assistant", content="")) == []
    assert folding.add({"choices": [], "usage": None}) == []
    assert [piece.text for piece in folding.add(delta(content="x"))] == ["x"]
    assert [piece.finish_reason for piece in folding.add(delta(finish="stop"))] == ["stop"]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}, Usage(5, 7, 12)),
        ({"prompt_tokens": 5, "completion_tokens": 7}, Usage(5, 7, 12)),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 7,
                "total_tokens": 12,
                "prompt_tokens_details": {"cached_tokens": 3},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            Usage(5, 7, 12, 3, 2),
        ),
        ({"completion_tokens": 7}, None),
        ({"prompt_tokens": "5", "completion_tokens": 7}, None),
        (None, None),
        ("many", None),
    ],
)
def test_usage__is_what_the_server_said_or_nothing(usage: Any, expected: Usage | None) -> None:
    assert fold({"choices": [], "usage": usage}).usage == expected


def test_usage__the_last_one_counts() -> None:
    first, last = ({"usage": {"prompt_tokens": 1, "completion_tokens": n}} for n in (1, 9))
    assert fold(first, last, {"usage": None}).usage == Usage(1, 9, 10)


def test_model__is_the_servers_or_else_the_one_asked_for() -> None:
    assert fold({"model": "gpt-4o-2024"}).model == "gpt-4o-2024"
    assert fold({"model": None}).model == "asked-for"


def test_content__may_be_a_list_of_parts() -> None:
    assert fold(answer([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}])).text == "ab"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "content",
                    "tool_calls",
                    "function",
                    "index",
                    "usage",
                    "function_call",
                    "finish_reason",
                    "prompt_tokens",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["choices", "usage", "id", "model"]), json_values))
def test_fold__takes_any_document_without_failing(document: dict[str, Any]) -> None:
    json.dumps(fold(document).to_dict())
