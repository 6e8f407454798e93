"""What vendors say where a server is busy: an error that is `overloaded`, or has the status 503, as users quote it."""

from collections.abc import Mapping

from completions.wire.words import Words

QUOTES, UNDATED = "quotes by users", "quotes by users, of no known day in 2026"


def _busy(words: Words) -> Mapping[str, Words]:
    """Return the words for what it is called by its name, and by its status, which is kept."""
    return dict.fromkeys(("overloaded", "service_unavailable"), words)


CEREBRAS = _busy(
    Words(
        "We're experiencing high traffic right now! Please try again soon.",
        429,
        "too_many_requests_error",
        "queue_exceeded",
        "queue",
        QUOTES,
        "2026-09-23",
    )
)
DEEPSEEK = _busy(
    Words(
        "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
        503,
        "service_unavailable_error",
        "service_unavailable_error",
        None,
        QUOTES,
        "2026-09-15",
    )
)
GROQ = _busy(
    Words(
        "{model} is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com "
        "to see if there is an active incident.",
        503,
        "internal_server_error",
        None,
        None,
        UNDATED,
    )
)
MISTRAL = _busy(Words("Service unavailable.", 503, "internal_server_error", "3800", None, UNDATED))
MOONSHOT = _busy(
    Words(
        "The engine is currently overloaded, please try again later",
        429,
        "engine_overloaded_error",
        None,
        None,
        QUOTES,
        "2026-07-27",
    )
)
XAI = _busy(
    Words(
        "Service temporarily unavailable. The model did not respond to this request.",
        503,
        code="unavailable",
        source=QUOTES,
        seen="2026-09-03",
    )
)
ZAI = _busy(
    Words(
        "The service may be temporarily overloaded, please try again later",
        429,
        "rate_limit_error",
        "1305",
        None,
        QUOTES,
        "2026-08-12",
    )
)
