"""Citations of documents and search results in Claude's answers, through Anthropic's SDK."""

from typing import Any

import anthropic
import pytest

from tests.leaky import LEAKY
from tests.tokens.test_documents import pdf

pytestmark = LEAKY

SCRIPT = """
version: 1
rules:
- match: {last_user: named}
  reply:
    text: Snow is white.
    annotations:
    - {type: url_citation, url_citation: {url: Snow, title: Snow, start_index: 0, end_index: 14}}
    - {type: url_citation, url_citation: {url: "https://example.com/", title: Page, start_index: 0, end_index: 4}}
- match: {last_user: called}
  reply: {text: Let me see., tool_calls: {name: look, arguments: {}}}
- reply: Grass is green.
"""
MODEL = "claude-haiku-4-5"
ON = {"citations": {"enabled": True}}
TEXT = {"type": "text", "media_type": "text/plain", "data": "Grass is green. Snow is white."}
PARTS = {"type": "content", "content": [{"type": "text", "text": "Snow."}, {"type": "text", "text": "Ice."}]}
FOUND = {
    "type": "search_result",
    "source": "https://example.com/snow",
    "title": "Snow",
    "content": [{"type": "text", "text": "Snow is cold."}],
}
PAGE = {
    "type": "base64",
    "media_type": "application/pdf",
    "data": pdf(b"BT (Ice is cold. Fire is hot.) Tj ET").partition(",")[2],
}
LOOK: Any = [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]


def document(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **more}


def asked(said: str, *blocks: dict[str, Any], **more: Any) -> Any:
    content = [*blocks, {"type": "text", "text": said}]
    return {"model": MODEL, "max_tokens": 99, "messages": [{"role": "user", "content": content}], **more}


def cited(claude: anthropic.Anthropic, request: Any) -> list[dict[str, Any]]:
    """Return the citations of an answer, which a stream has to have too."""
    message = claude.messages.create(**request)
    with claude.messages.stream(**request) as stream:
        answers: list[Any] = [message, stream.get_final_message()]
    whole, from_stream = (
        [note.to_dict() for block in each.content if block.type == "text" for note in block.citations or ()]
        for each in answers
    )
    assert whole == from_stream
    return whole


@pytest.mark.parametrize(
    ("block", "citation"),
    [
        (
            document(TEXT, title="facts.txt", **ON),
            {"type": "char_location", "cited_text": "Grass is green. ", "document_index": 0}
            | {"document_title": "facts.txt", "start_char_index": 0, "end_char_index": 16},
        ),
        (
            document(PARTS, **ON),
            {"type": "content_block_location", "cited_text": "Snow.", "document_index": 0}
            | {"document_title": None, "start_block_index": 0, "end_block_index": 1},
        ),
        (
            document(PAGE, title="a.pdf", **ON),
            {"type": "page_location", "cited_text": "Ice is cold. ", "document_index": 0}
            | {"document_title": "a.pdf", "start_page_number": 1, "end_page_number": 2},
        ),
        (
            document({"type": "url", "url": "https://example.com/a.pdf"}, **ON),  # the answer stands for its page
            {"type": "page_location", "cited_text": "Grass is green.", "document_index": 0}
            | {"document_title": None, "start_page_number": 1, "end_page_number": 2},
        ),
        (
            FOUND | ON,
            {"type": "search_result_location", "cited_text": "Snow is cold.", "source": "https://example.com/snow"}
            | {"title": "Snow", "search_result_index": 0, "start_block_index": 0, "end_block_index": 1},
        ),
    ],
)
def test_text__cites_the_first_source(claude: anthropic.Anthropic, block: Any, citation: dict[str, Any]) -> None:
    assert cited(claude, asked("Hello", block)) == [citation]


def test_script__cites_by_title_or_source_and_other_pages_too(claude: anthropic.Anthropic) -> None:
    blocks = document(TEXT, title="Grass"), document(PARTS, title="Snow", **ON)
    found, other = cited(claude, asked("named", *blocks))
    assert (found["type"], found["document_index"], found["document_title"]) == ("content_block_location", 1, "Snow")
    assert (other["type"], other["url"]) == ("web_search_result_location", "https://example.com/")


def test_result__of_a_tool_is_cited(claude: anthropic.Anthropic) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [FOUND | ON]}
    request = asked("Hello", tools=LOOK)
    request["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    assert [each["type"] for each in cited(claude, request)] == ["search_result_location"]


@pytest.mark.parametrize("said", ["Hello", "called"])
def test_text__cites_nothing_that_is_not_enabled_or_before_a_call(claude: anthropic.Anthropic, said: str) -> None:
    assert cited(claude, asked(said, document(TEXT, **(ON if said == "called" else {})), tools=LOOK)) == []
