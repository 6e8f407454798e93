"""Servers that misbehave: what comes of them is passed on or told, and nothing is recorded that could not be played."""

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from completions.delivery.relay.encoding import decompress_pieces
from tests.delivery.relay.raw_server import Connection, RawServer, raw_server
from tests.delivery.relay.test_live import CLIENT
from tests.patience import PATIENCE
from tests.server import SERVE, LiveServer

SAID = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1795600000,
        "model": "gpt-4o",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris."}}],
        "usage": {"prompt_tokens": 14, "completion_tokens": 2, "total_tokens": 16},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def whole(body: bytes = SAID, more: bytes = b"") -> bytes:
    """Return an answer with its length."""
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(scope="module")
def raw() -> Iterator[RawServer]:
    with raw_server(lambda connection: None) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def no_tls() -> Iterator[str]:
    """The address of what answers before it is asked, and not with TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = listening.accept()[0]
                    with connection:
                        connection.sendall(b"This is no TLS.\r\n")
                        connection.recv(65536)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def recorder(raw: RawServer, no_tls: str, folder: Path) -> Iterator[LiveServer]:
    server = raw.url.replace("//", "//user:sesame@")
    upstreams = f"/gone=http://user:sesame@no-such-host.invalid,/tls=https://{no_tls},{server}"
    with LiveServer(*SERVE, "--record", str(folder), MOCK_UPSTREAM=upstreams) as live:
        yield live


def send_request(server: LiveServer, text: str) -> httpx.Response:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return CLIENT.post(f"{server.url}/v1/chat/completions", json=body)


def written(server: LiveServer, folder: Path, text: str) -> list[Path]:
    """Return the files of a request; the operation answers once all is written."""
    assert CLIENT.get(f"{server.url}/_mock/recording").status_code == 200
    return [file for file in folder.glob("*.yaml") if text in file.read_text()]


Sends = Callable[[Connection], None]


def sends(*parts: bytes) -> Sends:
    def send(connection: Connection) -> None:
        for part in parts:
            connection.send(part)

    return send


PLAYABLE: dict[str, Sends] = {
    "hint": sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", whole()),
    "continued": sends(b"HTTP/1.1 100 Continue\r\n\r\n", whole()),
    "zipped": sends(whole(gzip.compress(SAID), b"Content-Encoding: gzip\r\n")),
    "longer": sends(whole() + b"and more than it said"),
    "trailers": sends(
        HEAD + b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
        b"%x\r\n%s\r\n" % (len(SAID), SAID),
        b"0\r\nX-Sum: 1\r\n\r\n",
    ),
    "closing": sends(HEAD + b"\r\n" + SAID),
    "dribbles": sends(*(whole()[at : at + 7] for at in range(0, len(whole()), 7))),
}
"""Answers that are whole, in unusual ways."""


@pytest.mark.parametrize("name", PLAYABLE)
def test_answer__that_is_unusual_comes_through_and_is_played(
    recorder: LiveServer, raw: RawServer, folder: Path, name: str
) -> None:
    raw.answer = PLAYABLE[name]
    assert send_request(recorder, f"What of {name}?").json() == json.loads(SAID)
    (file,) = written(recorder, folder, f"What of {name}?")
    assert "Paris." in file.read_text()
    assert f"upstream: {raw.url}" in file.read_text()


def test_recorded__is_played(recorder: LiveServer, raw: RawServer, folder: Path) -> None:
    for name in PLAYABLE:
        raw.answer = PLAYABLE[name]
        send_request(recorder, f"And {name}?")
    assert written(recorder, folder, "")
    with LiveServer(CASSETTES=str(folder)) as player:
        for name in PLAYABLE:
            assert send_request(player, f"And {name}?").content == SAID


FIRST, SECOND = b'data: {"text": "You are sk-very-"}\n\n', b'data: {"text": "long-key-1234567."}\n\n'
WITHOUT_A_FORMAT: dict[str, tuple[Sends, dict[str, str], bytes]] = {
    "nothing": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), {}, b""),
    "elsewhere": (
        sends(b"HTTP/1.1 302 Found\r\nLocation: https://a.example/b?sig=abcdefgh\r\nContent-Length: 0\r\n\r\n"),
        {"location": "https://a.example/b?sig=[redacted]"},
        b"",
    ),
    "events": (
        sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", FIRST[:20], FIRST[20:] + SECOND),
        {"content-type": "text/event-stream"},
        b'data: {"text":"You are [redacted]"}\n\ndata: {"text":"."}\n\n',
    ),
}
"""Answers at an address that no format has: what comes, and the headers and the bytes that are played."""


@pytest.mark.parametrize("name", WITHOUT_A_FORMAT)
def test_answer__without_a_format_is_played_as_it_was(
    recorder: LiveServer, raw: RawServer, folder: Path, name: str
) -> None:
    raw.answer, headers, body = WITHOUT_A_FORMAT[name]
    key = {"authorization": "Bearer sk-very-long-key-1234567"}
    given = CLIENT.post(f"{recorder.url}/v1/{name}", json={"a": 1}, headers=key)
    assert written(recorder, folder, f"/v1/{name}")
    with LiveServer(CASSETTES=str(folder)) as player:
        played = CLIENT.post(f"{player.url}/v1/{name}", json={"a": 1})
    assert (played.status_code, played.content) == (given.status_code, body)
    told = ("content-type", "location")
    assert {name: value for name, value in played.headers.items() if name in told} == headers


def test_answer__that_leads_an_upload_elsewhere_is_not_recorded(
    recorder: LiveServer, raw: RawServer, folder: Path
) -> None:
    """Played, it would lead past the mock, which takes Gemini's uploads itself."""
    raw.answer = sends(b"HTTP/1.1 200 OK\r\nX-Goog-Upload-URL: https://a.example/b\r\nContent-Length: 0\r\n\r\n")
    assert CLIENT.post(f"{recorder.url}/upload/v1beta/files").headers["x-goog-upload-url"] == "https://a.example/b"
    assert not written(recorder, folder, "/upload/v1beta/files")


def reset(connection: Connection) -> None:
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
    connection.reset()


BROKEN: dict[str, Sends] = {
    "reset": reset,
    "half": sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n12345"),
    "nonsense": sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n"),
    "shorter": sends(HEAD + b"Content-Length: 1000\r\n\r\n12345"),
}
"""Answers that break off."""


@pytest.mark.parametrize("name", BROKEN)
def test_answer__that_breaks_off_is_not_recorded(recorder: LiveServer, raw: RawServer, folder: Path, name: str) -> None:
    raw.answer = BROKEN[name]
    with pytest.raises(httpx.TransportError):
        response = send_request(recorder, f"What of {name}?")
        response.raise_for_status()
    assert written(recorder, folder, f"What of {name}?") == []


@pytest.mark.parametrize("name", ["gone", "tls"])
def test_upstream__that_cannot_be_reached(recorder: LiveServer, name: str) -> None:
    response = CLIENT.post(f"{recorder.url}/{name}/v1/files", content=b"{}")
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_failed")
    assert "gave no answer: ConnectError" in response.json()["error"]["message"]


def test_password__of_an_upstream_is_sent_to_it_and_shown_nowhere(
    recorder: LiveServer, raw: RawServer, folder: Path
) -> None:
    raw.answer = sends(whole())
    assert send_request(recorder, "What of a password?").status_code == 200
    gone = CLIENT.post(f"{recorder.url}/gone/v1/files", content=b"{}").text
    (file,) = written(recorder, folder, "What of a password?")
    shown = [CLIENT.get(f"{recorder.url}/_mock/{place}").text for place in ("exchanges?said=true", "recording")]
    assert "authorization: basic dxnlcjpzzxnhbwu=" in raw.connections[-1].head.decode().lower()
    assert all(raw.url.partition("//")[2] in text for text in (file.read_text(), *shown))
    assert [text for text in (gone, file.read_text(), *shown) if "sesame" in text] == []


def test_redirect__is_the_client_s_own(recorder: LiveServer, raw: RawServer, folder: Path) -> None:
    raw.answer = sends(b"HTTP/1.1 307 Moved\r\nLocation: https://elsewhere.example/v1\r\nContent-Length: 0\r\n\r\n")
    response = send_request(recorder, "What of a redirect?")
    assert (response.status_code, response.headers["location"]) == (307, "https://elsewhere.example/v1")
    (file,) = written(recorder, folder, "What of a redirect?")
    assert "location: https://elsewhere.example/v1\n" in file.read_text()


def test_answer__that_is_huge_comes_through_and_is_not_written(
    recorder: LiveServer, raw: RawServer, folder: Path
) -> None:
    huge = SAID.replace(b"Paris.", b"Paris. " * 1_500_000)
    raw.answer = sends(whole(huge))
    assert send_request(recorder, "What of much?").content == huge
    assert written(recorder, folder, "What of much?") == []
    recorder.wait_for("is not recorded: it has [0-9]+ bytes")


def test_client__that_leaves_has_nothing_recorded(recorder: LiveServer, raw: RawServer, folder: Path) -> None:
    def begin(connection: Connection) -> None:
        connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
        connection.wait_until_gone()

    raw.answer = begin
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What of a client?"}]}
    with CLIENT.stream("POST", f"{recorder.url}/v1/chat/completions", json=body) as response:
        next(response.iter_raw())
    assert raw.connections[-1].gone.wait()
    assert written(recorder, folder, "What of a client?") == []


def test_requests__that_are_the_same_at_once_are_all_recorded(
    recorder: LiveServer, raw: RawServer, folder: Path
) -> None:
    all_asked = threading.Barrier(8)

    def answer(connection: Connection) -> None:
        all_asked.wait(PATIENCE)  # or one that was recorded already would answer the last
        connection.send(whole())

    raw.answer = answer
    threads = [threading.Thread(target=send_request, args=(recorder, "What of many?")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = written(recorder, folder, "What of many?")
    assert file.read_text().count("Paris.") == 8


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP"])
def test_packed__is_unpacked_as_it_came(encoding: str) -> None:
    packed = gzip.compress(b"one two three " * 100)
    cut = [packed[at : at + 9] for at in range(0, len(packed), 9)]
    found = decompress_pieces(cut, encoding, 10_000)
    assert found is not None
    assert (len(found), b"".join(found)) == (len(cut), b"one two three " * 100)
    assert decompress_pieces(cut, encoding, 1000) is None, "a small one may come to much"
    assert decompress_pieces(cut[:-1], encoding, 10_000) is None, "it is not all there"
    assert decompress_pieces(cut, "br", 10_000) is None
    assert decompress_pieces([b"no"], encoding, 10_000) is None
