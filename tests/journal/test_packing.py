"""How the journal keeps a stream: in few bytes, which come back as they went out."""

from collections.abc import Sequence

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.event import Frames, Run
from completions.journal.exchange import Exchange
from completions.journal.packing import MARK, pack, unpack
from tests.memory import memory_of


def chunk(word: str, pad: str) -> bytes:
    """Return an event as streams have it."""
    document = {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": {"content": word}}],
        "pad": pad,
    }
    return b"data: " + orjson.dumps(document) + b"\n\n"


def there_and_back(parts: Sequence[bytes | Run]) -> list[bytes]:
    """Return frames as they come out of the journal."""
    frames = Frames(parts)
    body, sizes, packing = pack(frames)
    return unpack(body, sizes, orjson.loads(orjson.dumps(packing)))


WORDS = st.text(max_size=6)
EVENTS = st.one_of(st.builds(chunk, WORDS, WORDS), st.binary(max_size=40), st.just(chunk("again", "pad")))


@given(st.lists(EVENTS, max_size=24))
def test_packing__gives_back_whatever_was_sent(frames: list[bytes]) -> None:
    assert there_and_back(frames) == frames


STARTS = st.one_of(st.binary(max_size=20), st.just(b"a text that all events begin with"))
VALUES = st.lists(st.binary(max_size=40), min_size=1, max_size=12)
RUNS = st.builds(Run, STARTS, VALUES, st.binary())


@given(st.lists(st.one_of(EVENTS, RUNS), max_size=6))
def test_packing__gives_back_what_comes_in_runs(parts: list[bytes | Run]) -> None:
    assert there_and_back(parts) == [*Frames(parts)]


def test_packing__is_of_the_longest_run_wherever_that_is() -> None:
    begins, numbers = b"data: a text that all events begin with", [b"%d" % at for at in range(30)]
    runs = [Run(begins, numbers[:size], b"}\n\n") for size in (9, 30, 12)]
    parts: list[bytes | Run] = [b"data: {}\n\n", runs[0], b"data: []\n\n", *runs[1:], b"end"]
    _, _, packing = pack(Frames(parts))
    assert (packing["first"], packing["last"]) == (11, 41)
    assert there_and_back(parts) == [*Frames(parts)]


def test_packing__reads_runs_of_which_each_event_has_a_size() -> None:
    frames = Frames([b"data: {}\n\n", Run(b"data: " + b"x" * 20, [b"%d" % at for at in range(20)], b"}\n\n"), b"end"])
    body, sizes, packing = pack(frames)
    assert (sizes, packing["end"]) == ([10, 3], "}\n\n")
    without = {name: value for name, value in packing.items() if name != "end"}
    assert unpack(body, sizes, packing) == unpack(body, frames.sizes, without) == [*frames]


@pytest.mark.parametrize("end", ["", "a text that all events end with"])
def test_packing__keeps_of_a_run_what_differs(end: str) -> None:
    values = [orjson.dumps(f" word{number}") for number in range(100)]
    run = Run(b'data: {"object":"chat.completion.chunk","content":', values, b"}" + end.encode() + b"\n\n")
    body, _, _ = pack(Frames([b"data: {}\n\n", run, b"data: [DONE]\n\n"]))
    assert len(body) < sum(map(len, values)) + 4 * len(values)


@pytest.mark.parametrize(
    "ends",
    [([], []), ([b'data: {"role":"assistant"}\n\n'], [b"data: [DONE]\n\n"]), ([chunk("", "")], [])],
    ids=["alone", "between others", "after one like them"],
)
def test_packing__keeps_what_a_run_repeats_but_once(ends: tuple[list[bytes], list[bytes]]) -> None:
    run = [chunk(f" word{number}", "x" * (number % 9)) for number in range(100)]
    frames = [*ends[0], *run, *ends[1]]
    body, _, packing = pack(Frames(frames))
    assert there_and_back(frames) == frames
    assert len(body) + len(orjson.dumps(packing)) < len(b"".join(frames)) / 3


def test_packing__leaves_alone_what_has_the_mark_in_it() -> None:
    frames = [chunk(f"word{number}", "").replace(b"word7", MARK) for number in range(20)]
    assert pack(Frames(frames))[0] == b"".join(frames)
    assert there_and_back(frames) == frames


def test_exchange__that_waits_keeps_no_more_of_an_answer_than_its_bytes() -> None:
    def ended() -> list[Exchange]:
        exchanges = [Exchange("POST", "/", 0.0, "req_1") for _ in range(500)]
        for exchange in exchanges:
            exchange.response_body = orjson.dumps({"said": "hi"})
            exchange.cut_bodies(100)
        return exchanges

    exchanges, taken = memory_of(ended)
    assert taken < 2000 * len(exchanges)
