"""Unpack an answer that came compressed, unasked: for what reads or records it. The client gets it as it came."""

import zlib
from collections.abc import Sequence

PLAIN, PACKED = ("", "identity"), ("gzip", "x-gzip", "deflate")
EITHER = 32 + zlib.MAX_WBITS
"""Takes gzip's header, or that of zlib."""


def unpacked(pieces: Sequence[bytes], encoding: str, most: int) -> tuple[bytes, ...] | None:
    """Return the pieces without their content encoding, each as far as it had come by then.

    None where that cannot be undone here, or comes to more bytes than `most`.
    """
    encoding = encoding.strip().lower()
    if encoding in PLAIN:
        return tuple(pieces)
    if encoding not in PACKED:
        return None
    unpack, found = zlib.decompressobj(EITHER), []
    try:
        for piece in pieces:
            found.append(unpack.decompress(piece, most + 1))
            most -= len(found[-1])
            if most < 0:
                return None
    except zlib.error:
        return None
    return tuple(found) if unpack.eof else None
