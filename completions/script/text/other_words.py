"""What a word of a script most likely means that other mocks and APIs have for it, and that is not like ours."""

from collections.abc import Collection, Mapping, Sequence

MEANT: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("when", "if", "condition", "conditions", "matcher"), ("match",)),
    **dict.fromkeys(("then", "answer", "response", "returns", "body"), ("reply", "text")),
    **dict.fromkeys(("text", "content", "message"), ("text", "reply", "last_user")),
    **dict.fromkeys(("prompt", "question", "input", "query", "user_message"), ("last_user", "match")),
    **dict.fromkeys(("messages", "conversation", "history"), ("any_message",)),
    **dict.fromkeys(("instructions", "developer"), ("system",)),
    **dict.fromkeys(("api", "endpoint", "path", "url", "provider", "vendor"), ("format", "model")),
    **dict.fromkeys(("delay", "delay_ms", "latency", "latency_ms", "sleep", "wait"), ("ttft_ms", "pacing")),
    **dict.fromkeys(("ttft_ms", "itl_ms", "tps", "speed"), ("pacing",)),
    **dict.fromkeys(("tokens_per_second", "rate"), ("tps",)),
    **dict.fromkeys(("count", "limit", "repeat", "max", "uses", "once"), ("times",)),
    **dict.fromkeys(("status", "status_code", "http_status", "exception", "raise"), ("status", "error")),
    **dict.fromkeys(("gate", "block", "until"), ("hold",)),
    **dict.fromkeys(("probability", "chance", "percentage"), ("rate",)),
    **dict.fromkeys(("faults", "errors", "choices"), ("fault", "of")),
    **dict.fromkeys(("requests_per_minute", "rate_limit"), ("rpm",)),
    "tokens_per_minute": ("tpm",),
    "requests_per_day": ("rpd",),
    **dict.fromkeys(("concurrency", "max_concurrent", "parallel"), ("concurrent",)),
    **dict.fromkeys(("duration", "duration_s", "for", "timeout"), ("seconds", "timeout_ms")),
    **dict.fromkeys(("args", "parameters"), ("arguments",)),
    **dict.fromkeys(("function", "tool"), ("name", "tools")),
    "default": ("fallback",),
}
"""Words, and what may be meant, of which the first counts that is allowed where the word stands."""


def meant_by(word: str, allowed: Collection[str]) -> str | None:
    """Return the allowed word that another one most likely stands for."""
    return next((each for each in MEANT.get(word.lower(), ()) if each in allowed), None)
