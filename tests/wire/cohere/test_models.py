"""Cohere's list of models, as Cohere's SDKs ask for it."""

import json
from typing import Any

import pytest

from completions.exceptions import RequestError
from completions.receive.handler import Handler
from completions.wire.cohere.chat import CohereChat
from tests.asgi import call

COHERE = CohereChat()
SDK = {"x-fern-sdk-name": "cohere"}


async def listed(path: str = "/v1/models", **headers: str) -> dict[str, Any]:
    """Return what is answered at an address of models."""
    document: dict[str, Any] = json.loads((await call(Handler(), "GET", path, headers=headers)).body)
    return document


async def test_models__are_listed_in_the_format_of_the_sdk_that_asks() -> None:
    ours, openai = await listed(**SDK), await listed()
    names = [each["name"] for each in ours["models"]]
    assert names == [each["id"] for each in openai["data"]]
    assert (await listed(f"/v1/models/{names[0]}", **SDK))["name"] == names[0]


def test_models__tell_where_they_are_to_be_asked() -> None:
    by_name = {each["name"]: each for each in COHERE.model_list((), {})["models"]}
    asked = {"command-a-03-2025": ["chat"], "embed-v4.0": ["embed"], "rerank-v3.5": ["rerank"]}
    assert {name: by_name[name]["endpoints"] for name in asked} == asked
    assert by_name["command-a-03-2025"]["context_length"] == 256_000


def test_models__come_in_pages_and_by_endpoint() -> None:
    names = ["command-a-03-2025", "embed-v4.0", "command-r7b-12-2024"]
    first = COHERE.model_list(names, {"page_size": "2"})
    second = COHERE.model_list(names, {"page_size": "2", "page_token": first["next_page_token"]})
    assert [each["name"] for each in first["models"] + second["models"]] == names
    assert "next_page_token" not in second
    assert [each["name"] for each in COHERE.model_list(names, {"endpoint": "embed"})["models"]] == names[1:2]


@pytest.mark.parametrize("query", [{"page_size": "0"}, {"page_size": "1001"}, {"page_size": "x"}, {"page_token": "x"}])
def test_models__refuse_a_page_that_is_none(query: dict[str, str]) -> None:
    with pytest.raises(RequestError):
        COHERE.model_list((), query)


def test_model__that_the_script_does_not_list_is_not_there() -> None:
    with pytest.raises(RequestError) as caught:
        COHERE.model("command-b", ["command-a-03-2025"])
    assert "model 'command-b' not found" in COHERE.adapt_error(caught.value).message
