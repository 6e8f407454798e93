"""Fields of Cohere's requests of another type: what its decoder says of them."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.base import WireFormat
from completions.wire.cohere.chat import CohereChat
from completions.wire.cohere.embed import CohereEmbed
from completions.wire.cohere.rerank import CohereRerank
from completions.wire.cohere.v1_chat import CohereChatV1

BODIES: dict[type[WireFormat], dict[str, Any]] = {
    CohereChat: {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Hi"}]},
    CohereChatV1: {"message": "Hi"},
    CohereEmbed: {"model": "embed-v4.0", "input_type": "search_query", "texts": ["a"]},
    CohereRerank: {"model": "rerank-v3.5", "query": "a", "documents": ["a"]},
}


def said(content: Any) -> dict[str, Any]:
    """Return messages of which the only one has a content."""
    return {"messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("wire", "more", "place", "found", "expected"),
    [
        (CohereChat, {"stream": 1}, "stream", "number", "boolean"),
        (CohereChat, {"max_tokens": 1.5}, "max_tokens", "number", "integer"),
        (CohereChat, {"tools": [5]}, "tools", "number", "object"),
        (CohereChat, {"tools": [{"function": {"name": []}}]}, "tools.function.name", "array", "string"),
        (CohereChat, said(True), "messages.content", "boolean", "string"),
        (CohereChat, said([{"type": "text", "text": {}}]), "messages.content.text", "object", "string"),
        (CohereChat, {"stop_sequences": ["a", 5]}, "stop_sequences", "number", "string"),
        (CohereChat, {"documents": [[]]}, "documents", "array", "object"),
        (CohereChat, {"response_format": {"type": 1.5}}, "response_format.type", "number", "string"),
        (CohereChatV1, {"chat_history": ["Hi"]}, "chat_history", "string", "object"),
        (CohereChatV1, {"tools": [{"description": {}}]}, "tools.description", "object", "string"),
        (CohereEmbed, {"texts": [["a"]]}, "texts", "array", "string"),
        (CohereRerank, {"documents": [{"text": "a"}]}, "documents", "object", "string"),
    ],
)
def test_type__that_does_not_fit_is_told(
    wire: type[WireFormat], more: dict[str, Any], place: str, found: str, expected: str
) -> None:
    with pytest.raises(RequestError) as refused:
        wire().parse(orjson.dumps(BODIES[wire] | more), {}, validate=True)
    told = f"invalid type: parameter '{place}' is of type {found} but should be of type {expected}"
    assert refused.value.message == told


@pytest.mark.parametrize("wire", BODIES)
def test_null__is_no_value(wire: type[WireFormat]) -> None:
    nothing = dict.fromkeys(("stream", "max_tokens", "stop_sequences", "tools", "documents", "truncate"))
    wire().parse(orjson.dumps(nothing | BODIES[wire]), {}, validate=True)


def test_items__of_null_are_refused() -> None:
    for wire, more in ((CohereEmbed, {"texts": [None]}), (CohereChat, {"messages": [None]})):
        with pytest.raises(RequestError, match=r"must not have null|must be one of"):
            wire().parse(orjson.dumps(BODIES[wire] | more), {}, validate=True)
