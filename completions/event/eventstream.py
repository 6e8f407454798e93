"""AWS's binary event stream: messages of headers and a payload, each with its lengths and two checksums.

A message is its length and that of its headers (4 bytes each, the highest first), the CRC-32 of these, the headers, the
payload, and the CRC-32 of all before. The encoding is the one that `botocore.eventstream` reads.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

PRELUDE, CHECKSUM = 12, 4
STRING = 7
"""The type of a header whose value is text; no other type is used here."""


class Message(NamedTuple):
    """A message that was read: where it begins, its headers and its payload."""

    offset: int
    headers: Mapping[str, str]
    payload: bytes


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return the bytes of a message."""
    return _message(b"".join(map(_header, headers.items())), payload)


def with_payload(message: bytes, payload: bytes) -> bytes:
    """Return a message with another payload, and its lengths and checksums."""
    start = PRELUDE + int.from_bytes(message[4:8], "big")
    return _message(message[PRELUDE:start], payload)


def _message(head: bytes, payload: bytes) -> bytes:
    lengths = struct.pack(">II", PRELUDE + len(head) + len(payload) + CHECKSUM, len(head))
    message = lengths + struct.pack(">I", zlib.crc32(lengths)) + head + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(item: tuple[str, str]) -> bytes:
    name, value = item[0].encode(), item[1].encode()
    return bytes((len(name),)) + name + struct.pack(">BH", STRING, len(value)) + value


def decode(body: bytes) -> Iterator[Message]:
    """Yield the messages of a stream up to the first one that is cut off or broken."""
    offset = 0
    while len(body) - offset >= PRELUDE + CHECKSUM:
        total, size = struct.unpack_from(">II", body, offset)
        message = body[offset : offset + total]
        if total != len(message) or zlib.crc32(message[:-CHECKSUM]) != int.from_bytes(message[-CHECKSUM:], "big"):
            return
        start = PRELUDE + size
        yield Message(offset, dict(_headers(message[PRELUDE:start])), message[start:-CHECKSUM])
        offset += total


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        value = at + 1 + data[at]
        kind, size = struct.unpack_from(">BH", data, value)
        if kind != STRING:
            return
        yield data[at + 1 : value].decode(), data[value + 3 : value + 3 + size].decode()
        at = value + 3 + size
