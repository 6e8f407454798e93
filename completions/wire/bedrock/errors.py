"""AWS's errors: a message as the body, and the exception's name in the header `x-amzn-errortype`.

Names and statuses are those of `bedrock-runtime` in botocore's service model, and of AWS's common errors; the wordings
are the API's own, as its users quote them.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import KeyRefused, RequestError
from completions.wire.words import Words, worded

TYPE = "x-amzn-errortype"

TYPES: Mapping[int, str] = {
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

OWN = {*TYPES.values(), "ModelNotReadyException", "ServiceQuotaExceededException"}
"""The exceptions that Bedrock's service model has; the others are common to AWS."""

STREAMED = {
    "ValidationException",
    "ThrottlingException",
    "ModelStreamErrorException",
    "ModelTimeoutException",
    "InternalServerException",
    "ServiceUnavailableException",
}
"""The exceptions that a stream may end in."""

WORDS: Mapping[int, str] = {
    403: "You don't have access to the model with the specified model ID.",
    404: "Could not resolve the foundation model from the provided model identifier.",
    429: "Too many requests, please wait before trying again.",
    500: "The system encountered an unexpected error during processing. Try your request again.",
    503: "Bedrock is unable to process your request.",
}
"""What is said with a status where nobody has given other words."""

NO_MODEL = "The provided model identifier is invalid."

ERROR_WORDS: Mapping[str, Words] = {
    "context_length_exceeded": Words(
        "Input is too long for requested model.", 400, source="quotes by users", seen="2026-11-26"
    ),
    "model_not_found": Words(
        NO_MODEL, 400, source="recordings: pydantic/pydantic-ai test_bedrock_error", seen="2026-11-26"
    ),
    "content_policy_violation": Words(
        "The model returned the following errors: Output blocked by content filtering policy",
        400,
        source="quotes by users, of Claude",
        seen="2026-11-26",
    ),
    "insufficient_quota": Words(
        "Too many tokens per day, please wait before trying again.", 429, source="quotes by users", seen="2026-11-26"
    ),
    "overloaded": Words(WORDS[503], 503, source="quotes by users", seen="2026-11-26"),
}
"""How the API puts the usual errors."""

SERVICE = "http://internal.amazon.com/coral/com.amazon.bedrock/"
"""Where Bedrock's own errors come from, which stands after their name (recorded in 2025)."""

NO_KEY = "Missing Authentication Token"
WRONG_KEY = "The security token included in the request is invalid."


class AmazonError(RequestError):
    """An error with AWS's own name."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(message, status=status, type=name)


def violated(where: str, rule: str) -> AmazonError:
    """Return the error of a member that breaks a rule of the service model's."""
    told = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {rule}"
    return AmazonError("ValidationException", told)


def adapt_error(exc: RequestError) -> RequestError:
    """Return an error as AWS has it: its words, its name in the header, and the statuses that AWS knows."""
    if isinstance(exc, KeyRefused):
        name = "UnrecognizedClientException" if exc.key else "MissingAuthenticationTokenException"
        exc = AmazonError(name, WRONG_KEY if exc.key else NO_KEY, 403)
    exc = worded(exc, ERROR_WORDS)
    message = exc.message if exc.facts is None else WORDS.get(exc.status, exc.message)
    status = 503 if exc.status == 529 else exc.status
    name = name_of(exc.type, status)
    headers = {**exc.headers, TYPE: f"{name}:{SERVICE}" if name in OWN else name}
    return RequestError(message, status=status, type=name, code=exc.code, headers=headers)


def name_of(given: str, status: int) -> str:
    """Return an exception's name: the one that is given, if it is one of AWS's, or else that of its status."""
    if given.endswith("Exception"):
        return given
    return TYPES.get(status, TYPES[400] if status < 500 else TYPES[500])


def stream_name(exc: RequestError) -> str:
    """Return the name of an exception within a stream: `throttlingException`."""
    name = name_of(exc.type, exc.status)
    name = name if name in STREAMED else "InternalServerException"
    return name[0].lower() + name[1:]


def document(exc: RequestError) -> dict[str, Any]:
    """Return the body."""
    return {"message": exc.message}
