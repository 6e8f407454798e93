"""Compact storage of a stream's events: each has some 300 bytes, of which only a few differ from the others'.

So only a tenth of them is written and read. The common start of the events of a run is stored once, and a text that is
repeated within them is replaced by one byte. Unpacking always restores the exact bytes.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from completions.event import Frames, Run

MARK = b"\x00"
"""The byte that stands for a text; JSON and server-sent events have none of them."""

MIN_TEXT_BYTES = 16
"""The fewest bytes of a text that is worth replacing."""

MAX_CACHED_EVENTS = 256
"""The most events of a run whose packed bytes are cached."""

MIN_FRAMES = 8
"""The fewest events of a run."""

Packing = Mapping[str, Any]
"""How bytes were packed, as JSON: where the run begins and ends, the start of its events, the text of the mark."""

UNPACKED: Packing = {}
NO_RUN = Run(b"", ())


def pack(frames: Frames) -> tuple[bytes, list[int], Packing]:
    """Return the packed bytes of some events, the events' sizes, and how to unpack them.

    The events of a run that are delimited by their `end` have no sizes.
    """
    first, run = _longest_run(frames) or _find_run(frames) or (0, NO_RUN)
    last, start = first + len(run), run.before
    if len(run) < MIN_FRAMES or len(start) < MIN_TEXT_BYTES or MARK in start:
        return frames.joined(0, len(frames)), frames.sizes, UNPACKED
    shorten = _shorten_cached if len(run) <= MAX_CACHED_EVENTS else _shorten
    packed, repeated, is_delimited = shorten(tuple(run.values), run.after)
    if repeated is None:
        return frames.joined(0, len(frames)), frames.sizes, UNPACKED
    packing = {"first": first, "last": last, "start": _text(start), "mark": _text(repeated)}
    head, tail = frames[:first], frames[last:]
    if is_delimited:
        sizes, packing["end"] = head.sizes + tail.sizes, _text(run.after)
    else:
        sizes = frames.sizes
    return b"".join([head.joined(0, len(head)), packed, tail.joined(0, len(tail))]), sizes, packing


def _shorten(values: tuple[bytes, ...], after: bytes) -> tuple[bytes, bytes | None, bool]:
    """Return the values of a run, each followed by `after`, and the text that the mark replaces in them.

    The text is None where the values contain the mark themselves, and empty where nothing repeats. The third value is
    whether splitting at `after` restores the values.
    """
    packed = after.join([*values, b""])
    if MARK in packed:
        return packed, None, False
    repeated = after if len(after) >= MIN_TEXT_BYTES else _common_text(*values[len(values) // 2 - 1 :][:2])
    is_delimited = bool(after) and packed.split(after) == [*values, b""]
    return packed.replace(repeated, MARK) if repeated else packed, repeated, is_delimited


_shorten_cached = functools.lru_cache(maxsize=64)(_shorten)
"""The same, cached for a text that a script sends repeatedly."""


def _longest_run(frames: Frames) -> tuple[int, Run] | None:
    """Return the longest run of the frames, and the index of its first frame."""
    at, longest = 0, None
    for part in frames.parts:
        if isinstance(part, bytes):
            at += 1
            continue
        if len(part) >= MIN_FRAMES and (longest is None or len(part) > len(longest[1])):
            longest = at, part
        at += len(part)
    return longest


def _find_run(frames: Frames) -> tuple[int, Run] | None:
    """Return the consecutive frames that begin like the two in the middle, and the index of the first."""
    if len(frames) < MIN_FRAMES:
        return None
    texts, middle = list(frames), len(frames) // 2
    one, other = texts[middle - 1], texts[middle]
    common = _common_prefix_length(one, other)
    start = one[: one.rfind(b'"', 0, common) + 1]  # two words may have a longer common start than others
    first = next(at for at, text in enumerate(texts) if text.startswith(start))
    last = len(texts) - next(at for at, text in enumerate(reversed(texts)) if text.startswith(start))
    run = texts[first:last]
    if not all(text.startswith(start) for text in run):
        return None
    return first, Run(start, [text[len(start) :] for text in run])


def unpack(body: bytes, sizes: Sequence[int], packing: Packing) -> list[bytes]:
    """Return the events as they were sent."""
    if not packing:
        return _cut(body, sizes)
    first, last, start = packing["first"], packing["last"], packing["start"].encode("latin-1")
    end = packing.get("end", "").encode("latin-1")
    before, run, after = sizes[:first], sizes[first:last], sizes[last:]
    if end:
        run, after = (), sizes[first:]
    head, tail = sum(before), sum(after)
    packed = body[head : len(body) - tail]
    if packing["mark"]:
        packed = packed.replace(MARK, packing["mark"].encode("latin-1"))
    values = packed.split(end)[:-1] if end else _cut(packed, [size - len(start) for size in run])
    return [
        *_cut(body[:head], before),
        *(start + each + end for each in values),
        *_cut(body[len(body) - tail :], after),
    ]


def _cut(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(body[at : at + size])
        at += size
    return pieces


def _common_text(one: bytes, other: bytes) -> bytes:
    """Return the common text of two events from the end of their first value to the start of their last."""
    text = one[one.find(b'"', 1) : one.rfind(b'":"') + 3]
    return text if len(text) >= MIN_TEXT_BYTES and text in other else b""


def _common_prefix_length(one: bytes, other: bytes) -> int:
    """Return the length of the common prefix of two texts."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        at = (low + high + 1) // 2
        low, high = (at, high) if one[:at] == other[:at] else (low, at - 1)
    return low


def _text(data: bytes) -> str:
    return data.decode("latin-1")
