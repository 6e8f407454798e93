"""Cerebras' chat: `reasoning`, `time_info`, flat errors, and properties that it does not know are refused.

Sources: answers, streams and refusals that maruel/genai recorded in July and October 2026; the request of the SDK
`cerebras-cloud-sdk` 1.91; quotes by users of what is refused, until July 2026.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import catalogue, pydantic_errors, refusals, rules, stops
from completions.wire.dialects.vendor import Vendor
from completions.wire.dialects.wordings import CEREBRAS
from completions.wire.fields import arranged, dicts, without_fields, without_nulls
from completions.wire.openai.base import Dialect, envelope, usage
from completions.wire.validation import Check, Problem, anything, choice, nullable, record

FIELDS = (
    *("clear_thinking", "disable_reasoning", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens"),
    *("max_tokens", "messages", "min_completion_tokens", "min_tokens", "model", "model_parameters", "n"),
    *("parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "reasoning_effort"),
    *("reasoning_format", "response_format", "seed", "service_tier", "stop", "stream", "stream_options"),
    *("temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user"),
)
"""`CompletionCreateParams` of the SDK."""

EFFORTS = ("none", "low", "medium", "high")
"""The accepted efforts (mnfst/modelparams.dev 115, July 2026)."""

_COMMON_MESSAGE_FIELDS = ("role", "content", "name")
MESSAGE_FIELDS: Mapping[str, Collection[str]] = {
    "assistant": (*_COMMON_MESSAGE_FIELDS, "reasoning", "tool_calls"),
    "tool": (*_COMMON_MESSAGE_FIELDS, "tool_call_id"),
}
"""The fields of a message, by its role; other roles have the common ones."""

LIMITS: Mapping[str, str] = {
    f"x-ratelimit-{kind}-{what}-{time}": most
    for what, limits in {
        "requests": {"day": "1440000", "hour": "60000", "minute": "1000"},
        "tokens": {"day": "2000000000", "hour": "120000000", "minute": "1000000"},
    }.items()
    for kind in ("limit", "remaining")
    for time, most in limits.items()
}
"""The rate limit headers of a model's answers (gpt-oss-120b, July 2026); constant, since nothing is limited."""


def _message(value: dict[str, Any]) -> Problem | None:
    """Check that a message has only the fields of its role."""
    return record(dict.fromkeys(MESSAGE_FIELDS.get(value["role"], _COMMON_MESSAGE_FIELDS), anything))(value)


REASONING_FORMATS = ("none", "parsed", "text_parsed", "raw", "hidden")
"""The values of `reasoning_format` in the SDK; an answer differs by the last two."""

CHAT_FIELDS = {
    "reasoning_effort": nullable(choice(*EFFORTS)),
    "reasoning_format": nullable(choice(*REASONING_FORMATS)),
}
CHAT = rules.chat(CHAT_FIELDS, known=FIELDS, message=_message)


class Cerebras(Vendor):
    """Cerebras' dialect."""

    name = "cerebras"
    cross_field_rules = (stops.CEREBRAS,)
    reasoning_field = "reasoning"
    vendor = "cerebras"
    wordings = CEREBRAS
    refusals = refusals.CEREBRAS
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "cerebras/v1/"
    default_models = catalogue.CEREBRAS
    model = staticmethod(catalogue.cerebras)
    answer_id = Vendor.prefixed_uuid
    call_ids = ("", 9, ids.HEX)
    limits = LIMITS
    has_call_in_role_chunk = False
    has_usage_in_last_chunk = True
    has_null_usage = False
    logprob_fields = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model: the arguments of GPT OSS come in pieces, those of others whole.

        Its thoughts are left out, or in the text between the tags of Qwen's and GLM's, as `reasoning_format` has it.
        """
        is_gpt_oss, format = (prompt.model or "").startswith("gpt-oss"), prompt.body.get("reasoning_format")
        dialect = self if is_gpt_oss else OTHER_MODELS
        if format == "hidden":
            return dialect.hiding_thoughts()
        return dialect.with_thoughts_in_text() if format == "raw" and not is_gpt_oss else dialect

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt, with Cerebras' own field for turning off the reasoning."""
        adapted = super().adapt_prompt(prompt)
        is_off = prompt.body.get("disable_reasoning") is True
        return replace(adapted, reasoning_effort="none") if is_off else adapted

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, whose fingerprint is that of the model."""
        fields = super().top_level(head, reply, prompt)
        return fields | {"system_fingerprint": f"fp_{ids.spelled(fields['model'], 20)}"}

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with its times, in the order of the API's keys."""
        answer = arranged(document, ("id", "choices", "created", "model", "system_fingerprint", "object"))
        return answer | {"time_info": times(reply)}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls, and its role at the end."""
        fields = arranged(super().message(message, choice), ("content", "reasoning", "tool_calls", "role"))
        if calls := fields.get("tool_calls"):
            fields["tool_calls"] = [arranged(call, ("function", "type", "id")) for call in calls]
        return without_nulls(without_fields(fields, "annotations"))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; the role comes alone, and each piece of a call has its type."""
        if "role" in delta:
            return {"role": "assistant"}
        if calls := delta.get("tool_calls"):
            calls_with_type = ({"type": "custom" if "custom" in call else "function", **call} for call in calls)
            return {"tool_calls": [arranged(call, ("function", "type", "id")) for call in calls_with_type]}
        return without_fields(super().delta(delta, choice), "annotations")

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, without null log probabilities and a null finish reason."""
        fields = arranged(document, ("delta", "finish_reason", "index", "message"))
        return without_nulls(fields)

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with its details."""
        counts, cached_tokens = usage(reply.used), reply.used.cached_tokens
        return {
            "total_tokens": counts["total_tokens"],
            "completion_tokens": counts["completion_tokens"],
            "completion_tokens_details": {
                "accepted_prediction_tokens": counted["completion_tokens_details"]["accepted_prediction_tokens"],
                "rejected_prediction_tokens": counted["completion_tokens_details"]["rejected_prediction_tokens"],
                "reasoning_tokens": reply.used.reasoning_tokens,
            },
            "prompt_tokens": counts["prompt_tokens"],
            "prompt_tokens_details": {"cached_tokens": cached_tokens},
        }

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the usage and the times."""
        return {"usage": usage, "time_info": times(reply)}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error, with all unknown properties of a chat, or with pydantic's finding."""
        if problem.code == "unknown_parameter":
            message = "\n".join(f"{path}: property '{path}' is unsupported" for path in unknown_properties(body))
        else:
            finding = pydantic_errors.finding_of(problem, body)
            message = f"{'.'.join(map(str, finding.path))}: {finding.message}"
        return RequestError(message, code="wrong_api_format", param="validation_error")

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, which is flat."""
        fields: dict[str, Any] = envelope(exc)["error"]
        return fields


class CerebrasWholeCalls(Cerebras):
    """Cerebras' dialect for Gemma and Qwen (recorded in July 2026, and by charmbracelet/fantasy in October 2025)."""

    sends_whole_calls = True


OTHER_MODELS = CerebrasWholeCalls()


def unknown_properties(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of the properties of a chat that the API does not know."""
    yield from (key for key in body if key not in FIELDS)
    for index, message in enumerate(dicts(body.get("messages"))):
        role = message.get("role")
        known = MESSAGE_FIELDS.get(str(role), _COMMON_MESSAGE_FIELDS)
        yield from (f"messages.{index}.{role}.{key}" for key in message if key not in known)


def times(reply: Reply) -> dict[str, float]:
    """Return times in seconds, derived from the tokens."""
    counts = usage(reply.used)
    prompt_time, completion_time = counts["prompt_tokens"] / 20_000, counts["completion_tokens"] / 2_000
    fields = {"created": float(reply.created or 0), "queue_time": 0.004}
    return fields | {
        "prompt_time": prompt_time,
        "completion_time": completion_time,
        "total_time": 0.004 + prompt_time + completion_time,
    }
