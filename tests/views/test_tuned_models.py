"""Gemini's tuned models, of which there are none, and the tokens of texts on Vertex AI, through google-genai."""

from collections.abc import Callable
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from tests.server import LiveServer

SCRIPT = """version: 1
rules:
- {reply: Hi.}
"""


credentials: Callable[..., Credentials] = Credentials


@pytest.fixture
def vertex(live: LiveServer) -> genai.Client:
    return genai.Client(
        vertexai=True,
        project="p",
        location="global",
        credentials=credentials(token="t"),
        http_options=types.HttpOptions(base_url=live.url),
    )


def test_tuned_models__there_are_none(gemini: genai.Client) -> None:
    assert list(gemini.models.list(config={"query_base": False})) == []
    name = "tunedModels/generate-num-2946"
    for ask in (
        lambda: gemini.models.get(model=name),
        lambda: gemini.models.update(model=name, config={"display_name": "a"}),
        lambda: gemini.models.delete(model=name),
        lambda: gemini.tunings.get(name=name),
    ):
        with pytest.raises(errors.ClientError, match=f"404 NOT_FOUND.*Tuned model {name} does not exist"):
            ask()


def test_vertex__has_no_models_of_a_project_and_no_jobs(vertex: genai.Client) -> None:
    assert list(vertex.models.list(config={"query_base": False})) == []
    assert list(vertex.tunings.list()) == []
    with pytest.raises(errors.ClientError, match="404 NOT_FOUND"):
        vertex.tunings.get(name="projects/p/locations/global/tuningJobs/1")


def test_operation__of_a_model_is_no_model(gemini: genai.Client) -> None:
    operation: Any = types.GenerateVideosOperation.model_validate({"name": "models/veo-3.0/operations/x"})
    with pytest.raises(errors.ClientError, match="404"):
        gemini.operations.get(operation)


def test_compute_tokens__has_each_token_and_its_id(vertex: genai.Client) -> None:
    parts: Any = ["One", "two"]
    contents = [types.UserContent("Hello, naïve 🦜 world"), types.ModelContent(parts)]
    found = vertex.models.compute_tokens(model="gemini-2.5-flash", contents=contents).tokens_info
    assert found
    assert [each.role for each in found] == ["user", "model"]
    assert b"".join(found[0].tokens or ()).decode() == "Hello, naïve 🦜 world"
    assert (found[1].tokens, len(found[1].token_ids or ())) == ([b"One", b"two"], 2)
    assert all(len(each.tokens or ()) == len(each.token_ids or ()) for each in found)
    counted = vertex.models.count_tokens(model="gemini-2.5-flash", contents=contents[:1]).total_tokens
    assert len(found[0].tokens or ()) == counted


def test_compute_tokens__of_the_older_request(vertex: genai.Client) -> None:
    answer = vertex._api_client.request(
        "post", "publishers/google/models/text-bison:computeTokens", {"instances": [{"prompt": "One"}]}
    )
    assert answer.body == '{"tokensInfo":[{"tokens":["T25l"],"tokenIds":["5045"]}]}'


def test_compute_tokens__is_refused_without_contents(vertex: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="contents is not specified"):
        vertex._api_client.request("post", "publishers/google/models/gemini-2.5-flash:computeTokens", {"contents": []})
