"""Gemini's file search stores, through google-genai, LiteLLM and raw requests against a live server."""

import io
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types

from llmclient import lite
from tests.leaky import LITELLM_WARNS
from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: file_search_document, metadata: {display_name: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: file_search_document, metadata: {display_name: refused}}
    error: {status: 429, message: Too many documents.}
  - match: {format: file_search_store, metadata: {display_name: refused}}
    error: {status: 429, message: Too many stores.}
  - match: {format: file_search_store, metadata: {display_name: named}}
    reply: {id: fileSearchStores/mine, text: ""}
  - reply: The capital of France is Paris. Nothing else is known.
"""
FRANCE = "Paris is the capital of France. The Eiffel Tower is a famous landmark in Paris."
CHEESE = "Cheddar and Stilton are cheeses from England, with a ünïcode rind."


def upload(gemini: genai.Client, store: str, content: bytes, **config: Any) -> Any:
    asked = types.UploadToFileSearchStoreConfig(mime_type="text/plain", **config)
    begun = gemini.file_search_stores.upload_to_file_search_store(
        file_search_store_name=store, file=io.BytesIO(content), config=asked
    )
    return gemini.operations.get(begun)


def metadata(**given: Any) -> list[types.CustomMetadata]:
    return [
        types.CustomMetadata(key=key, string_value=value)
        if isinstance(value, str)
        else types.CustomMetadata(key=key, numeric_value=value)
        for key, value in given.items()
    ]


def filled(gemini: genai.Client) -> str:
    """Make a store of two documents, and return its name."""
    name = gemini.file_search_stores.create(config={"display_name": "Test: file search"}).name or ""
    for title, content, year in (("France", FRANCE, 2024), ("Cheese", CHEESE, 2020)):
        done = upload(gemini, name, content.encode(), display_name=title, custom_metadata=metadata(year=year, by=title))
        assert done.done and done.response, done
    return name


def answered(gemini: genai.Client, store: str, words: str = "What is the capital of France?", **tool: Any) -> Any:
    search = types.Tool(file_search=types.FileSearch(file_search_store_names=[store], **tool))
    config = types.GenerateContentConfig(tools=[search])
    return gemini.models.generate_content(model="gemini-2.5-pro", contents=words, config=config)


def titles(answer: Any) -> list[str]:
    grounding = answer.candidates[0].grounding_metadata
    return [chunk.retrieved_context.title for chunk in grounding.grounding_chunks or ()] if grounding else []


def test_store__made_shown_listed_and_removed(gemini: genai.Client) -> None:
    made = gemini.file_search_stores.create(config={"display_name": "My Test-Store that has a long name"})
    assert made.name and made.name.startswith("fileSearchStores/myteststorethathasalongname-")
    assert len(made.name.removeprefix("fileSearchStores/")) == 40
    assert gemini.file_search_stores.get(name=made.name) == made
    assert [each.name for each in gemini.file_search_stores.list()] == [made.name]
    gemini.file_search_stores.delete(name=made.name)
    for gone in (gemini.file_search_stores.get, gemini.file_search_stores.delete):
        with pytest.raises(
            errors.ClientError, match="You do not have permission to access the file search store"
        ) as no:
            gone(name=made.name)
        assert (no.value.code, no.value.status) == (403, "PERMISSION_DENIED")


def test_documents__uploaded_shown_listed_and_removed(gemini: genai.Client) -> None:
    store = filled(gemini)
    documents = list(gemini.file_search_stores.documents.list(parent=store))
    assert [each.display_name for each in documents] == ["France", "Cheese"]
    first = documents[0]
    assert (first.size_bytes, first.mime_type, first.state) == (
        len(FRANCE),
        "text/plain",
        types.DocumentState.STATE_ACTIVE,
    )
    assert first.custom_metadata == metadata(year=2024.0, by="France")
    assert gemini.file_search_stores.documents.get(name=first.name or "") == first
    shown = gemini.file_search_stores.get(name=store)
    assert (shown.active_documents_count, shown.size_bytes) == (2, len(FRANCE) + len(CHEESE.encode()))
    assert shown.update_time == shown.create_time
    with pytest.raises(errors.ClientError, match="non-empty Document"):
        gemini.file_search_stores.documents.delete(name=first.name or "")
    gemini.file_search_stores.documents.delete(name=first.name or "", config={"force": True})
    with pytest.raises(errors.ClientError, match="is not found"):
        gemini.file_search_stores.documents.get(name=first.name or "")
    with pytest.raises(errors.ClientError, match="non-empty FileSearchStore"):
        gemini.file_search_stores.delete(name=store)
    gemini.file_search_stores.delete(name=store, config={"force": True})
    assert list(gemini.file_search_stores.list()) == []


def test_lists__go_by_pages(gemini: genai.Client) -> None:
    for number in range(5):
        gemini.file_search_stores.create(config={"display_name": str(number)})
    pages = gemini.file_search_stores.list(config={"page_size": 2})
    assert [each.display_name for each in pages] == ["0", "1", "2", "3", "4"]


def test_file__imported(gemini: genai.Client) -> None:
    store = gemini.file_search_stores.create().name or ""
    file = gemini.files.upload(
        file=io.BytesIO(FRANCE.encode()), config={"mime_type": "text/plain", "display_name": "F"}
    )
    begun = gemini.file_search_stores.import_file(file_search_store_name=store, file_name=file.name or "")
    done = gemini.operations.get(begun)
    assert done.done and done.response and done.response.parent == store
    assert titles(answered(gemini, store)) == ["F"]
    with pytest.raises(errors.ClientError, match="permission to access the File nothing"):
        gemini.file_search_stores.import_file(file_search_store_name=store, file_name="files/nothing")


def test_answer__cites_what_is_closest(gemini: genai.Client) -> None:
    store = filled(gemini)
    answer = answered(gemini, store)
    grounding = answer.candidates[0].grounding_metadata
    context = grounding.grounding_chunks[0].retrieved_context
    assert (context.title, context.text, context.file_search_store) == ("France", FRANCE, store)
    assert {each.key: each.string_value or each.numeric_value for each in context.custom_metadata} == {
        "year": 2024,
        "by": "France",
    }
    support = grounding.grounding_supports[0]
    assert support.grounding_chunk_indices == [0] and support.segment.text == "The capital of France is Paris."
    assert answer.text.encode()[: support.segment.end_index].decode() == support.segment.text
    usage = answer.usage_metadata
    assert usage.tool_use_prompt_token_count > 10
    assert usage.total_token_count == (
        usage.prompt_token_count + usage.candidates_token_count + usage.tool_use_prompt_token_count
    )
    assert titles(answered(gemini, store, "Which cheeses are from England?"))[0] == "Cheese"


def test_answer__cites_the_same_in_a_stream(gemini: genai.Client) -> None:
    store = filled(gemini)
    search = types.Tool(file_search=types.FileSearch(file_search_store_names=[store]))
    config = types.GenerateContentConfig(tools=[search])
    words = "What is the capital of France?"
    chunks = list(gemini.models.generate_content_stream(model="gemini-2.5-pro", contents=words, config=config))
    last, whole = chunks[-1], answered(gemini, store, words)
    assert last.candidates and last.candidates[0].grounding_metadata == whole.candidates[0].grounding_metadata
    assert last.usage_metadata == whole.usage_metadata


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("year > 2022", ["France"]),
        ("year <= 2020", ["Cheese"]),
        ('by = "Cheese"', ["Cheese"]),
        ("by = Cheese OR year = 2024", ["Cheese", "France"]),
        ('by != "Cheese" AND year >= 2024', ["France"]),
        ('NOT (by = "France")', ["Cheese"]),
        ("-by = 'France'", ["Cheese"]),
        ("color = 1", []),
        ("year = '2024'", []),
    ],
)
def test_filter__chooses_documents(gemini: genai.Client, filter: str, found: list[str]) -> None:
    store = filled(gemini)
    words = "The capital of France, and cheeses from England with a rind"
    assert sorted(titles(answered(gemini, store, words, metadata_filter=filter))) == found


def test_top_k__limits_the_chunks(gemini: genai.Client) -> None:
    words = "The capital of France, and cheeses from England"
    assert len(titles(answered(gemini, filled(gemini), words, top_k=1))) == 1


@pytest.mark.parametrize(
    ("tool", "status", "message"),
    [
        (
            {"fileSearchStoreNames": ["fileSearchStores/nothing"]},
            403,
            "permission to access the file search store nothing",
        ),
        ({"file_search_store_names": []}, 400, "file_search_store_names is not specified"),
        ({}, 400, "file_search_store_names is not specified"),
        ({"fileSearchStoreNames": ["a"], "topK": 0}, 400, "top_k must be positive"),
        ({"fileSearchStoreNames": ["a"], "topK": "x"}, 400, "Invalid value at 'tools[0].file_search.top_k'"),
        ({"fileSearchStoreNames": ["a"], "metadataFilter": "year >"}, 400, "Invalid metadata_filter"),
        ({"fileSearchStoreNames": ["a"], "metadataFilter": "(" * 40}, 400, "Invalid metadata_filter"),
        ({"fileSearchStoreNames": ["a"], "metadataFilter": "a ? 1"}, 400, "Invalid metadata_filter"),
        ({"fileSearchStoreNames": ["a"], "stores": []}, 400, 'Unknown name "stores"'),
    ],
)
def test_tool__is_refused(place: str, tool: dict[str, Any], status: int, message: str) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}], "tools": [{"fileSearch": tool}]}
    answer = httpx.post(f"{place}/v1beta/models/gemini-2.5-pro:generateContent?key=k", json=body, timeout=600)
    assert answer.status_code == status and message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "fileSearchStores", {"displayName": 7}, 400, "Invalid value at 'display_name'"),
        ("POST", "fileSearchStores", {"displayName": "a" * 513}, 400, "at most 512"),
        ("POST", "fileSearchStores", {"color": "red"}, 400, 'Unknown name "color"'),
        ("PUT", "fileSearchStores", {}, 405, "Not allowed to PUT"),
        ("POST", "fileSearchStores/nothing:importFile", {"fileName": "files/a"}, 403, "file search store nothing"),
        ("GET", "fileSearchStores/nothing/documents", None, 403, "file search store nothing"),
        ("GET", "fileSearchStores/nothing/operations/a", None, 403, "file search store nothing"),
        ("GET", "fileSearchStores/{store}/operations/a", None, 404, "is not found"),
        ("POST", "fileSearchStores/{store}:importFile", {}, 400, "file_name is not specified"),
        ("POST", "fileSearchStores/{store}:dance", {}, 404, ""),
        (
            "POST",
            "fileSearchStores/{store}:importFile",
            {"fileName": "a", "customMetadata": [{"key": str(at)} for at in range(21)]},
            400,
            "at most 20",
        ),
        (
            "POST",
            "fileSearchStores/{store}:importFile",
            {"fileName": "a", "chunkingConfig": {"whiteSpaceConfig": {"maxTokensPerChunk": 5, "maxOverlapTokens": 5}}},
            400,
            "max_overlap_tokens must be less",
        ),
    ],
)
def test_request__is_refused_in_googles_words(
    place: str, method: str, path: str, body: Any, status: int, message: str
) -> None:
    made = httpx.post(f"{place}/v1beta/fileSearchStores?key=k", timeout=600).json()["name"].partition("/")[2]
    address = f"{place}/v1beta/{path.format(store=made)}?key=k"
    answer = httpx.request(method, address, json=body, timeout=600)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, status) and message in error["message"]


def test_script__paces_names_and_refuses(gemini: genai.Client) -> None:
    assert gemini.file_search_stores.create(config={"display_name": "named"}).name == "fileSearchStores/mine"
    pending = upload(gemini, "fileSearchStores/mine", FRANCE.encode(), display_name="slow")
    assert not pending.done
    shown = gemini.file_search_stores.get(name="fileSearchStores/mine")
    assert (shown.active_documents_count, shown.pending_documents_count) == (None, 1)
    assert titles(answered(gemini, "fileSearchStores/mine")) == []
    with pytest.raises(errors.ClientError, match="Too many documents"):
        upload(gemini, "fileSearchStores/mine", b"a", display_name="refused")
    with pytest.raises(errors.ClientError, match="Too many stores"):
        gemini.file_search_stores.create(config={"display_name": "refused"})


def test_document__that_is_no_text_fails(gemini: genai.Client) -> None:
    store = gemini.file_search_stores.create().name or ""
    done = upload(gemini, store, b"\xff\xfe\x00")
    assert done.done and done.error["code"] == 3
    (document,) = gemini.file_search_stores.documents.list(parent=store)
    assert document.state == types.DocumentState.STATE_FAILED


def test_namespaces__are_apart(live: LiveServer, gemini: genai.Client) -> None:
    store = filled(gemini)
    other = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=f"{live.url}/ns/apart"))
    assert list(other.file_search_stores.list()) == []
    with pytest.raises(errors.ClientError, match="file search store"):
        answered(other, store)


@LITELLM_WARNS
def test_litellm__makes_a_store(place: str, gemini: genai.Client) -> None:
    made = lite.load().vector_stores.create(name="facts", custom_llm_provider="gemini", api_base=place, api_key="k")
    assert gemini.file_search_stores.get(name=made["id"]).display_name == "facts"
