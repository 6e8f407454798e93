"""AWS's errors: a message as the body, and the exception's name in the header `x-amzn-errortype`.

Names and statuses are those of `bedrock-runtime` in botocore's service model, and of AWS's common errors; the wordings
are quoted by the API's users.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import KeyRefused, RequestError
from completions.wire.wordings import Wording, apply_wording

ERROR_TYPE_HEADER = "x-amzn-errortype"

EXCEPTION_NAMES: Mapping[int, str] = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    409: "ConflictException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}

BEDROCK_EXCEPTIONS = {*EXCEPTION_NAMES.values(), "ModelNotReadyException", "ServiceQuotaExceededException"}
"""The exceptions of Bedrock's service model; all others are common to AWS."""

STREAM_EXCEPTIONS = {
    "ValidationException",
    "ThrottlingException",
    "ModelStreamErrorException",
    "ModelTimeoutException",
    "InternalServerException",
    "ServiceUnavailableException",
}
"""The exceptions with which a stream may end."""

WORDS: Mapping[int, str] = {
    403: "You don't have access to the model with the specified model ID.",
    404: "Could not resolve the foundation model from the provided model identifier.",
    429: "Too many requests, please wait before trying again.",
    500: "The system encountered an unexpected error during processing. Try your request again.",
    503: "Bedrock is unable to process your request.",
}
"""The default message for a status."""

NO_MODEL = "The provided model identifier is invalid."

ERROR_WORDINGS: Mapping[str, Wording] = {
    "context_length_exceeded": Wording(
        "Input is too long for requested model.", 400, source="quotes by users", seen="2026-11-26"
    ),
    "model_not_found": Wording(
        NO_MODEL, 400, source="recordings: pydantic/pydantic-ai test_bedrock_error", seen="2026-11-26"
    ),
    "content_policy_violation": Wording(
        "The model returned the following errors: Output blocked by content filtering policy",
        400,
        source="quotes by users, of Claude",
        seen="2026-11-26",
    ),
    "insufficient_quota": Wording(
        "Too many tokens per day, please wait before trying again.", 429, source="quotes by users", seen="2026-11-26"
    ),
    "overloaded": Wording(WORDS[503], 503, source="quotes by users", seen="2026-11-26"),
}
"""The API's wording of common errors."""

SERVICE = "http://internal.amazon.com/coral/com.amazon.bedrock/"
"""The origin of Bedrock's own errors, which follows their name in the header (recorded in 2025)."""

NO_KEY = "Missing Authentication Token"
WRONG_KEY = "The security token included in the request is invalid."


class AmazonError(RequestError):
    """An error with AWS's own name."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message, status=status, type=name)


def constraint_error(member: str, rule: str) -> AmazonError:
    """Return the error of a member that violates a constraint of the service model."""
    message = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}"
    return AmazonError("ValidationException", message)


def adapt_error(exc: RequestError) -> RequestError:
    """Return an error with AWS's wording and status, and its name in the header."""
    if isinstance(exc, KeyRefused):
        name = "UnrecognizedClientException" if exc.key else "MissingAuthenticationTokenException"
        exc = AmazonError(name, WRONG_KEY if exc.key else NO_KEY, 403)
    exc = apply_wording(exc, ERROR_WORDINGS)
    message = exc.message if exc.facts is None else WORDS.get(exc.status, exc.message)
    status = 503 if exc.status == 529 else exc.status
    name = exception_name(exc.type, status)
    headers = {**exc.headers, ERROR_TYPE_HEADER: f"{name}:{SERVICE}" if name in BEDROCK_EXCEPTIONS else name}
    return RequestError(message, status=status, type=name, code=exc.code, headers=headers)


def exception_name(error_type: str, status: int) -> str:
    """Return an exception's name: the error's type if this is an AWS name, or else the name for its status."""
    if error_type.endswith("Exception"):
        return error_type
    return EXCEPTION_NAMES.get(status, EXCEPTION_NAMES[400] if status < 500 else EXCEPTION_NAMES[500])


def stream_name(exc: RequestError) -> str:
    """Return the name of an exception in a stream: `throttlingException`."""
    name = exception_name(exc.type, exc.status)
    name = name if name in STREAM_EXCEPTIONS else "InternalServerException"
    return name[0].lower() + name[1:]


def document(exc: RequestError) -> dict[str, Any]:
    """Return the body."""
    return {"message": exc.message}
