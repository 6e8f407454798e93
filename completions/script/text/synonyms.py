"""Words of other mocks and APIs, and the words of scripts that they most likely mean."""

from collections.abc import Collection, Mapping, Sequence

SYNONYMS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("when", "if", "condition", "conditions", "matcher"), ("match",)),
    **dict.fromkeys(("then", "answer", "response", "returns"), ("reply", "text")),
    "body": ("reply", "text", "expr"),
    **dict.fromkeys(("text", "content", "message"), ("text", "reply", "last_user")),
    **dict.fromkeys(("prompt", "question", "query", "user_message"), ("last_user", "match")),
    "input": ("last_user", "match", "arguments"),
    **dict.fromkeys(("messages", "conversation", "history"), ("any_message",)),
    **dict.fromkeys(("instructions", "developer"), ("system",)),
    **dict.fromkeys(("api", "endpoint", "path", "url", "provider", "vendor"), ("format", "model")),
    **dict.fromkeys(("delay", "delay_ms", "latency", "latency_ms", "sleep", "wait"), ("ttft_ms", "pacing", "ms")),
    **dict.fromkeys(("ttft_ms", "itl_ms", "tps", "speed"), ("pacing",)),
    **dict.fromkeys(("tokens_per_second", "rate"), ("tps",)),
    **dict.fromkeys(("count", "limit", "repeat", "max", "uses", "once"), ("times", "lte")),
    **dict.fromkeys(("status", "status_code", "http_status", "exception", "raise"), ("status", "error")),
    **dict.fromkeys(("gate", "block", "until"), ("hold",)),
    **dict.fromkeys(("probability", "chance", "percentage"), ("rate",)),
    **dict.fromkeys(("faults", "errors", "choices"), ("fault", "of")),
    **dict.fromkeys(("requests_per_minute", "rate_limit"), ("rpm",)),
    "tokens_per_minute": ("tpm",),
    "requests_per_day": ("rpd",),
    **dict.fromkeys(("concurrency", "max_concurrent", "parallel"), ("concurrent",)),
    **dict.fromkeys(("duration", "duration_s", "for"), ("seconds", "timeout_ms")),
    "timeout": ("seconds", "timeout_ms", "hang", "stall"),
    **dict.fromkeys(("drop", "dropped", "cut", "abort", "broken_pipe", "connection_lost"), ("disconnect",)),
    **dict.fromkeys(("connection_reset", "rst"), ("reset",)),
    **dict.fromkeys(("after", "after_chunks", "at", "tokens", "chunks"), ("after_tokens",)),
    **dict.fromkeys(("content_filter", "content_filtered", "safety", "moderation"), ("content_policy_violation",)),
    **dict.fromkeys(("quota", "quota_exceeded", "billing"), ("insufficient_quota",)),
    **dict.fromkeys(("unauthorized", "authentication_error", "permission_denied"), ("invalid_api_key",)),
    **dict.fromkeys(("too_many_requests", "throttled", "throttling"), ("rate_limit_exceeded",)),
    **dict.fromkeys(("unavailable", "service_unavailable", "internal_error"), ("server_error",)),
    **dict.fromkeys(("args", "parameters"), ("arguments", "expr")),
    **dict.fromkeys(("function", "tool"), ("name", "tools")),
    **dict.fromkeys(("tools", "tool_call", "function_call"), ("tool_calls",)),
    **dict.fromkeys(("thinking", "thought", "thoughts"), ("reasoning",)),
    **dict.fromkeys(("seconds", "milliseconds"), ("ms", "timeout_ms", "ttft_ms")),
    **dict.fromkeys(("chunk_size", "chunk_tokens"), ("tokens_per_chunk",)),
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    **dict.fromkeys(("is", "equals", "equal", "=", "=="), ("eq",)),
    **dict.fromkeys(("matches", "match", "re", "regexp", "pattern"), ("regex",)),
    **dict.fromkeys(("ne", "neq", "!=", "not_eq", "not_equals", "isnt", "not_in", "none_of", "except"), ("not",)),
    **dict.fromkeys(("or", "one_of", "any_of", "anyOf"), ("any",)),
    **dict.fromkeys(("and", "every", "all_of", "allOf"), ("all",)),
    **dict.fromkeys(("present", "defined", "is_null", "isnull"), ("exists",)),
    **dict.fromkeys(("above", "over", "more_than", "greater_than", ">"), ("gt",)),
    **dict.fromkeys(("below", "under", "less_than", "<"), ("lt",)),
    **dict.fromkeys((">=", "at_least", "min"), ("gte",)),
    **dict.fromkeys(("<=", "at_most"), ("lte",)),
    **dict.fromkeys(
        ("temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "seed", "stop", "n", "service_tier"),
        ("expr",),
    ),
    **dict.fromkeys(("param", "params", "field", "json", "jmespath", "jsonpath", "reasoning_effort"), ("expr",)),
    "name": ("gate",),
    "default": ("fallback",),
}
"""Words, and their possible meanings, of which the first one that is allowed in the context is used."""


def meant_by(word: str, allowed: Collection[str]) -> str | None:
    """Return the allowed word that another one most likely means."""
    return next((each for each in SYNONYMS.get(word, SYNONYMS.get(word.lower(), ())) if each in allowed), None)
