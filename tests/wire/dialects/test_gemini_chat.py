"""Gemini in OpenAI's format: thoughts, their signatures and the ends of streams, as users captured them in 2026."""

import json
from typing import Any

import httpx
import openai
import pytest

from completions.conversation import Traffic
from completions.wire import registry
from tests.document import events, fold
from tests.server import LiveServer

PLACE = "/v1beta/openai/chat/completions"
KEY = {"Authorization": "Bearer AIzaSyA-secret-of-nobody-0123456789abc"}
TOOL: Any = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
UNKNOWN = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
THINKS = {"extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}}
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {last_user: calls}
    replies:
      - reasoning: I look twice.
        tool_calls: [{name: look, arguments: {a: 1}}, {name: look, arguments: {a: 2}}]
      - Done.
  - {match: {last_user: thought}, reply: {reasoning: Let me see., text: Hello there.}}
  - reply: Hello there.
"""


@pytest.fixture
def space(live: LiveServer, request: pytest.FixtureRequest) -> str:
    """The address of a namespace of its own."""
    return f"{live.url}/ns/{abs(hash(request.node.name))}"


def ask(space: str, said: str, **more: Any) -> Any:
    body = {"model": "gemini-3.8-flash", "messages": [{"role": "user", "content": said}], "tools": [TOOL], **more}
    answer = httpx.post(space + PLACE, json=body, headers=KEY)
    return events(answer.content) if more.get("stream") else answer.json()


def framed(chunks: list[Any]) -> tuple[bytes, ...]:
    return tuple(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)


@pytest.mark.parametrize("given", ["", ["a", ""]])
def test_embeddings__are_made_of_no_empty_text(space: str, given: Any) -> None:
    body = {"model": "gemini-embedding-001", "input": given}
    answer = httpx.post(f"{space}/v1beta/openai/embeddings", json=body, headers=KEY)
    (error,) = answer.json()
    assert (answer.status_code, error["error"]["message"]) == (
        400,
        "EmbedContentRequest.content contains an empty Part.",
    )


def test_thoughts__stand_between_tags_where_they_are_asked_for(space: str) -> None:
    document = ask(space, "thought", **THINKS)
    message = document["choices"][0]["message"]
    assert message["content"] == "<thought>Let me see.</thought>Hello there."
    assert message["extra_content"]["google"].keys() == {"thought", "thought_signature"}
    assert list(document) == sorted(document)
    assert list(message) == sorted(message)
    chunks = ask(space, "thought", stream=True, **THINKS)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    thought = [delta["content"] for delta in deltas if delta.get("extra_content") == {"google": {"thought": True}}]
    assert (thought[0], "".join(thought)) == ("<thought>Let", "<thought>Let me see.")
    assert deltas[len(thought)] == {"content": "</thought>Hello", "role": "assistant"}
    assert deltas[-1].keys() == {"extra_content", "role"}
    assert deltas[-1]["extra_content"]["google"].keys() == {"thought_signature"}
    assert "finish_reason" not in chunks[-2]["choices"][0]
    folded = fold(chunks)["choices"][0]["message"]
    assert {key: folded[key] for key in ("content", "role")} == {key: message[key] for key in ("content", "role")}
    for pieces in (json.dumps(document).encode(),), framed(chunks):
        reply = registry.read(Traffic("POST", PLACE, b"", pieces)).reply
        assert reply is not None
        assert (reply.choices[0].reasoning, reply.choices[0].text) == ("Let me see.", "Hello there.")


def test_thoughts__are_told_by_nothing_but_the_total_and_a_signature_unless_asked_for(space: str) -> None:
    document = ask(space, "thought")
    message, usage = document["choices"][0]["message"], document["usage"]
    assert message["content"] == "Hello there."
    assert message["extra_content"]["google"].keys() == {"thought_signature"}
    assert usage["total_tokens"] > usage["prompt_tokens"] + usage["completion_tokens"]
    assert ask(space, "plain")["choices"][0]["message"] == {"content": "Hello there.", "role": "assistant"}
    old = ask(space, "thought", model="gemini-2.5-flash")["choices"][0]["message"]
    assert old == {"content": "Hello there.", "role": "assistant"}


@pytest.mark.parametrize(
    ("model", "ended", "joined"), [("gemini-3.8-flash", "stop", False), ("gemini-2.5-flash", "tool_calls", True)]
)
def test_calls__have_no_index_and_the_first_is_signed(space: str, model: str, ended: str, joined: bool) -> None:
    chunks = ask(space, "calls", model=model, stream=True)
    choices = [chunk["choices"][0] for chunk in chunks]
    calls = [call for choice in choices for call in choice["delta"].get("tool_calls", ())]
    assert [list(call) for call in calls] == [
        ["extra_content", "function", "id", "type"],
        ["function", "id", "type"],
    ]
    first, second = (int(call["id"].removeprefix("call_")) for call in calls)
    assert second == first + 1
    assert choices[-1]["finish_reason"] == ended
    assert ("tool_calls" in choices[-1]["delta"]) is joined
    said = registry.read(Traffic("POST", PLACE, b"", framed(chunks)))
    assert said.reply is not None
    assert [call.arguments for call in said.reply.choices[0].tool_calls] == ['{"a":1}', '{"a":2}']


def test_usage__counts_what_was_said_so_far_in_each_chunk(space: str) -> None:
    told = [each.get("usage") for each in ask(space, "thought", stream=True)]
    assert told == [None] * len(told)
    chunks = ask(space, "thought", stream=True, stream_options={"include_usage": True}, **THINKS)
    usages = [chunk["usage"] for chunk in chunks]
    assert [usage["completion_tokens"] for usage in usages] == [0, 0, 0, 0, 1, 2, 3, 3]
    totals = [usage["total_tokens"] - usage["prompt_tokens"] for usage in usages]
    assert totals[:-1] == [1, 2, 3, 4, 5, 6, 7]
    assert usages[-1]["total_tokens"] == ask(space, "thought")["usage"]["total_tokens"]
    assert all(chunk["choices"] for chunk in chunks)


def test_agent__that_leaves_out_the_signatures_is_refused_and_one_that_returns_them_is_not(space: str) -> None:
    """The OpenAI SDK keeps `extra_content`; who rebuilds calls from their known fields loses it."""
    client = openai.OpenAI(base_url=f"{space}/v1beta/openai", api_key="AIza", max_retries=0)
    asked: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "calls"}]

    def go_on(*turns: Any, model: str = "gemini-3.8-flash") -> Any:
        answer = client.chat.completions.create(model=model, messages=[*asked, *turns], tools=[TOOL])
        return answer.choices[0].message

    def refused(*turns: Any, model: str = "gemini-3.8-flash") -> str:
        with pytest.raises(openai.BadRequestError) as caught:
            go_on(*turns, model=model)
        (answer,) = caught.value.response.json()
        assert (answer["error"]["code"], answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
        return str(answer["error"]["message"])

    kept = go_on().model_dump(exclude_unset=True)
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "4"} for call in kept["tool_calls"]]
    calls = [{key: call[key] for key in ("id", "type", "function")} for call in kept["tool_calls"]]
    lost = {"role": "assistant", "tool_calls": calls}
    assert go_on(kept, *results).content == "Done."
    assert go_on(lost, *results, model="gemini-2.5-flash").content == "Done."
    assert go_on(lost, *results, asked[1]).content == "Done.", "a turn that is over is not looked at"
    for model in ("gemini-3.8-flash", "models/gemini-3.8-flash"):
        said = refused(lost, *results, model=model)
        assert said.startswith("Function call is missing a thought_signature in functionCall parts. ")
        assert "function call `default_api:look` , position 2. " in said
    assert "position 4." in refused(kept, *results, lost, *results)
    calls[0] |= {"extra_content": {"google": {"thought_signature": "c2hvcnQ="}}}
    assert refused(lost, *results) == "Corrupted thought signature."
    calls[0] |= {"extra_content": {"google": {"thought_signature": "skip_thought_signature_validator"}}}
    assert go_on(lost, *results).content == "Done.", "as Google's guide says"


REFUSED = [
    ({"frequency_penalty": 0.06}, UNKNOWN.format("frequency_penalty")),
    ({"store": False, "seed": 1, "google": {}}, "\n".join(map(UNKNOWN.format, ("google", "seed", "store")))),
    (
        {"reasoning_effort": "minimal"},
        "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.",
    ),
    (
        {"model": "gemini-2.5-pro", "reasoning_effort": "none"},
        "Budget 0 is invalid. This model only works in thinking mode.",
    ),
    ({"model": "gemma-4-31b-it", "reasoning_effort": "low"}, "Thinking level is not supported for this model."),
    ({"n": 2}, "Multiple candidates is not enabled for this model"),
]


@pytest.mark.parametrize(("more", "said"), REFUSED, ids=str)
def test_refusals__have_googles_words(space: str, more: dict[str, Any], said: str) -> None:
    (answer,) = ask(space, "plain", **more)
    assert answer["error"]["message"] == said


@pytest.mark.parametrize(
    "more",
    [
        {"presence_penalty": 0.5},
        {"parallel_tool_calls": False},
        {"reasoning_effort": "low"},
        {"model": "gemini-2.5-flash", "reasoning_effort": "none"},
        {"model": "gemini-3-flash-preview", "reasoning_effort": "minimal"},
        {"extra_body": {"google": {"thinking_config": {"thinking_level": "low"}}}},
    ],
    ids=str,
)
def test_requests__that_google_takes_are_taken(space: str, more: dict[str, Any]) -> None:
    assert ask(space, "plain", **more)["choices"][0]["message"]["content"] == "Hello there."
