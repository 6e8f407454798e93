"""Bodies that clients compress, and say so: Codex by Zstandard, others by gzip or deflate."""

import gzip
import importlib
import json
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from completions.delivery.decompressors import CODINGS
from completions.receive.decoding import MAX_CODINGS, MAX_PARTS
from completions.receive.handler import Handler
from tests.asgi import call

zstandard: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

SCRIPT = "{version: 1, rules: [{reply: Hello.}]}"
HELLO = [{"role": "user", "content": "Hello"}]
CLAUDES = {"anthropic-version": "2023-06-01", "x-api-key": "any"}
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "gpt-4o", "messages": HELLO},
    "/v1/responses": {"model": "gpt-4o", "input": "Hello"},
    "/v1/messages": {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": HELLO},
    "/v1beta/models/gemini-2.5-flash:generateContent": {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
    "/api/chat": {"model": "mine", "messages": HELLO, "stream": False},
}


def bare(data: bytes) -> bytes:
    """Return zlib's content without its head, which some clients send as `deflate`."""
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


def halves(compress: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what compresses the two halves of a body one after the other."""
    return lambda data: compress(data[: len(data) // 2]) + compress(data[len(data) // 2 :])


COMPRESSED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("GZip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("gzip", halves(gzip.compress)),
    ("deflate", zlib.compress),
    ("deflate", bare),
    ("zstd", zstandard.compress),
    ("zstd", halves(zstandard.compress)),
    ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ("zstd, identity", zstandard.compress),
    ("identity", bytes),
    ("utf-8", bytes),  # which is no coding, and says nothing
    ("", bytes),
]


@pytest.fixture
def app(settings: Settings) -> Handler:
    settings.MOCK_SCRIPT = "auto"
    return Handler()


async def test_every_coding__is_among_the_cases() -> None:
    assert {name.lower() for name, _ in COMPRESSED} >= CODINGS.keys()


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize(("coding", "compress"), COMPRESSED)
async def test_compressed_body__is_read(
    app: Handler, path: str, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    sent = compress(json.dumps(REQUESTS[path]).encode())
    answer = await call(app, "POST", path, sent, headers={**CLAUDES, "content-encoding": coding})
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    "broken",
    [
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9]),
        ("gzip", gzip.compress(b"{}", mtime=0) + b"{}"),
        ("deflate", b"\xff\xff"),
        ("deflate", zlib.compress(b"{}" * 99)[:-1]),
        ("zstd", gzip.compress(b"{}", mtime=0)),
        ("zstd", zstandard.compress(b"{}" * 99)[:-1]),
        ("zstd, gzip", gzip.compress(b"{}", mtime=0)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("path", REQUESTS)
async def test_broken_body__is_refused_in_the_format_of_the_api(
    app: Handler, path: str, broken: tuple[str, bytes]
) -> None:
    coding, sent = broken
    answer = await call(app, "POST", path, sent, headers={**CLAUDES, "content-encoding": coding})
    assert answer.status == 400
    assert re.search(r"could not be decompressed with '\w+', the coding in Content-Encoding: \w", answer.body.decode())
    assert "error" in json.loads(answer.body)


@pytest.mark.parametrize("path", REQUESTS)
async def test_coding_that_no_api_takes__is_refused(app: Handler, path: str) -> None:
    answer = await call(app, "POST", path, b"{}", headers={**CLAUDES, "content-encoding": "br"})
    assert answer.status == 415
    told = "The content encoding 'br' is not accepted: a body may be in gzip, x-gzip, deflate, zstd."
    assert told in answer.body.decode()


@pytest.mark.parametrize(("coding", "compress"), [each for each in COMPRESSED if each[0] in CODINGS])
async def test_body__may_be_no_larger_than_others_once_it_is_read(
    app: Handler, settings: Settings, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    sent = compress(b" " * 10_000_000)
    settings.MAX_BODY_BYTES = 100_000
    assert len(sent) < settings.MAX_BODY_BYTES
    answer = await call(app, "POST", "/v1/responses", sent, headers={"content-encoding": coding})
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "request_too_large")


async def test_body__of_very_many_parts_or_codings_is_refused(app: Handler) -> None:
    sent = json.dumps(REQUESTS["/v1/responses"]).encode()
    parts, nested = gzip.compress(sent) + gzip.compress(b"") * (MAX_PARTS - 1), sent
    for _ in range(MAX_CODINGS):
        nested = gzip.compress(nested)
    for body, coding, status in [
        (parts, "gzip", 200),
        (parts + gzip.compress(b""), "gzip", 400),
        (nested, ", ".join(["gzip"] * MAX_CODINGS), 200),
        (gzip.compress(nested), ", ".join(["gzip"] * (MAX_CODINGS + 1)), 415),
    ]:
        answer = await call(app, "POST", "/v1/responses", body, headers={"content-encoding": coding})
        assert answer.status == status, answer.body


async def test_empty_body__is_in_any_coding(app: Handler) -> None:
    assert (await call(app, "GET", "/v1/models", headers={"content-encoding": "gzip"})).status == 200


def test_journal__has_the_body_as_it_was_before(place: str) -> None:
    sent = {"model": "gpt-4o", "input": "Hello, compressed."}
    data, headers = zstandard.compress(json.dumps(sent).encode()), {"content-encoding": "zstd"}
    assert httpx.post(f"{place}/v1/responses", content=data, headers=headers).status_code == 200
    (kept,) = httpx.get(f"{place}/_mock/exchanges").json()["exchanges"]
    request = httpx.get(f"{place}/_mock/exchanges/{kept['id']}").json()["request"]
    assert (request["body"], request["headers"]["content-encoding"]) == (sent, "zstd")
