"""A client for LLM APIs, through LiteLLM, that never mistakes a failure for an answer.

    from llmclient import LLMClient

    client = LLMClient(base_url="http://127.0.0.1:8000/v1")
    print(client.complete("Hello").text)
    for piece in client.stream("Hello"):
        print(piece, end="", flush=True)

It knows nothing of the server it talks to. Importing it does not import LiteLLM; the first call does, and
so does naming one of the errors below.
"""

from typing import TYPE_CHECKING, Any

from llmclient.client import LLMClient
from llmclient.completion import Choice, Completion, Piece, Timings, ToolCall, ToolCallDelta, Usage
from llmclient.config import Config, ConfigError
from llmclient.faults import Reason
from llmclient.stream import AsyncStream, Stream

if TYPE_CHECKING:
    from litellm.exceptions import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        AuthenticationError,
        BadGatewayError,
        BadRequestError,
        ContentPolicyViolationError,
        ContextWindowExceededError,
        InternalServerError,
        MidStreamFallbackError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        ServiceUnavailableError,
        Timeout,
        UnprocessableEntityError,
        UnsupportedParamsError,
    )

    from llmclient.errors import BrokenAnswerError, IncompleteStreamError, InvalidAnswerError, LLMError

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "AsyncStream",
    "AuthenticationError",
    "BadGatewayError",
    "BadRequestError",
    "BrokenAnswerError",
    "Choice",
    "Completion",
    "Config",
    "ConfigError",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "IncompleteStreamError",
    "InternalServerError",
    "InvalidAnswerError",
    "LLMClient",
    "LLMError",
    "MidStreamFallbackError",
    "NotFoundError",
    "PermissionDeniedError",
    "Piece",
    "RateLimitError",
    "Reason",
    "ServiceUnavailableError",
    "Stream",
    "Timeout",
    "Timings",
    "ToolCall",
    "ToolCallDelta",
    "UnprocessableEntityError",
    "UnsupportedParamsError",
    "Usage",
]


def __getattr__(name: str) -> Any:
    """Import LiteLLM for its errors, when one of them is named."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from llmclient import errors

    return getattr(errors, name)
