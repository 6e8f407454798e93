"""Anthropic's error envelope: its types by status, and its wording of the standard errors.

Types: Anthropic's page "Errors", and the `*Error` types of the anthropic SDK. The wording is the API's own where its
users quote it; for credit, limits and the context's length it imitates the API's.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.wordings import Wording

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

NO_CREDIT = (
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase "
    "credits."
)
MORE_ON_LIMITS = "For details, refer to: https://docs.claude.com/en/api/rate-limits."

REPLAY = 'replay the full conversation with `thread: {"type": "create"}`'

WORDS = {
    (400, "thread_already_continued"): (
        "The response that `previous_message_id` names has already been continued, and each response can be continued "
        "only once. Continue from the Thread's most recent response `id`."
    ),
    (400, "thread_continue_in_flight"): (
        "Another request is still continuing from the same `previous_message_id`. Wait for it to complete and continue "
        f"from its response `id`, or {REPLAY}."
    ),
    (400, "thread_fingerprint_mismatch"): (
        "A field that must stay the same across a Thread's turns differs from the value stored with the Thread. Send "
        f"the stored values, or {REPLAY} to change them."
    ),
    (400, "thread_unsupported_request"): (
        "The request combines `thread` with a request field or an organization setting that Threads do not support. "
        "Send the full conversation without `thread`, or change that field."
    ),
    (404, "thread_not_found"): (
        "No thread state was found for the requested `previous_message_id`. "
        f"{REPLAY.capitalize()} to start a new Thread."
    ),
    (401, None): "x-api-key header is required",
    (401, "invalid_api_key"): "API key is invalid.",  # recorded from August to September 2026, and in rig's cassettes
    (403, None): "Your API key does not have permission to use the specified resource.",
    (404, None): "Not Found",
    (405, None): "Method Not Allowed",
    (413, None): "Request exceeds the maximum size",
    (429, None): f"This request would exceed your organization's rate limit. {MORE_ON_LIMITS}",
    (429, "insufficient_quota"): NO_CREDIT,
    (500, None): "Internal server error",
    (503, None): "Service Unavailable",
    (504, None): "Timed out",
    (529, None): "Overloaded",
}
"""The wording of standard errors, by status, and by code if a code has its own."""


WRONG_KEY_HEADERS = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "x-robots-tag": "none"}
"""The headers of the refusal of a wrong key, in addition to Cloudflare's (recorded on 2026-09-22)."""


def refuses_key(exc: RequestError) -> bool:
    """Tell whether an error refuses an `x-api-key`, and not a bearer token or a request without a key."""
    return exc.code == "invalid_api_key" and exc.facts is not None and not exc.facts.get("bearer")


def _too_long(facts: Mapping[str, Any]) -> str:
    return _message_with_facts(facts, None) or ""


ERROR_WORDINGS: Mapping[str, Wording] = {
    "context_length_exceeded": Wording(
        _too_long, 400, source="recordings: crmne/ruby_llm handles_context_length_exceeded_errors", seen="2026-11-25"
    ),
    "insufficient_quota": Wording(NO_CREDIT, 400, type=TYPES[400], source="quotes by users", seen="2026-10-08"),
    "content_policy_violation": Wording(
        "Output blocked by content filtering policy", 400, source="quotes by users", seen="2026-09-07"
    ),
    "invalid_json": Wording(
        "The request body is not valid JSON: {fault}: line {line} column {column} (char {at})",
        400,
        source="anthropics/claude-code 60394 and others",
        seen="2026-05-19",
    ),
    "overloaded": Wording("Overloaded", 529, type=TYPES[529], source="Anthropic's page on errors", seen="2026-11-25"),
}
"""The API's wording of the standard errors that scripts can name."""


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the envelope of an error; one of this API's types is kept, any other becomes that of the status."""
    default = TYPES.get(exc.status, "invalid_request_error" if exc.status < 500 else "api_error")
    kind = exc.type if exc.type in TYPES.values() and exc.type != "invalid_request_error" else default
    return {"type": "error", "error": {"type": kind, "message": message(exc)} | _details(exc)}


def _details(exc: RequestError) -> dict[str, Any]:
    """Return the typed details, if the API has any: the code of the error, and the unsupported field."""
    code = exc.code or ""
    if not (code.startswith("compaction_") or (code.startswith("thread_") and (exc.status, code) in WORDS)):
        return {}
    return {"details": {"error_code": exc.code} | ({"unsupported": [exc.param]} if exc.param else {})}


def message(exc: RequestError) -> str:
    """Return an error's message: its own, or this API's wording."""
    if exc.facts is None:
        return exc.message
    if (specific := _message_with_facts(exc.facts, exc.code)) is not None:
        return specific
    return WORDS.get((exc.status, exc.code)) or WORDS.get((exc.status, None)) or exc.message


def _message_with_facts(facts: Mapping[str, object], code: str | None) -> str | None:
    """Return the message of an error that mentions its facts; None for others."""
    match facts:
        case {"bearer": True} if code == "invalid_api_key":
            return "Invalid bearer token"
        case {"model": model} if code == "model_not_found":
            return f"model: {model}"
        case {"limit": limit}:
            return f"This request would exceed your organization's rate limit of {limit}. {MORE_ON_LIMITS}"
        case {"prompt_tokens": int(prompt), "max_tokens": max_tokens, "window": int(window)}:
            if prompt > window:
                return f"prompt is too long: {prompt} tokens > {window} maximum"
            exceed = f"{prompt} + {max_tokens} > {window}"
            return (
                f"input length and `max_tokens` exceed context limit: {exceed}, "
                "decrease input length or `max_tokens` and try again"
            )
    return None
