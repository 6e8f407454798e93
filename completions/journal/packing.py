"""A stream's bytes without what its events repeat: each is some 300 bytes, of which a few are its own.

A tenth of them is written and read that way. What the events of a run begin with is kept once, and a text that comes
again within them stands as one byte. Whatever was found to be repeated, the bytes come back as they went out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MARK = b"\x00"
"""The byte that stands for a text; JSON and server-sent events have none of them."""

WORTH = 16
"""Bytes of a text below which it is not worth it."""

MIN_FRAMES = 8
"""Events of a run below which it is not."""

Packing = Mapping[str, Any]
"""How bytes were packed, as JSON: where the run begins and ends, what its events begin with, what the mark is for."""

UNPACKED: Packing = {}


def pack(frames: Sequence[bytes]) -> tuple[bytes, Packing]:
    """Return the bytes of some events without what they repeat, and how to have it back."""
    if len(frames) < MIN_FRAMES:
        return b"".join(frames), UNPACKED
    middle = len(frames) // 2
    one, other = frames[middle - 1], frames[middle]
    length = one.rfind(b'"', 0, _alike(one, other)) + 1  # two words may begin alike, where others do not
    start = one[:length]
    first = next(at for at, frame in enumerate(frames) if frame.startswith(start))
    last = len(frames) - next(at for at, frame in enumerate(reversed(frames)) if frame.startswith(start))
    run = [frame[length:] for frame in frames[first:last]]
    if length < WORTH or start + start.join(run) != (whole := b"".join(frames[first:last])) or MARK in whole:
        return b"".join(frames), UNPACKED
    middle_text = _between(one[length:], other[length:])
    kept = b"".join(run)
    if middle_text:
        kept = kept.replace(middle_text, MARK)
    packing = {"first": first, "last": last, "start": _text(start), "mark": _text(middle_text)}
    return b"".join([*frames[:first], kept, *frames[last:]]), packing


def unpack(body: bytes, sizes: Sequence[int], packing: Packing) -> list[bytes]:
    """Return the events, of these sizes, as they went out; of those that did not the empty rest."""
    if not packing:
        return _cut(body, sizes)
    first, last, start = packing["first"], packing["last"], packing["start"].encode("latin-1")
    head, tail = sum(sizes[:first]), sum(sizes[last:])
    kept = body[head : len(body) - tail]
    if packing["mark"]:
        kept = kept.replace(MARK, packing["mark"].encode("latin-1"))
    run = _cut(kept, [size - len(start) for size in sizes[first:last]])
    ends = _cut(body[:head], sizes[:first]), _cut(body[len(body) - tail :], sizes[last:])
    return [*ends[0], *(start + own for own in run), *ends[1]]


def _cut(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(body[at : at + size])
        at += size
    return pieces


def _between(one: bytes, other: bytes) -> bytes:
    """Return what two events have in common from the end of their first value to the start of their last."""
    text = one[one.find(b'"') : one.rfind(b'":"') + 3]
    return text if len(text) >= WORTH and text in other else b""


def _alike(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        at = (low + high + 1) // 2
        low, high = (at, high) if one[:at] == other[:at] else (low, at - 1)
    return low


def _text(data: bytes) -> str:
    return data.decode("latin-1")
