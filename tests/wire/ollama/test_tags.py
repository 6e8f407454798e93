"""Ollama's tag `latest`, which a name without a tag means: in scripts, answers, the journal and limits."""

from collections.abc import Iterator

import httpx
import ollama
import openai
import pytest

SCRIPT = """
version: 1
defaults: {models: [llama3.2, "qwen3:latest", nomic-embed-text]}
rules:
- {match: {model: llama3.2}, reply: Lama}
- {match: {model: "qwen3:latest"}, reply: Qwen}
- {match: {format: ollama_embed, model: "nomic-embed-text:latest"}, reply: {embedding: [0, 1]}}
- {match: {format: embeddings, model: "nomic-embed-text:latest"}, reply: {embedding: [0, 1]}}
"""
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client(place: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=place) as made:
        yield made


@pytest.mark.parametrize("tag", ["", ":latest"])
def test_rule__for_a_model_answers_with_and_without_the_tag(client: ollama.Client, place: str, tag: str) -> None:
    for model, told in (("llama3.2", "Lama"), ("qwen3", "Qwen")):
        answer = client.chat(model=model + tag, messages=HI)
        assert (answer.message.content, answer.model) == (told, model + tag)
        assert client.generate(model=model + tag, prompt="Hi").response == told
        asked = httpx.get(f"{place}/_mock/exchanges?limit=2").json()["exchanges"]
        assert {each["model"] for each in asked} == {model + tag}
    assert list(client.embed(model=f"nomic-embed-text{tag}", input="Hi").embeddings[0]) == [0, 1]


@pytest.mark.parametrize("tag", ["", ":latest"])
def test_rule__for_a_model_answers_openai_s_clients_too(place: str, tag: str) -> None:
    with openai.OpenAI(base_url=f"{place}/ollama/v1", api_key="k", max_retries=0) as made:
        answer = made.responses.create(model=f"llama3.2{tag}", input="Hi")
        assert (answer.output_text, answer.model) == ("Lama", f"llama3.2{tag}")
        assert made.embeddings.create(model=f"nomic-embed-text{tag}", input="Hi").data[0].embedding == [0, 1]


def test_limit__of_a_model_holds_for_its_default_tag(client: ollama.Client, place: str) -> None:
    httpx.put(f"{place}/_mock/limits", content="[{model: llama3.2, rpm: 1}]").raise_for_status()
    client.chat(model="llama3.2:latest", messages=HI)
    with pytest.raises(ollama.ResponseError) as caught:
        client.chat(model="llama3.2:latest", messages=HI)
    assert caught.value.status_code == 429
    client.chat(model="qwen3", messages=HI)
