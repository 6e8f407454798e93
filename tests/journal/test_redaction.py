"""What the journal hides, and what it reckons: pure functions."""

import base64
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from completions.conversation import Prompt, Usage
from completions.event import eventstream
from completions.journal import rows
from completions.journal.exchange import Exchange
from completions.journal.packing import unpack
from completions.journal.quotes import REDACTED, Quotes, texts_of
from completions.journal.redaction import NOTHING_REMOVED, Redaction, RemovedSecrets, secrets_in
from completions.journal.rows import make_row
from completions.journal.streams import clean_stream
from completions.journal.writer import writer
from completions.receive.handler import Handler
from completions.script.reply.callback import document
from completions.tokens.costs import cost
from llmclient import lite
from tests.asgi import call

DOCUMENT: dict[str, Any] = {
    "user": "ann",
    "messages": [{"role": "user", "content": "A"}, {"role": "user", "content": [{"text": "B"}]}],
    "metadata": {"ssn": "1", "a b": "2", "deep": [{"ssn": "3"}]},
}


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("$.user", [["user"]]),
        ("$.messages[*].content", [["messages", 0, "content"], ["messages", 1, "content"]]),
        ("$.messages[1].content", [["messages", 1, "content"]]),
        ("$.messages[1].content[0].text", [["messages", 1, "content", 0, "text"]]),
        ("$..ssn", [["metadata", "ssn"], ["metadata", "deep", 0, "ssn"]]),
        ("$.metadata.*", [["metadata", "ssn"], ["metadata", "a b"], ["metadata", "deep"]]),
        ("$.metadata['a b']", [["metadata", "a b"]]),
        ("$.metadata..ssn", [["metadata", "ssn"], ["metadata", "deep", 0, "ssn"]]),
        ("$.nothing.here", []),
        ("$.messages.content", []),
        ("$.user.name", []),
        ("$.messages[7]", []),
        ("$.messages[2]", []),
    ],
)
def test_path__replaces_what_it_leads_to_and_nothing_else(path: str, gone: list[list[Any]]) -> None:
    expected = orjson.loads(orjson.dumps(DOCUMENT))
    for *way, last in gone:
        node = expected
        for step in way:
            node = node[step]
        node[last] = REDACTED
    body, found = Redaction([path]).clean_body(orjson.dumps(DOCUMENT))
    assert (orjson.loads(body), found.found) == (expected, bool(gone))


def test_body__that_is_nested_too_deep_to_be_written_again() -> None:
    redaction = Redaction(["$.user"])
    deep = b"[" * 300 + b"]" * 300
    assert redaction.clean_body(b'{"user":"ann","a":' + deep + b"}") == (
        REDACTED.encode(),
        RemovedSecrets(True, unknown=True),
    )
    assert redaction.clean_body(whole := b'{"a":' + deep + b"}")[0] == whole


@pytest.mark.parametrize("name", ["$", "$.", "$.a[", "$.a[x]", "$a", "$.a[0", "messages[*].content", "a b", ""])
def test_name__that_is_neither_a_header_nor_a_path(name: str) -> None:
    with pytest.raises(ValueError):
        Redaction([name])


@pytest.mark.parametrize("redacted", [[], ["content-length"]])
def test_headers__of_a_client_are_cleaned_once_whatever_the_length_of_its_bodies(
    redacted: list[str], settings: Settings
) -> None:
    settings.JOURNAL_REDACT = redacted
    lengths = ["0", "12", "3456", "7890123", "", "1 2", "x", "-1"]
    sent = [{b"host": b"a", b"content-length": each.encode(), b"x-api-key": b"k"} for each in lengths]
    before = rows._clean_headers.cache_info().misses
    kept = [orjson.loads(make_row(Exchange("POST", "/", request_headers=headers)).request_headers) for headers in sent]
    shown = [REDACTED] * len(lengths) if redacted else lengths
    assert kept == [{"host": "a", "content-length": each, "x-api-key": REDACTED} for each in shown]
    assert rows._clean_headers.cache_info().misses == before + 1 + 4


def test_headers__are_lower_case_and_keep_no_secret() -> None:
    secret = ("Authorization", "Proxy-Authorization", "API-Key", "X-API-Key", "X-Goog-API-Key", "Cookie", "Set-Cookie")
    headers = dict.fromkeys((*secret, "X-Mine"), "k") | {"X-Other": "o"}
    assert Redaction(["x-MINE"]).clean_headers(headers) == {
        **dict.fromkeys((name.lower() for name in (*secret, "X-Mine")), REDACTED),
        "x-other": "o",
    }


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("x-auth-token", True),
        ("ocp-apim-subscription-key", True),
        ("x-amz-security-token", True),
        ("x-csrftoken", True),
        ("x-client-secret", True),
        ("x-my-api_key", True),
        ("helicone-auth-apikey", True),
        ("x-password", True),
        ("helicone-auth", True),
        ("cf-aig-authorization", True),
        ("authentication", True),
        ("x-amzn-oidc-data", True),
        ("x-jwt-assertion", True),
        ("x-functions-key", True),
        ("x-openai-key", True),
        ("x-portkey-virtual-key", True),
        ("x-idempotency-key", False),
        ("x-cache-key", False),
        ("x-goog-authenticated-user-id", False),
        ("thought_signature", False),
        ("x-ratelimit-remaining-tokens", False),
        ("anthropic-ratelimit-input-tokens-limit", False),
        ("idempotency-key", False),
        ("openai-organization", False),
        ("x-request-id", False),
    ],
)
def test_headers__whose_names_say_that_they_are_secret(name: str, secret: bool) -> None:
    assert (Redaction([]).clean_headers({name: "v"})[name] == REDACTED) is secret
    assert (name in orjson.loads(document(Prompt(headers={name: "v"})))["headers"]) is not secret


LONG = "My card is 4111-1111-1111-1111, thank you."


@pytest.mark.parametrize(
    ("values", "text", "cleaned"),
    [
        (
            ["ann@example.com"],
            "Write to ann@example.com, not bob@example.com",
            "Write to [redacted], not bob@example.com",
        ),
        ([LONG], f"You said: {LONG} Well.", "You said: [redacted] Well."),
        ([LONG], "The card is 4111-1111-1111-1111.", "The[redacted]."),
        ([LONG], "My hat.", "My hat."),
        ([7], "7 of 77, or a7", "[redacted] of 77, or a7"),
        (["Ann", "Anna"], "Ann and Anna, not Annabel", "[redacted] and [redacted], not [redacted]bel"),
        ([{"a": ["deep down"], "b": 12345}], "deep down 12345", "[redacted] [redacted]"),
        ([None, True, ""], "None, True", "None, True"),
        (['say "hi"\n'], 'say "hi"\n', "[redacted]"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_quotes__are_found_however_a_text_is_cut(values: list[Any], text: str, cleaned: str, size: int) -> None:
    quotes = Quotes(text for value in values for text in texts_of(value))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(quotes.clean(pieces)) == cleaned
    assert len(quotes.clean(pieces)) == len(pieces)
    bodies = [orjson.dumps({"n": at, "delta": {"text": piece}}) for at, piece in enumerate(pieces)]
    found = [orjson.loads(body) for body in quotes.clean_bodies(bodies)]
    assert "".join(each["delta"]["text"] for each in found) == cleaned
    assert [each["n"] for each in found] == [*range(len(pieces))]
    assert quotes.clean_body(text.encode()) == cleaned.encode()


@pytest.mark.parametrize(
    "body", [b'{"user": "ann"', b' [{"user": "ann"}', b'{"user": "ann"} {"user": "ann"}', b"[" * 5000]
)
def test_body__that_looks_like_json_and_cannot_be_read_is_not_kept(body: bytes) -> None:
    assert Redaction(["$..user"]).clean_body(body) == (REDACTED.encode(), RemovedSecrets(True, unknown=True))
    assert Redaction([]).clean_body(body) == (body, NOTHING_REMOVED)


def test_body__that_is_nested_too_deep_to_be_searched_is_not_kept() -> None:
    deep = b'{"user":' * 1000 + b'"ann"' + b"}" * 1000
    assert orjson.loads(deep), "it is JSON"
    assert Redaction(["$..nobody"]).clean_body(deep) == (REDACTED.encode(), RemovedSecrets(True, unknown=True))


def test_body__that_is_no_json_is_left_alone() -> None:
    assert Redaction(["$.user"]).clean_body(b"<html>") == (b"<html>", NOTHING_REMOVED)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_frame__is_cleaned_line_by_line(end: bytes) -> None:
    frame = end.join([b": keep-alive", b"event: x", b'data: {"user":"ann","n":1}', b"", b""])
    cleaned = end.join([b": keep-alive", b"event: x", b'data: {"user":"[redacted]","n":1}', b"", b""])
    nothing = Quotes(())
    assert clean_stream([frame], Redaction(["$.user"]), nothing) == [cleaned]
    assert clean_stream([b"data: [DONE]\n\n"], Redaction(["$.user"]), nothing) == [b"data: [DONE]\n\n"]
    assert clean_stream([frame], Redaction([]), nothing) == [frame]
    cut = [frame[:40], frame[40:], b"data: [DONE]\n\n"]
    assert clean_stream(cut, Redaction(["$.user"]), nothing) == [b"", cleaned, b"data: [DONE]\n\n"]


@pytest.mark.parametrize("at", [1, 30, 120])
def test_message__of_aws_stays_one(at: int) -> None:
    inner = {"type": "content_block_delta", "delta": {"text": "My name is ann-1234."}}
    wrapped = {"bytes": base64.b64encode(orjson.dumps(inner)).decode(), "p": "abc"}
    payloads = [{"delta": {"text": "I am ann"}}, {"delta": {"text": "-1234."}}, wrapped, {"usage": {}}]
    head = {":event-type": "chunk", ":content-type": "application/json"}
    stream = b"".join(eventstream.encode(head, orjson.dumps(each)) for each in payloads)
    cleaned = clean_stream([stream[:at], stream[at:]], Redaction([]), Quotes(["ann-1234", "content-type"]))
    found = [*eventstream.decode(b"".join(cleaned))]
    told = [orjson.loads(each.payload) for each in found]
    told[2] = orjson.loads(base64.b64decode(told[2]["bytes"]))
    assert [each.headers for each in found] == [head] * 4
    assert [each["delta"]["text"] for each in told[:3]] == ["I am [redacted]", ".", "My name is [redacted]."]
    assert told[3] == {"usage": {}}


@pytest.mark.parametrize("inner", ["é", "a", 5])
def test_message__of_aws_that_has_no_base64_is_cleaned_as_it_is(inner: object) -> None:
    message = eventstream.encode({":event-type": "chunk"}, orjson.dumps({"bytes": inner, "text": "I am ann"}))
    (cleaned,) = clean_stream([message], Redaction([]), Quotes(["ann"]))
    (found,) = eventstream.decode(cleaned)
    assert orjson.loads(found.payload) == {"bytes": inner, "text": "I am [redacted]"}


SECRETS_IN_HEADERS = {
    ("authorization", "Bearer sk-abcdefgh"): ["sk-abcdefgh"],
    ("authorization", "opaque-key=="): ["opaque-key"],
    ("proxy-authorization", "Basic dXNlcjpwYXNzd29yZA=="): ["dXNlcjpwYXNzd29yZA"],
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAABC/20261127/us-east-1, "
        "SignedHeaders=content-type;host;x-amz-date, Signature=0123456789abcdef",
    ): ["AKIAABC/20261127/us-east-1", "0123456789abcdef"],
    ("cookie", "sessionid=0123456789; csrftoken=abcdefghij; theme=dark"): ["0123456789", "abcdefghij"],
    ("x-api-key", "abc=defghijk"): ["abc=defghijk"],
}


@pytest.mark.parametrize("name, value", SECRETS_IN_HEADERS)
def test_secrets__of_a_header_are_its_values_and_no_names(name: str, value: str) -> None:
    assert [*secrets_in(name, value)] == SECRETS_IN_HEADERS[name, value]


ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": LONG}]}),
    "anthropic": (
        "/v1/messages",
        {"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": LONG}]},
    ),
    "responses": ("/v1/responses", {"model": "gpt-4o", "input": LONG}),
    "gemini": (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        {"contents": [{"role": "user", "parts": [{"text": LONG}]}]},
    ),
    "gemini, whole": (
        "/v1beta/models/gemini-2.5-flash:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": LONG}]}]},
    ),
    "ollama": ("/api/chat", {"model": "llama3", "messages": [{"role": "user", "content": LONG}]}),
    "cohere": ("/v2/chat", {"model": "command-r-plus", "messages": [{"role": "user", "content": LONG}]}),
    "bedrock": (
        "/model/amazon.nova-pro-v1:0/converse-stream",
        {"messages": [{"role": "user", "content": [{"text": LONG}]}]},
    ),
    "bedrock, invoked": (
        "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke-with-response-stream",
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": LONG}],
        },
    ),
}
PATHS = ["$..content", "$.input", "$..text"]


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("stream", [False, True])
async def test_answer__keeps_nothing_of_what_was_removed_from_its_request(
    name: str, stream: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, body = ASKS[name]
    settings.MOCK_SCRIPT, settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = "echo", 0, 0
    settings.JOURNAL_REDACT = PATHS
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    asked = body if "gemini" in name or "bedrock" in name else {**body, "stream": stream}
    query = b"alt=sse" if stream else b""
    headers = {"anthropic-version": "2023-06-01"}
    answer = await call(Handler(), "POST", path, orjson.dumps(asked), headers=headers, query=query)
    assert answer.status == 200
    row = make_row(ended[0])
    kept = row.request_body + row.response_body + row.response_writes.encode()
    kept += b"".join(map(base64.b64decode, re.findall(rb'"bytes":"([^"]+)"', kept)))
    for part in ("card", "4111-1111", "thank"):  # not "4111" alone, which an id may have by chance
        assert part.encode() not in kept
    writes = orjson.loads(row.response_writes)
    sizes = writes.get("sizes", [len(row.response_body)])
    assert len(unpack(row.response_body, sizes, writes.get("packing", {}))) == writes.get("events", 1)


@pytest.mark.parametrize(("redact", "stream"), [([], False), (["tenant"], False), (["tenant"], True)])
async def test_answer__keeps_no_key_that_it_quotes(
    redact: list[str], stream: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "script.yaml"
    quoted = "You are {{ prompt.headers.authorization }} of {{ prompt.headers.tenant }}."
    file.write_text(f"version: 1\nrules: [{{reply: '{quoted}'}}]")
    settings.MOCK_SCRIPT, settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = str(file), 0, 0
    settings.JOURNAL_REDACT = redact
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    headers = {"authorization": "Bearer sk-very-secret-key", "tenant": "blue-and-green-house"}
    body = orjson.dumps({"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]})
    answer = await call(Handler(), "POST", "/v1/chat/completions", body, headers=headers)
    assert answer.status == 200
    row = make_row(ended[0])
    assert b"You" in row.response_body
    for part in (b"secret", b"very", *([b"blue", b"green"] if redact else [])):
        assert part in answer.body and part not in row.response_body
        assert part.decode() not in row.answer and "You are" in row.answer, "which is searched"


@pytest.mark.parametrize(
    ("redact", "condition"),
    [([], "authorization: {contains: sk-other}"), ([], "cookie: {startswith: z}"), (["tenant"], "tenant: other")],
)
async def test_near_miss__keeps_no_secret_that_a_rule_has_looked_at(
    redact: list[str], condition: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "script.yaml"
    rule = f"{{match: {{header: {{{condition}}}}}, reply: a}}"
    file.write_text(f"version: 1\ndefaults: {{strict: true}}\nrules: [{rule}]")
    settings.MOCK_SCRIPT, settings.JOURNAL_REDACT = str(file), redact
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    secrets = ("sk-very-secret-key", "session=blue-and-green", *(["the-house-of-somebody"] if redact else []))
    headers = {"authorization": f"Bearer {secrets[0]}", "cookie": secrets[1], "tenant": "the-house-of-somebody"}
    body = orjson.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    answer = await call(Handler(), "POST", "/v1/chat/completions", body, headers=headers)
    assert answer.status == 404
    row = make_row(ended[0])
    kept = f"{row.near_misses} {row.error} {row.response_body.decode()} {row.answer}"
    assert kept.count("[redacted]") == 3, kept
    assert not [secret for secret in secrets if secret.rpartition("=")[2] in kept]


async def test_answer__keeps_no_key_of_an_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is hidden where an answer quotes the request's query, and in the address of an answer."""
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\nrules: [{reply: 'You are my-secret-key/1, sent elsewhere.'}]")
    settings.MOCK_SCRIPT, settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = str(file), 0, 0
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    body = b'{"contents": [{"parts": [{"text": "Hi"}]}]}'
    query = b"key=my-secret-key%2F1&alt=json"
    answer = await call(Handler(), "POST", "/v1beta/models/gemini-2.5-flash:generateContent", body, query=query)
    assert answer.status == 200
    assert b"secret" not in (row := make_row(ended[0])).response_body + row.query.encode()
    assert b"sent elsewhere" in row.response_body
    assert "secret" not in row.answer and "sent elsewhere" in row.answer
    lines = {"location": ("Location", "https://a.example/b?sig=abc&x=1"), "x-a": ("X-A", "/b?sig=abc")}
    clean = Redaction([]).clean_lines(lines)
    assert clean == {"location": "https://a.example/b?sig=[redacted]&x=1", "x-a": "/b?sig=abc"}


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "o3", "gpt-4.1", "claude-sonnet-4-5", "gemini-2.5-pro"])
@pytest.mark.parametrize(("asked", "said", "cached"), [(1000, 50, 0), (1000, 50, 400), (250_000, 10, 0)])
def test_cost__is_litellms(model: str, asked: int, said: int, cached: int) -> None:
    parts = lite.load().cost_per_token(
        model=model, prompt_tokens=asked, completion_tokens=said, cache_read_input_tokens=cached
    )
    assert cost(model, Usage(asked, said, cached_tokens=cached)) == pytest.approx(sum(parts))


def test_cost__of_a_model_without_a_price() -> None:
    assert cost("no-such-model", Usage(1, 1)) is None
    assert cost(None, Usage(1, 1)) is None
