"""What an answer repeats of its prompt, and how it begins and ends: Mistral's `prefix`, vLLM's own parameters."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from mistralai.client import Mistral

from completions.conversation import Traffic
from completions.wire.dialects.mistral import Mistral as MistralDialect
from completions.wire.openai.chat.format import ChatCompletions
from tests.server import LiveServer

SCRIPT = """
version: 1
rules:
  - match: {last_user: think}
    reply: {reasoning: Two and two., text: Four is the answer.}
  - match: {last_user: calls}
    reply: {tool_calls: [{name: look, arguments: {city: Cologne}}]}
  - match: {last_user: auto}
    reply: {auto: true}
  - match: {last_user: nothing}
    reply: ""
  - reply: " a city in France."
"""
BEGUN: list[Any] = [{"role": "user", "content": "Say"}, {"role": "assistant", "content": "Paris is", "prefix": True}]
MODEL = "Qwen/Qwen3-8B"
CONTINUED = {"continue_final_message": True, "add_generation_prompt": False}


@pytest.fixture
def mistral(live: LiveServer) -> Iterator[Mistral]:
    with Mistral(api_key="k", server_url=f"{live.url}/mistral") as client:
        yield client


@pytest.fixture
def vllm(live: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/vllm/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.mark.parametrize(("asked", "said"), [("Say", "Paris is a city in France."), ("nothing", "Paris is")])
def test_mistral__starts_by_the_prefix(mistral: Mistral, asked: str, said: str) -> None:
    messages: Any = [{"role": "user", "content": asked}, BEGUN[1]]
    whole: Any = mistral.chat.complete(model="mistral-small-latest", messages=messages)
    assert whole.choices[0].message.content == said
    chunks: list[Any] = list(mistral.chat.stream(model="mistral-small-latest", messages=messages))
    assert "".join(chunk.data.choices[0].delta.content or "" for chunk in chunks) == said
    assert (last := chunks[-1].data).choices[0].finish_reason == "stop"
    assert last.usage.completion_tokens == whole.usage.completion_tokens < 7


def test_mistral__has_the_prefix_before_its_thoughts_as_a_part(mistral: Mistral) -> None:
    messages: Any = [{"role": "user", "content": "think"}, BEGUN[1]]
    whole: Any = mistral.chat.complete(model="magistral-medium-latest", messages=messages)
    first, thoughts, last = whole.choices[0].message.content
    assert (first.text, thoughts.type, last.text) == ("Paris is", "thinking", "Four is the answer.")


@pytest.mark.parametrize("asked", ["Say", "think"])
def test_read__leaves_the_prefix_out(live: LiveServer, asked: str) -> None:
    """So that a recording, played again, does not repeat it twice."""
    messages = [{"role": "user", "content": asked}, BEGUN[1]]
    for stream in (True, False):
        body = {"model": "mistral-small-latest", "messages": messages, "stream": stream}
        answer = httpx.post(f"{live.url}/mistral/v1/chat/completions", json=body, headers={"authorization": "Bearer k"})
        frames = tuple(frame + b"\n\n" for frame in answer.content.split(b"\n\n")) if stream else (answer.content,)
        traffic = Traffic("POST", "/mistral/v1/chat/completions", answer.request.content, frames)
        exchange = ChatCompletions(MistralDialect()).read(traffic)
        assert exchange.reply is not None
        assert exchange.reply.choices[0].text == (" a city in France." if asked == "Say" else "Four is the answer.")
        assert stream is False or not any("Paris" in piece.text for piece in exchange.pieces)


@pytest.mark.parametrize(
    ("options", "role", "said"),
    [
        ({**CONTINUED, "echo": True}, "assistant", "Paris is a city in France."),
        ({"echo": True}, "assistant", "Paris is a city in France."),
        (CONTINUED, "assistant", " a city in France."),
    ],
)
def test_vllm__repeats_a_message_of_the_same_role(
    vllm: openai.OpenAI, options: dict[str, Any], role: str, said: str
) -> None:
    whole = vllm.chat.completions.create(model=MODEL, messages=BEGUN, extra_body=options).choices[0].message
    assert (whole.role, whole.content) == (role, said)
    with vllm.chat.completions.stream(model=MODEL, messages=BEGUN, extra_body=options) as stream:
        assert stream.get_final_completion().choices[0].message.content == said


def test_vllm__answers_in_the_role_of_the_last_message(vllm: openai.OpenAI) -> None:
    options = {"add_generation_prompt": False, "echo": True}
    whole: Any = vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], extra_body=options).choices[0].message
    assert (whole.role, whole.content) == ("user", "Say a city in France.")
    chunks = list(vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], stream=True, extra_body=options))
    assert [chunk.choices[0].delta.role for chunk in chunks[:2]] == ["user", None]
    assert chunks[1].choices[0].delta.content == "Say"
    plain = vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], extra_body={"echo": True})
    assert plain.choices[0].message.content == " a city in France."


def test_vllm__repeats_it_before_a_call_too(vllm: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "calls"}, BEGUN[1]]
    whole = vllm.chat.completions.create(model=MODEL, messages=messages, extra_body={"echo": True}).choices[0].message
    assert (whole.content, len(whole.tool_calls or ())) == ("Paris is", 1)


def test_vllm__refuses_to_begin_and_to_continue(vllm: openai.OpenAI) -> None:
    options = {"continue_final_message": "true", "add_generation_prompt": True}
    with pytest.raises(openai.BadRequestError, match="Cannot set both `continue_final_message`"):
        vllm.chat.completions.create(model=MODEL, messages=BEGUN, extra_body=options)


@pytest.mark.parametrize("asked", ["think", "auto"])
@pytest.mark.parametrize(
    ("options", "has_thoughts"),
    [
        ({}, True),
        ({"include_reasoning": False}, False),
        ({"chat_template_kwargs": {"enable_thinking": False}}, False),
        ({"chat_template_kwargs": {"thinking": False}}, False),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True),
    ],
)
def test_vllm__thinks_unless_it_is_told_not_to(
    vllm: openai.OpenAI, asked: str, options: dict[str, Any], has_thoughts: bool
) -> None:
    messages: Any = [{"role": "user", "content": asked}]
    whole: Any = vllm.chat.completions.create(model=MODEL, messages=messages, extra_body=options).choices[0].message
    assert (bool(whole.reasoning), bool(whole.content)) == (has_thoughts, True)
    chunks: list[Any] = list(
        vllm.chat.completions.create(model=MODEL, messages=messages, stream=True, extra_body=options)
    )
    assert any(getattr(chunk.choices[0].delta, "reasoning", None) for chunk in chunks) == has_thoughts


def test_vllm__keeps_the_stop_sequence_on_request(vllm: openai.OpenAI) -> None:
    options = {"include_stop_str_in_output": True}
    kept: Any = vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], stop=["in"], extra_body=options)
    assert (kept.choices[0].message.content, kept.choices[0].stop_reason) == (" a city in", "in")
    text: Any = vllm.completions.create(model=MODEL, prompt="Say", stop="in", extra_body=options)
    assert (text.choices[0].text, text.choices[0].finish_reason) == (" a city in", "stop")
    assert text.usage.completion_tokens == 3
    cut = vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], stop=["in"])
    assert cut.choices[0].message.content == " a city "


def test_vllm__takes_the_id_of_the_request(vllm: openai.OpenAI) -> None:
    options: Any = {"extra_body": {"request_id": "mine"}}
    assert vllm.chat.completions.create(model=MODEL, messages=BEGUN[:1], **options).id == "chatcmpl-mine"
    assert vllm.completions.create(model=MODEL, prompt="Say", **options).id == "cmpl-mine"
    headers = {"X-Request-Id": "header"}
    assert vllm.completions.create(model=MODEL, prompt="Say", extra_headers=headers, **options).id == "cmpl-header"


@pytest.mark.parametrize("dialect", ["vllm", "together", "openrouter/api"])
def test_completion__of_auto_has_no_thoughts(live: LiveServer, dialect: str) -> None:
    """A text that is only continued has no template in which the model would think."""
    with openai.OpenAI(base_url=f"{live.url}/{dialect}/v1", api_key="k", max_retries=0) as client:
        text = client.completions.create(model=MODEL, prompt="auto", max_tokens=5)
    assert text.choices[0].text
