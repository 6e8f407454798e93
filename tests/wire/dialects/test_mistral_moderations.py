"""Mistral's moderations, through its SDK against a live server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mistralai.client
import mistralai.client.errors
import orjson
import pytest
from django.test import override_settings

from completions.conversation import Moderation, Traffic
from completions.receive.handler import Handler
from completions.tokens.capabilities import MISTRAL_CATEGORIES, MISTRAL_FIRST
from completions.wire import registry
from tests.asgi import call
from tests.server import LiveServer

MODEL = "mistral-moderation-latest"
SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
- match: {format: moderations, dialect: mistral, any_message: fight}
  reply: {moderation: {categories: {violence_and_threats: 0.9, pii: 0.4}}}
- match: {format: moderations, any_message: one each}
  replies:
  - choices: [{moderation: {categories: {jailbreaking: 0.8}}}, {moderation: {categories: {law: 0.7}}}]
- {match: {format: moderations, last_user: busy}, error: 429}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mistralai.client.Mistral]:
    script: Path = tmp_path_factory.mktemp("mistral") / "script.yaml"
    script.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(script)) as live:
        yield mistralai.client.Mistral(api_key="any", server_url=f"{live.url}/mistral")


def flags(result: Any) -> set[str]:
    return {name for name, flag in result.categories.items() if flag}


@pytest.mark.parametrize(
    ("model", "categories"), [(MODEL, MISTRAL_CATEGORIES), ("mistral-moderation-2411", MISTRAL_FIRST)]
)
def test_texts__have_the_categories_of_their_model(
    client: mistralai.client.Mistral, model: str, categories: tuple[str, ...]
) -> None:
    answer = client.classifiers.moderate(model=model, inputs=["Hello", "A fight"])
    assert (answer.model, len(answer.id), len(answer.results)) == (model, 32, 2)
    for result in answer.results:
        assert tuple(result.categories or ()) == tuple(result.category_scores or ()) == categories
        assert flags(result) == {"violence_and_threats"}
        assert (result.category_scores or {})["pii"] == 0.4


def test_texts__are_benign_unless_a_script_says_so(client: mistralai.client.Mistral) -> None:
    first, again = (client.classifiers.moderate(model=MODEL, inputs="Hello") for _ in range(2))
    (result,) = first.results
    assert not flags(result) and max((result.category_scores or {}).values()) < 0.001
    assert again.results == first.results


def test_texts__have_their_own_choices(client: mistralai.client.Mistral) -> None:
    answer = client.classifiers.moderate(model=MODEL, inputs=["one each", "another", "a third"])
    assert [flags(result) for result in answer.results] == [{"jailbreaking"}, {"law"}, {"jailbreaking"}]


@pytest.mark.parametrize(("several", "results"), [(False, 1), (True, 2)])
def test_conversations__are_judged_by_their_last_message(
    client: mistralai.client.Mistral, several: bool, results: int
) -> None:
    asked: Any = [{"role": "user", "content": "A fight?"}, {"role": "assistant", "content": "No."}]
    answer = client.classifiers.moderate_chat(model=MODEL, inputs=[asked, asked[1:]] if several else asked)
    assert [flags(result) for result in answer.results] == [{"violence_and_threats"}] * results
    plain = client.classifiers.moderate_chat(model=MODEL, inputs=asked[1:])
    alone = client.classifiers.moderate(model=MODEL, inputs="No.")
    assert plain.results == alone.results


def test_texts__are_refused_as_a_script_says(client: mistralai.client.Mistral) -> None:
    with pytest.raises(mistralai.client.errors.SDKError) as caught:
        client.classifiers.moderate(model=MODEL, inputs="busy")
    assert caught.value.status_code == 429


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("moderations", {"model": MODEL}, ["body", "input"]),
        ("moderations", {"input": "a"}, ["body", "model"]),
        ("moderations", {"model": MODEL, "input": 1}, ["body", "input"]),
        ("moderations", {"model": MODEL, "input": ["a", 1]}, ["body", "input", 1]),
        ("chat/moderations", {"model": MODEL, "input": "a"}, ["body", "input"]),
        ("chat/moderations", {"model": MODEL, "input": [[]]}, ["body", "input", 0]),
        ("chat/moderations", {"model": MODEL, "input": [{"content": "a"}]}, ["body", "input", 0, "role"]),
    ],
)
async def test_request__that_does_not_fit_is_a_finding(path: str, body: Any, place: list[Any]) -> None:
    with override_settings(MOCK_SCRIPT="auto"):
        answer = await call(Handler(), "POST", f"/mistral/v1/{path}", orjson.dumps(body))
    (finding,) = orjson.loads(answer.body)["detail"]
    assert (answer.status, finding["loc"]) == (422, place)


async def test_answer__is_read_back() -> None:
    body = orjson.dumps({"model": MODEL, "input": "Hello"})
    answer = await call(Handler(), "POST", "/mistral/v1/moderations", body)
    reply = registry.read(Traffic("POST", "/mistral/v1/moderations", body, (answer.body,))).reply
    assert reply is not None
    (choice,) = reply.choices
    assert isinstance(choice.moderation, Moderation) and set(choice.moderation.scores) == set(MISTRAL_CATEGORIES)
