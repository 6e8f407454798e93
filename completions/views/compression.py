"""Step 5: responses in the content coding that the client accepts, where the script offers it."""

import re

from django.utils.cache import patch_vary_headers

from completions import budget
from completions.delivery.coding import chosen, coded, compressed
from completions.delivery.sabotage import Ending
from completions.journal.exchange import Exchange
from completions.views.http import SMALL, EventStream, RawResponse, Recorded, Severed

TEXT = re.compile(r"text/|[^;]*(?:json|eventstream)")
"""The media types of what becomes smaller; sound and pictures are compressed already."""


async def compress(response: Recorded, exchange: Exchange) -> None:
    """Compress a response that is ours, as the request accepts it; large bodies in a thread."""
    if response.foreign or isinstance(response, Severed) or not isinstance(response, EventStream | RawResponse):
        return
    if not TEXT.match(response.headers.get("Content-Type", "")) or "Content-Encoding" in response.headers:
        return
    patch_vary_headers(response, ["Accept-Encoding"])
    name = chosen(exchange.codings, exchange.request_headers.get(b"accept-encoding", b"").decode("latin-1"))
    if name is None:
        return
    if isinstance(response, EventStream):
        response.replace_pieces(coded(name, response.plain, ends=response.ending is Ending.WHOLE))
    elif data := response.content:
        response.replace_body(await _body(name, data))
    else:
        return
    response.headers["Content-Encoding"] = name


async def _body(name: str, data: bytes) -> bytes:
    return compressed(name, data) if len(data) <= SMALL else await budget.in_thread(compressed, name, data)
