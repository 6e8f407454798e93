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
from completions.wire.dialects.words import DEEPSEEK
from completions.wire.fields import dicts, mapping, text, text_or_none, without_fields
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.openai.responses.document import without_writes
from completions.wire.validation import Check, Problem, choice, decimal, nullable

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The efforts that the API reads, as probed by a gateway's authors on 2026-08-27."""

RANGES = {"temperature": "[0, 2]", "top_p": "(0, 1.0]", "top_logprobs": "[0, 20]."}
"""How the API tells what a number may be, as probed on 2026-09-01."""

UNTOLD = ("access_programs", "billing", "tool_usage")
"""What OpenAI's responses have and DeepSeek's do not."""

TRACED = frozenset(
    {conversation_rules.NOT_ASKED, conversation_rules.NOT_ANSWERED, refusals.FORCED, refusals.UNRETURNED}
)
"""What is told with the request's id: what the model finds in a conversation (maruel/genai, October 2026)."""

CHOICES = ("none", "auto", "required")
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
    words = DEEPSEEK
    refusals = refusals.DEEPSEEK
    between = conversation_rules.DEEPSEEK
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "deepseek/(?:v1/|beta/)?"
    keep_alive_ms = 1000.0
    """Its page on rate limits says that a stream that waits has comments "continuously"; the interval is ours."""
    listed = catalogue.DEEPSEEK
    model = staticmethod(catalogue.deepseek)
    answer_id = Vendor.uuid
    call_opens = False
    usage_joined = True
    chances = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; a model that thinks says so with every call, as its thoughts have to come back."""
        can = capabilities(prompt.model, self.vendor)
        return THINKING if "unreturned_thoughts" in can.lacking(prompt.reasoning_effort) else self

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return a UUID."""
        return ids.uuid_of(made)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id that tells the call's place, and ends with four digits."""
        seed = f"call/{reply.serial}{place}"
        return f"call_{place[-1]:02}_{ids.spelled(seed, 20, ids.ALPHANUMERIC)}{ids.spelled(seed, 4, ids.DIGITS)}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, whose fingerprint is 32 digits (recorded in August and September 2026)."""
        told = super().top_level(head, reply, prompt)
        return told | {"system_fingerprint": ids.spelled(f"build/{told['model']}", 32)}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, whose content is a string even with tool calls, and whose thoughts come before them."""
        return with_thoughts(super().message(message, choice))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; of a choice that thinks, text and thoughts stand side by side, and one of them is null."""
        if "role" in delta:
            return {"role": "assistant", **({"content": None, "reasoning_content": ""} if choice.reasoning else _SAID)}
        if not choice.reasoning or "tool_calls" in delta:
            return delta or _SAID
        return {"content": None, "reasoning_content": None} | (dict(delta) or _SAID)

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the cached and the uncached tokens."""
        cached, thought = reply.used.cached_tokens, reply.used.reasoning_tokens
        return counts(reply.used) | {
            "prompt_tokens_details": {"cached_tokens": cached},
            **({"completion_tokens_details": {"reasoning_tokens": thought}} if thought else {}),
            "prompt_cache_hit_tokens": cached,
            "prompt_cache_miss_tokens": max(usage["prompt_tokens"] - cached, 0),
        }

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a response, as a call that a message parts from its output."""
        super().check_response(body)
        if (call := _unanswered(dicts(body.get("input")))) is not None:
            raise RequestError(f"No tool output found for tool call {call}.", code="invalid_request_error")

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response, whose usage has no cache writes (recorded in August 2026)."""
        output = [
            item | ({"phase": "final_answer"} if item["type"] == "message" else {}) for item in document["output"]
        ]
        verbosity = text_or_none(mapping(prompt.body.get("text")).get("verbosity"))
        told = {"store": False, "text": document["text"] | {"verbosity": verbosity}}
        told |= {"output": output, "content_filters": None, "usage": without_writes(document["usage"])}
        return without_fields(document, *UNTOLD) | told

    def reasoned(self, item: dict[str, Any], said: Sequence[str]) -> dict[str, Any]:
        """Return a reasoning item with its text instead of a summary (recorded in August 2026)."""
        content = [{"type": "reasoning_text", "text": piece} for piece in said]
        return {"type": "reasoning", "id": item["id"], "status": "completed", "content": content, "summary": []}

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return a refusal that tells no code with the code of all others, and without a parameter."""
        if exc.status != 400 or exc.type != "invalid_request_error" or exc.code is not None or exc.given:
            return exc
        return RequestError(exc.message, code="invalid_request_error", headers=exc.headers)

    def sent(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope, with the request's id in what it says of a conversation."""
        told = mapping(error.get("error"))
        if (said := told.get("message")) not in TRACED:
            return error
        return {"error": {**told, "message": f"{said} (request_id: {ids.as_uuid(request_id)})"}}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error of the deserializer, or of what looks at bounds."""
        if problem.path.endswith("].role") and problem.code == "invalid_value":
            return conversation_rules.unknown_role(body) or problem.error()
        said = deserializer.told(problem, body)
        if problem.path == "tool_choice" and problem.code == "invalid_value":
            listed = ", ".join(f"`{each}`" for each in CHOICES)
            said = f"{deserializer.FAILED}: tool_choice: expected one of {listed} or a tool"
        elif problem.path in RANGES and not (said and problem.path == "top_logprobs") and "value" in str(problem.code):
            said = f"Invalid {problem.path} value, the valid range of {problem.path} is {RANGES[problem.path]}"
        return RequestError(said or problem.error().message, code="invalid_request_error")


class Thinking(DeepSeek):
    """DeepSeek's dialect of a model in its thinking mode, whose calls have thoughts, if empty ones."""

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, with empty thoughts where it has calls and none were said."""
        told = super().message(message, choice)
        if not choice.tool_calls:
            return told
        return with_thoughts(told | {"reasoning_content": choice.reasoning or ""})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; the role of one that calls comes with empty thoughts."""
        if "role" in delta and choice.tool_calls:
            return {"role": "assistant", "content": None, "reasoning_content": ""}
        return super().delta(delta, choice)


THINKING = Thinking()
_SAID: dict[str, Any] = {"content": ""}


def _unanswered(items: Iterable[Mapping[str, Any]]) -> str | None:
    """Return a function call without an output before the next message, or the end (recorded in August 2026)."""
    waiting: dict[str, None] = {}
    for item in items:
        kind, call = text(item.get("type")) or "message", text(item.get("call_id"))
        if kind == "function_call":
            waiting[call] = None
        elif kind == "function_call_output":
            waiting.pop(call, None)
        elif kind == "message" and waiting:
            break
    return next(iter(waiting), None)
