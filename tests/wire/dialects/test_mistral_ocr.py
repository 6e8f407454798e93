"""Mistral's OCR, through its own SDK: what is read, of which pages, and what is said of it."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from completions.exceptions import RequestError
from completions.wire import registry
from llmclient import lite
from tests.leaky import LITELLM
from tests.server import LiveServer

pytestmark = LITELLM

MODEL, PDF_TYPE = "mistral-ocr-latest", "application/pdf"
INVOICE = {"type": "document_url", "document_url": "https://example.com/invoice.pdf"}
SCRIPT = r"""
version: 1
rules:
  - match: {format: ocr, last_user: invoice}
    reply: "# Invoice\n\nTotal: 5\fTerms"
  - match: {format: ocr, last_user: broken}
    error: {status: 503}
"""
PAGE = b"<< /Type /Page >>\nstream\nBT (%s) Tj ET\nendstream\n"
PDF = b"%PDF-1.4\n" + PAGE % b"One  two" + PAGE % b"Three"
FORM = {
    "type": "json_schema",
    "json_schema": {
        "name": "n",
        "schema": {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]},
    },
}


def data_url(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def client(live: LiveServer) -> Iterator[Mistral]:
    with Mistral(api_key="mock", server_url=f"{live.url}/mistral") as client:
        yield client


@pytest.mark.parametrize(
    ("document", "pages", "read"),
    [
        (INVOICE, None, {0: "# Invoice\n\nTotal: 5", 1: "Terms"}),
        (INVOICE, [1], {1: "Terms"}),
        (INVOICE, "1-7", {1: "Terms"}),
        (INVOICE, "0, 1", {0: "# Invoice\n\nTotal: 5", 1: "Terms"}),
        (INVOICE, "1,0-1,7", {0: "# Invoice\n\nTotal: 5", 1: "Terms"}),
        (INVOICE, ",".join(["0-999999"] * 10_000), {0: "# Invoice\n\nTotal: 5", 1: "Terms"}),
        (INVOICE, [9], {}),
        ({"type": "document_url", "document_url": data_url(PDF, "application/pdf")}, None, {0: "One two", 1: "Three"}),
        ({"type": "document_url", "document_url": data_url(b"# Plan", "text/plain")}, None, {0: "# Plan"}),
        (
            {"document_name": "invoice", "document_url": data_url(PDF, "application/pdf")},
            [0],
            {0: "# Invoice\n\nTotal: 5"},
        ),
        ({"type": "image_url", "image_url": {"url": "https://example.com/invoice.png"}}, [1], {1: "Terms"}),
    ],
)
def test_ocr__reads_the_pages(client: Mistral, document: Any, pages: Any, read: dict[int, str]) -> None:
    answer = client.ocr.process(model=MODEL, document=document, pages=pages)
    assert {page.index: page.markdown for page in answer.pages} == read
    assert (answer.usage_info.pages_processed, answer.document_annotation) == (len(read), None)
    for page in answer.pages:
        assert "\n\n".join(str(getattr(block, "content", "")) for block in page.blocks or []) == page.markdown


def test_ocr__makes_up_what_it_cannot_read_and_says_the_same_again(client: Mistral) -> None:
    urls = ["https://example.com/a.png", "https://example.com/b.png", "https://example.com/a.png"]
    one, two, again = [
        client.ocr.process(model=MODEL, document={"type": "image_url", "image_url": url}).pages[0].markdown
        for url in urls
    ]
    assert one == again != two and one.count(". ") == 2


def test_ocr__reads_an_uploaded_file_by_its_id_and_its_address(client: Mistral) -> None:
    file = client.files.upload(file={"file_name": "plan.txt", "content": b"# Plan"}, purpose="ocr")
    url = client.files.get_signed_url(file_id=file.id).url
    named: list[Any] = [{"type": "file", "file_id": file.id}, {"type": "document_url", "document_url": url}]
    for document in named:
        answer = client.ocr.process(model=MODEL, document=document)
        assert (answer.pages[0].markdown, answer.usage_info.doc_size_bytes) == ("# Plan", 6)


def test_ocr__refuses_more_pages_than_the_api_takes(live: LiveServer) -> None:
    asked = {"model": MODEL, "document": {"document_url": data_url(b"%PDF-1.4\n/Type/Pages /Count 999999", PDF_TYPE)}}
    answer = httpx.post(f"{live.url}/mistral/v1/ocr", json=asked, timeout=600)
    assert (answer.status_code, answer.json()["type"]) == (400, "document_parser_too_many_pages")
    message = "This document has 999999 pages, which is more than the maximum allowed of 1000."
    assert (answer.json()["message"], answer.json()["code"]) == (message, "3730")


def test_ocr__annotates_a_document_in_the_form_that_is_asked_for(client: Mistral) -> None:
    form: Any = FORM
    plan: Any = {"type": "document_url", "document_url": data_url(PDF, "application/pdf")}
    answer = client.ocr.process(model=MODEL, document=plan, document_annotation_format=form)
    assert isinstance(json.loads(str(answer.document_annotation))["total"], int)
    assert answer.pages[0].markdown == "One two"


def test_ocr__fails_as_a_script_says(client: Mistral) -> None:
    broken: Any = {"type": "document_url", "document_url": "https://example.com/broken.pdf"}
    with pytest.raises(SDKError) as failed:
        client.ocr.process(model=MODEL, document=broken)
    assert failed.value.status_code == 503


@pytest.mark.parametrize("pages", ["x-y", "0-", "", "1;2", "-1"])
def test_ocr__refuses_pages_that_are_none(live: LiveServer, pages: str) -> None:
    answer = httpx.post(f"{live.url}/mistral/v1/ocr", json={"model": MODEL, "document": INVOICE, "pages": pages})
    (problem,) = answer.json()["detail"]
    assert (answer.status_code, problem["loc"], problem["input"]) == (422, ["body", "pages"], pages)
    assert problem["msg"] == "Value error, pages are numbers from 0 and ranges of them, such as '0-2,5'"


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"type": "image_url"}, ["image_url"]),
        ({"type": "file"}, ["file_id"]),
        ({"type": "document_url", "document_url": 5}, ["document_url"]),
        ({}, ["document_url"]),
        ("https://example.com/a.pdf", []),
        (None, []),
    ],
)
def test_ocr__refuses_a_document_that_is_none(document: Any, place: list[str]) -> None:
    (wire,) = [address.wire for address in registry.ADDRESSES if address.route.startswith("mistral/v1/ocr")]
    body = json.dumps({"model": MODEL, "document": document}).encode()
    with pytest.raises(RequestError) as refused:
        wire.parse(body, {}, validate=True)
    assert wire.error(refused.value)["detail"][0]["loc"] == ["body", "document", *place]


def test_ocr__answers_litellm(live: LiveServer) -> None:
    answer = lite.load().ocr(
        model=f"mistral/{MODEL}", document=INVOICE, api_base=f"{live.url}/mistral/v1", api_key="mock"
    )
    assert [page.markdown for page in answer.pages] == ["# Invoice\n\nTotal: 5", "Terms"]
    assert answer.usage_info.pages_processed == 2
