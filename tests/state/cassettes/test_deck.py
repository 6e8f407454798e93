"""A folder of recorded answers: what is written is what is read, and what asks the same gets the same."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pytest_django import Settings

from completions.conversation import Choice, Message, Prompt, Reply, ToolCall, Traffic, Usage
from completions.exceptions import RequestError, ScriptError
from completions.outcome import Recorded
from completions.resolve.recorded import played, rewritten
from completions.script.loader import load
from completions.script.request.digest import SECRET, digest, ids_of
from completions.script.request.document import document
from completions.state.cassettes.deck import Deck, Question, answers_of, question_of, raw_question, without_secrets_in
from completions.state.cassettes.secrets import clean
from completions.wire import registry
from tests.reality.recorded import FILE
from tests.scripts import asked, rules, script

CHAT = "/v1/chat/completions"


def answer(*pieces: bytes, **facts: Any) -> Recorded:
    """Return a recorded answer whose pieces came a tenth of a second apart."""
    times = tuple(100.0 * at for at in range(1, len(pieces) + 1))
    return Recorded(**{"path": CHAT, "pieces": pieces, "times": times, "stream": True, **facts})


@pytest.mark.parametrize(
    "pieces",
    [
        (b'data: {"a": 1}\n\n', b"data: [DONE]\n\n"),
        (b"data: {", b'"a"', b": 1}\r\n\r\n", b"\r\n"),
        ("é".encode()[:1], "é".encode()[1:] + b"x"),
        (b"\x00\x01\xff", b"text", b"\xfe"),
        (b" leading", b"trailing \n", b"\ttab\n\n\n", b"# no comment", b"- no list", b"'quotes\""),
        (b"null", b"12:30", b"no", b"~", b"1e3", b"", b"\x85\xe2\x80\xa8"),
        ("🎉\u2028\u0085\ufeff\x7f".encode(), b"\x1b[0m"),
    ],
)
def test_file__gives_back_the_bytes_and_the_times(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    before = answer(*pieces, status=201, headers=(("content-type", "text/event-stream"), ("x-ratelimit-a", "1")))
    Deck(str(tmp_path)).record(question_of(asked()), before, "http://a")
    (rule,) = Deck(str(tmp_path)).rules
    (after,) = answers_of(rule)
    assert after.body == before.body
    assert (after.status, after.headers, after.stream) == (before.status, before.headers, True)
    if all(_is_text(piece) for piece in pieces):
        assert (after.pieces, after.times) == (before.pieces, before.times)


def _is_text(piece: bytes) -> bool:
    try:
        return bool(piece.decode()) or True
    except UnicodeDecodeError:
        return False


def test_file__is_a_script(tmp_path: Path) -> None:
    said = b'{"text": "' + b"a word of many " * 20 + b'"}'
    file = Deck(str(tmp_path)).record(question_of(asked("Hello there")), answer(said), "http://a")
    assert said.decode() in Path(file or "").read_text(), "on one line, to be found and replaced"
    assert Path(file or "").name.startswith("gpt-4o-hello-there-")
    (rule,) = load(file or "").rules
    assert rule.match is not None
    assert rule.match.matches(asked("Hello there"))
    assert rule.match.why_not(asked("Hello you")) == (
        "request is as recorded: 'Hello there' (saw messages[0].text was 'Hello there' and is 'Hello you')"
    )


def test_answers__to_the_same_request_stand_in_order(tmp_path: Path) -> None:
    deck = Deck(str(tmp_path))
    for text in (b"one", b"two"):
        deck.record(question_of(asked()), answer(text), "http://a")
    (rule,) = Deck(str(tmp_path)).rules
    assert [each.body for each in answers_of(rule)] == [b"one", b"two"]
    Deck(str(tmp_path)).record(question_of(asked()), answer(b"three"), "http://a", overwrite=True)
    (rule,) = Deck(str(tmp_path)).rules
    assert [each.body for each in answers_of(rule)] == [b"three"]


SAID = "Call call_abcdefgh1 on 2026-01-31 at 12:30:00"
SAME = [
    (asked("a  b\n c"), asked("a b c")),
    (asked(SAID), asked("Call call_zyxwvuts9 on 2027-02-28T01:02:03Z at 01:02:03")),
    (asked(body={"user": "a1"}), asked(body={"user": "b2"})),
    (asked(format="chat"), asked(format="anthropic")),
    (
        asked(messages=(Message("assistant", tool_calls=(ToolCall("f", '{"a":1,"b":2}', "call_1"),)),)),
        asked(messages=(Message("assistant", tool_calls=(ToolCall("f", '{"b": 2, "a": 1}', "call_2"),)),)),
    ),
    (asked(body={"temperature": 1.0}), asked(body={"temperature": 1})),
    (asked(body={"generationConfig": {"topP": 0.5}}), asked(body={"top_p": 0.5})),
    (asked("key sk-abcdefghijklmn0123456"), asked("key sk-zyxwvutsrqponm6543210")),
    (asked("of https://a/v1beta/files/abc123def456"), asked("of https://a/v1beta/files/fed654cba321")),
]
OTHER = [
    (asked("see files/configuration"), asked("see files/documentation")),
    (asked("a b"), asked("ab")),
    (asked(model="gpt-4o"), asked(model="gpt-5")),
    (asked(body={"temperature": 0}), asked(body={"temperature": 1})),
    (asked(messages=(Message("user", "a"),)), asked(messages=(Message("system", "a"),))),
    (asked(body={"tools": [{"type": "web_search"}]}), asked(body={})),
    (asked(stop=("a",)), asked()),
]


@pytest.mark.parametrize(
    ("one", "other", "same"), [(*pair, True) for pair in SAME] + [(*pair, False) for pair in OTHER]
)
def test_requests__are_the_same_but_for_what_is_ignored(one: Prompt, other: Prompt, same: bool) -> None:
    assert (digest(document(one)) == digest(document(other))) is same


@pytest.mark.parametrize("depth", [240, 300, 600, 5000])
def test_digest__of_arguments_that_are_nested_deep(depth: int) -> None:
    one, other = (
        {"messages": [{"role": "assistant", "tool_calls": [{"arguments": "[" * deep + "]" * deep}]}]}
        for deep in (depth, depth + 1)
    )
    assert digest(one) != digest(other)


def test_ignored__by_name() -> None:
    one, other = document(asked(SAID)), document(asked(SAID.replace("2026-01-31", "2027-01-31")))
    assert digest(one, ("ids",)) != digest(other, ("ids",))
    assert digest(one, ("messages",)) == digest(other, ("messages",))
    text = "- {match: {request: {messages: [{role: user, text: a}], ignore: [model, dates]}}, reply: b}"
    (rule,) = script(rules(text)).rules
    assert rule.match is not None
    assert rule.match.matches(asked("a", model="any"))
    with pytest.raises(ScriptError, match="must be one of ids, dates, whitespace, format, model"):
        script(rules("- {match: {request: {model: a, ignore: [date]}}, reply: b}"))


def test_ids__that_refer_to_one_another_still_do() -> None:
    def talk(first: str, second: str) -> Prompt:
        call = ToolCall("f", "{}", first)
        return asked(messages=(Message("assistant", tool_calls=(call,)), Message("tool", "1", tool_call_id=second)))

    assert digest(document(talk("call_1", "call_1"))) == digest(document(talk("call_2", "call_2")))
    assert digest(document(talk("call_1", "call_1"))) != digest(document(talk("call_1", "call_2")))
    assert ids_of(document(talk("call_1", "call_1"))) == ["call_1"]


def test_ids__of_the_recorded_request_become_those_of_this_one() -> None:
    recorded = answer(b'data: {"call_id":"call_a', b'aaaaa1","x":"call_aaaaaa1"}\n\n', b"data: [DONE]\n\n")
    changed = rewritten(recorded, {"call_aaaaaa1": "call_b"})
    assert changed.body == b'data: {"call_id":"call_b","x":"call_b"}\n\ndata: [DONE]\n\n'
    assert changed.times == recorded.times
    assert changed.pieces[-1] == b"data: [DONE]\n\n"
    swapped = rewritten(
        answer(b"call_aaaaaa1 call_bbbbbb2"), {"call_aaaaaa1": "call_bbbbbb2", "call_bbbbbb2": "call_c"}
    )
    assert swapped.body == b"call_bbbbbb2 call_c", "none is replaced twice"
    binary = answer(b"\0\0\0\x10 call_aaaaaa1")
    assert rewritten(binary, {"call_aaaaaa1": "call_b"}) is binary


def test_gate__after_tokens_has_the_words_said_anew() -> None:
    said = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'
    recorded = answer(said)
    assert played(recorded, asked(stream=True), None, ()) is recorded
    reply = played(recorded, asked(stream=True), None, (), is_held=True)
    assert isinstance(reply, Reply)
    assert reply.choices[0].text == "Hi"


SECRETS = [
    "sk-live-abcdefghij0123456789",
    "AKIAABCDEFGHIJKLMNOP",
    "session=abcdefgh12345678",
    "org-AbCdEfGhIjKl12345678",
]


@pytest.mark.parametrize("cut", range(1, 60, 3))
@pytest.mark.parametrize("secret", SECRETS)
def test_secrets__reach_no_file_however_a_stream_is_cut(tmp_path: Path, secret: str, cut: int) -> None:
    value = secret.partition("=")[2] or secret
    said = f"Your key is {value}, keep it"
    middle = 12 + len(value) // 2
    events = [
        b"data: " + json.dumps({"choices": [{"delta": {"content": part}}]}).encode() + b"\n\n"
        for part in (said[:middle], said[middle:])
    ]
    body = b"".join(events) + b"data: [DONE]\n\n"
    pieces = tuple(body[at : at + cut] for at in range(0, len(body), cut))
    headers = {"authorization": "Bearer sk-live-abcdefghij0123456789", "cookie": "session=abcdefgh12345678"}
    prompt = asked(f"My key is {value}", headers=headers, body={"key": value})
    recorded = answer(*pieces, headers=(("set-cookie", value), ("content-type", "a"), ("x-ratelimit-a", value)))
    cleaned = without_secrets_in(prompt, question_of(prompt), recorded, f"key={value}")
    assert cleaned is not None
    deck = Deck(str(tmp_path))
    file = Path(deck.record(*cleaned, "http://a") or "")
    text = file.read_text()
    assert value not in text
    assert value not in "".join(each["choices"][0]["delta"]["content"] for each in _events(deck.rules[0].answers[0]))
    assert "set-cookie" not in text
    assert deck.find(question_of(prompt)) is not None, "the same request still finds it"


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIAQ7ZP4XK2M9WT1L6B/20261127/us-east-1/bedrock/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, Signature=0123456789abcdef0123456789abcdef"
)
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0"


@pytest.mark.parametrize("said", ["Signature and content-type", "My key is AKIAQ7ZP4XK2M9WT1L6B", f"I am {ARN}"])
def test_stream_of_aws__can_be_read_without_its_secrets(tmp_path: Path, said: str) -> None:
    """The names in a signature are no secrets; and where one is taken out, the checksums are those of what is left."""
    path = f"/model/{ARN}/converse-stream"
    wire, route = registry.format_at(path) or pytest.fail()
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": said}]}]}).encode()
    prompt = wire.parse(body, {"authorization": SIGNED}, validate=False, route=route)
    reply = Reply((Choice(said),), usage=Usage(1, 2), serial="s")
    pieces = tuple(wire.framing(prompt).frames(wire.events(reply, prompt)))
    recorded = answer(*pieces, path=path, headers=(("x-amzn-errortype", "a"), ("x-amzn-requestid", "b")))
    cleaned = without_secrets_in(prompt, question_of(prompt), recorded, "", prompt.headers)
    assert cleaned is not None
    assert cleaned[1].headers == (("x-amzn-errortype", "a"),), "without which its clients know no error"
    file = Path(Deck(str(tmp_path)).record(*cleaned, "http://a"))
    assert not any(part in file.read_text() for part in ("123456789012", "AKIA", "0123456789abcdef"))
    told = registry.read(Traffic("POST", path, b"{}", cleaned[1].pieces)).reply
    assert told is not None
    assert told.usage == reply.usage, "it is read to its end"
    assert told.choices[0].text == SECRET.sub("[redacted]", said)
    assert Deck(str(tmp_path)).find(question_of(prompt)) is not None
    if said == told.choices[0].text:
        assert cleaned[1].pieces == pieces


KEYS = [
    {"tools": [{"type": "mcp", "server_url": "http://a", "authorization": "opaque-1234567"}]},
    {"tools": [{"type": "mcp", "server_url": "http://a", "headers": {"X-Api-Key": "opaque-1234567"}}]},
    {"mcp_servers": [{"url": "http://a", "authorization_token": "opaque-1234567"}], "page_token": "opaque and no key"},
    {"filters": {"key": "opaque and a name"}, "api_key": "opaque-1234567"},
    {"url": "https://a.example/b?sig=opaque-1234567&se=2026"},
]


@pytest.mark.parametrize("body", KEYS)
def test_keys__in_a_body_reach_no_file(tmp_path: Path, body: dict[str, Any]) -> None:
    prompt = asked(body={"model": "gpt-4o", **body})
    told = {"url": "https://c?a=b&sig=another-7654321", "said": "opaque", "quoted": "You sent opaque-1234567."}
    recorded = answer(json.dumps(told).encode(), stream=False)
    raw = raw_question("POST", "/v1/other", json.dumps(body).encode())
    for prompted, question in ((prompt, question_of(prompt)), (Prompt(), raw)):
        cleaned = without_secrets_in(prompted, question, recorded, "")
        assert cleaned is not None
        text = Path(Deck(str(tmp_path)).record(*cleaned, "http://a")).read_text()
        assert "opaque-1234567" not in text and "another-7654321" not in text
        unwrapped = " ".join(text.split())
        assert all(said in unwrapped for said in ("opaque and no key", "opaque and a name") if said in str(body))
        assert '"said": "opaque"' in text or '"said":"opaque"' in text
        assert Deck(str(tmp_path)).find(question) is not None


def test_personal_data__at_an_address_without_a_format(tmp_path: Path, settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["$..email"]

    def question(name: str) -> Question:
        return raw_question(
            "POST", "/v1/conversations", json.dumps({"metadata": {"email": f"{name}@a.example"}}).encode()
        )

    recorded = answer(
        b'{"id": "conv_1", "metadata": {"email": "ann@a.example"}}', path="/v1/conversations", stream=False
    )
    cleaned = without_secrets_in(Prompt(), question("ann"), recorded, "")
    assert cleaned is not None
    assert "ann@" not in Path(Deck(str(tmp_path)).record(*cleaned, "http://a")).read_text()
    assert Deck(str(tmp_path)).find(question("bob")) is not None


@pytest.mark.parametrize("data", [b"text", b"\xff\x00\xfe", b"a\x00b", b"\r\n--x\r\n"])
def test_form__is_the_same_whatever_its_boundary(tmp_path: Path, data: bytes) -> None:
    def question(boundary: bytes, data: bytes) -> Question:
        head = b'\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        return raw_question("POST", "/v1/files", b"--%b%b%b\r\n--%b--\r\n" % (boundary, head, data, boundary))

    Deck(str(tmp_path)).record(question(b"0123abcd", data), answer(b"{}", stream=False), "http://a")
    deck = Deck(str(tmp_path))
    assert deck.problems == {}
    assert deck.find(question(b"fedc9876", data)) is not None
    assert deck.find(question(b"fedc9876", data + b"\xfd")) is None


def _events(play: Any) -> list[Any]:
    lines = play.recorded.body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def test_personal_data__is_replaced_in_request_and_answer(tmp_path: Path, settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["$.metadata.email", "$.user"]
    body = {"metadata": {"email": "ann@example.com"}, "user": "ann-1234", "model": "gpt-4o"}
    prompt = asked("Write to ann@example.com", body=body)
    recorded = answer(b'{"text": "Dear ann@example.com, ann-1234"}', stream=False)
    cleaned = without_secrets_in(prompt, question_of(prompt), recorded, "")
    assert cleaned is not None
    deck = Deck(str(tmp_path))
    file = Path(deck.record(*cleaned, "http://a") or "")
    assert "ann" not in file.read_text()
    other = asked("Write to bob@example.com", body={**body, "metadata": {"email": "bob@example.com"}, "user": "bob-1"})
    assert deck.find(question_of(other)) is not None


def test_deck__reads_files_that_change(tmp_path: Path) -> None:
    deck = Deck(str(tmp_path))
    assert deck.was_empty
    file = Path(Deck(str(tmp_path)).record(question_of(asked()), answer(b"one"), "http://a") or "")
    deck.check_for_changes()
    assert deck.find(question_of(asked())) is not None
    file.write_text("version: 1\nrules: [")
    deck.check_for_changes()
    assert deck.find(question_of(asked())) is not None
    assert "is not YAML" in str(deck.problems[str(file)])
    file.unlink()
    deck.check_for_changes()
    assert deck.find(question_of(asked())) is None


@pytest.mark.parametrize(
    ("response", "why"),
    [
        ("{path: /v1/x, body: a, base64: YQ==}", "cannot be combined with `body`"),
        ("{path: /v1/x, base64: '?'}", "is not base64"),
        ("{path: /v1/x, pieces: [{2: a}, {1: b}]}", "must be in the order in which they came"),
        ("{path: /v1/x, pieces: [{now: a}]}", "must be a piece after its milliseconds"),
        ("{path: /v1/x, pieces: [a]}", "must be a mapping"),
        ("{path: /v1/x, status: 99}", "must be an HTTP status from 200 to 599"),
        ("{body: a}", "lacks `path`"),
    ],
)
def test_response__that_is_wrong_says_so(response: str, why: str) -> None:
    with pytest.raises(ScriptError, match=why):
        script(rules(f"- reply: {{response: {response}}}"))


def question(row: dict[str, Any]) -> tuple[Prompt | None, Question]:
    """Return what a recording of the corpus asks."""
    path, _, query = row["path"].partition("?")
    found = registry.format_at(path) if row["method"] == "POST" else None
    body = row["request"].encode()
    if found is not None:
        wire, route = found
        try:
            prompt = wire.parse(body, row["headers"], validate=False, route={**dict(parse_qsl(query)), **route})
        except RequestError:
            pass
        else:
            return prompt, question_of(prompt)
    return None, raw_question(row["method"], row["path"], body)


@pytest.mark.skipif(not FILE.exists(), reason=f"the recordings are not here: {FILE.parent}")
def test_corpus__is_replayed_by_its_own_requests(tmp_path: Path) -> None:
    """Of each tenth recording, 99 % are answered with the recorded bytes."""
    with gzip.open(FILE) as lines:
        rows = [json.loads(line) for line in lines][::10]
    deck, uses, right = Deck(str(tmp_path)), Counter[str](), 0
    asks = [question(row) for row in rows]
    for row, (_, ask) in zip(rows, asks, strict=True):
        path, streamed = row["path"].partition("?")[0], "event-stream" in (row["type"] or "")
        given = Recorded(path, row["status"], (), (row["response"].encode(),), (0.0,), streamed)
        asked_, given = clean(ask.document, given, (), "", ())
        deck.record(Question(asked_, ask.exact), given, "http://a")
    deck = Deck(str(tmp_path))
    for row, (prompt, ask) in zip(rows, asks, strict=True):
        rule = deck.find(ask)
        assert rule is not None, row["source"]
        answers = answers_of(rule)
        found: object = answers[min(uses[rule.name], len(answers) - 1)]
        uses[rule.name] += 1
        if prompt is not None and isinstance(found, Recorded):
            found = played(found, prompt, rule.match, ())
        right += isinstance(found, Recorded) and found.body == row["response"].encode()
    assert right >= 0.99 * len(rows)
