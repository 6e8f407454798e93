"""Z.ai's chat, of the GLM models: `reasoning_content`, whole calls, usage in the last chunk, numbered errors.

Sources: answers and streams of GLM 4.6 that charmbracelet/fantasy recorded in October and November 2025; an answer of
glm-5.2 of July 2026 (JailbrokenAI/wallbreaker 20) and chunks of glm-5.1 of April 2026 (zai-org/GLM-5 66), which name
their kind; quotes by users of what is refused.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import catalogue, overload_wordings, refusals, rules
from completions.wire.dialects.vendor import HEAD, Vendor, numbered
from completions.wire.dialects.wordings import LIMITED, QUOTA
from completions.wire.fields import arranged, text, without_nulls
from completions.wire.framing import EVENTS_IN_UTF8
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.validation import Check, Problem, choice, nullable, record
from completions.wire.wordings import Wording

INVALID, AUTHENTICATION, RATE = "invalid_request_error", "authentication_error", "rate_limit_error"
"""The types of errors, which only the address of Anthropic's format shows."""

WORDS: Mapping[str, Wording] = {
    "invalid_api_key": Wording(
        "token expired or incorrect", 401, AUTHENTICATION, "401", None, "autohandai/code-cli 460", "2026-07-24"
    ),
    "missing_api_key": Wording(
        "Authentication parameter not received in Header, unable to authenticate",
        401,
        AUTHENTICATION,
        "1001",
        None,
        "accomplish-ai/coworker 678",
        "2026-03-07",
    ),
    "model_not_found": Wording(
        "Unknown Model, please check the model code.",
        400,
        INVALID,
        "1211",
        None,
        "BerriAI/litellm 32218; JailbrokenAI/wallbreaker 20",
        "2026-08-05",
    ),
    "context_length_exceeded": Wording(
        "Prompt too long", 400, INVALID, "1261", None, "earendil-works/pi 9805, of glm-5.2", "2026-09-20"
    ),
    LIMITED: Wording(
        "Rate limit reached for requests", 429, RATE, "1302", None, "anomalyco/opencode 14535", "2026-02-21"
    ),
    **overload_wordings.ZAI,
    QUOTA: Wording(
        "Insufficient balance or no resource package. Please recharge.",
        429,
        RATE,
        "1113",
        None,
        "autohandai/code-cli 384",
        "2026-07-05",
    ),
}

FIELD_ERRORS: Mapping[str, tuple[str, str]] = {
    "": ("1210", "Invalid API parameter, please check the documentation."),
    "messages": ("1214", "The messages parameter is illegal. Please check the documentation."),
    "prompt": ("1213", "The prompt parameter was not received normally."),
}
"""The errors of an invalid field, of the messages, and of missing messages.

Seen: the first on 2026-05-26 (anomalyco/opencode 29334; of wrong schemas of tools too), the second on 2026-09-12
(continuedev/continue 13261), the third on 2025-12-26 (zed-industries/zed 45704). None names the field.
"""

SENSITIVE = "sensitive"
"""The finish reason of an answer that was filtered (Z.ai's reference)."""

CHAT = rules.chat(
    {"thinking": nullable(record({"type": choice("enabled", "disabled")}, ("type",), others=True))},
    message=rules.with_content,
)


class ZAI(Vendor):
    """Z.ai's dialect."""

    name = "zai"
    reasoning_field = "reasoning_content"
    vendor = "zai"
    wordings = WORDS
    refusals = refusals.ZAI
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "zai/api/(?:coding/)?paas/v4/"
    default_models = catalogue.ZAI
    model = staticmethod(catalogue.zai)
    head = HEAD
    stream_media_type = EVENTS_IN_UTF8.replace("; ", ";").replace("utf", "UTF")
    sends_whole_calls = True
    call_ids = ("call_", 24, ids.HEX)
    has_call_in_role_chunk = False
    has_role_chunk = False
    has_usage_in_last_chunk = True
    has_null_usage = False
    logprob_fields = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; with `tool_stream`, calls come in pieces."""
        return (ZAI_STREAMED_ARGUMENTS if prompt.body.get("tool_stream") is True else self).hiding_thoughts_on_request(
            prompt
        )

    def answer_id(self, reply: Reply) -> str:
        """Return an id that begins with the time in Beijing: 14 digits, and 16 more."""
        return ids.timed(reply.created or 0, f"answer/{reply.serial}")

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields in the order that chunks have."""
        return arranged(super().top_level(head, reply, prompt), ("id", "created", "object", "model"))

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with the request's id, its fields in alphabetical order."""
        usage, request_id = document["usage"], text(prompt.body.get("request_id"))
        fields = document | {"request_id": request_id or document["id"], "usage": arranged(usage, sorted(usage))}
        return arranged(fields, sorted(fields))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls, its fields in alphabetical order."""
        fields = numbered(super().message(message, choice))
        if calls := fields.get("tool_calls"):
            fields["tool_calls"] = [arranged(call, sorted(call)) for call in calls]
        return {key: fields[key] for key in sorted(fields) if fields[key] is not None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta: all have the role except those of calls, and the last one has empty content."""
        if calls := delta.get("tool_calls"):
            return {"tool_calls": [_piece(call) for call in calls]}
        return {"role": "assistant", **(super().delta(delta, choice) or {"content": ""})}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, without null log probabilities and a null finish reason."""
        fields = without_nulls(document)
        if fields.get("finish_reason") == "content_filter":
            fields["finish_reason"] = SENSITIVE
        return arranged(fields, ("finish_reason", "index") if "message" in fields else ("index", "finish_reason"))

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage, with the cached tokens and the reasoning tokens."""
        cached_tokens, reasoning_tokens = reply.used.cached_tokens, reply.used.reasoning_tokens
        return counts(reply.used) | {
            "prompt_tokens_details": {"cached_tokens": cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
        }

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the API's error for a problem, which does not name the field."""
        field = problem.path.partition("[")[0]
        kind = "prompt" if field == "messages" and not body.get("messages") else field
        code, message = FIELD_ERRORS.get(kind, FIELD_ERRORS[""])
        return RequestError(message, code=code)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope; its code is a number as a string, by default the status."""
        return {"error": {"code": exc.code or str(exc.status), "message": exc.message}}


class ZAIStreamedArguments(ZAI):
    """Z.ai's dialect of requests with `tool_stream`, whose calls come in pieces."""

    sends_whole_calls = False


ZAI_STREAMED_ARGUMENTS = ZAIStreamedArguments()


def _piece(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call of a chunk, with its fields in the API's order."""
    fields = dict(call)
    if "function" in fields:
        fields["function"] = arranged(fields["function"], ("name",))
    return arranged(fields, ("id", "index", "type", "function"))
