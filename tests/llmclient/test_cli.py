"""`python -m llmclient`: in process where one process will do, as a process where that is the point."""

import contextlib
import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from llmclient.__main__ import main
from tests import forked
from tests.llmclient.wire_server import (
    DONE,
    END,
    FINISH,
    GOOD_STREAM,
    HELLO,
    STREAM,
    USAGE,
    Play,
    WireServer,
    answer,
    chunked,
    event,
    reply,
    stream,
)

ROOT = Path(__file__).parents[2]

FULL = Path("/dev/full")
"""A device that takes nothing, as a disk that is full."""


def test_text__is_answered(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    wire.play(reply(answer()))
    code = main(["Hi", "--base-url", wire.url, "--model", "m", "--api-key", "k", "--system", "Be brief"])
    assert (code, *capsys.readouterr()) == (0, "Hello\n", "")
    (request,) = wire.requests
    assert request.json["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi"},
    ]
    assert (request.json["model"], request.headers["authorization"]) == ("m", "Bearer k")


def test_stats__go_to_standard_error(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    wire.play(GOOD_STREAM)
    assert main(["Hi", "--stream", "--stats", "--base-url", wire.url]) == 0
    out, err = capsys.readouterr()
    assert out == "Hello\n"
    assert err.startswith("mock, finish_reason stop, 5 + 7 = 12 tokens, first token ")
    assert err.count("\n") == 1


def test_stats__of_a_broken_stream_follow_its_error(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    wire.play(stream(*HELLO, DONE))
    assert main(["Hi", "--stream", "--stats", "--base-url", wire.url]) == 1
    out, err = capsys.readouterr()
    assert out == "Hello\n"
    error, stats = err.splitlines()
    assert "no_finish_reason" in error
    assert stats.startswith("mock, finish_reason None, first token ")


@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_json__is_the_whole_completion(
    wire: WireServer, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    wire.play(GOOD_STREAM if options else reply({**answer(), "usage": USAGE}))
    assert main(["Hi", "--json", "--base-url", wire.url, *options]) == 0
    completion = json.loads(capsys.readouterr().out)
    assert (completion["text"], completion["finish_reason"], completion["model"]) == ("Hello", "stop", "mock")
    assert completion["usage"]["total_tokens"] == 12
    assert (completion["timings"]["ttft_ms"] is not None) == bool(options)


def test_tool_calls__are_shown(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    wire.play(reply(answer(None, "tool_calls", tool_calls=[call])))
    assert main(["Hi", "--base-url", wire.url]) == 0
    assert capsys.readouterr().out.split() == ['f({"a":', "1})"]


def test_standard_input__is_read_when_there_is_no_text(
    wire: WireServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.play(reply(answer("É")))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Été\n".encode())))
    assert main(["--base-url", wire.url]) == 0
    assert wire.requests[0].json["messages"] == [{"role": "user", "content": "Été\n"}]
    assert capsys.readouterr().out == "É\n"


def test_text_that_cannot_be_printed__is_no_traceback(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    wire.play(reply(b'{"choices": [{"message": {"content": "\\ud83d"}, "finish_reason": "stop"}]}'))
    assert main(["Hi", "--base-url", wire.url]) == 0
    assert capsys.readouterr().out == "?\n"


def test_standard_input__that_is_closed_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert (ended.value.code, "there is no message: pass a text" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("argv", [["\udcff"], ["Hi", "--system", "\udcff"], ["Hi", "--model", "\udcff"]])
def test_arguments__that_are_not_utf8_are_wrong_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert (ended.value.code, "python -m llmclient: error: " in capsys.readouterr().err) == (2, True)


def error_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return out, err.rstrip("\n")


@pytest.mark.parametrize(
    ("play", "line"),
    [
        (
            reply({"error": {"message": "Incorrect\nAPI key", "code": "invalid_api_key"}}, "401 Unauthorized"),
            "status 401 (AuthenticationError): Incorrect API key",
        ),
        (reply(b"<html>", "502 Bad Gateway"), "status 502 (BadGatewayError): Bad Gateway"),
        (reply({"error": {"message": "boom"}}), "status 200, but error_body: boom"),
        (b"", "no answer (RemoteProtocolError): Server disconnected without sending a response."),
        (
            reply(b"plain", content_encoding="gzip"),
            "no answer (DecodingError): Error -3 while decompressing data: incorrect header check",
        ),
    ],
)
def test_error__is_one_line_with_server_status_and_reason(
    wire: WireServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, play: bytes, line: str
) -> None:
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    wire.play(play, play)
    assert error_line(["Hi", "--base-url", wire.url], capsys) == ("", f"{wire.url}: {line}")
    line = line.replace(
        "no answer (DecodingError)", "status 200, but aborted: LiteLLM gave up the stream: DecodingError"
    )
    assert error_line(["Hi", "--stream", "--base-url", wire.url], capsys) == ("", f"{wire.url}: {line}")


def test_error__nobody_listens(
    wire: WireServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    wire.close()
    _, line = error_line(["Hi", "--stream", "--base-url", wire.url], capsys)
    assert line.startswith(f"{wire.url}: no answer (ConnectError): ")
    assert "refused" in line


def test_error__timeout(wire: WireServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    wire.play(Play.HOLD)
    _, line = error_line(["Hi", "--timeout", "0.2", "--base-url", wire.url], capsys)
    assert line == f"{wire.url}: no answer within the timeout (ReadTimeout)"


def test_error__in_the_middle_keeps_what_was_shown(wire: WireServer, capsys: pytest.CaptureFixture[str]) -> None:
    wire.play(stream(*HELLO, event({"message": "boom"}, "error")))
    out, line = error_line(["Hi", "--stream", "--base-url", wire.url], capsys)
    assert out == "Hello\n"
    assert line == f"{wire.url}: status 200, but error_event: boom"


@pytest.mark.parametrize(
    ("argv", "environment", "says"),
    [
        (["Hi", "--nonsense"], {}, "--nonsense"),
        (["Hi", "--timeout", "soon"], {}, "--timeout"),
        (["Hi", "--timeout", "-1"], {}, "timeout=-1.0: must be a number of seconds above 0"),
        (["Hi"], {"LLM_MAX_RETRIES": "many"}, "LLM_MAX_RETRIES='many': must be a whole number, 0 or more"),
        ([" "], {}, "there is no message"),
    ],
)
def test_usage_error__exits_with_2(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    environment: dict[str, str],
    says: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


class Process:
    """A process of the client, and what it writes."""

    def __init__(self, *argv: str) -> None:
        # Without PYTHONUNBUFFERED, say, which would flush for us.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        (reads, writes), (reads_errors, writes_errors) = os.pipe(), os.pipe()
        command = ["-m", "llmclient", *argv]
        self.running = forked.parent(forked.CLIENTS).fork(command, ROOT, environment, writes, writes_errors)
        os.close(writes)
        os.close(writes_errors)
        self.output, self.errors = open(reads, "rb"), open(reads_errors, "rb")  # noqa: SIM115  # closed at the end

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.output.close()
        self.errors.close()
        with contextlib.suppress(ProcessLookupError):
            self.running.send_signal(signal.SIGKILL)
        self.running.wait()


def test_process__shows_text_as_it_arrives_and_nothing_else(wire: WireServer) -> None:
    wire.play(STREAM, chunked(HELLO[0] + HELLO[1]), Play.GATE, chunked(HELLO[2] + FINISH + DONE), END)
    with Process("Hi", "--stream", "--base-url", wire.url) as client:
        assert client.output.read(3) == b"Hel", "before the gate opens"
        wire.go.set()
        assert (client.output.read(), client.errors.read()) == (b"lo\n", b"")
        assert client.running.wait() == 0


def test_process__interrupted_is_quiet(wire: WireServer) -> None:
    wire.play(STREAM, chunked(HELLO[0] + HELLO[1]), Play.HOLD)
    with Process("Hi", "--stream", "--base-url", wire.url) as client:
        client.output.read(3)
        client.running.send_signal(signal.SIGINT)
        assert (client.running.wait(), client.errors.read()) == (130, b"")
    assert wire.hung_up.wait(60)


def test_process__whose_output_nobody_reads_is_quiet(wire: WireServer) -> None:
    wire.play(STREAM, chunked(HELLO[0] + HELLO[1]), Play.GATE, chunked(HELLO[2] + FINISH + DONE), END)
    with Process("Hi", "--stream", "--base-url", wire.url) as client:
        client.output.read(3)
        client.output.close()
        wire.go.set()
        assert (client.running.wait(), client.errors.read()) == (141, b"")


def test_setting__that_is_misspelt_is_one_line(
    wire: WireServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wire.play(reply(answer()))
    monkeypatch.setenv("LLM_TIMOUT", "5")
    told = "LLM_TIMOUT is set, and there is no such setting. Did you mean LLM_TIMEOUT?\n"
    assert (main(["Hi", "--base-url", wire.url]), *capsys.readouterr()) == (0, "Hello\n", told)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no such device")
@pytest.mark.parametrize("played", [reply(answer()), GOOD_STREAM])
def test_answer__that_a_full_disk_does_not_take_is_one_line(
    wire: WireServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], played: Any
) -> None:
    wire.play(played)
    with FULL.open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        code = main(["Hi", "--base-url", wire.url, *(["--stream"] if played is GOOD_STREAM else [])])
    assert (code, capsys.readouterr().err) == (1, "The output cannot be written: No space left on device.\n")


@pytest.mark.skipif(not FULL.exists(), reason="the system has no such device")
@pytest.mark.parametrize("is_unbuffered", [False, True])
def test_help__that_a_full_disk_does_not_take_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_unbuffered: bool
) -> None:
    with FULL.open("wb", buffering=0 if is_unbuffered else -1) as raw:
        full = io.TextIOWrapper(raw, write_through=is_unbuffered)  # as PYTHONUNBUFFERED makes it
        monkeypatch.setattr("sys.stdout", full)
        code = main(["--help"])
    assert (code, capsys.readouterr().err) == (1, "The output cannot be written: No space left on device.\n")
