"""DeepSeek's chat: `reasoning_content`, the cached part of the prompt, and the usage in a stream's last chunk.

Sources: DeepSeek's API reference; streams and errors recorded in 2025 and 2026.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens.capabilities import capabilities
from completions.wire.dialects import catalogue, conversation_rules, deserializer, refusals, rules
from completions.wire.dialects.vendor import Vendor, with_thoughts
from completions.wire.dialects.wordings import DEEPSEEK
from completions.wire.fields import dicts, mapping, text, text_or_none, without_fields
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.openai.responses.document import without_cache_writes
from completions.wire.validation import Check, Problem, choice, decimal, nullable

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The efforts that the API reads, as probed by a gateway's authors on 2026-08-27."""

RANGES = {"temperature": "[0, 2]", "top_p": "(0, 1.0]", "top_logprobs": "[0, 20]."}
"""The API's wording of the ranges of numbers, as probed on 2026-09-01."""

OMITTED_FIELDS = ("access_programs", "billing", "tool_usage")
"""Fields of OpenAI's responses that DeepSeek's lack."""

ERRORS_WITH_REQUEST_ID = frozenset(
    {
        conversation_rules.RESULT_WITHOUT_CALL,
        conversation_rules.CALL_WITHOUT_RESULT,
        refusals.FORCED_TOOL,
        refusals.THOUGHTS_MISSING,
    }
)
"""The errors that have the request's id: those that the model finds in a conversation (maruel/genai, October 2026)."""

TOOL_CHOICES = ("none", "auto", "required")
CHAT = rules.chat(
    {
        "reasoning_effort": nullable(choice(*EFFORTS)),
        "tool_choice": rules.tool_choice(),
        "top_p": nullable(decimal(sys.float_info.min, 1)),
    },
    message=rules.with_content,
)


class DeepSeek(Vendor):
    """DeepSeek's dialect."""

    name = "deepseek"
    reasoning_field = "reasoning_content"
    vendor = "deepseek"
    wordings = DEEPSEEK
    refusals = refusals.DEEPSEEK
    cross_field_rules = conversation_rules.DEEPSEEK
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "deepseek/(?:v1/|beta/)?"
    keep_alive_ms = 1000.0
    """Its page on rate limits says that a stream that waits has comments "continuously"; the interval is ours."""
    default_models = catalogue.DEEPSEEK
    model = staticmethod(catalogue.deepseek)
    answer_id = Vendor.uuid
    has_call_in_role_chunk = False
    has_usage_in_last_chunk = True
    logprob_fields = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; a model that thinks has thoughts with every call, which clients must send back."""
        can = capabilities(prompt.model, self.vendor)
        return THINKING_MODE if "unreturned_thoughts" in can.lacking(prompt.reasoning_effort) else self

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return a UUID."""
        return ids.uuid_of(made)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id that has the call's index, and ends with four digits."""
        seed = f"call/{reply.serial}{place}"
        return f"call_{place[-1]:02}_{ids.spelled(seed, 20, ids.ALPHANUMERIC)}{ids.spelled(seed, 4, ids.DIGITS)}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, whose fingerprint is 32 digits (recorded in August and September 2026)."""
        fields = super().top_level(head, reply, prompt)
        return fields | {"system_fingerprint": ids.spelled(f"build/{fields['model']}", 32)}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message: its content is a string even with tool calls, and its thoughts precede them."""
        return with_thoughts(super().message(message, choice))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; if the choice has thoughts, it has both text and thoughts, one of them null."""
        if "role" in delta:
            return {
                "role": "assistant",
                **({"content": None, "reasoning_content": ""} if choice.reasoning else _EMPTY_CONTENT),
            }
        if not choice.reasoning or "tool_calls" in delta:
            return delta or _EMPTY_CONTENT
        return {"content": None, "reasoning_content": None} | (dict(delta) or _EMPTY_CONTENT)

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the cached and the uncached tokens."""
        cached_tokens, reasoning_tokens = reply.used.cached_tokens, reply.used.reasoning_tokens
        return counts(reply.used) | {
            "prompt_tokens_details": {"cached_tokens": cached_tokens},
            **({"completion_tokens_details": {"reasoning_tokens": reasoning_tokens}} if reasoning_tokens else {}),
            "prompt_cache_hit_tokens": cached_tokens,
            "prompt_cache_miss_tokens": max(usage["prompt_tokens"] - cached_tokens, 0),
        }

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise the error of a request for a response, such as a message between a call and its output."""
        super().check_response(body)
        if (call := _call_without_output(dicts(body.get("input")))) is not None:
            raise RequestError(f"No tool output found for tool call {call}.", code="invalid_request_error")

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response, whose usage has no cache writes (recorded in August 2026)."""
        output = [
            item | ({"phase": "final_answer"} if item["type"] == "message" else {}) for item in document["output"]
        ]
        verbosity = text_or_none(mapping(prompt.body.get("text")).get("verbosity"))
        fields = {"store": False, "text": document["text"] | {"verbosity": verbosity}}
        fields |= {"output": output, "content_filters": None, "usage": without_cache_writes(document["usage"])}
        return without_fields(document, *OMITTED_FIELDS) | fields

    def reasoning_item(self, item: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
        """Return a reasoning item with its text instead of a summary (recorded in August 2026)."""
        content = [{"type": "reasoning_text", "text": text} for text in texts]
        return {"type": "reasoning", "id": item["id"], "status": "completed", "content": content, "summary": []}

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return a refusal without a code with the code of all others, and without a parameter."""
        if exc.status != 400 or exc.type != "invalid_request_error" or exc.code is not None or exc.given:
            return exc
        return RequestError(exc.message, code="invalid_request_error", headers=exc.headers)

    def with_request_id(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope; an error about a conversation has the request's id."""
        fields = mapping(error.get("error"))
        if (message := fields.get("message")) not in ERRORS_WITH_REQUEST_ID:
            return error
        return {"error": {**fields, "message": f"{message} (request_id: {ids.as_uuid(request_id)})"}}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error of the deserializer, or of the check of bounds."""
        if problem.path.endswith("].role") and problem.code == "invalid_value":
            return conversation_rules.unknown_role(body) or problem.error()
        message = deserializer.error_message(problem, body)
        if problem.path == "tool_choice" and problem.code == "invalid_value":
            choices = ", ".join(f"`{each}`" for each in TOOL_CHOICES)
            message = f"{deserializer.FAILED}: tool_choice: expected one of {choices} or a tool"
        elif (
            problem.path in RANGES and not (message and problem.path == "top_logprobs") and "value" in str(problem.code)
        ):
            message = f"Invalid {problem.path} value, the valid range of {problem.path} is {RANGES[problem.path]}"
        return RequestError(message or problem.error().message, code="invalid_request_error")


class DeepSeekThinking(DeepSeek):
    """DeepSeek's dialect of a model in its thinking mode, whose calls always have thoughts, even if empty."""

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with empty thoughts if it has calls and no thoughts."""
        document = super().message(message, choice)
        if not choice.tool_calls:
            return document
        return with_thoughts(document | {"reasoning_content": choice.reasoning or ""})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; the role of one that calls comes with empty thoughts."""
        if "role" in delta and choice.tool_calls:
            return {"role": "assistant", "content": None, "reasoning_content": ""}
        return super().delta(delta, choice)


THINKING_MODE = DeepSeekThinking()
_EMPTY_CONTENT: dict[str, Any] = {"content": ""}


def _call_without_output(items: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the id of a call without an output before the next message or the end (recorded in August 2026)."""
    open_calls: dict[str, None] = {}
    for item in items:
        kind, call_id = text(item.get("type")) or "message", text(item.get("call_id"))
        if kind == "function_call":
            open_calls[call_id] = None
        elif kind == "function_call_output":
            open_calls.pop(call_id, None)
        elif kind == "message" and open_calls:
            break
    return next(iter(open_calls), None)
