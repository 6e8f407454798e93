"""Runs of texts: frames that are kept as runs are the same bytes in every way that they are looked at."""

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.event import HOLE, PAD, Event, Events, Frames, Run, Template
from tests.memory import memory_of

BYTES = st.binary(max_size=4)
PARTS = st.lists(st.one_of(BYTES, st.builds(Run, BYTES, st.lists(BYTES, min_size=1, max_size=4), BYTES)), max_size=4)


@given(PARTS)
def test_frames__are_the_texts_of_their_parts(parts: list[bytes | Run]) -> None:
    frames = Frames(parts)
    texts = [text for part in parts for text in ([part] if isinstance(part, bytes) else part)]
    assert [*frames] == texts
    assert frames.sizes == [len(text) for text in texts]
    assert (len(frames), frames.size) == (len(texts), sum(map(len, texts)))
    assert [frames[at] for at in range(len(frames))] == texts
    for first, last in combinations_with_replacement(range(len(texts) + 1), 2):
        assert [*frames[first:last]] == texts[first:last]
        assert frames.joined(first, last) == b"".join(texts[first:last])
        assert frames.size_of(first, last) == len(frames.joined(first, last))


@given(PARTS, st.binary(min_size=1, max_size=6))
def test_frames__have_a_text_where_one_of_them_contains_it(parts: list[bytes | Run], text: bytes) -> None:
    frames = Frames(parts)
    assert frames.has(text) is any(text in frame for frame in frames)


def test_frames__of_a_run_take_the_memory_of_one_and_of_what_differs() -> None:
    run = Run(b"b" * 1000, [b"1", b"22"], b"a" * 500)
    assert Frames([run]).memory < 2000 < sum(Frames([run]).sizes)


def test_events__of_a_run_are_those_of_its_documents() -> None:
    one_by_one = Event.tokens([b"1", b"2", b"3"], "arguments", "delta", [2, 1, 1])
    events = Events([Event(b"0", chunk=False)])
    events.add_tokens(Run(b"", [b"1", b"2", b"3"]), "arguments", "delta", [2, 1, 1])
    events.append(Event(b"4", part="finish"))
    assert [*events] == [Event(b"0", chunk=False), *one_by_one, Event(b"4", part="finish")]
    assert (len(events), events.others, events.tokens) == (5, 1, [0, 2, 1, 1, 0])
    assert events[1:3] == one_by_one[:2]
    assert events.pop().part == "finish"
    assert events.pop() == one_by_one[-1]
    assert [*events] == [Event(b"0", chunk=False), *one_by_one[:2]]
    assert not Template({"said": HOLE}).events([])


TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.sampled_from(['",', "\n", ",\n  "]))
VALUES = st.one_of(st.lists(TEXTS), st.lists(st.one_of(st.integers(0, 9), st.lists(TEXTS, max_size=3))))


@given(VALUES)
def test_template__is_filled_with_each_value_as_with_one(values: list[object]) -> None:
    for template in (Template({"said": HOLE}), Template({"said": HOLE, "pad": PAD})):
        assert template.fill(values) == [template.one(value) for value in values]


@pytest.mark.parametrize("values", [[f" word{at}" for at in range(1000)], [*range(1000)]], ids=["texts", "others"])
def test_template__keeps_no_more_of_a_value_than_its_bytes(values: list[object]) -> None:
    run, taken = memory_of(lambda: Template({"said": HOLE}).run(values))
    assert taken < 200 * len(run)
