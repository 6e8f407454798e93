"""What Ollama's models can do: what its server shows of them, and what it refuses."""

import base64
from collections.abc import Iterator
from typing import Any

import ollama
import openai
import orjson
import pytest

from completions.conversation import Reply
from completions.exceptions import RequestError
from completions.resolve.models import check_model
from completions.wire.dialects.ollama import Ollama
from completions.wire.ollama import names
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.models import OllamaShow
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.registry import CHAT_DIALECTS
from tests.wire.test_refusals import ANY

SCRIPT = """
version: 1
defaults:
  models:
  - llama3.2
  - llava
  - {id: small, supports: {tools: false, images: false, insert: false, reasoning: false}}
  - {id: coder, like: qwen2.5-coder, supports: {insert: true}}
  - {id: vectors, like: nomic-embed-text}
rules:
- reply: Hi
"""
CHAT, GENERATE = OllamaChat(), OllamaGenerate()
IMAGE = base64.b64encode(b"image").decode()
HI = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def shown(model: str) -> list[str]:
    """Return a model's capabilities as `/api/show` has them."""
    show = OllamaShow()
    prompt = check_model(show.parse(orjson.dumps({"model": model}), {}, validate=True), show, ANY)
    capabilities: list[str] = show.document(Reply(()), prompt)["capabilities"]
    return capabilities


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("qwen3", "registry.ollama.ai/library/qwen3:latest"),
        ("llama3.2:1b", "registry.ollama.ai/library/llama3.2:1b"),
        ("qwen2.5-coder:7b", None),
        ("unknown", None),
    ],
)
def test_suffix__is_refused_by_models_without_insert_and_not_shown(model: str, told: str | None) -> None:
    can = shown(model)
    assert ("insert" in can) is (told is None)
    asked = {"model": model, "prompt": "def f(", "suffix": "return 1"}
    for wire in (GENERATE, LegacyCompletions(Ollama())):
        check_model(wire.parse(orjson.dumps(asked | {"suffix": ""}), {}, validate=True), wire, ANY)
        prompt = wire.parse(orjson.dumps(asked), {}, validate=True)
        if told is None:
            check_model(prompt, wire, ANY)
            continue
        with pytest.raises(RequestError) as caught:
            check_model(prompt, wire, ANY)
        assert (caught.value.status, caught.value.message) == (400, f"{told} does not support insert")


@pytest.mark.parametrize(("model", "sees"), [("gpt-oss", False), ("llama3.2", False), ("gemma3", True), ("x", True)])
def test_images__are_refused_by_models_without_vision_and_not_shown(model: str, sees: bool) -> None:
    can = shown(model)
    assert ("vision" in can) is sees
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}}
    for wire, body in (
        (CHAT, {"messages": [{"role": "user", "content": "Look", "images": [IMAGE]}]}),
        (GENERATE, {"prompt": "Look", "images": [IMAGE]}),
        (CHAT_DIALECTS["ollama"], {"messages": [{"role": "user", "content": [picture]}]}),
    ):
        prompt = wire.parse(orjson.dumps({"model": model, **body}), {}, validate=True)
        if sees:
            check_model(prompt, wire, ANY)
            continue
        with pytest.raises(RequestError, match="this model is missing data required for image input") as caught:
            check_model(prompt, wire, ANY)
        assert caught.value.status == 500


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gemma3", "registry.ollama.ai/library/gemma3:latest"),
        ("me/phi4:x", "registry.ollama.ai/me/phi4:x"),
        ("hf.co/me/phi4", "hf.co/me/phi4:latest"),
    ],
)
def test_names__are_told_with_all_of_their_parts(model: str, told: str) -> None:
    assert names.full_name(model) == told
    assert names.full_name("not a name") == "not a name"


@pytest.fixture
def client(place: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=place) as made:
        yield made


def test_show__has_what_the_script_says_of_its_models(client: ollama.Client) -> None:
    assert client.show("small").capabilities == ["completion"]
    assert client.show("small:latest").capabilities == ["completion"]
    assert client.show("llama3.2").capabilities == ["completion", "tools"]
    assert "insert" in (client.show("coder").capabilities or ())
    assert client.show("vectors").capabilities == ["embedding"]
    assert "vision" in (client.show("llava").capabilities or ())
    assert client.generate("llava", "What is this?", images=[IMAGE]).response == "Hi"


ASKED: list[tuple[dict[str, Any], int, str]] = [
    ({"tools": [TOOL]}, 400, "registry.ollama.ai/library/small:latest does not support tools"),
    ({"think": True}, 400, '"small" does not support thinking'),
    ({"messages": [{"role": "user", "content": "Look", "images": [IMAGE]}]}, 500, "missing data required for image"),
]


@pytest.mark.parametrize(("asked", "status", "told"), ASKED)
@pytest.mark.parametrize("stream", [True, False])
def test_client__is_told_what_a_model_cannot_do(
    client: ollama.Client, asked: dict[str, Any], status: int, told: str, stream: bool
) -> None:
    with pytest.raises(ollama.ResponseError) as caught:
        list(client.chat(**{"model": "small", "messages": HI, "stream": stream, **asked}))
    assert caught.value.status_code == status
    assert told in caught.value.error


def test_client__is_told_that_a_model_inserts_nothing(client: ollama.Client, place: str) -> None:
    told = "registry.ollama.ai/library/llama3.2:latest does not support insert"
    with pytest.raises(ollama.ResponseError) as caught:
        client.generate("llama3.2", "def f(", suffix="return 1")
    assert (caught.value.status_code, caught.value.error) == (400, told)
    assert client.generate("coder", "def f(", suffix="return 1").response == "Hi"
    with openai.OpenAI(base_url=f"{place}/ollama/v1", api_key="k", max_retries=0) as gpt:
        with pytest.raises(openai.BadRequestError, match=told):
            gpt.completions.create(model="llama3.2", prompt="def f(", suffix="return 1")
        with pytest.raises(openai.BadRequestError, match='"vectors" does not support chat'):
            gpt.responses.create(model="vectors", input="Hi")
        with pytest.raises(openai.BadRequestError, match='"vectors" does not support generate'):
            gpt.completions.create(model="vectors", prompt="Hi")
