"""How the journal keeps a stream: in few bytes, which come back as they went out."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.journal.packing import MARK, pack, unpack


def chunk(word: str, pad: str) -> bytes:
    """Return an event as streams have it."""
    document = {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": {"content": word}}],
        "pad": pad,
    }
    return b"data: " + orjson.dumps(document) + b"\n\n"


def there_and_back(frames: list[bytes]) -> list[bytes]:
    """Return frames as they come out of the journal."""
    body, packing = pack(frames)
    return unpack(body, list(map(len, frames)), orjson.loads(orjson.dumps(packing)))


WORDS = st.text(max_size=6)
EVENTS = st.one_of(st.builds(chunk, WORDS, WORDS), st.binary(max_size=40), st.just(chunk("again", "pad")))


@given(st.lists(EVENTS, max_size=24))
def test_packing__gives_back_whatever_was_sent(frames: list[bytes]) -> None:
    assert there_and_back(frames) == frames


@pytest.mark.parametrize(
    "ends",
    [([], []), ([b'data: {"role":"assistant"}\n\n'], [b"data: [DONE]\n\n"]), ([chunk("", "")], [])],
    ids=["alone", "between others", "after one like them"],
)
def test_packing__keeps_what_a_run_repeats_but_once(ends: tuple[list[bytes], list[bytes]]) -> None:
    run = [chunk(f" word{number}", "x" * (number % 9)) for number in range(100)]
    frames = [*ends[0], *run, *ends[1]]
    body, packing = pack(frames)
    assert there_and_back(frames) == frames
    assert len(body) + len(orjson.dumps(packing)) < len(b"".join(frames)) / 3


def test_packing__leaves_alone_what_has_the_mark_in_it() -> None:
    frames = [chunk(f"word{number}", "").replace(b"word7", MARK) for number in range(20)]
    assert pack(frames)[0] == b"".join(frames)
    assert there_and_back(frames) == frames
