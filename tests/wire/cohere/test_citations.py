"""What Cohere's chats cite: a script's citations, in their place in a stream, and the documents of a request."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import override_settings

from completions.conversation import Traffic
from completions.receive.handler import Handler
from completions.wire import registry
from tests.asgi import call

SCRIPT = """
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
- match: {last_user: Which dock}
  reply:
    text: Dock Seven has it. It closes on Tuesday.
    annotations:
    - {type: url_citation, url_citation: {url: two, title: Two, start_index: 22, end_index: 40}}
    - {type: url_citation, url_citation: {url: one, title: One, start_index: 0, end_index: 10}}
- match: {last_user: Think}
  reply: {reasoning: Hm., text: Dock Seven.}
- match: {last_user: Call}
  reply: {text: I will look., tool_calls: {name: look, arguments: {}}}
- reply: Dock Seven.
"""
ONE, TWO = {"text": "Dock Seven has it.", "source": "registry"}, {"text": "It closes on Tuesday."}
SECOND, FIRST = "/v2/chat", "/v1/chat"


@pytest.fixture
def script(tmp_path: Path) -> str:
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    return str(file)


def asked(path: str, said: str, **more: Any) -> dict[str, Any]:
    """Return a request with two documents, in the form of a version."""
    if path == FIRST:
        return {
            "model": "command-r",
            "message": said,
            "documents": [{"id": "one", **ONE}, {"id": "two", **TWO}],
            **more,
        }
    documents = [{"id": "one", "data": ONE}, {"id": "two", "data": TWO}]
    return {"model": "command-a", "messages": [{"role": "user", "content": said}], "documents": documents, **more}


async def answered(script: str, path: str, body: dict[str, Any]) -> bytes:
    with override_settings(MOCK_SCRIPT=script):
        answer = await call(Handler(), "POST", path, orjson.dumps(body))
    assert answer.status == 200, answer.body
    return answer.body


async def test_second__cites_as_it_was_recorded(script: str) -> None:
    message = orjson.loads(await answered(script, SECOND, asked(SECOND, "Which dock")))["message"]
    first, second = message["citations"]
    assert first == {
        "start": 0,
        "end": 10,
        "text": "Dock Seven",
        "sources": [{"type": "document", "id": "one", "document": {"id": "one", **ONE}}],
        "type": "TEXT_CONTENT",
    }
    assert (second["text"], second["sources"][0]["id"]) == ("closes on Tuesday.", "two")


async def test_second__streams_each_citation_after_the_piece_in_which_it_ends(script: str) -> None:
    sent = (await answered(script, SECOND, asked(SECOND, "Which dock", stream=True))).splitlines()
    told = [orjson.loads(line[6:]) for line in sent if line.startswith(b"data: {")]
    said, ends = "", []
    for each in told:
        match each["type"]:
            case "content-delta":
                said += each["delta"]["message"]["content"]["text"]
            case "citation-start":
                ends.append((each["index"], each["delta"]["message"]["citations"]["text"], len(said)))
    assert ends == [(0, "Dock Seven", 10), (1, "closes on Tuesday.", 40)]
    whole = orjson.loads(await answered(script, SECOND, asked(SECOND, "Which dock")))["message"]["citations"]
    assert [each["delta"]["message"]["citations"] for each in told if each["type"] == "citation-start"] == whole
    assert [each["index"] for each in told if each["type"] == "citation-end"] == [0, 1]


async def test_first__cites_by_ids_and_tells_the_documents(script: str) -> None:
    document = orjson.loads(await answered(script, FIRST, asked(FIRST, "Which dock")))
    assert document["citations"] == [
        {"start": 0, "end": 10, "text": "Dock Seven", "document_ids": ["one"], "type": "TEXT_CONTENT"},
        {"start": 22, "end": 40, "text": "closes on Tuesday.", "document_ids": ["two"], "type": "TEXT_CONTENT"},
    ]
    assert document["documents"] == [{"id": "one", **ONE}, {"id": "two", **TWO}]
    lines = [
        orjson.loads(line)
        for line in (await answered(script, FIRST, asked(FIRST, "Which dock", stream=True))).splitlines()
    ]
    cited = [each["citations"] for each in lines if each["event_type"] == "citation-generation"]
    assert [found for each in cited for found in each] == document["citations"] == lines[-1]["response"]["citations"]


@pytest.mark.parametrize(("path", "names"), [(SECOND, "doc:0"), (FIRST, "doc_0")])
async def test_text__rests_on_the_first_document_where_a_script_cites_none(script: str, path: str, names: str) -> None:
    documents = [{"data": ONE}] if path == SECOND else [ONE]
    found = orjson.loads(await answered(script, path, {**asked(path, "Where"), "documents": documents}))
    (citation,) = found.get("citations") or found["message"]["citations"]
    assert (citation["text"], names in orjson.dumps(citation).decode()) == ("Dock Seven.", True)


async def test_second__tells_the_place_of_a_text_after_thinking(script: str) -> None:
    message = orjson.loads(await answered(script, SECOND, asked(SECOND, "Think")))["message"]
    assert [each["content_index"] for each in message["citations"]] == [1]


@pytest.mark.parametrize(
    ("path", "said", "more"),
    [
        (SECOND, "Where", {"citation_options": {"mode": "OFF"}}),
        (FIRST, "Where", {"citation_quality": "off"}),
        (SECOND, "Where", {"documents": []}),
        (SECOND, "Call", {"tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]}),
    ],
)
async def test_answer__cites_nothing_where_it_is_not_to(
    script: str, path: str, said: str, more: dict[str, Any]
) -> None:
    assert b'"citations":[{' not in await answered(script, path, asked(path, said, **more))


DOCUMENT = {"type": "document", "document": {"id": "map", "data": {"dock": "Seven", "pier": 2}}}


@pytest.mark.parametrize(
    ("content", "name", "output", "cited"),
    [
        ("Dock Seven.", "call_1:0", {"content": "Dock Seven."}, "Dock Seven."),
        ('{"dock": "Seven", "open": true}', "call_1:0", {"dock": "Seven", "open": "true"}, "Seven"),
        ([{"type": "text", "text": "See:"}, {"type": "text", "text": "Dock"}], "call_1:1", {"content": "Dock"}, "Dock"),
        ([DOCUMENT], "map", {"dock": "Seven", "pier": "2"}, "Seven"),
        ("Dock Sev", "", {}, ""),
        ("{}", "", {}, ""),
        ("[1]", "", {}, ""),
    ],
)
async def test_second__cites_what_a_text_repeats_of_a_tools_result(
    script: str, content: Any, name: str, output: dict[str, str], cited: str
) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turn = [{"role": "user", "content": "Where"}, {"role": "assistant", "tool_calls": [call]}]
    messages = [*turn, {"role": "tool", "tool_call_id": "call_1", "content": content}]
    body = asked(SECOND, "", messages=messages, documents=[])
    message = orjson.loads(await answered(script, SECOND, body))["message"]
    found = [(each["text"], each["sources"]) for each in message.get("citations", [])]
    assert found == ([(cited, [{"type": "tool", "id": name, "tool_output": output}])] if cited else [])
    later = [*messages, {"role": "assistant", "content": "Seven."}, {"role": "user", "content": "Where"}]
    assert "citations" not in orjson.loads(await answered(script, SECOND, body | {"messages": later}))["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [SECOND, FIRST])
async def test_citations__are_read_back_as_scripts_have_them(script: str, path: str, stream: bool) -> None:
    body = asked(path, "Which dock", stream=stream)
    sent = await answered(script, path, body)
    reply = registry.read(Traffic("POST", path, orjson.dumps(body), (sent,))).reply
    assert reply is not None
    (choice,) = reply.choices
    places: list[Any] = [each["url_citation"] for each in choice.annotations]
    assert [(each["url"], each["start_index"], each["end_index"]) for each in places] == [
        ("one", 0, 10),
        ("two", 22, 40),
    ]
