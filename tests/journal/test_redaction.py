"""What the journal hides, and what it reckons: pure functions."""

from typing import Any

import orjson
import pytest

from completions.conversation import Usage
from completions.journal.costs import cost
from completions.journal.redaction import REDACTED, Redaction
from llmclient import lite

DOCUMENT: dict[str, Any] = {
    "user": "ann",
    "messages": [{"role": "user", "content": "A"}, {"role": "user", "content": [{"text": "B"}]}],
    "metadata": {"ssn": "1", "a b": "2", "deep": [{"ssn": "3"}]},
}


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("$.user", [["user"]]),
        ("$.messages[*].content", [["messages", 0, "content"], ["messages", 1, "content"]]),
        ("$.messages[1].content", [["messages", 1, "content"]]),
        ("$.messages[1].content[0].text", [["messages", 1, "content", 0, "text"]]),
        ("$..ssn", [["metadata", "ssn"], ["metadata", "deep", 0, "ssn"]]),
        ("$.metadata.*", [["metadata", "ssn"], ["metadata", "a b"], ["metadata", "deep"]]),
        ("$.metadata['a b']", [["metadata", "a b"]]),
        ("$.metadata..ssn", [["metadata", "ssn"], ["metadata", "deep", 0, "ssn"]]),
        ("$.nothing.here", []),
        ("$.messages.content", []),
        ("$.user.name", []),
        ("$.messages[7]", []),
        ("$.messages[2]", []),
    ],
)
def test_path__replaces_what_it_leads_to_and_nothing_else(path: str, gone: list[list[Any]]) -> None:
    expected = orjson.loads(orjson.dumps(DOCUMENT))
    for *way, last in gone:
        node = expected
        for step in way:
            node = node[step]
        node[last] = REDACTED
    body, found = Redaction([path]).clean_body(orjson.dumps(DOCUMENT))
    assert (orjson.loads(body), found) == (expected, bool(gone))


@pytest.mark.parametrize("name", ["$", "$.", "$.a[", "$.a[x]", "$a", "$.a[0", "messages[*].content", "a b", ""])
def test_name__that_is_neither_a_header_nor_a_path(name: str) -> None:
    with pytest.raises(ValueError):
        Redaction([name])


def test_headers__are_lower_case_and_keep_no_secret() -> None:
    secret = ("Authorization", "Proxy-Authorization", "API-Key", "X-API-Key", "X-Goog-API-Key", "Cookie", "Set-Cookie")
    headers = dict.fromkeys((*secret, "X-Mine"), "k") | {"X-Other": "o"}
    assert Redaction(["x-MINE"]).clean_headers(headers) == {
        **dict.fromkeys((name.lower() for name in (*secret, "X-Mine")), REDACTED),
        "x-other": "o",
    }


@pytest.mark.parametrize(
    "body", [b'{"user": "ann"', b' [{"user": "ann"}', b'{"user": "ann"} {"user": "ann"}', b"[" * 5000]
)
def test_body__that_looks_like_json_and_cannot_be_read_is_not_kept(body: bytes) -> None:
    assert Redaction(["$..user"]).clean_body(body) == (REDACTED.encode(), True)
    assert Redaction([]).clean_body(body) == (body, False)


def test_body__that_is_nested_too_deep_to_be_searched_is_not_kept() -> None:
    deep = b'{"user":' * 1000 + b'"ann"' + b"}" * 1000
    assert orjson.loads(deep), "it is JSON"
    assert Redaction(["$..nobody"]).clean_body(deep) == (REDACTED.encode(), True)


def test_body__that_is_no_json_is_left_alone() -> None:
    assert Redaction(["$.user"]).clean_body(b"<html>") == (b"<html>", False)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_frame__is_cleaned_line_by_line(end: bytes) -> None:
    frame = end.join([b": keep-alive", b"event: x", b'data: {"user":"ann","n":1}', b"", b""])
    cleaned = end.join([b": keep-alive", b"event: x", b'data: {"user":"[redacted]","n":1}', b"", b""])
    assert Redaction(["$.user"]).clean_frame(frame) == (cleaned, True)
    assert Redaction(["$.user"]).clean_frame(b"data: [DONE]\n\n")[0] == b"data: [redacted]\n\n"
    assert Redaction([]).clean_frame(frame) == (frame, False)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "o3", "gpt-4.1", "claude-sonnet-4-5", "gemini-2.5-pro"])
@pytest.mark.parametrize(("asked", "said", "cached"), [(1000, 50, 0), (1000, 50, 400), (250_000, 10, 0)])
def test_cost__is_litellms(model: str, asked: int, said: int, cached: int) -> None:
    parts = lite.load().cost_per_token(
        model=model, prompt_tokens=asked, completion_tokens=said, cache_read_input_tokens=cached
    )
    assert cost(model, Usage(asked, said, cached_tokens=cached)) == pytest.approx(sum(parts))


def test_cost__of_a_model_without_a_price() -> None:
    assert cost("no-such-model", Usage(1, 1)) is None
    assert cost(None, Usage(1, 1)) is None
