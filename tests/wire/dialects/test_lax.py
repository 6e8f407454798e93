"""What vLLM's validator makes of numbers and booleans that come as something else, held against pydantic itself."""

import json
import math
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from completions.exceptions import RequestError
from completions.wire import registry
from completions.wire.dialects import lax
from completions.wire.dialects.vllm import VLLM

GIVEN: list[Any] = [
    *("5", " 5 ", "5.0", "5.", "5.50", "+5", "-5", "1_000", "1__0", "_1", "0x5", "1e3", "", ".5", "05", "5\n", "1_0.0"),
    *("\u0661", "nan?", "true", " true", "TRUE", "on", "Y", "no", "F", "0", "1", "2"),
    *(5.0, 5.5, 0.0, 1.0, 0.5, 1e300, 0, 1, 2, 2**70, True, False, None, [], {}, ["5"], [1]),
]
USER = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(("kind", "conversion"), [(int, lax.integer), (float, lax.decimal), (bool, lax.boolean)])
def test_conversions__are_pydantic_s(kind: Any, conversion: lax.Conversion) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for given in GIVEN:
        try:
            expected = adapter.validate_python(given)
        except ValidationError:
            expected = given
        found = conversion(given)
        same = type(found) is type(expected) or (kind is float and type(found) is int)
        assert same and found == expected, (kind, given)


@pytest.mark.parametrize("given", ["inf", "nan", "9" * 100, "1" * 65])
def test_conversions__leave_what_is_not_finite_or_is_too_long(given: str) -> None:
    for conversion in (lax.integer, lax.decimal, lax.boolean):
        assert conversion(given) == given
    assert lax.integer(math.inf) == math.inf


def parsed(name: str, path: str, body: dict[str, Any]) -> Any:
    wire, route = registry.format_at(f"{path}/{name}") or pytest.fail(name)
    return wire.parse(json.dumps({"model": "m", **body}).encode(), {}, validate=True, route=route)


def test_vllm__takes_numbers_and_booleans_as_texts() -> None:
    texts = {"max_tokens": "5", "temperature": "0.5", "stream": "true", "n": "2", "logit_bias": {"7": "1.5"}}
    more = {"stream_options": {"include_usage": "yes"}, "top_logprobs": "2", "logprobs": 1}
    chat = parsed("chat/completions", "vllm/v1", {"messages": [USER], **texts, **more})
    assert (chat.max_tokens, chat.stream, chat.n, chat.include_usage, chat.top_logprobs) == (5, True, 2, True, 2)
    assert (chat.body["temperature"], chat.body["logit_bias"]) == (0.5, {"7": 1.5})
    completion = parsed("completions", "vllm/v1", {"prompt": "Hi", **texts, "logprobs": "2"})
    assert (completion.max_tokens, completion.stream, completion.body["logprobs"]) == (5, True, 2)
    assert parsed("embeddings", "vllm/v1", {"input": "Hi", "dimensions": "4"}).body["dimensions"] == 4
    asked = {"input": "Hi", "max_output_tokens": "5", "temperature": "0.5", "stream": "1", "store": "no"}
    response = parsed("responses", "vllm/v1", asked)
    assert (response.max_tokens, response.stream, response.body["store"]) == (5, True, False)
    told = parsed("tokenize", "vllm", {"prompt": "Hi", "return_token_strs": "yes"})
    assert told.body["return_token_strs"] is True


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"max_tokens": "5.5"}, "int_parsing"),
        ({"max_tokens": 5.5}, "int_from_float"),
        ({"temperature": "warm"}, "float_parsing"),
        ({"ignore_eos": 2}, "bool_parsing"),
        ({"logit_bias": {"7": "much"}}, "float_parsing"),
        ({"max_tokens": ["5"]}, "int_type"),
    ],
)
def test_vllm__refuses_what_cannot_be_converted(more: dict[str, Any], kind: str) -> None:
    with pytest.raises(RequestError) as caught:
        parsed("chat/completions", "vllm/v1", {"messages": [USER], **more})
    assert VLLM().error(caught.value)["error"]["message"].startswith(f"1 validation error:\n  {{'type': '{kind}'")


@pytest.mark.parametrize("path", ["v1", "mistral/v1", "groq/openai/v1"])
def test_others__take_no_text_for_a_number(path: str) -> None:
    with pytest.raises(RequestError):
        parsed("chat/completions", path, {"messages": [USER], "max_tokens": "5"})
