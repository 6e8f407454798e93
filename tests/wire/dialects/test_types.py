"""Fields of the dialects' requests that have another type than their vendors take."""

from typing import Any

import orjson
import pytest

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire import registry
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.vendor import Vendor
from completions.wire.dialects.vllm import VLLM


@pytest.mark.parametrize(
    ("wire", "more", "place"),
    [
        (Mistral(), {"model": []}, "['body', 'model']"),
        (Mistral(), {"input": [5]}, "['body', 'input', 0]"),
        (Mistral(), {"encoding_format": "hex"}, "['body', 'encoding_format']"),
        (Mistral(), {"metadata": "a"}, "['body', 'metadata']"),
        (VLLM(), {"input": [1.5]}, "body.input.0"),
        (VLLM(), {"input": [[1, "a"]]}, "body.input.0.1"),
        (VLLM(), {"encoding_format": []}, "body.encoding_format"),
    ],
)
def test_embeddings__are_refused_where_a_field_has_another_type(wire: Vendor, more: dict[str, Any], place: str) -> None:
    with pytest.raises(RequestError) as refused:
        wire.check_embeddings({"model": "m", "input": ["a"]} | more, 9)
    assert place in str(wire.error(refused.value))


def asked(name: str, usage: Any) -> Prompt:
    """Return the prompt of a streamed chat whose usage is asked for with a value."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    options = {"stream_options": {"include_usage": usage}}
    return registry.CHAT_DIALECTS[name].parse(orjson.dumps(body | options), {}, validate=True)


@pytest.mark.parametrize(
    "name", ["deepseek", "groq", "mistral", "moonshot", "ollama", "openrouter", "together", "vllm", "xai", "zai"]
)
def test_usage_in_a_stream__is_asked_for_with_a_boolean(name: str) -> None:
    with pytest.raises(RequestError, match=r"include_usage|boolean|Invalid API parameter"):
        asked(name, [])
    for usage in (True, None):
        assert asked(name, usage).stream
