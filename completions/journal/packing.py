"""A stream's bytes without what its events repeat: each is some 300 bytes, of which a few are its own.

A tenth of them is written and read that way. What the events of a run begin with is kept once, and a text that comes
again within them stands as one byte. Whatever was found to be repeated, the bytes come back as they went out.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from completions.event import Frames, Run

MARK = b"\x00"
"""The byte that stands for a text; JSON and server-sent events have none of them."""

WORTH = 16
"""Bytes of a text below which it is not worth it."""

REMEMBERED = 256
"""Events of a run whose bytes are remembered, at most."""

MIN_FRAMES = 8
"""Events of a run below which it is not."""

Packing = Mapping[str, Any]
"""How bytes were packed, as JSON: where the run begins and ends, what its events begin with, what the mark is for."""

UNPACKED: Packing = {}
NO_RUN = Run(b"", ())


def pack(frames: Frames) -> tuple[bytes, list[int], Packing]:
    """Return the bytes of some events without what they repeat, the events' sizes, and how to have the rest back.

    There are no sizes of the events of a run whose `end` tells them apart.
    """
    first, run = _longest_run(frames) or _find_run(frames) or (0, NO_RUN)
    last, start = first + len(run), run.before
    if len(run) < MIN_FRAMES or len(start) < WORTH or MARK in start:
        return frames.joined(0, len(frames)), frames.sizes, UNPACKED
    shorten = _remembered if len(run) <= REMEMBERED else _shorten
    kept, repeated, is_told = shorten(tuple(run.values), run.after)
    if repeated is None:
        return frames.joined(0, len(frames)), frames.sizes, UNPACKED
    packing = {"first": first, "last": last, "start": _text(start), "mark": _text(repeated)}
    head, tail = frames[:first], frames[last:]
    if is_told:
        sizes, packing["end"] = head.sizes + tail.sizes, _text(run.after)
    else:
        sizes = frames.sizes
    return b"".join([head.joined(0, len(head)), kept, tail.joined(0, len(tail))]), sizes, packing


def _shorten(values: tuple[bytes, ...], after: bytes) -> tuple[bytes, bytes | None, bool]:
    """Return the values of a run, each with `after` behind it, and the text that the mark stands for in them.

    It is None where the values contain the mark themselves, and empty where nothing repeats. The third is whether the
    values are what stands between one `after` and the next.
    """
    kept = after.join([*values, b""])
    if MARK in kept:
        return kept, None, False
    repeated = after if len(after) >= WORTH else _between(*values[len(values) // 2 - 1 :][:2])
    is_told = bool(after) and kept.split(after) == [*values, b""]
    return kept.replace(repeated, MARK) if repeated else kept, repeated, is_told


_remembered = functools.lru_cache(maxsize=64)(_shorten)
"""The same for a text that a script says again and again."""


def _longest_run(frames: Frames) -> tuple[int, Run] | None:
    """Return the longest of the runs that the frames come in, and the index of its first frame."""
    at, found = 0, None
    for part in frames.parts:
        if isinstance(part, bytes):
            at += 1
            continue
        if len(part) >= MIN_FRAMES and (found is None or len(part) > len(found[1])):
            found = at, part
        at += len(part)
    return found


def _find_run(frames: Frames) -> tuple[int, Run] | None:
    """Find the frames that begin like the two in the middle, if they are in a row, and the index of the first."""
    if len(frames) < MIN_FRAMES:
        return None
    texts, middle = list(frames), len(frames) // 2
    one, other = texts[middle - 1], texts[middle]
    start = one[: one.rfind(b'"', 0, _alike(one, other)) + 1]  # two words may begin alike, where others do not
    first = next(at for at, text in enumerate(texts) if text.startswith(start))
    last = len(texts) - next(at for at, text in enumerate(reversed(texts)) if text.startswith(start))
    run = texts[first:last]
    if not all(text.startswith(start) for text in run):
        return None
    return first, Run(start, [text[len(start) :] for text in run])


def unpack(body: bytes, sizes: Sequence[int], packing: Packing) -> list[bytes]:
    """Return the events as they went out."""
    if not packing:
        return _cut(body, sizes)
    first, last, start = packing["first"], packing["last"], packing["start"].encode("latin-1")
    end = packing.get("end", "").encode("latin-1")
    before, run, after = sizes[:first], sizes[first:last], sizes[last:]
    if end:
        run, after = (), sizes[first:]
    head, tail = sum(before), sum(after)
    kept = body[head : len(body) - tail]
    if packing["mark"]:
        kept = kept.replace(MARK, packing["mark"].encode("latin-1"))
    own = kept.split(end)[:-1] if end else _cut(kept, [size - len(start) for size in run])
    return [*_cut(body[:head], before), *(start + each + end for each in own), *_cut(body[len(body) - tail :], after)]


def _cut(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(body[at : at + size])
        at += size
    return pieces


def _between(one: bytes, other: bytes) -> bytes:
    """Return what two events have in common from the end of their first value to the start of their last."""
    text = one[one.find(b'"', 1) : one.rfind(b'":"') + 3]
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
