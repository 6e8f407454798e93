"""What a request to the Agents API must have, the beta and fields of their types, and the errors of others."""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.openai.stored import metadata
from completions.wire.validation import Check, Problem, array, nullable, string, wrong_type

BETA = "agents=v1"

METADATA = nullable(metadata)

STRINGS = nullable(array(string(low=1), "strings"))


def check_beta(header: str | None) -> None:
    """Raise the error of a request without the beta.

    The code is that of OpenAI's guide; the words are those that users quote of the Assistants API.
    """
    if BETA not in {part.strip() for part in (header or "").split(",")}:
        raise RequestError(
            "You must provide the 'OpenAI-Beta' header to access the Agents API. Please try again by setting the "
            f"header 'OpenAI-Beta: {BETA}'.",
            code="invalid_beta",
        )


def check(body: Mapping[str, Any], checks: Check) -> None:
    """Raise what is wrong with a body; the code is the one of OpenAI's guide for each wrong input."""
    if (problem := checks(body)) is not None:
        raise _coded(problem)


def _coded(problem: Problem) -> RequestError:
    error = problem.error()
    error.code = "invalid_request_error"
    return error


def invalid(message: str, param: str | None = None) -> RequestError:
    """Return the error of a wrong input, in words of ours."""
    return RequestError(message, code="invalid_request_error", param=param)


def conflict(message: str) -> RequestError:
    """Return the 409 of a request that does not fit the state of a resource; the words are ours."""
    return RequestError(message, status=409, code="conflict_error")


def texts_by_name(value: Any) -> Problem | None:
    """Check an object whose values are strings."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    return next((problem.under(key) for key, each in value.items() if (problem := string()(each)) is not None), None)
