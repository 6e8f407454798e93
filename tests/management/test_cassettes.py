"""`importcassette` and `checkcassettes`: what other programs recorded is played, and what is wrong is named."""

import base64
import gzip
import importlib
import importlib.util
import json
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from completions.outcome import Recorded
from completions.resolve.cassettes import question_at
from completions.script.loader import load
from completions.state.cassettes.deck import Deck, answers_of, question_of, raw_question
from tests.scripts import asked

zstandard: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
BROTLI = importlib.util.find_spec("brotli")

ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "Hello é!"}, "finish_reason": "stop"}
SAID = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [CHOICE]}
REQUEST, RESPONSE = json.dumps(ASKED), json.dumps(SAID, ensure_ascii=False)
URL = "https://api.openai.com/v1/chat/completions"
PACKED = gzip.compress(RESPONSE.encode())
STATUS = {"code": 200, "message": "OK"}
LISTED = [{"name": "Content-Type", "value": "application/json"}]
ENTRY = {
    "request": {"method": "POST", "url": URL, "postData": {"text": REQUEST}, "headers": []},
    "response": {"status": 200, "headers": LISTED, "content": {"text": RESPONSE}},
}
ENCODED = {"text": base64.b64encode(RESPONSE.encode()).decode(), "encoding": "base64"}

PAGE = {"mimeType": "text/html; charset=utf-8", "text": "<p>"}


def vcr(body: object, headers: Any = None, request: object = REQUEST) -> str:
    """Return a recording of vcrpy's."""
    asked_ = {"method": "POST", "uri": URL, "body": request, "headers": {"authorization": ["Bearer x"]}}
    said = {"status": STATUS, "headers": headers or {"Content-Type": ["application/json"]}, "body": body}
    return yaml.dump({"version": 1, "interactions": [{"request": asked_, "response": said}]}, allow_unicode=True)


def ruby() -> str:
    """Return a recording of VCR's."""
    sent = {"method": "post", "uri": URL, "body": {"encoding": "UTF-8", "string": REQUEST}, "headers": {}}
    body = {"encoding": "ASCII-8BIT", "base64_string": base64.b64encode(PACKED).decode()}
    said = {"status": STATUS, "headers": {"Content-Encoding": ["gzip"]}, "body": body}
    return yaml.dump({"http_interactions": [{"request": sent, "response": said}], "recorded_with": "VCR 6"})


def base64_of(data: bytes) -> str:
    """Return data as YAML's `!!binary` and HAR have it."""
    return base64.b64encode(data).decode()


def compressed(coding: str, data: bytes) -> str:
    """Return a recording of vcrpy's whose answer came in a content coding."""
    return vcr({"string": data}, {"Content-Encoding": [coding]})


def tagged(request_tag: str, body: str) -> str:
    """Return a recording of VCR's whose texts have tags of Ruby's or Python's own."""
    sent = {"method": "post", "uri": URL, "body": {"string": REQUEST}, "headers": {}}
    said = {"status": STATUS, "headers": {}, "body": {"string": "BODY"}, "adapter_metadata": "META"}
    text = yaml.dump({"http_interactions": [{"request": sent, "response": said}]}, width=10_000)
    assert text.count("'{") == 1
    return (
        text.replace("'{", f"{request_tag} '{{").replace("BODY", body).replace("META", "!ruby/hash:Some::Hash {a: 1}")
    )


NOCK = {"scope": "https://api.openai.com:443", "method": "POST", "path": "/v1/chat/completions", "body": ASKED}
RECORDINGS = {
    "vcrpy": vcr({"string": RESPONSE}),
    "vcrpy gzip": vcr({"string": PACKED}, {"content-encoding": ["gzip"]}),
    "vcrpy base64": vcr({"base64_string": base64.b64encode(RESPONSE.encode()).decode()}),
    "vcrpy json": json.dumps(yaml.safe_load(vcr({"string": RESPONSE}))),
    "pydantic-ai": json.dumps(
        {
            "interactions": [
                {
                    "request": {"method": "POST", "uri": URL, "parsed_body": ASKED, "headers": {}},
                    "response": {"status": STATUS, "headers": {}, "parsed_body": SAID},
                }
            ]
        }
    ),
    "vcrpy zstd": compressed("zstd", zstandard.compress(RESPONSE.encode())),
    "vcrpy deflate": compressed("deflate", zlib.compress(RESPONSE.encode())),
    "vcrpy deflate without its head": compressed("deflate", zlib.compress(RESPONSE.encode())[2:-4]),
    "vcrpy gzip, zstd": compressed("gzip, zstd", zstandard.compress(PACKED)),
    "vcrpy unpacked": compressed("zstd", RESPONSE.encode()),
    "vcrpy zstd request": vcr({"string": RESPONSE}, request=zstandard.compress(REQUEST.encode())),
    "VCR": ruby(),
    "VCR binary": tagged("!", f"!binary |-\n          {base64_of(RESPONSE.encode())}"),
    "VCR binary gzip": tagged("!ruby/string", f"!binary |-\n          {base64_of(PACKED)}"),
    "Python's texts": tagged("!!python/unicode", f"!!python/str '{RESPONSE}'"),
    "HAR": json.dumps({"log": {"version": "1.2", "entries": [ENTRY]}}),
    "HAR base64": json.dumps(
        {"log": {"entries": [{**ENTRY, "response": {"status": 200, "headers": LISTED, "content": ENCODED}}]}}
    ),
    "Polly": json.dumps({"log": {"_recordingName": "a", "entries": [ENTRY]}}),
    "nock": json.dumps([{**NOCK, "status": 200, "response": SAID, "rawHeaders": ["Content-Type", "application/json"]}]),
    "nock hex": json.dumps(
        [{**NOCK, "status": 200, "response": [PACKED.hex()], "rawHeaders": ["Content-Encoding", "gzip"]}]
    ),
    "stored completions": "\n".join([json.dumps({"request": ASKED, "response": SAID}, ensure_ascii=False)] * 2),
    "batch": json.dumps({"custom_id": "1", "request": {"body": ASKED}, "response": {"status_code": 200, "body": SAID}}),
    "LiteLLM": json.dumps({"model": "gpt-4o", "proxy_server_request": {"body": ASKED}, "response": RESPONSE}) + "\n",
    "Langfuse": json.dumps([{"model": "gpt-4o", "input": ASKED["messages"], "output": CHOICE["message"]}]),
}

if BROTLI is not None:
    RECORDINGS["vcrpy br"] = compressed("br", importlib.import_module("brotli").compress(RESPONSE.encode()))


def imported(tmp_path: Path, text: str | bytes, name: str = "recording") -> Path:
    """Import a file, and return the folder."""
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    call_command("importcassette", str(tmp_path / name), into=str(tmp_path / "into"))
    return tmp_path / "into"


@pytest.mark.parametrize("kind", RECORDINGS)
def test_recording__is_played(tmp_path: Path, kind: str) -> None:
    deck = Deck(str(imported(tmp_path, RECORDINGS[kind])))
    found = deck.find(question_at("POST", URL, REQUEST.encode())[1])
    assert found is not None
    said = json.loads(answers_of(found)[0].body)
    assert said["choices"] == SAID["choices"]
    assert answers_of(found)[0].path == "/v1/chat/completions"


@pytest.mark.parametrize("compress", [partial(gzip.compress, mtime=0), zstandard.compress], ids=["gzip", "zstd"])
def test_recording__that_is_compressed(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    assert len(Deck(str(imported(tmp_path, compress(RECORDINGS["vcrpy"].encode())))).rules) == 1


def test_recording__of_an_address_that_two_apis_have(tmp_path: Path) -> None:
    hosts = ("https://api.openai.com", "https://api.anthropic.com")
    said = {"status": STATUS, "headers": {}}
    entries = [
        {
            "request": {"method": "GET", "uri": f"{host}/v1/models", "body": None, "headers": {}},
            "response": {**said, "body": {"string": json.dumps({"data": [host]})}},
        }
        for host in hosts
    ]
    deck = Deck(str(imported(tmp_path, json.dumps({"interactions": entries}))))
    for host, api in zip(hosts, ("", "anthropic"), strict=True):
        rule = deck.find(raw_question("GET", "/v1/models", b"", api=api))
        assert rule is not None
        assert [json.loads(answer.body) for answer in answers_of(rule)] == [{"data": [host]}]


def test_stream__stays_one(tmp_path: Path) -> None:
    stream = 'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'
    request = json.dumps({**ASKED, "stream": True})
    (rule,) = Deck(str(imported(tmp_path, vcr({"string": stream}, {"a": ["b"]}, request)))).rules
    (answer,) = answers_of(rule)
    assert (answer.stream, answer.body, answer.headers) == (
        True,
        stream.encode(),
        (("content-type", "text/event-stream"),),
    )


def test_fixtures__become_rules(tmp_path: Path) -> None:
    fixtures = [
        {"match": {"userMessage": "hello"}, "response": {"content": "Hi {{ there }}"}},
        {"match": {"userMessage": "sum"}, "response": {"toolCalls": [{"name": "f", "arguments": '{"a": 1}'}]}},
        {"match": {"model": "gpt-5"}, "response": {"error": {"message": "Slow down"}, "status": 429}},
    ]
    rules = load(str(imported(tmp_path, json.dumps({"fixtures": fixtures}), "a.json") / "a-rules.yaml")).rules
    assert [rule.match.claim() for rule in rules if rule.match] == [
        "last_user contains 'hello'",
        "last_user contains 'sum'",
        "model is 'gpt-5'",
    ]
    reply: Any = rules[0].answers[0](asked())
    assert reply.choices[0].text == "Hi {{ there }}"


def test_rules_of_mock_llm__answer_with_their_bytes(tmp_path: Path) -> None:
    rules = [{"path": "/v1/chat/completions", "match": "@", "response": {"status": 200, "content": RESPONSE}}]
    (rule,) = load(str(imported(tmp_path, yaml.dump({"rules": rules}), "b.yaml") / "b-rules.yaml")).rules
    recorded: Any = rule.answers[0](asked())
    assert recorded.body.decode() == RESPONSE


def test_rules_of_mock_llm__are_numbered_as_they_stand_and_the_last_is_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = ("{{ a }}", "first", "second")
    rules = [{"match": "@", "response": {"content": answer}} for answer in answers]
    found = load(str(imported(tmp_path, yaml.dump({"rules": rules}), "c.yaml") / "c-rules.yaml")).rules
    bodies: list[Any] = [rule.answers[0](asked()) for rule in found]
    assert [body.body for body in bodies] == [b"second", b"first"]
    assert "c.yaml: rule 0: its response has a Handlebars template" in capsys.readouterr().err


def test_what_cannot_be_taken_over__is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("just: a text\n")
    (tmp_path / "bad.yaml").write_text(vcr({"string": RESPONSE}) + vcr({"base64_string": "?"}).partition("\n")[2])
    (tmp_path / "broken.json").write_text("{[")
    (tmp_path / "fixture.json").write_text(json.dumps({"fixtures": [{"match": {"predicate": "x"}, "response": {}}]}))
    interactions = yaml.safe_load(vcr({"string": RESPONSE}))["interactions"]
    other = yaml.safe_load(vcr({"base64_string": "?"}))["interactions"]
    (tmp_path / "bad.yaml").write_text(yaml.dump({"interactions": interactions + other}))
    page = {"request": {"method": "GET", "url": "https://a.example/"}, "response": {"status": 200, "content": PAGE}}
    preflight = {"request": {"method": "OPTIONS", "url": URL}, "response": {"status": 204, "content": {}}}
    unkept = {**ENTRY, "response": {"status": 200, "content": {"mimeType": "text/event-stream", "size": 9}}}
    log = {"entries": [ENTRY, page, preflight, unkept]}
    (tmp_path / "browser.har").write_text(json.dumps({"log": log}))
    call_command("importcassette", str(tmp_path), into=str(tmp_path / "into"))
    shown = capsys.readouterr()
    assert "browser.har: 1 of 4 imported (HAR)" in shown.out
    assert "browser.har: entry 1: https://a.example/ is a request of the browser itself, not of an API" in shown.err
    assert f"browser.har: entry 2: {URL} is a request of the browser itself" in shown.err
    assert "browser.har: entry 3: the body of its answer was not kept" in shown.err
    assert "bad.yaml: 1 of 2 imported (vcrpy)" in shown.out
    assert "bad.yaml: interaction 1: a body is not base64" in shown.err
    assert "broken.json: it is neither JSON nor YAML" in shown.err
    assert "fixture.json: fixture 0: the condition `predicate` has no counterpart" in shown.err
    assert "notes.txt: it is neither a recording nor a fixture of a known kind" in shown.err
    with pytest.raises(CommandError, match="Nothing could be imported"):
        call_command("importcassette", str(tmp_path / "notes.txt"), into=str(tmp_path / "into"))


def test_secrets__of_recordings_are_taken_out(tmp_path: Path) -> None:
    request = json.dumps({**ASKED, "messages": [{"role": "user", "content": "I am sk-abcdefghij0123456789"}]})
    folder = imported(tmp_path, vcr({"string": RESPONSE}, request=request))
    assert "sk-abcdefghij0123456789" not in "".join(file.read_text() for file in folder.glob("*"))


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("nowhere", "nowhere does not exist"),
        ("file", "file is a file, not a folder"),
        ("a" * 300, "aaa does not exist"),
    ],
)
def test_check__of_no_folder_is_an_error(tmp_path: Path, folder: str, told: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=told):
        call_command("checkcassettes", str(tmp_path / folder))


def test_import__says_why_nothing_can_be_read_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="There are no files in "):
        call_command("importcassette", str(tmp_path / "empty"), into=str(tmp_path / "into"))
    with pytest.raises(CommandError, match=r"--into .*file is a file, not a folder"):
        call_command("importcassette", str(tmp_path / "file"), into=str(tmp_path / "file"))
    with pytest.raises(CommandError, match="Nothing could be imported"):
        names = ["/dev/zero", str(tmp_path / "gone"), "a" * 300, str(tmp_path / "empty")]
        call_command("importcassette", *names, into=str(tmp_path / "into"))
    shown = capsys.readouterr().err
    assert "/dev/zero: it cannot be read: it is not a file" in shown
    assert f"{tmp_path / 'empty'}: there are no files in it" in shown
    assert "gone: it cannot be read: No such file or directory" in shown
    assert "aaa: it cannot be read: File name too long" in shown


def test_check__names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deck = Deck(str(tmp_path))
    file = Path(
        deck.record(question_of(asked()), Recorded("/v1/chat/completions", pieces=(b"a",), times=(0,)), "") or ""
    )
    call_command("checkcassettes", str(tmp_path))
    assert f"{tmp_path}: 1 request, 0 errors, 0 warnings" in capsys.readouterr().out
    text = file.read_text()
    (tmp_path / "copy.yaml").write_text(text.replace("by: mocksite 0.1.0", "by: mocksite 0.0.9"))
    (tmp_path / "old.yaml").write_text(
        text.replace("  at: '20", "  at: '19").replace("Hello", "sk-abcdefghij0123456789")
    )
    (tmp_path / "broken.yaml").write_text("version: 1\nrules: [{reply: {response: {}}}]\n")
    with pytest.raises(CommandError, match="Some recorded answers have errors"):
        call_command("checkcassettes", str(tmp_path), older_than=365)
    shown = capsys.readouterr().out
    for told in (
        "copy.yaml: warning: was written by mocksite 0.0.9, but this is mocksite 0.1.0",
        "has the same request as",
        "old.yaml: error: contains what looks like a secret: sk-abc…",
        "old.yaml: warning: was recorded",
        "broken.yaml: error: cannot be used",
    ):
        assert told in shown
