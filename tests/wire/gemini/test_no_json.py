"""What is said of a body that is no JSON, as Google's parser says it."""

import pytest

from completions.exceptions import RequestError
from completions.wire.base import decode_object
from completions.wire.gemini.errors import adapt_error

PLACES = {
    b'{"a": NaN}': 'Unexpected token.\n{"a": NaN}\n      ^',
    b'{"a": 1, "text": "Hello" "bcdefghijklmnopqrstuv": 2}': (
        'Expected , or } after key:value pair.\n 1, "text": "Hello" "bcdefghijklmnopqrst\n                    ^'
    ),
    b'{ "a"  "b" }': 'Expected : between key:value pair.\n{ "a"  "b" }\n       ^',
    b'{"[": [{"}": 1} 2]}': 'Expected , or ] after array value.\n{"[": [{"}": 1} 2]}\n                ^',
    b'{"a": @}': 'Expected a value.\n{"a": @}\n      ^',
    b'{"a": 1 ': "Unexpected end of string. Expected , or } after key:value pair.\n\n^",
    b'{"a": [': "Unexpected end of string. Expected a value or ] within an array.\n\n^",
    b"{": "Unexpected end of string. Expected an object key or }.\n\n^",
    b'{"a": 1,}': "trailing comma is not allowed (line 1, column 8).",  # which Google's parser takes
    b'{"a": "\\ud800"}': "no low surrogate in string (line 1, column 8).",
    b'{"a": ' + b"[" * 100_000: "depth limit exceeded (line 1, column 1031).",
    b'{"a": "' + b"b" * 2_000_000: "unexpected end of data (line 1, column 2000008).",
    b"[]": 'Unknown name "": Root element must be a message.',
    b"": "Input is a zero-length, empty document (line 1, column 1).",
}


@pytest.mark.parametrize("body", PLACES, ids=lambda body: repr(body[:30]))
def test_body_that_is_no_json__is_shown_around_the_place(body: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        decode_object(body)
    refused = adapt_error(caught.value)
    assert (refused.status, refused.message) == (400, f"Invalid JSON payload received. {PLACES[body]}")
