"""The errors of a call: LiteLLM's own, and subclasses of two of them for failures that it reports as success.

Importing this module imports LiteLLM, so only functions do; `from llmclient import RateLimitError` does too.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from llmclient import lite
from llmclient.completion import Completion
from llmclient.faults import Fault, Reason, error_in

__all__ = ["BrokenAnswerError", "IncompleteStreamError", "InvalidAnswerError", "LLMError", "one_line"]

_exceptions = lite.load().exceptions

if TYPE_CHECKING:
    from litellm.exceptions import APIResponseValidationError, MidStreamFallbackError
    from openai import APIError as LLMError
else:
    APIResponseValidationError = _exceptions.APIResponseValidationError
    MidStreamFallbackError = _exceptions.MidStreamFallbackError
    LLMError = _exceptions.openai.APIError  # what all of LiteLLM's derive from


def __getattr__(name: str) -> Any:
    """Return any other exception by LiteLLM's name for it."""
    return getattr(_exceptions, name)


class BrokenAnswerError(LLMError):
    """A 200 without an answer, or with only the start of one; `partial` has the part that arrived.

    `body` is the server's own error if it sent one (with `code`, `param` and `type` taken from it),
    `http_status` the status the response began with.
    """

    reason: Reason
    partial: Completion
    http_status: int | None

    def _set_details(self, fault: Fault, partial: Completion, http_status: int | None) -> None:
        self.reason = fault.reason
        self.partial = partial
        self.http_status = http_status
        self.message = fault.message  # LiteLLM's constructors have put their own name before it
        self.body = fault.body
        if isinstance(fault.body, dict):
            self.code, self.param, self.type = (fault.body.get(name) for name in ("code", "param", "type"))

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"

    __repr__ = __str__


class IncompleteStreamError(BrokenAnswerError, MidStreamFallbackError):
    """A stream that ended before its answer did; to LiteLLM's users a `MidStreamFallbackError` (503)."""

    def __init__(self, fault: Fault, partial: Completion, http_status: int | None) -> None:
        MidStreamFallbackError.__init__(
            self,
            message=fault.message,
            model=partial.model,
            llm_provider="openai",
            generated_content=partial.text,
            is_pre_first_chunk=not partial.choices,
        )
        self._set_details(fault, partial, http_status)


class InvalidAnswerError(BrokenAnswerError, APIResponseValidationError):
    """A whole body that is no answer; to LiteLLM's users an `APIResponseValidationError`."""

    def __init__(self, fault: Fault, partial: Completion, http_status: int | None) -> None:
        APIResponseValidationError.__init__(self, message=fault.message, llm_provider="openai", model=partial.model)
        self._set_details(fault, partial, http_status)


def one_line(error: Exception, server: str) -> str:
    """Return an error as one line: the server, the status and the reason."""
    return " ".join(f"{server}: {_description(error)}".split())


def _description(error: Exception) -> str:
    if isinstance(error, BrokenAnswerError):
        return f"status {error.http_status}, but {error}"
    for cause in _causes(error):
        if isinstance(cause, httpx.HTTPStatusError):
            status = cause.response.status_code
            return f"status {status} ({type(error).__name__}): {_server_message(cause.response)}"
        if isinstance(cause, httpx.TimeoutException):
            return f"no answer within the timeout ({type(cause).__name__})"
        if isinstance(cause, httpx.RequestError):
            return f"no answer ({type(cause).__name__}): {cause or 'the connection was lost'}"
    return f"{type(error).__name__}: {_first_line(error)}"


class ServerError(NamedTuple):
    """A server's error response; `status` is None without a response, or with only the start of one."""

    status: int | None
    message: str
    headers: Mapping[str, str]
    is_late: bool = False


def server_error(error: Exception) -> ServerError:
    """Return the server's own status, message and headers, which may differ from those of LiteLLM's error."""
    for cause in () if isinstance(error, BrokenAnswerError) else _causes(error):
        if isinstance(cause, httpx.HTTPStatusError):
            return ServerError(cause.response.status_code, _server_message(cause.response), cause.response.headers)
        if isinstance(cause, httpx.RequestError):
            return ServerError(None, _description(error), {}, isinstance(cause, httpx.TimeoutException))
    status = None if isinstance(error, BrokenAnswerError) else getattr(error, "status_code", None)
    if isinstance(status, int):
        return ServerError(status, _first_line(error), {})
    return ServerError(None, _description(error), {})


def abort_reason(error: Exception) -> str:
    """Return why LiteLLM gave up a stream: the error of its HTTP client, or else its own message."""
    reasons = (f"{type(cause).__name__}: {cause}" for cause in _causes(error) if isinstance(cause, httpx.RequestError))
    return next(reasons, str(error))


def _first_line(error: Exception) -> str:
    """Return the first line of a message; LiteLLM may put a whole traceback into the rest."""
    first, *_ = str(error).strip().splitlines() or [""]
    return first


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []  # someone else's exceptions may name one another
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _server_message(response: httpx.Response) -> str:
    """Return the message of an error response, or the phrase of its status if there is none."""
    try:
        fault = error_in(response.json(), is_error_event=True)
    except (ValueError, RecursionError, httpx.ResponseNotRead):  # not UTF-8, not JSON, or never read
        fault = None
    return fault.message if fault else response.reason_phrase
