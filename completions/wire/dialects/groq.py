"""Groq's chat: `reasoning`, `x_groq`, and timings; unknown properties are refused.

Sources: `groq.types.chat` of the SDK 1.x; answers and streams recorded in 2025 and 2026.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.content import DEFAULT_PAGE
from completions.wire.dialects import catalogue, conversation_rules, refusals, rules, stops
from completions.wire.dialects.vendor import Vendor
from completions.wire.dialects.wordings import GROQ
from completions.wire.fields import arranged, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.base import Dialect, envelope, usage
from completions.wire.validation import Check, Problem, anything, choice, nullable, record
from completions.wire.wordings import listed

FIELDS = (
    *("citation_options", "compound_custom", "disable_tool_validation", "documents", "exclude_domains"),
    *("frequency_penalty", "function_call", "functions", "include_domains", "include_reasoning", "logit_bias"),
    *("logprobs", "max_completion_tokens", "max_tokens", "metadata", "n", "parallel_tool_calls", "presence_penalty"),
    *("reasoning_effort", "reasoning_format", "response_format", "search_settings", "seed", "service_tier", "stop"),
    *("store", "stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user"),
)
"""`CompletionCreateParamsBase` of the SDK, and `stream_options`, which Groq's reference documents."""

_COMMON_MESSAGE_FIELDS = dict.fromkeys(("role", "content", "name"), anything)
_MESSAGES: Mapping[str, Check] = {
    "assistant": record(
        _COMMON_MESSAGE_FIELDS
        | dict.fromkeys(("function_call", "reasoning", "channel", "tool_calls", "executed_tools"), anything)
    ),
    "tool": record(_COMMON_MESSAGE_FIELDS | {"tool_call_id": anything}, ("tool_call_id",)),
}


def _message(value: dict[str, Any]) -> Problem | None:
    """Check that a message has only the fields of its role, and the annotations of an answer."""
    if value.get("annotations"):
        value = without_fields(value, "annotations")
    return rules.with_content(value) or _MESSAGES.get(value["role"], record(_COMMON_MESSAGE_FIELDS))(value)


UNDERLYING_MODEL = "openai/gpt-oss-120b"
"""The model behind the compound systems (recorded 2025-12 and 2026-07)."""

LIMITS: Mapping[str, str] = {
    "x-ratelimit-limit-requests": "500000",
    "x-ratelimit-limit-tokens": "250000",
    "x-ratelimit-remaining-requests": "499999",
    "x-ratelimit-remaining-tokens": "249999",
    "x-ratelimit-reset-requests": "172ms",
    "x-ratelimit-reset-tokens": "0s",
}
"""The rate limit headers of a model's answers (maruel/genai, 2025-12 to 2026-10); constant: nothing is limited."""

CHAT = rules.chat(
    {
        "reasoning_effort": nullable(choice("none", "default", "minimal", "low", "medium", "high")),
        "service_tier": nullable(choice("auto", "on_demand", "flex", "performance")),
    },
    parts=("text", "image_url", "document"),
    known=FIELDS,
    message=_message,
)


class Groq(Vendor):
    """Groq's dialect."""

    name = "groq"
    reasoning_field = "reasoning"
    vendor = "groq"
    wordings = GROQ
    refusals = refusals.GROQ
    cross_field_rules = (*conversation_rules.GROQ, stops.GROQ)
    place = "groq/openai/v1/"
    default_models = catalogue.GROQ
    model = staticmethod(catalogue.groq)
    stream_media_type = ServerSentEvents.media_type
    sends_whole_calls = True
    answer_id = Vendor.prefixed_uuid
    call_ids = ("", 9, ids.BASE32)
    limits = LIMITS
    has_call_in_role_chunk = False
    has_null_usage = False
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model: of a compound system, or of a maker with other call ids."""
        model = prompt.model or ""
        if conversation_rules.COMPOUND.search(model):
            return GroqCompound(prompt.last_user)
        dialect = next((dialect for maker, dialect in DIALECT_BY_PREFIX.items() if model.startswith(maker)), self)
        prompt_dialect = dialect.hiding_thoughts_on_request(prompt)
        if prompt_dialect.hides_thoughts or not _wants_thoughts_in_text(prompt):
            return prompt_dialect
        return prompt_dialect.with_thoughts_in_text()

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply without fields that Groq lacks, and with thoughts in the text if requested raw."""
        if self.has_thoughts_in_text:
            reply = replace(reply, usage=reply.usage and replace(reply.usage, reasoning_tokens=0))
        return super().adapt_reply(reply)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls; these come after the reasoning."""
        document = arranged(super().message(message, choice), ("role", "content", "reasoning"))
        return without_nulls(document, "content")

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; that with the role has empty content, and reasoning has its channel."""
        if "role" in delta:
            return {"role": "assistant", "content": ""}
        if "tool_calls" in delta:  # whose index comes last
            return {"tool_calls": [arranged(call, ("id", "type", "function")) for call in delta["tool_calls"]]}
        return {**super().delta(delta, choice), **({"channel": "analysis"} if "reasoning" in delta else {})}

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with Groq's own fields."""
        fields = {"usage_breakdown": None, "system_fingerprint": document["system_fingerprint"]}
        return (
            without_fields(document, *fields) | fields | {"x_groq": _x_groq(reply, prompt), "service_tier": "on_demand"}
        )

    def usage(self, counts: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with times in seconds, derived from the tokens."""
        counts = usage(reply.used)
        prompt_time, completion_time = counts["prompt_tokens"] / 20_000, counts["completion_tokens"] / 500
        times = {
            "prompt_time": prompt_time,
            "completion_time": completion_time,
            "total_time": prompt_time + completion_time,
        }
        fields = {"queue_time": 0.01}
        for key in ("prompt", "completion", "total"):
            fields |= {f"{key}_tokens": counts[f"{key}_tokens"], f"{key}_time": times[f"{key}_time"]}
        return fields | usage_details(reply)

    def first_chunk_extras(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return Groq's request id and the seed."""
        return {"x_groq": _x_groq(reply, prompt)}

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return Groq's request id and the usage, which since 2026 is also at the top level."""
        return {"x_groq": {"id": request_id(reply), "usage": usage}, "usage": usage}

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the tier, which comes after the usage (recorded in 2025-10)."""
        return {"choices": [], "usage": None, "service_tier": "on_demand"}

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the region, and with an answer of a model its limits."""
        return {"x-groq-region": "mock", **super().headers(request_id, status, model)}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error in the wording of a schema validator (ServiceStack/llms issue 17, January 2026).

        That of a role was last seen on 2026-06-29; those of bounds are modelled on that of `n` in Groq's documentation.
        """
        parent_path, _, name = problem.path.rpartition(".")
        value_path, parent = (".".join(map(str, rules.steps(path))) for path in (problem.path, parent_path))
        match problem.code:
            case "unknown_parameter":
                message = f"property '{name}' is unsupported"
            case "missing_required_parameter":
                message = f"property '{name}' is missing"
            case "invalid_type" if (kind := _KIND.search(problem.after or "")) is not None:
                return RequestError(f"'{value_path}' : value must be {_KINDS[kind[1]]}")
            case "empty_array":
                return RequestError(f"'{problem.path}' : minimum number of items is 1")
            case "invalid_value" if name == "role":
                return RequestError(f"'{parent}' : discriminator property 'role' has invalid value")
            case "invalid_value" if values := _CHOICES.findall(problem.before.partition(" Supported ")[2]):
                return RequestError(_choices_error(value_path, values))
            case _ if bound := _BOUND.search(problem.after or ""):
                return RequestError(f"'{problem.path}' : number must be at {_BOUNDS[bound[1]]} {bound[2]}")
            case _:
                return problem.error()
        if not parent_path:
            return RequestError(message)
        first, index, *_ = [*rules.steps(parent_path), 0]
        role = body["messages"][index].get("role") if first == "messages" and isinstance(index, int) else None
        if role is None:
            return RequestError(f"'{parent}' : {message}")
        return RequestError(
            f"'messages.{index}' : for 'role:{role}' the following must be satisfied[('{parent}' : {message})]"
        )

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope without empty fields."""
        return {"error": without_nulls(envelope(exc)["error"])}

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the envelope with the status, as streams have it."""
        return {"error": {**self.error(exc)["error"], "status_code": exc.status}}


class GroqCompound(Groq):
    """Groq's dialect of its compound systems, which search while they think (recorded 2025-09 to 2026-07)."""

    has_role_chunk = False

    def __init__(self, question: str) -> None:
        self._question = question[:200]

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the search after the thoughts."""
        result = {"title": DEFAULT_PAGE["title"], "url": DEFAULT_PAGE["url"], "content": self._question, "score": 0.5}
        output = (
            f"Title: {DEFAULT_PAGE['title']}\nURL: {DEFAULT_PAGE['url']}\nContent: {self._question}\nScore: 0.5\n\n"
        )
        arguments = orjson.dumps({"query": self._question}).decode()
        search = {"index": 0, "type": "search", "arguments": arguments, "output": output}
        return {"executed_tools": [search | {"search_results": {"results": [result]}}]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with the search."""
        document = super().message(message, choice)
        return document | (self.sealed_delta(choice.reasoning, choice) if choice.reasoning else {})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which has neither the role nor a channel."""
        return without_fields(delta, "refusal")

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with Groq's own fields, few of them filled; the usage is that of the underlying model."""
        fields = {"usage_breakdown": _breakdown(super().usage({}, reply, prompt)), "x_groq": {"id": STUB_ID}}
        return without_fields(document, "system_fingerprint") | {"id": STUB_ID} | fields | {"service_tier": "on_demand"}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage without details, which only the underlying model's usage has."""
        fields = super().usage(counted, reply, prompt)
        return {key: value for key, value in fields.items() if not key.endswith("_details")}

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the usage, also as that of the underlying model."""
        return {"x_groq": {"usage": usage, "usage_breakdown": _breakdown(usage | usage_details(reply))}}


class GroqGptOss(Groq):
    """Groq's dialect of gpt-oss, whose call ids are UUIDs (recorded in 2025 and 2026)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return a UUID with the prefix of Responses' items."""
        return f"fc_{ids.uuid_of(f'call/{reply.serial}{place}')}"


class GroqKimi(Groq):
    """Groq's dialect of Kimi, whose call ids are the tool's name and a number (recorded in 2025)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the tool's name with the call's number, such as `functions.look:0`."""
        return f"functions.{name}:{place[-1]}"


class GroqQwen(Groq):
    """Groq's dialect of Qwen, whose content is null if an answer has only calls (recorded 2026-10)."""

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta."""
        has_only_calls = choice.tool_calls and not (choice.text or choice.reasoning)
        null_content = {"content": None} if "role" in delta and has_only_calls else {}
        return {**super().delta(delta, choice), **null_content}


DIALECT_BY_PREFIX: Mapping[str, Groq] = {"qwen/": GroqQwen(), "openai/": GroqGptOss(), "moonshotai/": GroqKimi()}
"""The dialects by the prefix of the models' names."""


STUB_ID = "stub"
"""The id in all answers of the compound systems."""


_THINKING_TAG_MODELS = re.compile("^qwen/|^deepseek-r1")
"""The models that think between tags; others have a field in any format (recordings of 2025-04 to 2026-07)."""


def _wants_thoughts_in_text(prompt: Prompt) -> bool:
    """Tell whether an answer has its thoughts in its text, by Groq's manual: not with tools or JSON."""
    format = prompt.body.get("reasoning_format")
    is_raw = format == "raw" or (format is None and not prompt.tools and prompt.response_format.kind == "text")
    return is_raw and _THINKING_TAG_MODELS.search(prompt.model or "") is not None


def usage_details(reply: Reply) -> dict[str, Any]:
    """Return the details of a usage, without those that are 0."""
    cached_tokens, reasoning_tokens = reply.used.cached_tokens, reply.used.reasoning_tokens
    details = {"prompt_tokens_details": {"cached_tokens": cached_tokens}} if cached_tokens else {}
    return details | ({"completion_tokens_details": {"reasoning_tokens": reasoning_tokens}} if reasoning_tokens else {})


def _breakdown(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {"models": [{"model": UNDERLYING_MODEL, "usage": usage}]}


def _choices_error(path: str, values: list[str]) -> str:
    """Return the error that lists the values (a format's was quoted by OpenAI's Agents SDK, a choice's in 2024)."""
    if path == "tool_choice":
        return f"Only allowed string values for 'tool_choice' are {listed(values, 'and', quote='')}"
    return f"'{path}' : value is not one of the allowed values [{','.join(map(repr, values))}]"


_CHOICES = re.compile(r"'([^']*)'")
_KINDS = {
    "boolean": "a boolean",
    "decimal": "a number",
    "integer": "an integer",
    "string": "a string",
    "object": "an object",
    "array": "an array",
}
_BOUNDS = {"<=": "most", ">=": "least"}
_BOUND = re.compile(r"a value (<=|>=) (\S+),")
_KIND = re.compile(r"expected an? (boolean|decimal|integer|string|object|array)\b")


def request_id(reply: Reply) -> str:
    """Return the id in `x_groq`."""
    return f"req_01{ids.spelled(f'request/{reply.serial}', 24, ids.BASE32)}"


def _x_groq(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    seed = prompt.body.get("seed")
    return {
        "id": request_id(reply),
        "seed": seed if isinstance(seed, int) else int(ids.spelled(f"seed/{reply.serial}", 7), 16),
    }
