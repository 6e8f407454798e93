"""Unpack an answer that came compressed, unasked: for what reads or records it. The client gets it as it came."""

from collections.abc import Sequence

from completions.delivery.decompressors import CODINGS

PLAIN = ("", "identity")


def unpacked(pieces: Sequence[bytes], encoding: str, most: int) -> tuple[bytes, ...] | None:
    """Return the pieces without their content encoding, each as far as it had come by then.

    None where that cannot be undone here, or comes to more bytes than `most`.
    """
    encoding = encoding.strip().lower()
    if encoding in PLAIN:
        return tuple(pieces)
    if encoding not in CODINGS:
        return None
    unpack, found = CODINGS[encoding](b"".join(pieces)[:2]), []
    try:
        for piece in pieces:
            found.append(unpack.decompress(piece, most + 1))
            most -= len(found[-1])
            if most < 0:
                return None
    except ValueError:
        return None
    return tuple(found) if unpack.eof else None
