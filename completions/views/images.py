"""The view of the images whose addresses answers contain.

OpenAI's are in Azure's Blob Storage, which sends a part of a blob where a `Range` asks for it ("Specifying the Range
header for Blob service operations", seen in November 2026).
"""

import re

from django.http import HttpRequest

from completions import budget
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.views.edge import endpoint
from completions.views.http import ExchangeResponse, RawResponse
from completions.wire.picture import picture_of
from completions.wire.picture_files import MEDIA_TYPES, Encoding, file_of

RANGE = re.compile(rb"bytes=([0-9]{1,19})-([0-9]{1,19})?")
"""The two forms that Blob Storage accepts; it ignores any other."""


@endpoint("GET", "HEAD")
async def download_drawn_image(request: HttpRequest, exchange: Exchange, /, name: str) -> ExchangeResponse:
    """Draw the image that an address encodes; like the API's images, it needs no key."""
    token, _, kind = name.rpartition(".")
    picture = picture_of(token)
    if picture is None or kind not in MEDIA_TYPES:
        raise RequestError("There is no image at this address.", status=404)
    data = await budget.run(file_of, picture, Encoding(kind))
    range_header = exchange.request_headers.get(b"range", b"") if exchange.method == "GET" else b""
    return _partial_response(data, kind, range_header) or _response(data, kind, 200)


def _partial_response(data: bytes, kind: str, range_header: bytes) -> ExchangeResponse | None:
    """Return the part that a `Range` asks for, None for the whole; raise the 416 of one that begins beyond its end."""
    match = RANGE.fullmatch(range_header)
    if match is None:
        return None
    start, end = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
    if match[2] is not None and int(match[2]) < start:
        return None
    if start >= len(data):
        headers = {"content-range": f"bytes */{len(data)}"}
        raise RequestError(f"The image has {len(data)} bytes, and none from {start} on.", status=416, headers=headers)
    return _response(data[start : end + 1], kind, 206, **{"content-range": f"bytes {start}-{end}/{len(data)}"})


def _response(data: bytes, kind: str, status: int, **headers: str) -> ExchangeResponse:
    response = RawResponse(data, status, MEDIA_TYPES[kind])
    response.add_headers({"accept-ranges": "bytes", **headers})
    return response
