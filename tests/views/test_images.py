"""Pictures at the addresses that answers have for them."""

import json

import pytest

from completions.receive.handler import Handler
from tests.asgi import Answer, call

ASKED = b'{"model": "dall-e-2", "prompt": "A cat", "size": "256x256"}'


async def address() -> str:
    made = await call(Handler(), "POST", "/v1/images/generations", ASKED)
    url: str = json.loads(made.body)["data"][0]["url"]
    return url.removeprefix("http://localhost")


async def part(path: str, asked: str, method: str = "GET") -> Answer:
    return await call(Handler(), method, path, headers={"range": asked})


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 9), ("bytes=8-", 8, None), ("bytes=5-5", 5, 5), ("bytes=3-999999", 3, None)],
)
async def test_range__has_a_part_of_the_picture(asked: str, start: int, end: int | None) -> None:
    path = await address()
    whole = await call(Handler(), "GET", path)
    assert (whole.status, whole.headers["accept-ranges"], whole.body[:4]) == (200, "bytes", b"\x89PNG")
    answer, last = await part(path, asked), len(whole.body) - 1 if end is None else end
    assert (answer.status, answer.body) == (206, whole.body[start : last + 1])
    assert answer.headers["content-range"] == f"bytes {start}-{last}/{len(whole.body)}"
    assert answer.headers["content-length"] == str(last + 1 - start)


async def test_range__beyond_the_end_is_refused() -> None:
    path = await address()
    size = len((await call(Handler(), "GET", path)).body)
    for start in (size, 10**18):
        answer = await part(path, f"bytes={start}-")
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert (await part(path, f"bytes={size - 1}-")).status == 206


@pytest.mark.parametrize(
    "asked",
    ["bytes=-5", "bytes=9-3", "bytes=0-1,4-5", "items=0-9", "bytes=a-b", "", "bytes=" + "9" * 5000 + "-"],
)
async def test_range__that_is_none_has_the_whole(asked: str) -> None:
    assert (await part(await address(), asked)).status == 200


async def test_range__counts_for_nothing_where_there_is_no_body() -> None:
    assert (await part(await address(), "bytes=0-9", "HEAD")).status == 200
