"""The log's lines, for people and for machines."""

import asyncio
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from completions.event import Frames
from completions.journal.exchange import ErrorFacts, Exchange
from completions.journal.record import ChunkLine, RelayRecord, RequestLine, StreamRecord, end_exchange, printable
from mocksite.logging import ColourFormatter, GatheringHandler, JSONFormatter, NotCancelled, TextFormatter
from tests.patience import PATIENCE
from tests.server import ROOT

EXCHANGE = Exchange(
    method="POST",
    path="/v1/chat/completions",
    started=10.0,
    request_id="req_1",
    status=200,
    model="gpt-4o",
    rule="mock",
    stream=True,
    chunks=8,
    sent_bytes=1300,
    ended=10.3512,
)


def record(msg: object, level: int = logging.INFO, exc_info: bool = False) -> logging.LogRecord:
    made = logging.LogRecord("completions.requests", level, "", 0, msg, None, sys.exc_info() if exc_info else None)
    made.created, made.msecs = 1_800_000_000.25, 250.0
    return made


def test_text__request() -> None:
    assert TextFormatter().format(record(RequestLine(EXCHANGE))) == (
        "08:00:00.250Z INFO    POST /v1/chat/completions 200 rule=mock model=gpt-4o stream chunks=8 1300B 351.2ms req_1"
    )


def test_text__traceback_follows_the_line() -> None:
    try:
        raise ValueError("a bug")
    except ValueError:
        lines = TextFormatter().format(record("it failed", logging.ERROR, exc_info=True)).splitlines()
    assert lines[0] == "08:00:00.250Z ERROR   it failed"
    assert lines[-1] == "ValueError: a bug"


def test_text__says_who_ended_it() -> None:
    assert str(RequestLine(replace(EXCHANGE, client_left=True))).endswith("req_1 client left")
    assert str(RequestLine(replace(EXCHANGE, stopped=True))).endswith("req_1 stopped with the server")


def test_text__says_which_retry_it_is() -> None:
    assert "200 rule=mock model=gpt-4o retry=2 stream" in str(RequestLine(replace(EXCHANGE, retry=2)))


@pytest.mark.parametrize(
    ("upstream", "told"),
    [
        ("https://api.example/v1/chat/completions", "api.example"),
        ("litellm:anthropic/claude", "litellm:anthropic/claude"),
    ],
)
def test_request__line_says_which_server_answered(upstream: str, told: str) -> None:
    passed_on = replace(EXCHANGE, rule=None, upstream=upstream)
    assert str(RequestLine(passed_on)).startswith(f"POST /v1/chat/completions 200 upstream={told} model=gpt-4o stream")


@pytest.mark.parametrize(("code", "told"), [("invalid_api_key", "invalid_api_key"), (None, "invalid_request_error")])
def test_request__line_says_what_the_error_was(code: str | None, told: str) -> None:
    refused = RequestLine(replace(EXCHANGE, status=401, error=ErrorFacts(401, "invalid_request_error", code, "No.")))
    assert str(refused).startswith(f"POST /v1/chat/completions 401 error={told} rule=mock model=gpt-4o")
    assert refused.fields()["error"] == told


def test_text__says_where_no_rule_matched_and_shortens_the_id() -> None:
    missed = replace(EXCHANGE, rule=None, unmatched=True, request_id="req_019a0000000000000000000012345678")
    assert str(RequestLine(missed)).startswith("POST /v1/chat/completions 200 UNMATCHED model=gpt-4o stream")
    assert str(RequestLine(missed)).endswith(" 12345678")
    assert ' 200 rule="rule 1" model=gpt-4o' in str(RequestLine(replace(EXCHANGE, rule="rule 1")))
    assert str(ChunkLine(missed, (1, 1, 8), 0.1, 20)) == "chunk 1/8 +100ms 20B 12345678"


def test_colours__mark_what_stands_out() -> None:
    colour = ColourFormatter()
    line = colour.format(record(RequestLine(replace(EXCHANGE, status=404, rule=None, unmatched=True))))
    assert "\x1b[33m404\x1b[0m \x1b[1;31mUNMATCHED\x1b[0m" in line
    assert " \x1b[32m200\x1b[0m " in colour.format(record(RequestLine(EXCHANGE)))
    assert colour.format(record(ChunkLine(EXCHANGE, (1, 1, 8), 0.1, 20))).startswith("\x1b[2m08:00")
    assert "\x1b[1;31mERROR\x1b[0m" in colour.format(record("it failed", logging.ERROR))
    plain = TextFormatter().format(record(RequestLine(EXCHANGE)))
    assert re.sub(r"\x1b\[[\d;]*m", "", colour.format(record(RequestLine(EXCHANGE)))) == plain


@pytest.mark.parametrize(
    ("setting", "no_color", "expected"),
    [("always", None, True), ("always", "1", True), ("never", None, False), ("auto", None, True), ("auto", "1", False)],
)
def test_colours__are_for_terminals_and_who_wants_them(setting: str, no_color: str | None, expected: bool) -> None:
    """Run at a terminal of its own, for which `script` (util-linux) stands."""
    if shutil.which("script") is None:
        pytest.skip("there is no script(1) on this machine")
    shown = "from django.conf import settings; print(settings.LOGGING['formatters'].keys())"
    wanted = {"LOG_COLOR": setting, **({"NO_COLOR": no_color} if no_color else {})}
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | wanted
    environment["DJANGO_SETTINGS_MODULE"] = "mocksite.settings"
    command = ["script", "-qec", f'{sys.executable} -c "{shown}"', "/dev/null"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert ("colour" in done.stdout) is expected, done.stdout


def test_text__nothing_of_the_client_breaks_a_line() -> None:
    line = str(RequestLine(replace(EXCHANGE, model="x\nINFO forged\x1b[2J", path="/a\r\nb")))
    assert line.isprintable()
    assert printable("a" * 300) == "a" * 200
    assert printable("Grüße 漢字") == "Grüße 漢字"


def test_json__request_has_every_fact() -> None:
    assert json.loads(JSONFormatter().format(record(RequestLine(EXCHANGE)))) == {
        "time": "2027-01-15T08:00:00.250+00:00",
        "level": "INFO",
        "logger": "completions.requests",
        "event": "request",
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 200,
        "model": "gpt-4o",
        "rule": "mock",
        "error": None,
        "fault": None,
        "ineffective": [],
        "stream": True,
        "chunks": 8,
        "bytes": 1300,
        "ms": 351.2,
        "request_id": "req_1",
        "client_left": False,
        "stopped": False,
        "retry": 0,
        "idempotency_key": None,
        "queued_ms": 0.0,
        "stage": None,
        "upstream": None,
    }


def test_chunk__text_and_json() -> None:
    assert str(ChunkLine(EXCHANGE, (3, 3, 8), 0.1021, 24)) == "chunk 3/8 +102ms 24B req_1"
    line = ChunkLine(EXCHANGE, (3, 5, 8), 0.1021, 24)
    assert str(line) == "chunks 3-5/8 +102ms 24B req_1"
    assert line.fields() == {
        "event": "chunks",
        "first": 3,
        "last": 5,
        "of": 8,
        "at_ms": 102.1,
        "bytes": 24,
        "request_id": "req_1",
    }


def test_json__plain_message_and_traceback() -> None:
    try:
        raise ValueError("a bug")
    except ValueError:
        line = json.loads(JSONFormatter().format(record("it failed", logging.ERROR, exc_info=True)))
    assert line["message"] == "it failed"
    assert line["traceback"].endswith("ValueError: a bug")


@pytest.mark.parametrize("facts", [{"model": "m\udcff"}, {"sent_bytes": 2**70}])
def test_json__takes_what_is_no_valid_text_and_any_number(facts: dict[str, Any]) -> None:
    line = json.loads(JSONFormatter().format(record(RequestLine(replace(EXCHANGE, **facts)))))
    assert (line["model"], line["bytes"]) == (facts.get("model", "gpt-4o"), facts.get("sent_bytes", 1300))


def test_filter__drops_only_cancellations() -> None:
    for exc, kept in ((asyncio.CancelledError(), False), (ValueError(), True)):
        try:
            raise exc
        except BaseException:
            assert NotCancelled().filter(record("x", exc_info=True)) is kept
    assert NotCancelled().filter(record("x"))


def frames(*sizes: int) -> Frames:
    return Frames(b"x" * size for size in sizes)


def test_stream_record__counts_what_was_sent_and_who_left() -> None:
    exchange = replace(EXCHANGE, chunks=0, sent_bytes=0, ended=None)
    progress = StreamRecord(exchange, frames(10, 20, 30, 5), [True] * 4, total=3, log=False)
    progress.sent(0, 2, 0.1, 30)
    assert (exchange.chunks, exchange.sent_bytes) == (2, 30)
    progress.sent(2, 4, 0.2, 35)
    assert (exchange.chunks, exchange.sent_bytes) == (3, 65)
    progress.end()
    assert not exchange.client_left
    cut = StreamRecord(exchange, frames(10, 20), [True] * 2, total=1, log=False)
    cut.sent(0, 1, 0.1, 10)
    cut.end()
    assert exchange.client_left, "the terminator was not sent"


@pytest.mark.parametrize("is_stream", [True, False])
def test_relay_record__of_too_much_keeps_the_beginning_and_says_so(
    is_stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("completions.journal.record.MAX_RECORDED_BYTES", 6)
    exchange = replace(EXCHANGE, chunks=0, sent_bytes=0, ended=None)
    relayed = RelayRecord(exchange, is_stream=is_stream)
    for piece in (b"Hell", b"o, wor", b"ld"):
        relayed.sent(piece)
    relayed.end()
    assert (relayed.pieces, exchange.sent_bytes, exchange.response_truncated) == ([b"Hell"], 12, True)


def test_stream_record__off_writes_no_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "completions.chunks")
    StreamRecord(replace(EXCHANGE), frames(1, 1), [True] * 2, total=1, log=False).sent(0, 2, 0.1, 2)
    assert caplog.messages == []
    StreamRecord(replace(EXCHANGE), frames(1, 1), [True] * 2, total=1, log=True).sent(0, 2, 0.1, 2)
    assert caplog.messages == ["chunk 1/1 +100ms 1B req_1"]


class Seen(logging.Handler):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.messages.append(f"{record.name} {record.levelname} {record.getMessage()}")


class Refused(logging.Filter):
    """Lets nothing through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say no."""
        return False


Apart = tuple[logging.Logger, GatheringHandler, io.StringIO]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Apart:
    """Return the logger of requests below one of its own, whose handler writes to the text."""
    logger, top = logging.getLogger("completions.requests"), logging.Logger("top")
    written = io.StringIO()
    handler = GatheringHandler()
    handler.setStream(written)
    handler.setFormatter(TextFormatter())
    top.addHandler(handler)
    monkeypatch.setattr(logger, "parent", top)
    monkeypatch.setattr(logger, "level", logging.INFO)
    return logger, handler, written


def end(request_id: str) -> None:
    """End an exchange, which logs its line."""
    end_exchange(replace(EXCHANGE, request_id=request_id, path="/_mock/", ended=None))


def test_line__is_the_same_with_and_without_a_record(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    _, handler, written = apart
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.25)
    monkeypatch.setattr("time.monotonic", lambda: 10.3512)
    line = RequestLine(replace(EXCHANGE, path="/_mock/"))
    for formatter in (TextFormatter(), JSONFormatter(), ColourFormatter(), logging.Formatter("%(name)s %(message)s")):
        handler.setFormatter(formatter)
        written.truncate(written.seek(0))
        end("req_1")
        assert written.getvalue() == formatter.format(record(line)) + "\n"


def test_line__is_seen_by_every_handler_and_filter_that_is_added(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    logger, handler, written = apart
    seen = Seen()
    with monkeypatch.context() as patch:
        patch.setattr(logger, "handlers", [seen])
        end("req_12345678")
    assert "12345678" in written.getvalue()
    (message,) = seen.messages
    assert message.startswith("completions.requests INFO POST /_mock/ 200")
    for holder in (logger, handler):
        with monkeypatch.context() as patch:
            patch.setattr(holder, "filters", [Refused()])
            end("req_refused")
    handler.setLevel(logging.WARNING)
    end("req_refused")
    assert "refused" not in written.getvalue()


def test_line__that_cannot_be_made_costs_only_itself(apart: Apart, capsys: pytest.CaptureFixture[str]) -> None:
    _, handler, written = apart

    class Broken(TextFormatter):
        def line(self, created: float, level: str, logger: str, message: object, traceback: str = "") -> str:
            raise ValueError("a bug")

    handler.setFormatter(Broken())
    end("req_1")
    assert "ValueError: a bug" in capsys.readouterr().err
    handler.setFormatter(TextFormatter())
    end("req_2")
    assert written.getvalue().count("\n") == 1


class Full(io.StringIO):
    """A stream that takes nothing, as one on a disk that is full, or whose reader has gone."""

    def write(self, text: str) -> int:
        """Refuse it."""
        raise BrokenPipeError("nobody reads")


def test_line__that_cannot_be_written_costs_no_request(apart: Apart, capsys: pytest.CaptureFixture[str]) -> None:
    _, handler, _ = apart
    handler.setStream(Full())
    end("req_1")
    assert "BrokenPipeError: nobody reads" in capsys.readouterr().err

    async def within_a_loop() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        end("req_2")
        await asyncio.sleep(3 * GatheringHandler.GATHER)
        return told

    assert asyncio.run(within_a_loop()) == []
    assert "BrokenPipeError: nobody reads" in capsys.readouterr().err
