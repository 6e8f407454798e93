"""Step 5: responses in the content coding that the client accepts, where the script offers it."""

import re

from django.utils.cache import patch_vary_headers

from completions import budget
from completions.delivery.coding import choose_coding, compress_body, compress_pieces
from completions.delivery.stream_faults import Ending
from completions.journal.exchange import Exchange
from completions.views.http import MAX_SMALL_BODY, EventStream, ExchangeResponse, RawResponse, SeveredResponse

COMPRESSIBLE_TYPES = re.compile(r"text/|[^;]*(?:json|eventstream)")
"""The media types that become smaller; audio and images are compressed already."""


async def compress(response: ExchangeResponse, exchange: Exchange) -> None:
    """Compress a response of this server in a coding that the request accepts; large bodies in a thread."""
    if response.foreign or isinstance(response, SeveredResponse) or not isinstance(response, EventStream | RawResponse):
        return
    if not COMPRESSIBLE_TYPES.match(response.headers.get("Content-Type", "")) or "Content-Encoding" in response.headers:
        return
    patch_vary_headers(response, ["Accept-Encoding"])
    name = choose_coding(exchange.codings, exchange.request_headers.get(b"accept-encoding", b"").decode("latin-1"))
    if name is None:
        return
    if isinstance(response, EventStream):
        response.replace_pieces(compress_pieces(name, response.plain, ends=response.ending is Ending.WHOLE))
    elif data := response.content:
        response.replace_body(await _body(name, data))
    else:
        return
    response.headers["Content-Encoding"] = name


async def _body(name: str, data: bytes) -> bytes:
    return (
        compress_body(name, data) if len(data) <= MAX_SMALL_BODY else await budget.in_thread(compress_body, name, data)
    )
