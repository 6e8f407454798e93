"""Decompression of answers that came compressed although that was not accepted, for reading and recording them."""

from collections.abc import Sequence

from completions.delivery.decompressors import CODINGS

UNCOMPRESSED = ("", "identity")


def decompress_pieces(pieces: Sequence[bytes], encoding: str, max_bytes: int) -> tuple[bytes, ...] | None:
    """Return the pieces without their content encoding, each with the bytes that had arrived by then.

    None for an unknown encoding, invalid data, or more bytes than `max_bytes`.
    """
    encoding = encoding.strip().lower()
    if encoding in UNCOMPRESSED:
        return tuple(pieces)
    if encoding not in CODINGS:
        return None
    decompressor, decompressed = CODINGS[encoding](b"".join(pieces)[:2]), []
    try:
        for piece in pieces:
            decompressed.append(decompressor.decompress(piece, max_bytes + 1))
            max_bytes -= len(decompressed[-1])
            if max_bytes < 0:
                return None
    except ValueError:
        return None
    return tuple(decompressed) if decompressor.eof else None
