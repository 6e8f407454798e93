"""Google's errors: `google.rpc.Status` with its typed details, and Google's wordings for OpenAI's errors.

Sources: AIP-193 and google/rpc/code.proto (statuses and their HTTP codes), error_details.proto (the details); the
wordings are the API's own, as its users quote them.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from completions.exceptions import KeyRefused, RequestError
from completions.wire.base import Undecodable
from completions.wire.fields import mapping
from completions.wire.gemini import no_json
from completions.wire.wordings import MALFORMED, Wording, apply_wording

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
NAMES = {*STATUSES.values(), "FAILED_PRECONDITION", "ALREADY_EXISTS", "DATA_LOSS", "UNKNOWN"}
"""A script's `type` or `code` that is one of these is the status."""

OTHER_VENDORS_HEADERS = ("x-ratelimit-", "retry-after-ms", "openai-")
"""The prefixes of headers that Google does not send; `x-should-retry` comes only from a script or a request."""

DOMAIN = "googleapis.com"
SERVICE = "generativelanguage.googleapis.com"
QUOTAS = {"requests": "generate_content_free_tier_requests", "tokens": "generate_content_free_tier_input_token_count"}
QUOTA_IDS = {
    "requests per min": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
    "requests per day": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
    "tokens per min": "GenerateContentInputTokensPerModelPerMinute-FreeTier",
    "tokens per day": "GenerateContentInputTokensPerModelPerDay-FreeTier",
}
"""The API's names of the quotas, by the mock's names of the limits."""

QUOTA_EXCEEDED = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: "
    "https://ai.dev/rate-limit. "
)
"""Quoted until 2026-10-05, with a space at the end whether or not there follow the quotas (captured 2026-08-15)."""

Replacement = str | Callable[[re.Match[str]], str]

WORDINGS: tuple[tuple[re.Pattern[str], Replacement], ...] = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (
            r"The model [`'](.*)[`'] does not exist",
            lambda found: (
                f"models/{found[1]} is not found for API version v1beta, or is not supported for generateContent. Call "
                "ListModels to see the list of available models and their supported methods."
            ),
        ),
        (
            r"This model's maximum context length is (\d+) tokens\. However, .*?(\d+) tokens",
            lambda found: (
                f"The input token count ({found[2]}) exceeds the maximum number of tokens allowed ({found[1]})."
            ),
        ),
        (
            r"Your input exceeds the context window",
            "The input token count exceeds the maximum number of tokens allowed.",
        ),
        (
            r"We could not parse the JSON body of your request: (.*)",
            lambda found: f"Invalid JSON payload received. {found[1]}",
        ),
        (
            r"The JSON body of your request must be an object",
            'Invalid JSON payload received. Unknown name "": Root element must be a message.',
        ),
        (r"Rate limit reached for|You exceeded your current quota(?!.*ai\.google\.dev)", QUOTA_EXCEEDED),
        (r"The server had an error while processing your request\.$", "Internal error encountered."),
        (
            r"The engine is currently overloaded|Overloaded$",
            "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try "
            "again later.",  # quoted until 2026-10-05; until 2025 it was overloaded
        ),
        (
            r"Incorrect API key provided\.$",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        ),
        (r"Request timed out\.$|Gateway timeout\.$", "Deadline expired before operation could complete."),
        (r"Country, region, or territory not supported", "User location is not supported for the API use."),
    )
)
"""Google's wordings by the start of OpenAI's."""

KEY_INVALID = "API key not valid. Please pass a valid API key."
KEY_MISSING = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)


class Violated(RequestError):
    """A request with invalid fields: the path of each, empty for the root, and the description of its problem."""

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(description for _, description in violations), param=violations[0][0] or None)
        self.violations = violations


def not_found(facts: Mapping[str, Any], version: str = "v1beta") -> str:
    """Return the message for a model that does not exist in a version of the API."""
    requested = mapping(facts.get("address")).get("method") or "generateContent"
    method = str(requested).replace("batchEmbedContents", "embedContent")
    return (
        f"models/{facts['model']} is not found for API version {version}, or is not supported for {method}. Call "
        "ModelService.ListModels to see the list of available models and their supported methods."
    )


ERROR_WORDINGS: Mapping[str, Wording] = {
    "context_length_exceeded": Wording(
        "The input token count ({prompt_tokens}) exceeds the maximum number of tokens allowed ({window}).",
        400,
        code=None,
        source="recordings: crmne/ruby_llm handles_context_length_exceeded_errors",
        seen="2026-11-25",
    ),
    "model_not_found": Wording(
        not_found,
        404,
        code=None,
        source="recordings: pydantic/pydantic-ai test_model_name_suggestions",
        seen="2026-11-25",
    ),
    MALFORMED: Wording(
        "* GenerateContentRequest.model: unexpected model name format\n",
        400,
        code=None,
        source="recordings: maruel/genai bad_model",
        seen="2026-11-27",
    ),
}
"""The API's wordings of the usual errors, with their facts."""


def adapt_error(exc: RequestError) -> RequestError:
    """Return an error in Google's words, and with Google's status for keys; one in Google's words is unchanged."""
    if isinstance(exc, KeyRefused):
        status, message = (400, KEY_INVALID) if exc.key else (403, KEY_MISSING)
        return RequestError(message, status=status, code="API_KEY_INVALID" if exc.key else None)
    if isinstance(exc, Undecodable) and (reason := no_json.invalid_json_message(exc.body, exc.at)) is not None:
        return RequestError(f"Invalid JSON payload received. {reason}", status=exc.status)
    exc = apply_wording(exc, ERROR_WORDINGS)
    for pattern, wording in WORDINGS:
        if found := pattern.match(exc.message):
            message = wording if isinstance(wording, str) else wording(found)
            quota = _quota(exc) if wording is QUOTA_EXCEEDED else {}
            adapted = RequestError(
                message + _quota_message(quota, exc),
                status=exc.status,
                type=exc.type,
                code=exc.code,
                param=exc.param,
                headers=exc.headers,
            )
            adapted.about = quota
            return adapted
    return exc


def _metric(exc: RequestError) -> str:
    return f"{SERVICE}/{QUOTAS.get(exc.type, QUOTAS['requests'])}"


def _quota(exc: RequestError) -> dict[str, object]:
    """Return the quota that was exceeded, if the API has an equivalent one."""
    facts = exc.facts or {}
    name = QUOTA_IDS.get(str(facts.get("name")).partition(" (")[0])
    if name is None:
        return {}
    dimensions = {"location": "global", "model": facts["model"]}
    return {"quotaId": name, "quotaDimensions": dimensions, "quotaValue": str(facts["most"])}


def _quota_message(quota: Mapping[str, Any], exc: RequestError) -> str:
    """Return the message for an exceeded quota, with the time to wait."""
    if not quota:
        return ""
    model, wait = quota["quotaDimensions"]["model"], _wait(exc.headers)
    message = f"\n* Quota exceeded for metric: {_metric(exc)}, limit: {quota['quotaValue']}, model: {model}"
    if wait is None:
        return message
    return f"{message}\nPlease retry in {f'{wait:.9g}s' if wait >= 1 else f'{wait * 1000:.9g}ms'}."


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the document; it has `details` only if there are any."""
    document: dict[str, Any] = {"code": exc.status, "message": exc.message, "status": _status(exc)}
    if details := _details(exc):
        document["details"] = details
    return {"error": document}


def _status(exc: RequestError) -> str:
    for name in (exc.code, exc.type):
        if name in NAMES:
            return str(name)
    return STATUSES.get(exc.status, "INVALID_ARGUMENT" if exc.status < 500 else "INTERNAL")


def _details(exc: RequestError) -> list[dict[str, Any]]:
    if isinstance(exc, Violated):
        violations = [
            ({"field": field} if field else {}) | {"description": description} for field, description in exc.violations
        ]
        return [_detail("BadRequest", fieldViolations=violations)]
    if exc.code == "API_KEY_INVALID":
        localized = _detail("LocalizedMessage", locale="en-US", message=exc.message)
        return [_info(exc.code, {"service": SERVICE}), localized]
    if exc.status == 429:
        return _exhausted(exc)
    if exc.code is not None and exc.code not in NAMES and (exc.code.isupper() or exc.code == "no_rule_matched"):
        return [_info(exc.code.upper())]
    return []


def _exhausted(exc: RequestError) -> list[dict[str, Any]]:
    """Return the details of an exceeded quota: a link, the quota, and when to retry, if that is known."""
    link = {
        "description": "Learn more about Gemini API quotas",
        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
    }
    quota = exc.about if "quotaId" in exc.about else {}
    violations = [{"quotaMetric": _metric(exc), **quota}]
    details = [_detail("Help", links=[link]), _detail("QuotaFailure", violations=violations)]
    if (seconds := _wait(exc.headers)) is not None:
        details.append(_detail("RetryInfo", retryDelay=f"{seconds:g}s"))
    return details


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait; None for a date."""
    named = {name.lower(): value for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(named[name]) / unit
        except (KeyError, ValueError):
            continue
        return seconds if math.isfinite(seconds) else None
    return None


def _detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def _info(reason: str, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    info = _detail("ErrorInfo", reason=reason, domain=DOMAIN)
    return info | {"metadata": metadata} if metadata else info
