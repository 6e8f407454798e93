"""OpenAI's vector stores and their search, through its SDK against a live server."""

import hashlib
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: vector_store_file, metadata: {how: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: vector_store_file, metadata: {how: refused}}
    error: {status: 429, message: Too many files.}
  - reply: Found it.
"""
FRANCE = "Paris is the capital of France. The Eiffel Tower stands in Paris."
CHEESE = "Cheddar and Stilton are cheeses from England."


@pytest.fixture
def client(live: LiveServer, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    space = hashlib.sha1(request.node.name.encode()).hexdigest()[:12]
    with openai.OpenAI(base_url=f"{live.url}/ns/{space}/v1", api_key="mock", max_retries=0) as made:
        yield made


def upload(client: openai.OpenAI, name: str, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return client.files.create(file=(name, data), purpose="assistants").id


def filled(client: openai.OpenAI) -> tuple[str, str, str]:
    """Make a store of two files, and return its id and theirs."""
    france, cheese = upload(client, "france.txt", FRANCE), upload(client, "cheese.txt", CHEESE)
    store = client.vector_stores.create(name="facts")
    for name, subject, year in ((france, "places", 2024), (cheese, "food", 2020)):
        attributes: dict[str, Any] = {"subject": subject, "year": year}
        done = client.vector_stores.files.create_and_poll(
            vector_store_id=store.id, file_id=name, attributes=attributes, poll_interval_ms=10
        )
        assert done.status == "completed", done
    return store.id, france, cheese


def test_store__made_changed_listed_and_removed(client: openai.OpenAI) -> None:
    first = client.vector_stores.create(name="one", metadata={"a": "b"})
    second = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2})
    assert (first.status, first.file_counts.total, first.metadata) == ("completed", 0, {"a": "b"})
    assert second.expires_at == second.created_at + 2 * 86400
    assert [store.id for store in client.vector_stores.list()] == [second.id, first.id]
    assert client.vector_stores.update(first.id, name="other").name == "other"
    assert client.vector_stores.retrieve(first.id).name == "other"
    assert client.vector_stores.delete(first.id).object == "vector_store.deleted"
    with pytest.raises(openai.NotFoundError, match="No vector store found with id"):
        client.vector_stores.retrieve(first.id)


def test_stores__are_listed_back_to_the_page_before(client: openai.OpenAI) -> None:
    *_, third, second, first = reversed([client.vector_stores.create(name=str(number)).id for number in range(4)])
    pages = client.vector_stores
    before = pages.list(before=first, limit=1)
    assert ([each.id for each in before.data], before.has_more) == ([second], True)
    assert [each.id for each in pages.list(before=first, after=third).data] == [second]
    ascending = pages.list(before=third, order="asc", limit=5)
    assert ([each.id for each in ascending.data], ascending.has_more) == ([first, second], False)
    with pytest.raises(openai.NotFoundError, match="No item with id 'x' found"):
        pages.list(before="x")


def test_search__the_closest_comes_first(client: openai.OpenAI) -> None:
    store, france, _ = filled(client)
    found = client.vector_stores.search(store, query="What is the capital of France?").data
    assert found[0].file_id == france
    assert found[0].filename == "france.txt"
    assert found[0].content[0].text == FRANCE
    assert found[0].score > found[1].score >= 0
    assert client.vector_stores.search(store, query="capital", max_num_results=1).data[0].file_id == france
    assert client.vector_stores.search(store, query="x", ranking_options={"score_threshold": 1}).data == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"type": "eq", "key": "subject", "value": "food"}, {"cheese.txt"}),
        ({"type": "ne", "key": "subject", "value": "food"}, {"france.txt"}),
        ({"type": "gte", "key": "year", "value": 2024}, {"france.txt"}),
        ({"type": "lt", "key": "year", "value": 2024}, {"cheese.txt"}),
        ({"type": "gt", "key": "subject", "value": 3}, set()),
        ({"type": "in", "key": "year", "value": [2020, 2021]}, {"cheese.txt"}),
        ({"type": "nin", "key": "year", "value": [2020, 2021]}, {"france.txt"}),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "year", "value": 2020},
                    {"type": "and", "filters": [{"type": "eq", "key": "subject", "value": "places"}]},
                ],
            },
            {"cheese.txt", "france.txt"},
        ),
    ],
)
def test_search__filters(client: openai.OpenAI, filters: Any, names: set[str]) -> None:
    store, *_ = filled(client)
    found = client.vector_stores.search(store, query="capital cheeses", filters=filters)
    assert {result.filename for result in found} == names


def test_search__bad_input(client: openai.OpenAI) -> None:
    store = client.vector_stores.create().id
    for body, param in [
        ({}, "query"),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "filters": {"type": "like", "key": "a", "value": "b"}}, "filters.type"),
        ({"query": "x", "filters": {"type": "eq", "key": "a", "value": {}}}, "filters.value"),
        ({"query": "x", "mode": "fast"}, "mode"),
    ]:
        with pytest.raises(openai.BadRequestError) as refused:
            client.post(f"/vector_stores/{store}/search", body=body, cast_to=object)
        assert refused.value.param == param, (body, refused.value)


def test_null__is_as_nothing(client: openai.OpenAI) -> None:
    nothing: Any = None
    file = upload(client, "france.txt", FRANCE)
    store = client.vector_stores.create(
        name="facts", file_ids=nothing, chunking_strategy=nothing, expires_after=nothing, metadata=nothing
    ).id
    client.vector_stores.files.create_and_poll(file, vector_store_id=store, chunking_strategy=nothing)
    batch = client.vector_stores.file_batches.create(store, file_ids=[file], files=nothing, attributes=nothing)
    assert batch.file_counts.total == 1
    found = client.vector_stores.search(
        store, query="Paris", filters=nothing, max_num_results=nothing, ranking_options=nothing, rewrite_query=nothing
    )
    assert [result.filename for result in found] == ["france.txt"]


def test_files__cut_into_chunks_that_overlap(client: openai.OpenAI) -> None:
    text = " ".join(f"word{number}" for number in range(400))
    store, file = client.vector_stores.create(), upload(client, "long.txt", text)
    strategy: Any = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
    client.vector_stores.files.create(store.id, file_id=file, chunking_strategy=strategy)
    found = client.vector_stores.search(store.id, query="word399 word398", max_num_results=50).data
    assert found[0].content[0].text.endswith("word399")
    assert len(found) > 3
    assert all(result.content[0].text in text for result in found)
    assert (
        "".join(part.text or "" for part in client.vector_stores.files.content(file, vector_store_id=store.id)) == text
    )
    bad: Any = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 101}}
    with pytest.raises(openai.BadRequestError, match="at most half"):
        client.vector_stores.files.create(store.id, file_id=file, chunking_strategy=bad)


def test_files__paced_failed_and_refused(client: openai.OpenAI) -> None:
    store, file = client.vector_stores.create().id, upload(client, "a.txt", FRANCE)
    slow = client.vector_stores.files.create(store, file_id=file, attributes={"how": "slow"})
    assert slow.status == "in_progress"
    assert client.vector_stores.files.retrieve(file, vector_store_id=store).status == "in_progress"
    assert client.vector_stores.retrieve(store).status == "in_progress"
    assert client.vector_stores.search(store, query="Paris").data == []
    picture = upload(client, "a.png", b"\x89PNG\r\n\x1a\n\xff")
    failed = client.vector_stores.files.create_and_poll(picture, vector_store_id=store, poll_interval_ms=10)
    assert failed.last_error
    assert (failed.status, failed.last_error.code) == ("failed", "unsupported_file")
    with pytest.raises(openai.RateLimitError, match="Too many files"):
        client.vector_stores.files.create(store, file_id=file, attributes={"how": "refused"})
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.vector_stores.files.create(store, file_id="file-nowhere")
    assert [each.id for each in client.vector_stores.files.list(store, filter="failed")] == [picture]
    assert client.vector_stores.files.delete(picture, vector_store_id=store).deleted
    assert client.files.retrieve(picture).filename == "a.png"


def test_files__in_batches(client: openai.OpenAI) -> None:
    store = client.vector_stores.create().id
    names = [upload(client, f"{number}.txt", f"{FRANCE} {number}") for number in range(3)]
    batch = client.vector_stores.file_batches.create_and_poll(store, file_ids=names, poll_interval_ms=10)
    assert (batch.status, batch.file_counts.completed) == ("completed", 3)
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store)
    assert {file.id for file in listed} == set(names)
    slow: Any = [{"file_id": names[0], "attributes": {"how": "slow"}}]
    second = client.vector_stores.file_batches.create(store, files=slow)
    assert client.vector_stores.file_batches.cancel(second.id, vector_store_id=store).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="Exactly one of"):
        client.vector_stores.file_batches.create(store)


@pytest.mark.parametrize("include", [["file_search_call.results"], []], ids=["results", "none"])
def test_file_search__is_cited_at_the_end_of_what_is_said(client: openai.OpenAI, include: list[Any]) -> None:
    """As it was recorded in December 2025: the file that comes first, whether its text is told or not."""
    store, france, _ = filled(client)
    tool: Any = {"type": "file_search", "vector_store_ids": [store]}
    asked: Any = {"model": "gpt-4o", "input": "What is the capital of France?", "tools": [tool], "include": include}
    response = client.responses.create(**asked)
    call, message = response.to_dict()["output"]
    assert [each["vector_store_id"] for each in call["results"] or []] == [store] * (2 if include else 0)
    cited: dict[str, Any] = {"type": "file_citation", "file_id": france, "filename": "france.txt"}
    cited["index"] = len(response.output_text) - 1
    assert message["content"][0]["annotations"] == [cited]
    streamed = [event.to_dict() for event in client.responses.create(**asked, stream=True)]
    assert [each["annotation"] for each in streamed if "annotation" in each] == [cited]
    nothing: Any = client.responses.create(**{**asked, "tools": [tool | {"filters": NOBODY}]}).output[1]
    assert nothing.content[0].annotations == []


NOBODY = {"type": "eq", "key": "author", "value": "nobody"}


def test_file_search__finds_what_was_uploaded(client: openai.OpenAI) -> None:
    store, france, _ = filled(client)
    tool: Any = {"type": "file_search", "vector_store_ids": [store], "max_num_results": 1}
    response = client.responses.create(
        model="gpt-4o", input="What is the capital of France?", tools=[tool], include=["file_search_call.results"]
    )
    call = response.output[0]
    assert call.type == "file_search_call"
    assert call.results
    assert [(result.file_id, result.text) for result in call.results] == [(france, FRANCE)]
    again = client.responses.create(
        model="gpt-4o",
        input="And cheeses from England?",
        previous_response_id=response.id,
        tools=[tool],
        include=["file_search_call.results"],
    )
    found = next(item for item in again.output if item.type == "file_search_call")
    assert found.results
    assert found.results[0].text == CHEESE
