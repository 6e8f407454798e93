"""Headers of OpenAI's answers; which answers have which of them was recorded up to May 2026."""

from collections.abc import Mapping

VERSION = {"openai-version": "2020-10-01"}
ACCOUNT = {"openai-organization": "mock-organization", "openai-project": "proj_mock"}
LIMITS = {
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999999",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "0s",
}
IMAGES = 50_000
"""The image limit per minute (recorded in August 2025 and September 2026)."""
CONSTANT_HEADERS = {**VERSION, **ACCOUNT, **LIMITS}
"""Headers that OpenAI documents. Their values are constant, since nothing is limited."""


def headers_of(time_taken: str, status: int, model: str | None, has_limits: bool) -> Mapping[str, str]:
    """Return the headers of an error, or of an answer without a model.

    Errors of authentication have no headers of the account, and those of unknown models have no processing time.
    """
    if status == 404 and model:
        return ACCOUNT
    timed = {"openai-processing-ms": time_taken, **VERSION}
    if status == 401:
        return {**timed, "www-authenticate": 'Bearer realm="OpenAI API"'}
    return {**timed, **ACCOUNT, **LIMITS} if has_limits and status >= 400 else {**timed, **ACCOUNT}


def image_limits(images: int) -> Mapping[str, str]:
    """Return the headers of the image limit for a request with this many images."""
    if not images:
        return {}
    return {
        "x-ratelimit-limit-input-images": f"{IMAGES}",
        "x-ratelimit-remaining-input-images": f"{max(IMAGES - images, 0)}",
        "x-ratelimit-reset-input-images": f"{images * 60_000 // IMAGES}ms",
    }
