"""Content codings: whole answers and streams, as the script offers and the client accepts them."""

import gzip
import importlib.util
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from completions.delivery.coding import CODERS, choose_coding
from completions.exceptions import ScriptError
from completions.script.language import CODINGS
from tests.document import TEXT, events, fold
from tests.patience import PATIENCE
from tests.scripts import script
from tests.server import LiveServer, serving

BROTLI = importlib.util.find_spec("brotli") is not None
OFFERED = ["gzip", "deflate", *(["br"] if BROTLI else [])]
SCRIPT = f"""\
version: 1
defaults: {{validate: false, compression: [{", ".join(OFFERED)}], pacing: {{ttft_ms: 0, itl_ms: 0}}}}
rules:
  - match: {{last_user: long}}
    reply: {"word " * 20_000}
  - reply: {TEXT}
"""
CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def _brotli(data: bytes) -> bytes:
    return bytes(pytest.importorskip("brotli").decompress(data))


DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress, "br": _brotli}
needs_brotli = pytest.mark.skipif(not BROTLI, reason="the package brotli is not installed")
CODING = [pytest.param(name, marks=needs_brotli if name == "br" else ()) for name in DECODERS]


live = serving(script=SCRIPT, JOURNAL="true")


class Raw:
    """What came over the socket: the status, the headers, and the body without its chunks' framing."""

    def __init__(self, live: LiveServer, accepted: str | None, body: object = CHAT, **headers: str) -> None:
        data = json.dumps(body).encode()
        named = {"Host": "127.0.0.1", "Content-Length": str(len(data)), "Connection": "close", **headers}
        if accepted is not None:
            named["Accept-Encoding"] = accepted
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        with socket.create_connection((live.host, live.port), timeout=PATIENCE) as connection:
            connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n".encode() + data)
            came = b"".join(iter(lambda: connection.recv(65536), b""))
        top, _, self.body = came.partition(b"\r\n\r\n")
        status, *lines = top.decode("latin-1").split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.chunks = [self.body]
        if self.headers.get("transfer-encoding") == "chunked":
            self.chunks = list(_chunks(self.body))
            self.body = b"".join(self.chunks)


def _chunks(data: bytes) -> Iterator[bytes]:
    while data:
        size, _, data = data.partition(b"\r\n")
        if not (length := int(size, 16)):
            return
        yield data[:length]
        data = data[length + 2 :]


@pytest.mark.parametrize("coding", CODING)
@pytest.mark.parametrize("text", ["Hi", "long"])
def test_answer__whole(live: LiveServer, coding: str, text: str) -> None:
    body = {**CHAT, "messages": [{"role": "user", "content": text}]}
    answer, plain = Raw(live, coding, body), Raw(live, None, body)
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == (coding, "Accept-Encoding")
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert said(DECODERS[coding](answer.body)) == said(plain.body)
    assert len(answer.body) < len(plain.body)
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"


def said(body: bytes) -> str:
    return str(json.loads(body)["choices"][0]["message"]["content"])


@pytest.mark.parametrize("coding", CODING)
def test_stream__can_be_read_event_by_event(live: LiveServer, coding: str) -> None:
    answer = Raw(live, coding, {**CHAT, "stream": True}, **{"X-Mock-Pacing": "itl_ms=20"})
    assert answer.headers["content-encoding"] == coding
    assert "content-length" not in answer.headers
    assert fold(events(DECODERS[coding](answer.body)))["choices"][0]["message"]["content"] == TEXT
    first = answer.chunks[0]
    assert b'"content":"This"' in partly(coding, first)


def partly(coding: str, data: bytes) -> bytes:
    """Return what can be read of the beginning of a coded stream."""
    if coding == "br":
        return bytes(pytest.importorskip("brotli").Decompressor().process(data))
    return zlib.decompressobj(zlib.MAX_WBITS + (16 if coding == "gzip" else 0)).decompress(data)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"X-Mock-Error": "429"}, 429),
        ({"X-Mock-Fault": "json_error_200"}, 200),
        ({"X-Mock-Fault": "truncated_json"}, 200),
        ({"X-Mock-Fault": "wrong_content_type"}, 200),
        ({"X-Mock-Fault": "split_bytes; bytes=5"}, 200),
        ({"X-Mock-Fault": "drip; bytes_per_second=100000"}, 200),
    ],
)
def test_answer__with_an_error_or_a_fault_is_coded_behind_it(
    live: LiveServer, header: dict[str, str], status: int
) -> None:
    answer, plain = Raw(live, "gzip", **header), Raw(live, None, **header)
    assert (answer.status, answer.headers["content-encoding"]) == (status, "gzip")
    assert len(gzip.decompress(answer.body)) == pytest.approx(len(plain.body), abs=2)  # the time may have more digits
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("fault", ["empty_body", "html_error"])
def test_answer__that_is_empty_or_a_proxys_is_not_coded(live: LiveServer, fault: str) -> None:
    answer = Raw(live, "gzip", **{"X-Mock-Fault": fault})
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_split_bytes__cuts_what_goes_over_the_line(live: LiveServer) -> None:
    answer = Raw(live, "gzip", {**CHAT, "stream": True}, **{"X-Mock-Fault": "split_bytes; bytes=5"})
    assert {len(chunk) for chunk in answer.chunks} == set(range(1, 6)) & {len(chunk) for chunk in answer.chunks}
    assert fold(events(gzip.decompress(answer.body)))["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("fault", ["disconnect; after_tokens=2", "reset; after_tokens=2"])
def test_stream__that_breaks_off_has_no_end_of_its_coding(live: LiveServer, fault: str) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        headers = {"X-Mock-Fault": fault, "X-Mock-Pacing": "itl_ms=50", "Accept-Encoding": "gzip"}
        url, came = f"{live.url}/v1/chat/completions", b""
        with (
            client.stream("POST", url, json={**CHAT, "stream": True}, headers=headers) as response,
            pytest.raises(httpx.HTTPError),
        ):
            for piece in response.iter_raw():
                came += piece
    decoder = zlib.decompressobj(zlib.MAX_WBITS + 16)
    assert b'"content":" is"' in decoder.decompress(came)
    assert not decoder.eof


def test_journal__keeps_the_plain_bytes(live: LiveServer) -> None:
    answer = Raw(live, "gzip")
    identity = answer.headers["x-request-id"]
    with httpx.Client(base_url=live.url, timeout=PATIENCE) as client:
        exchange = client.get(f"/_mock/exchanges/{identity}").json()
    assert {name.lower(): value for name, value in exchange["response"]["headers"].items()}[
        "content-encoding"
    ] == "gzip"
    assert exchange["response"]["body"] == json.loads(gzip.decompress(answer.body))


@pytest.mark.parametrize("stream", [False, True])
def test_openai__reads_what_it_accepts(live: LiveServer, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=0) as client:
        if stream:
            with client.chat.completions.create(**CHAT, stream=True) as chunks:
                text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
                coding = chunks.response.headers["content-encoding"]
        else:
            raw = client.chat.completions.with_raw_response.create(**CHAT)
            text, coding = raw.parse().choices[0].message.content or "", raw.headers["content-encoding"]
    assert (text, coding) == (TEXT, "gzip")


def test_lookup__is_coded_too(live: LiveServer) -> None:
    with httpx.Client(base_url=live.url, timeout=PATIENCE) as client:
        assert client.get("/v1/models").headers["content-encoding"] == "gzip"
        page = client.get("/v1/models", headers={"Origin": "http://localhost:3000"})
        assert page.headers["vary"] == "Accept-Encoding, Origin"
        speech = client.post("/v1/audio/speech", json={"model": "tts-1", "input": "Hi", "voice": "alloy"})
        assert (speech.status_code, speech.headers.get("content-encoding")) == (200, None)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZip;Q=1.0", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("gzip ; q=0.5, br; q=0", "gzip"),
        ("gzip;q=a", None),
        ("zstd", None),
        ("", None),
        (" , ;", None),
    ],
)
def test_coding__is_the_one_that_the_client_likes_best(accepted: str, expected: str | None) -> None:
    assert choose_coding(("br", "gzip"), accepted) == expected


def test_codings__are_those_of_the_language() -> None:
    assert CODERS.keys() == CODINGS.keys() == DECODERS.keys()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("zstd", "must be one of gzip, deflate, br, not 'zstd'"),
        ("[gzip, 1]", "`defaults.compression[1]` must be one of"),
        ("true", "must be one of"),
        pytest.param(
            "[gzip, br]",
            "cannot offer `br` without the package brotli: pip install brotli.",
            marks=pytest.mark.skipif(BROTLI, reason="the package brotli is installed"),
        ),
    ],
)
def test_script__that_offers_what_there_is_not_is_refused(value: str, expected: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(f"version: 1\ndefaults: {{compression: {value}}}\nrules: []\n")
    assert expected in str(caught.value)
