"""The wording of vendors when a server is busy, for `overloaded` and the status 503, as users quote it."""

from collections.abc import Mapping

from completions.wire.wordings import Wording

QUOTES, UNDATED = "quotes by users", "quotes by users, of no known day in 2026"


def _overloaded(words: Wording) -> Mapping[str, Wording]:
    """Return the words under the names of both errors; the status is that of the words."""
    return dict.fromkeys(("overloaded", "service_unavailable"), words)


CEREBRAS = _overloaded(
    Wording(
        "We're experiencing high traffic right now! Please try again soon.",
        429,
        "too_many_requests_error",
        "queue_exceeded",
        "queue",
        QUOTES,
        "2026-09-23",
    )
)
DEEPSEEK = _overloaded(
    Wording(
        "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
        503,
        "service_unavailable_error",
        "service_unavailable_error",
        None,
        QUOTES,
        "2026-09-15",
    )
)
GROQ = _overloaded(
    Wording(
        "{model} is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com "
        "to see if there is an active incident.",
        503,
        "internal_server_error",
        None,
        None,
        UNDATED,
    )
)
MISTRAL = _overloaded(Wording("Service unavailable.", 503, "internal_server_error", "3800", None, UNDATED))
MOONSHOT = _overloaded(
    Wording(
        "The engine is currently overloaded, please try again later",
        429,
        "engine_overloaded_error",
        None,
        None,
        QUOTES,
        "2026-07-27",
    )
)
XAI = _overloaded(
    Wording(
        "Service temporarily unavailable. The model did not respond to this request.",
        503,
        code="unavailable",
        source=QUOTES,
        seen="2026-09-03",
    )
)
ZAI = _overloaded(
    Wording(
        "The service may be temporarily overloaded, please try again later",
        429,
        "rate_limit_error",
        "1305",
        None,
        QUOTES,
        "2026-08-12",
    )
)
