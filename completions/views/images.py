"""The view of the pictures to which answers have addresses.

OpenAI's are in Azure's Blob Storage, which sends a part of a blob where a `Range` asks for it ("Specifying the Range
header for Blob service operations", seen in November 2026).
"""

import re

from django.http import HttpRequest

from completions import budget
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.views.edge import endpoint
from completions.views.http import RawResponse, Recorded
from completions.wire.picture import picture_of
from completions.wire.picture_files import MEDIA_TYPES, Encoding, file_of

RANGE = re.compile(rb"bytes=([0-9]{1,19})-([0-9]{1,19})?")
"""The two forms that Blob Storage takes; any other is no range."""


@endpoint("GET", "HEAD")
async def drawn(request: HttpRequest, exchange: Exchange, /, name: str) -> Recorded:
    """Draw the picture that an address stands for; it needs no key, as those of the API."""
    token, _, kind = name.rpartition(".")
    picture = picture_of(token)
    if picture is None or kind not in MEDIA_TYPES:
        raise RequestError("There is no image at this address.", status=404)
    data = await budget.run(file_of, picture, Encoding(kind))
    asked = exchange.request_headers.get(b"range", b"") if exchange.method == "GET" else b""
    return _part(data, kind, asked) or _sent(data, kind, 200)


def _part(data: bytes, kind: str, asked: bytes) -> Recorded | None:
    """Return the part that a `Range` asks for, None for the whole; raise the 416 of one that begins beyond its end."""
    found = RANGE.fullmatch(asked)
    if found is None:
        return None
    start, end = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
    if found[2] is not None and int(found[2]) < start:
        return None
    if start >= len(data):
        headers = {"content-range": f"bytes */{len(data)}"}
        raise RequestError(f"The image has {len(data)} bytes, and none from {start} on.", status=416, headers=headers)
    return _sent(data[start : end + 1], kind, 206, **{"content-range": f"bytes {start}-{end}/{len(data)}"})


def _sent(data: bytes, kind: str, status: int, **headers: str) -> Recorded:
    response = RawResponse(data, status, MEDIA_TYPES[kind])
    response.add_headers({"accept-ranges": "bytes", **headers})
    return response
