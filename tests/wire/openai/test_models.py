"""The models: what is real about them, and how a fine-tuned one is deleted."""

import openai
import pytest

from completions.wire.openai import models
from tests.server import LiveServer

TUNED = "ft:gpt-4o-mini-2024-07-18:acme:support:Ab12"
SCRIPT = f"""
version: 1
defaults: {{models: [gpt-4o, text-embedding-3-small, claude-sonnet-4-5, my/own, "{TUNED}"]}}
rules:
- reply: Hi
"""


@pytest.mark.parametrize(
    ("name", "created", "owner"),
    [
        ("gpt-4o", 1715367049, "system"),
        ("gpt-4", 1687882411, "openai"),
        ("text-embedding-ada-002", 1671217299, "openai-internal"),
        ("claude-sonnet-4-5", models.CREATED, "anthropic"),
        (TUNED, models.CREATED, "acme"),
        ("ft:gpt-4o::x", models.CREATED, "user"),
        ("gpt-6.1-sol", models.CREATED, "system"),
        ("nothing-like-it", models.CREATED, "mock"),
    ],
)
def test_model__has_the_real_facts(name: str, created: int, owner: str) -> None:
    document = models.model(name)
    document.pop("shutdown_date", None)
    assert document == {"id": name, "object": "model", "created": created, "owned_by": owner}


@pytest.mark.parametrize(
    ("name", "day"), [("gpt-5", "2026-12-11"), ("whisper-1", "2027-02-26"), ("gpt-6-luna", None), (TUNED, None)]
)
def test_model__of_openai_has_the_day_of_its_end(name: str, day: str | None) -> None:
    document = models.model(name)
    assert "shutdown_date" in document
    assert document["shutdown_date"] == day
    assert openai.types.Model.model_validate(document).shutdown_date == day


@pytest.mark.parametrize("name", ["claude-sonnet-4-5", "my/own"])
def test_model__of_others_has_no_end(name: str) -> None:
    assert "shutdown_date" not in models.model(name)


def client(server: LiveServer, name: str) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/ns/{name}/v1", api_key="k", max_retries=0, _strict_response_validation=True
    )


def test_delete__takes_a_fine_tuned_model_once(live: LiveServer) -> None:
    with client(live, "one") as one, client(live, "two") as two:
        assert one.models.retrieve(TUNED).owned_by == "acme"
        said = one.chat.completions.create(model=TUNED, messages=[{"role": "user", "content": "Hi"}])
        assert said.model == TUNED
        deleted = one.models.delete(TUNED)
        assert (deleted.id, deleted.object, deleted.deleted) == (TUNED, "model", True)
        with pytest.raises(openai.NotFoundError):
            one.models.delete(TUNED)
        with pytest.raises(openai.NotFoundError):
            one.models.retrieve(TUNED)
        with pytest.raises(openai.NotFoundError) as gone:
            one.chat.completions.create(model=TUNED, messages=[{"role": "user", "content": "Hi"}])
        assert gone.value.code == "model_not_found"
        assert TUNED not in [model.id for model in one.models.list()]
        assert TUNED in [model.id for model in two.models.list()], "each namespace has its own"


def test_delete__leaves_the_others(live: LiveServer) -> None:
    with client(live, "three") as three:
        with pytest.raises(openai.PermissionDeniedError):
            three.models.delete("gpt-4o")
        with pytest.raises(openai.NotFoundError):
            three.models.delete("ft:none")
        assert len(list(three.models.list())) == 5


def test_delete__a_model_that_no_script_lists() -> None:
    with LiveServer(MOCK_SCRIPT="auto") as server, client(server, "one") as one:
        assert one.models.delete(TUNED).deleted
        with pytest.raises(openai.NotFoundError):
            one.models.retrieve(TUNED)
