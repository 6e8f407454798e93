from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from llmclient.sse import EventReader


def events(*pieces: bytes) -> list[tuple[str, bytes]]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)] + list(reader.end())


def test_event__name_data_and_lines_of_data() -> None:
    assert events(b"event: error\ndata: a\ndata:b\n\ndata: c\n\n") == [("error", b"a\nb"), ("", b"c")]


def test_event__comments_unknown_fields_and_names_without_data_are_nothing() -> None:
    assert events(b": hi\n\nretry: 3\nid: 7\n\nevent: ping\n\ndata: x\n\n") == [("", b"x")]


def test_event__without_its_blank_line_is_dropped() -> None:
    assert events(b"data: a\n\ndata: b\n") == [("", b"a")]


def test_event__one_leading_space_of_a_value_is_not_part_of_it() -> None:
    assert events(b"data:  a \n\n") == [("", b" a ")]


lines = st.sampled_from([b"data: a", b"data:", b"event: error", b": comment", b"", b"", "data: é€".encode()])


@given(st.lists(lines), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.lists(st.integers(0, 200)))
def test_reader__any_line_end_and_any_split_give_the_same_events(
    content: list[bytes], line_end: bytes, cuts: list[int]
) -> None:
    data = b"".join(line + line_end for line in content)
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    assert events(*pieces) == events(b"".join(line + b"\n" for line in content))
