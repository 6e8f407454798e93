"""Claude on Vertex AI: `POST …/publishers/anthropic/models/{model}:rawPredict`, `:streamRawPredict`, and the count.

Shapes: `anthropic.lib.vertex` of the anthropic SDK; a body's `stream` decides whether the answer is streamed.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.wire.anthropic import rules as anthropic_rules
from completions.wire.anthropic.hosted import HEADER_FIELDS, HostedClaude, as_headers
from completions.wire.anthropic.messages import AnthropicCount
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.tools import CLOUD_TOOL_TYPES, unsupported_tool
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object, without_limits
from completions.wire.fields import dicts, without_fields
from completions.wire.validation import refuse
from completions.wire.vertex import errors as vertex_errors

TOOL_TYPES = (*CLOUD_TOOL_TYPES, "web_search_20250305")
"""The types of tools that Vertex AI lists where it refuses another (quoted from August to October 2026)."""


def anthropic_name(model: str) -> str:
    """Return Anthropic's name of a model: `claude-sonnet-4-5-20250929` for `claude-sonnet-4-5@20250929`."""
    return model.replace("@", "-").removesuffix("-default")


class VertexClaude(HostedClaude):
    """A message of a Claude on Vertex AI."""

    version = "vertex-2023-10-16"
    mark = "vrtx_"
    tool_types = TOOL_TYPES
    table_name = staticmethod(anthropic_name)
    limit_headers = staticmethod(without_limits)
    error = staticmethod(vertex_errors.envelope)

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return `request-id`; Google has no headers about limits."""
        return {"request-id": request_id}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return Anthropic's envelope with the request's id; Google's has none."""
        return document | {"request_id": request_id} if document.get("type") == "error" else document


class VertexCount(AnthropicCount):
    """The count of a request's tokens; its body names the model."""

    key_header = ""
    identified_by = ()
    table_name = staticmethod(anthropic_name)
    error = staticmethod(vertex_errors.envelope)

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return `request-id` alone, as with messages."""
        return {"request-id": request_id}

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request to count tokens."""
        document = decode_object(body)
        if validate:
            anthropic_body = without_fields(document, *HEADER_FIELDS)
            if isinstance(model := anthropic_body.get("model"), str):
                anthropic_body["model"] = anthropic_name(model)
            refuse(unsupported_tool(dicts(anthropic_body.get("tools")), TOOL_TYPES))
            anthropic_rules.validate_count(anthropic_body, as_headers(document, headers), hosted=True)
        return read_prompt(document, headers, task="count")

    def has_model(self, model: str) -> bool:
        """Tell whether Anthropic has the model with Google's name `model`."""
        return super().has_model(anthropic_name(model))
