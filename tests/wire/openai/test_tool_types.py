"""Hosted tools of responses whose fields have another type than the API takes."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire.openai.responses.format import Responses

CODE = {"type": "code_interpreter"}
MCP = {"type": "mcp", "server_label": "a", "server_url": "https://a.example"}


def asked(tool: dict[str, Any]) -> bytes:
    """Return a request with one tool."""
    return orjson.dumps({"model": "gpt-5", "input": "Hi", "tools": [tool]})


@pytest.mark.parametrize(
    ("tool", "param", "code"),
    [
        (CODE | {"container": {}}, "container.type", "missing_required_parameter"),
        (CODE | {"container": {"type": 5}}, "container.type", "invalid_type"),
        (CODE | {"container": {"type": "auto", "file_ids": "a"}}, "container.file_ids", "invalid_type"),
        (CODE | {"container": {"type": "auto", "file_ids": [5]}}, "container.file_ids[0]", "invalid_type"),
        (CODE | {"container": {"type": "auto", "memory_limit": "2g"}}, "container.memory_limit", "invalid_value"),
        (MCP | {"headers": {"x-key": 5}}, "headers.x-key", "invalid_type"),
        (MCP | {"headers": "x-key: a"}, "headers", "invalid_type"),
    ],
)
def test_tool__is_refused_where_a_field_has_another_type(tool: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(RequestError) as refused:
        Responses().parse(asked(tool), {}, validate=True)
    assert (refused.value.param, refused.value.code) == (f"tools[0].{param}", code)


@pytest.mark.parametrize(
    "tool",
    [
        CODE | {"container": {"type": "auto", "file_ids": ["file-1"], "memory_limit": None}},
        CODE | {"container": {"type": "auto", "network_policy": {"type": "disabled"}}},
        MCP | {"headers": {"x-key": "a"}},
        MCP | {"headers": None},
    ],
)
def test_tool__is_taken_as_the_sdk_sends_it(tool: dict[str, Any]) -> None:
    assert Responses().parse(asked(tool), {}, validate=True).format == "responses"
