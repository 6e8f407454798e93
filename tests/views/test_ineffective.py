"""What is asked for and has no effect: a 400 where a header asks, and noted in log and journal where a script does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from completions.journal.exchange import Exchange
from completions.journal.record import RequestLine
from completions.journal.writer import writer
from completions.receive.handler import Handler
from tests.asgi import Answer, call
from tests.scripts import rules

CHAT, CLAUDE, OLLAMA = "/v1/chat/completions", "/v1/messages", "/api/chat"
LEGACY, TITAN = "/v1/completions", "/model/amazon.titan-text-express-v1/invoke"
CONVERSE = "/model/amazon.nova-pro-v1:0/converse-stream"
HI: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 20}
STREAM = HI | {"stream": True}
WHOLE = HI | {"stream": False}
TEXT = {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}
EMBED = {"model": "text-embedding-3-small", "input": "Hi"}


@pytest.fixture(autouse=True)
def exchanges(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    use(tmp_path, settings, "- reply: One two three.")
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    return ended


def use(folder: Path, settings: Settings, text: str) -> None:
    file = folder / f"script{len(text)}.yaml"
    file.write_text(rules(text))
    settings.MOCK_SCRIPT = str(file)


async def ask(path: str, body: object, method: str = "POST", **headers: str) -> Answer:
    named = headers | ({"anthropic-version": "2023-06-01"} if path == CLAUDE else {})
    return await call(Handler(), method, path, json.dumps(body).encode(), headers=named)


@pytest.mark.parametrize(
    ("body", "header", "value", "why"),
    [
        (WHOLE, "X-Mock-Fault", "disconnect", "`disconnect` has no effect: this answer is not streamed."),
        (WHOLE, "X-Mock-Fault", "split_bytes, no_done", "`no_done` has no effect: this answer is not streamed."),
        (WHOLE, "X-Mock-Fault", "reset; after_tokens=2", "`after_tokens` has no effect: this answer is not streamed."),
        (WHOLE, "X-Mock-Fault", "split_bytes; bytes=99999", "`split_bytes` has no effect: this answer has "),
        (STREAM, "X-Mock-Fault", "split_bytes; bytes=99999", "`split_bytes` has no effect: this answer has "),
        *(
            (
                STREAM,
                "X-Mock-Fault",
                f"disconnect; after_events=0, {name}",
                f"`{name}` has no effect: it changes nothing",
            )
            for name in ("malformed_chunk", "bad_utf8", "duplicate_chunk", "reorder", "no_finish", "no_done")
        ),
        *(
            (
                STREAM,
                "X-Mock-Fault",
                f"{name}; after_events=3, {end}; after_events=2",
                f"`{name}` has no effect: `{end}` ends the stream before it",
            )
            for name in ("malformed_chunk", "bad_utf8", "duplicate_chunk", "reorder")
            for end in ("disconnect", "reset", "error_object", "stall")
        ),
        (STREAM, "X-Mock-Fault", "cut_tool_arguments", "`cut_tool_arguments` has no effect: it changes nothing of"),
        (
            STREAM,
            "X-Mock-Fault",
            "disconnect; after_tokens=99",
            "`disconnect; after_tokens` has no effect: this",
        ),
        (WHOLE, "X-Mock-Pacing", "ttft_ms=5", "it has no effect: this answer is not streamed; with `apply=both` it"),
        (WHOLE, "X-Mock-Pacing", "itl_ms=5; apply=stream", "it has no effect: this answer is not streamed; with"),
        (WHOLE, "X-Mock-Pacing", "apply=both; keep_alive_ms=5", "`keep_alive_ms` has no effect: this answer is not"),
        (WHOLE, "X-Mock-Pacing", "apply=both; tokens_per_chunk=5", "`tokens_per_chunk` has no effect: this answer is"),
        (STREAM, "X-Mock-Pacing", "tokens_per_chunk=0", "`tokens_per_chunk` must be "),
    ],
)
async def test_header__without_effect_is_a_400(body: dict[str, Any], header: str, value: str, why: str) -> None:
    answer = await ask(CHAT, body, **{header: value})
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"], error["param"]) == (400, "invalid_mock_header", header)
    assert error["message"].startswith(f"The header {header} cannot be used: {why}")


@pytest.mark.parametrize(
    ("fault", "pacing", "why"),
    [
        ("no_done", "", "`no_done` has no effect: the answer is an error."),
        ("cut_word", "", "`cut_word` has no effect: the answer is an error."),
        ("", "ttft_ms=1", "it has no effect: the answer is an error."),
    ],
)
async def test_header__without_effect_on_the_error_that_another_asks_for_is_a_400(
    fault: str, pacing: str, why: str
) -> None:
    asked = {"X-Mock-Error": "503", "X-Mock-Fault": fault, "X-Mock-Pacing": pacing}
    answer = await ask(CHAT, STREAM, **{name: value for name, value in asked.items() if value})
    assert (answer.status, json.loads(answer.body)["error"]["message"].partition("used: ")[2]) == (400, why)


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (CHAT, STREAM, {"X-Mock-Fault": "stall; ms=1; after_events=1"}),
        (CHAT, STREAM, {"X-Mock-Fault": "stall; ms=1; after_events=9999"}),
        (CHAT, STREAM, {"X-Mock-Pacing": "ttft_ms=1; keep_alive_ms=5"}),
        (CHAT, WHOLE, {"X-Mock-Pacing": "ttft_ms=1; apply=both"}),
        (CHAT, WHOLE, {"X-Mock-Fault": "split_bytes, truncated_json"}),
        (CHAT, WHOLE, {"X-Mock-Fault": "cut_word"}),
        (CHAT, WHOLE, {"X-Mock-Error": "503", "X-Mock-Fault": "malformed_json"}),
        (CHAT, WHOLE, {"X-Mock-Error": "503", "X-Mock-Fault": "error_event"}),
        (CHAT, STREAM, {"X-Mock-Error": "503", "X-Mock-Fault": "error_event"}),
        (OLLAMA, STREAM, {"X-Mock-Fault": "crlf"}),
        (CLAUDE, STREAM, {"X-Mock-Fault": "bad_arguments"}),
        (CLAUDE, WHOLE, {"X-Mock-Fault": "unknown_tool"}),
        (CLAUDE, WHOLE, {"X-Mock-Fault": "breaks_schema"}),
        (LEGACY, TEXT, {"X-Mock-Fault": "breaks_schema"}),
    ],
)
async def test_header__with_an_effect_is_taken(path: str, body: object, headers: dict[str, str]) -> None:
    answer = await ask(path, body, **headers)
    assert answer.status == (503 if "X-Mock-Error" in headers and body is WHOLE else 200)


@pytest.mark.parametrize(
    ("path", "body", "header", "value", "why"),
    [
        (CLAUDE, WHOLE, "X-Mock-Fault", "no_done", "`no_done` has no effect: this answer is not streamed."),
        (OLLAMA, STREAM, "X-Mock-Fault", "comments", "`comments` has no effect: it changes nothing of this answer."),
        (OLLAMA, STREAM, "X-Mock-Pacing", "keep_alive_ms=5", "`keep_alive_ms` has no effect: application/x-ndjson has"),
        (
            CLAUDE,
            WHOLE,
            "X-Mock-Fault",
            "bad_arguments",
            "`bad_arguments` has no effect: the arguments of its calls are",
        ),
        (LEGACY, TEXT, "X-Mock-Fault", "bad_arguments", "`bad_arguments` has no effect: answers of this API have no"),
        (LEGACY, TEXT, "X-Mock-Fault", "unknown_tool", "`unknown_tool` has no effect: answers of this API have no"),
        (TITAN, {"inputText": "Hi"}, "X-Mock-Fault", "unknown_tool", "`unknown_tool` has no effect: answers of this"),
        ("/v1/embeddings", EMBED, "X-Mock-Pacing", "apply=both", "it has no effect: this answer is not streamed."),
        ("/v1/embeddings", EMBED, "X-Mock-Fault", "cut_word", "`cut_word` has no effect: this answer has no text."),
    ],
)
async def test_header__is_refused_as_each_api_refuses(
    path: str, body: object, header: str, value: str, why: str
) -> None:
    answer = await ask(path, body, **{header: value})
    assert answer.status == 400
    assert f"The header {header} cannot be used: {why}" in answer.body.decode()
    document = json.loads(answer.body)
    if path == CLAUDE:
        assert (document["type"], document["error"]["type"]) == ("error", "invalid_request_error")
    if path == OLLAMA:
        assert isinstance(document["error"], str)


OBJECT: dict[str, Any] = {"type": "object"}
FREE = OBJECT | {"properties": {"a": {"type": "string"}}}
CONVERSED = CONVERSE.removesuffix("-stream")


def calling(path: str, schema: dict[str, Any], *, stream: bool) -> dict[str, Any]:
    """Return a request to Claude, or to Bedrock's Converse, that must call a tool, which takes such an object."""
    if path == CLAUDE:
        tools = [{"name": "add", "input_schema": schema}]
        return HI | {"model": "claude-sonnet-4-5", "stream": stream, "tools": tools, "tool_choice": {"type": "any"}}
    specs = [{"toolSpec": {"name": "add", "inputSchema": {"json": schema}}}]
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    return {"messages": messages, "toolConfig": {"tools": specs, "toolChoice": {"any": {}}}}


def called(path: str, body: bytes) -> Any:
    """Return the arguments of the call in a whole answer."""
    found = json.loads(body)
    return (
        found["content"][0]["input"] if path == CLAUDE else found["output"]["message"]["content"][0]["toolUse"]["input"]
    )


@pytest.mark.parametrize("path", [CLAUDE, CONVERSED])
async def test_breaks_schema__breaks_it_where_arguments_are_objects(path: str, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await ask(path, calling(path, FREE, stream=False), **{"X-Mock-Fault": "breaks_schema"})
    assert answer.status == 200
    assert not isinstance(called(path, answer.body)["a"], str)
    refused = await ask(path, calling(path, OBJECT, stream=False), **{"X-Mock-Fault": "breaks_schema"})
    assert (refused.status, b"has no effect: the tool takes any object" in refused.body) == (400, True)


@pytest.mark.parametrize("path", [CLAUDE, CONVERSE])
async def test_breaks_schema__breaks_it_in_a_stream(path: str, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await ask(path, calling(path, OBJECT, stream=True), **{"X-Mock-Fault": "breaks_schema"})
    pieces = re.findall(rb'"(?:partial_json|input)":"([^"]*)"', answer.body)
    assert (answer.status, b"".join(pieces)) == (200, b"[{}]")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("X-Mock-Falt", "Did you mean `x-mock-fault`?"),
        ("X-Mock-Pace", "Did you mean `x-mock-pacing`?"),
        ("X-Mock_Error", "Did you mean `x-mock-error`?"),
        ("X-MockFault", "Did you mean `x-mock-fault`?"),
        ("X-Mock-Colour", "the mock's are X-Mock-Fault, X-Mock-Error, X-Mock-Pacing, X-Mock-Namespace."),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", CHAT), ("POST", CLAUDE), ("GET", "/v1/models")])
async def test_header__of_an_unknown_name_is_a_400(method: str, path: str, name: str, hint: str) -> None:
    answer = await ask(path, WHOLE, method, **{name: "close"})
    assert (answer.status, hint in json.loads(answer.body)["error"]["message"]) == (400, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/models"), ("GET", "/v1/files"), ("GET", "/_mock/health")])
@pytest.mark.parametrize("name", ["X-Mock-Fault", "X-Mock-Error", "X-Mock-Pacing"])
async def test_header__where_nothing_is_generated_is_a_400(method: str, path: str, name: str) -> None:
    answer = await ask(path, {}, method, **{name: "close"})
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"], error["param"]) == (400, "invalid_mock_header", name)


STORED = [
    *("/v1/conversations", "/v1/conversations/conv_1", "/v1/conversations/conv_1/items", "/v1/responses/resp_1/cancel"),
    *("/v1/chat/completions/chatcmpl-1", "/v1/uploads", "/v1/uploads/upload_1/complete", "/v1/batches/batch_1/cancel"),
    *("/v1/vector_stores/vs_1", "/v1/vector_stores/vs_1/search", "/v1/messages/batches/msgbatch_1/cancel"),
    *("/mistral/v1/batch/jobs/1/cancel", "/xai/v1/batches/batch_1:cancel", "/v1beta/batches/b1:cancel"),
    *("/v1beta/cachedContents", "/v1beta/fileSearchStores", "/v1/files", "/mistral/v1/files"),
    *("/v1/containers", "/v1/containers/cntr_1/files"),
]
PACED = [
    *("/v1/batches", "/v1/messages/batches", "/mistral/v1/batch/jobs", "/xai/v1/batches", "/v1/vector_stores"),
    *("/v1/vector_stores/vs_1/files", "/v1/vector_stores/vs_1/file_batches", "/upload/v1beta/files"),
    *("/v1beta/models/gemini-2.5-flash:batchGenerateContent", "/v1beta/fileSearchStores/s1:importFile"),
]


@pytest.mark.parametrize("path", [*STORED, *PACED])
async def test_error__is_answered_where_something_is_stored(path: str) -> None:
    assert (await ask(path, {}, **{"X-Mock-Error": "503"})).status == 503


FIELDLESS = "the errors of this API have no such field"


@pytest.mark.parametrize(
    ("path", "fields", "is_taken"),
    [
        ("/v1/conversations", "type=a; code=b; param=c", True),
        ("/v1/messages/batches/msgbatch_1/cancel", "type=overloaded_error", True),
        ("/v1/messages/batches/msgbatch_1/cancel", "param=c", False),
        ("/v1/messages/batches", "code=b", False),
        ("/v1beta/cachedContents", "param=c", False),
        ("/v1beta/models/gemini-2.5-flash:batchGenerateContent", "param=c", False),
        ("/xai/v1/batches", "type=a", False),
    ],
)
async def test_error__a_field_that_the_errors_have_not_is_told_where_something_is_stored(
    path: str, fields: str, is_taken: bool
) -> None:
    answer = await ask(path, {}, **{"X-Mock-Error": f"418; message=No.; {fields}"})
    assert answer.status == (418 if is_taken else 400), answer.body
    assert is_taken == (FIELDLESS not in answer.body.decode())


@pytest.mark.parametrize("path", STORED)
async def test_pacing__where_what_is_stored_takes_no_time_is_a_400(path: str) -> None:
    answer = await ask(path, {}, **{"X-Mock-Pacing": "ttft_ms=1"})
    assert (answer.status, "The header X-Mock-Pacing cannot be used" in answer.body.decode()) == (400, True)


@pytest.mark.parametrize("path", PACED)
async def test_pacing__is_taken_where_what_is_stored_takes_time(path: str) -> None:
    answer = await ask(path, {}, **{"X-Mock-Pacing": "ttft_ms=1"})
    assert "X-Mock-Pacing" not in answer.body.decode()


@pytest.mark.parametrize("name", ["X-Mock-Fault", "X-Mock-Error", "X-Mock-Pacing"])
async def test_header__for_the_control_api_is_a_400(name: str) -> None:
    answer = await ask("/_mock/reset", {}, **{name: "503"})
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, name)


@pytest.mark.parametrize("name", ["X-Mock-Error", "X-Mock-Pacing", "X-Mock-Namespace"])
async def test_header__that_comes_twice_is_a_400(name: str) -> None:
    value = {"X-Mock-Error": "429", "X-Mock-Pacing": "ttft_ms=1", "X-Mock-Namespace": "a"}[name]
    answer = await ask(CHAT, STREAM, **{name: f"{value}, {value}"})  # as two are read, by RFC 9110
    assert (answer.status, json.loads(answer.body)["error"]["param"]) == (400, name)


@pytest.mark.parametrize(
    ("rule", "body", "fault", "what", "why"),
    [
        ("reply: Hello, fault: disconnect", WHOLE, None, "disconnect", "this answer is not streamed"),
        ("reply: Hello, fault: [no_done, crlf]", WHOLE, None, "no_done", "this answer is not streamed"),
        ("reply: Hello, fault: cut_tool_arguments", STREAM, None, "cut_tool_arguments", "it changes nothing of this"),
        (
            "reply: Hello, fault: {disconnect: {after_events: 99}}",
            STREAM,
            "disconnect",
            "disconnect; after_events",
            "",
        ),
        ("error: 503, fault: cut_word", STREAM, None, "cut_word", "the answer is an error"),
        ("error: 503, fault: disconnect", STREAM, None, "disconnect", "the answer is an error"),
        ("reply: {events: [a]}, fault: cut_word", STREAM, None, "cut_word", "its rule sets the exact events"),
        ("reply: Hello, fault: {split_bytes: {bytes: 9999}}", WHOLE, None, "split_bytes", "this answer has "),
    ],
)
async def test_fault__of_a_script_is_noted_in_log_and_exchange(
    rule: str,
    body: dict[str, Any],
    fault: str | None,
    what: str,
    why: str,
    tmp_path: Path,
    settings: Settings,
    exchanges: list[Exchange],
) -> None:
    use(tmp_path, settings, f"- {{{rule}}}")
    answer = await ask(CHAT, body)
    (exchange,) = exchanges
    assert (answer.status, exchange.fault) == (503 if "503" in rule else 200, fault)
    assert exchange.ineffective[0].what == what
    assert exchange.ineffective[0].why.startswith(why)
    assert f" ineffective={what}" in str(RequestLine(exchange))
    assert what in str(RequestLine(exchange).fields()["ineffective"])


@pytest.mark.parametrize("fault", ["", ", fault: {split_bytes: {bytes: 1}}"])
@pytest.mark.parametrize(
    ("path", "lost"),
    [
        (CHAT, []),
        (OLLAMA, ["events; comment", "events; name", "events; id"]),
        (CONVERSE, ["events; comment", "events; id"]),
    ],
)
async def test_events__have_fields_that_not_every_stream_has_a_place_for(
    path: str, lost: list[str], fault: str, tmp_path: Path, settings: Settings, exchanges: list[Exchange]
) -> None:
    use(tmp_path, settings, f"- {{reply: {{events: [{{data: a, name: b, id: c}}, {{comment: d}}, e]}}{fault}}}")
    body = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]} if path == CONVERSE else STREAM
    assert (await ask(path, body, authorization="Bearer k")).status == 200
    assert [each.what for each in exchanges[0].ineffective] == lost


@pytest.mark.parametrize("answer", ["reply: One two three.", "error: 503"])
async def test_gate__within_a_stream_is_noted_where_nothing_is_streamed(
    answer: str, tmp_path: Path, settings: Settings, exchanges: list[Exchange]
) -> None:
    use(tmp_path, settings, f"- {{{answer}, hold: {{gate: door, after_tokens: 1}}}}")
    await ask(CHAT, WHOLE)
    assert [(each.what, each.why) for each in exchanges[0].ineffective] == [
        ("hold; after_tokens", "this answer is not streamed")
    ]


async def test_fault__of_a_request_whose_rule_fails_is_noted(tmp_path: Path, settings: Settings) -> None:
    use(tmp_path, settings, "- reply: '{% lorem 1000000 %}'")
    answer = await ask(CHAT, STREAM, **{"X-Mock-Fault": "no_done"})
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (500, "template_failed")


async def test_pacing__of_a_request_that_its_rule_answers_with_an_error_is_noted(
    tmp_path: Path, settings: Settings, exchanges: list[Exchange]
) -> None:
    use(tmp_path, settings, "- replies: [{error: 429}, Fine.]")
    first, second = [await ask(CHAT, STREAM, **{"X-Mock-Pacing": "ttft_ms=1"}) for _ in range(2)]
    assert (first.status, second.status) == (429, 200)
    assert [[each.what for each in exchange.ineffective] for exchange in exchanges] == [["X-Mock-Pacing"], []]


IN_TIME = "this answer is not streamed; with `apply: both` it would take as long as its stream"


@pytest.mark.parametrize(
    ("script", "body", "noted"),
    [
        ("- {pacing: {ttft_ms: 1}, reply: Fine.}", WHOLE, [("pacing", IN_TIME)]),
        ("- {pacing: {ttft_ms: 1}, reply: Fine.}", STREAM, []),
        ("- {pacing: {ttft_ms: 1, apply: both}, reply: Fine.}", WHOLE, []),
        ("- {pacing: {load: {max_concurrent: 5}}, reply: Fine.}", WHOLE, []),
        ("- {pacing: {ttft_ms: 1}, error: 503}", WHOLE, []),
        ("- {reply: Fine.}\ndefaults: {pacing: {ttft_ms: 1}}", WHOLE, []),
        (
            "- {reply: Fine.}\ndefaults: {scenario: a}\nscenarios: {a: [{name: b, pacing: {ttft_ms: 1}}]}",
            WHOLE,
            [("pacing", IN_TIME)],
        ),
    ],
)
async def test_pacing__of_a_rule_is_noted_where_its_answer_comes_at_once(
    script: str,
    body: dict[str, Any],
    noted: list[tuple[str, str]],
    tmp_path: Path,
    settings: Settings,
    exchanges: list[Exchange],
) -> None:
    file = tmp_path / "paced.yaml"
    file.write_text(f"version: 1\nrules:\n{script}")
    settings.MOCK_SCRIPT = str(file)
    await ask(CHAT, body)
    assert [(each.what, each.why) for each in exchanges[0].ineffective] == noted


async def test_header__that_is_refused_before_it_is_counted_costs_nothing(tmp_path: Path, settings: Settings) -> None:
    use(tmp_path, settings, "- {reply: Once., times: 1}\n- reply: Later.")
    assert (await ask(CHAT, WHOLE, **{"X-Mock-Fault": "disconnect"})).status == 400
    assert (await ask(CHAT, WHOLE, **{"X-Mock-Pacing": "ttft_ms=1"})).status == 400
    assert b"Once." in (await ask(CHAT, WHOLE)).body


@pytest.mark.parametrize(
    ("body", "fault"),
    [(STREAM, "cut_tool_arguments"), (STREAM, "disconnect; after_tokens=99"), (WHOLE, "split_bytes; bytes=99999")],
)
async def test_header__that_turns_out_to_change_nothing_of_the_answer_uses_up_no_rule(
    body: dict[str, Any], fault: str, tmp_path: Path, settings: Settings
) -> None:
    use(tmp_path, settings, "- {replies: [First., Second.], times: 2}\n- reply: Later.")
    for text in (b"First", b"Second", b"Later"):
        for _ in range(2):
            assert (await ask(CHAT, body, **{"X-Mock-Fault": fault})).status == 400
        assert text in (await ask(CHAT, WHOLE)).body


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        (CHAT, "type=a; code=b; param=c", None),
        (CLAUDE, "type=overloaded_error", None),
        (CLAUDE, "code=b", "code"),
        (CLAUDE, "param=c", "param"),
        (OLLAMA, "type=a", "type"),
        (OLLAMA, "code=b", "code"),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "param=c", "param"),
    ],
)
async def test_error__a_field_that_the_api_s_errors_have_not_is_told(
    path: str, fields: str, told: str | None, tmp_path: Path, settings: Settings, exchanges: list[Exchange]
) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}]} if "beta" in path else WHOLE
    answer = await ask(path, body, **{"X-Mock-Error": f"418; message=No.; {fields}"})
    assert answer.status == (418 if told is None else 400), answer.body
    assert (told is None) == (FIELDLESS not in answer.body.decode())
    given = ", ".join(each.replace("=", ": ") for each in fields.split("; "))
    use(tmp_path, settings, f"- error: {{status: 418, message: No., {given}}}")
    assert (await ask(path, body)).status == 418
    noted = [(each.what, each.why) for each in exchanges[-1].ineffective]
    assert noted == ([] if told is None else [(told, FIELDLESS)])
