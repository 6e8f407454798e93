"""Anthropic's files, through its SDK against a live server; the address is OpenAI's too."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.server import LiveServer, serving

live = serving()


@pytest.fixture
def client(live: LiveServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=f"{live.url}/ns/claude", api_key="mock", max_retries=0) as made:
        yield made


def test_files__uploaded_listed_used_and_removed(client: anthropic.Anthropic) -> None:
    first = client.beta.files.upload(file=("data.csv", b"item,value\n", "text/csv"))
    second = client.files.upload(file=("notes.txt", b"Remember the milk.", "text/plain"))
    assert (first.filename, first.mime_type, first.size_bytes, first.downloadable) == (
        "data.csv",
        "text/csv",
        11,
        False,
    )
    assert [file.id for file in client.files.list(limit=1)] == [second.id, first.id]
    assert [file.id for file in client.files.list(ids=[first.id])] == [first.id]
    assert client.files.retrieve_metadata(first.id).filename == "data.csv"
    answer = client.beta.messages.create(
        model="claude-sonnet-5",
        max_tokens=20,
        betas=["files-api-2025-04-14"],
        messages=[
            {"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": second.id}}]}
        ],
    )
    assert answer.content
    with pytest.raises(anthropic.BadRequestError, match="not downloadable"):
        client.files.download(first.id)
    assert client.files.delete(first.id).type == "file_deleted"
    with pytest.raises(anthropic.NotFoundError, match="File not found"):
        client.files.retrieve_metadata(first.id)


def test_files__what_is_refused(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="A name has 1 to 255 characters"):
        client.files.upload(file=("a:b.txt", b"x", "text/plain"))
    with pytest.raises(anthropic.BadRequestError, match="limit"):
        client.files.list(limit=5000)


def test_files__of_openai_at_the_same_address(live: LiveServer, client: anthropic.Anthropic) -> None:
    with openai.OpenAI(base_url=f"{live.url}/ns/claude/v1", api_key="mock") as other:
        file = other.files.create(file=("a.txt", b"x"), purpose="user_data")
        assert [each.id for each in other.files.list()] == [file.id]
        with pytest.raises(anthropic.NotFoundError):
            client.files.retrieve_metadata(file.id)
