"""Text completions as vendors other than OpenAI give them: with what their chat has at its top level and beside it."""

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.script.auto.answer import auto
from completions.wire import registry
from completions.wire.dialects.azure import AzureLegacy
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.vllm import VLLM
from completions.wire.openai.legacy import LegacyCompletions
from tests.document import events

HI_YOU = Choice(text="Hi you", finish_reason="stop")
SAID = Reply((HI_YOU,), created=1, model="m", usage=Usage(7, 2, cached_tokens=3), serial="s")
STOPPED = Reply((replace(HI_YOU, stopped_by="!"),), created=1, model="m", usage=Usage(7, 2), serial="s")
CITY = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


VENDORS = {"deepseek": DeepSeek, "openrouter": OpenRouter, "vllm": VLLM}


def legacy(name: str) -> LegacyCompletions:
    """Return a vendor's text completions."""
    return AzureLegacy() if name == "azure" else LegacyCompletions(VENDORS[name]())


def parsed(wire: LegacyCompletions, **body: Any) -> Prompt:
    return wire.parse(orjson.dumps({"model": "m", "prompt": "Hi"} | body), {}, validate=True, route={})


def whole(name: str, reply: Reply = SAID, **body: Any) -> dict[str, Any]:
    wire = legacy(name)
    return wire.document(reply, parsed(wire, **body))


def streamed(name: str, reply: Reply = SAID, **body: Any) -> list[Any]:
    wire = legacy(name)
    prompt = parsed(wire, stream=True, **body)
    return events(b"".join(wire.framing(prompt).frames(wire.events(reply, prompt))))


def test_vllm__tells_what_is_null() -> None:
    """As its `CompletionResponse` and `CompletionStreamResponse` are written out."""
    document, (first, *_, last) = whole("vllm", STOPPED), streamed("vllm", STOPPED)
    assert re.fullmatch("cmpl-[0-9a-f]{16}", document["id"])
    head = ["id", "object", "created", "model", "choices"]
    assert list(document) == [*head, "usage", "service_tier", "system_fingerprint", "kv_transfer_params"]
    unknown = {"logprobs": None, "token_ids": None, "prompt_token_ids": None}
    ended = {"index": 0, "finish_reason": "stop", "stop_reason": "!", **unknown}
    assert document["choices"] == [{"text": "Hi you", **ended, "prompt_logprobs": None}]
    assert document["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "total_tokens": 9,
        "prompt_tokens_details": None,
    }
    assert list(first) == head
    assert first["choices"] == [{"text": "Hi", **ended, "finish_reason": None, "stop_reason": None}]
    assert last["choices"] == [{"text": "", **ended}]


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": True}}])
def test_deepseek__tells_the_usage_with_the_end(options: dict[str, Any]) -> None:
    """DeepSeek's reference of FIM completions: the last chunk has it, asked for or not."""
    document, (first, *_, last) = whole("deepseek"), streamed("deepseek", **options)
    assert re.fullmatch("[0-9a-f]{32}", document["system_fingerprint"])
    assert (document["usage"]["prompt_cache_hit_tokens"], document["usage"]["prompt_cache_miss_tokens"]) == (3, 4)
    assert last["usage"] == document["usage"]
    assert last["choices"] == [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert ("usage" in first, first.get("usage")) == (bool(options), None)
    assert "cmpl" not in document["id"]


def test_openrouter__tells_the_provider_and_its_reason() -> None:
    document, (first, *_, last) = whole("openrouter"), streamed("openrouter")
    assert document["id"].startswith("gen-")
    assert (document["provider"], first["provider"]) == ("Mock", "Mock")
    assert document["choices"][0]["native_finish_reason"] == "stop"
    assert first["choices"][0]["native_finish_reason"] is None
    assert last["usage"]["cost"] == document["usage"]["cost"] > 0


def test_azure__tells_what_the_filters_found() -> None:
    document, (asked, first, *_) = whole("azure"), streamed("azure")
    assert document["choices"][0]["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert document["prompt_filter_results"] == asked["prompt_filter_results"]
    assert first["choices"][0]["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert document["usage"] == {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


@pytest.mark.parametrize("name", ["vllm", "deepseek", "openrouter", "azure"])
@pytest.mark.parametrize("given", ["chatcmpl-1", "1"])
def test_id__that_a_script_gives(name: str, given: str) -> None:
    reply = Reply((Choice(text="Hi"),), created=1, usage=Usage(1, 1), serial="s", id=given)
    assert whole(name, reply)["id"] == ("1" if given == "1" and name != "azure" else "cmpl-1")
    assert streamed(name, reply)[-1]["id"] == whole(name, reply)["id"]


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ({"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}, r'\{"name":".+"\}'),
        ({"type": "json_object"}, r"\{.+\}"),
        ({"type": "text"}, r"[^{]+"),
        (None, r"[^{]+"),
    ],
)
def test_vllm__answers_in_the_form_that_is_asked_for(form: Any, pattern: str) -> None:
    prompt = parsed(legacy("vllm"), response_format=form, max_tokens=100)
    assert re.fullmatch(pattern, auto(prompt)[0].text or "")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"type": "json_schema"}, "the 'json_schema' field must be provided"),
        ({"type": "other"}, "body.response_format.type"),
        (5, "body.response_format"),
    ],
)
def test_vllm__refuses_a_form(form: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said) as refused:
        parsed(legacy("vllm"), response_format=form)
    assert refused.value.status == 400
    chat = registry.CHAT_DIALECTS["vllm"]
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "response_format": form}
    with pytest.raises(RequestError, match=said):
        chat.parse(orjson.dumps(body), {}, validate=True, route={})
