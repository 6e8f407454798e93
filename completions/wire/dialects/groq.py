"""Groq's chat: `reasoning`, `x_groq`, and timings; unknown properties are refused.

Sources: `groq.types.chat` of the SDK 1.x; answers and streams recorded in 2025 and 2026.
"""

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.content import PAGE
from completions.wire.dialects import catalogue, conversation_rules, refusals, rules, stops
from completions.wire.dialects.vendor import Vendor
from completions.wire.dialects.words import GROQ
from completions.wire.fields import arranged, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.base import Dialect, envelope, usage
from completions.wire.validation import Check, Problem, anything, choice, nullable, record
from completions.wire.words import listed

FIELDS = (
    *("citation_options", "compound_custom", "disable_tool_validation", "documents", "exclude_domains"),
    *("frequency_penalty", "function_call", "functions", "include_domains", "include_reasoning", "logit_bias"),
    *("logprobs", "max_completion_tokens", "max_tokens", "metadata", "n", "parallel_tool_calls", "presence_penalty"),
    *("reasoning_effort", "reasoning_format", "response_format", "search_settings", "seed", "service_tier", "stop"),
    *("store", "stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user"),
)
"""`CompletionCreateParamsBase` of the SDK, and `stream_options`, which Groq's reference documents."""

_PLAIN = dict.fromkeys(("role", "content", "name"), anything)
_MESSAGES: Mapping[str, Check] = {
    "assistant": record(
        _PLAIN | dict.fromkeys(("function_call", "reasoning", "channel", "tool_calls", "executed_tools"), anything)
    ),
    "tool": record(_PLAIN | {"tool_call_id": anything}, ("tool_call_id",)),
}


def _message(value: dict[str, Any]) -> Problem | None:
    """Check that a message has only the fields of its role, or what an answer cites."""
    if value.get("annotations"):
        value = without_fields(value, "annotations")
    return rules.with_content(value) or _MESSAGES.get(value["role"], record(_PLAIN))(value)


BEHIND = "openai/gpt-oss-120b"
"""The model that answers for the compound systems (recorded 2025-12 and 2026-07)."""

LIMITS: Mapping[str, str] = {
    "x-ratelimit-limit-requests": "500000",
    "x-ratelimit-limit-tokens": "250000",
    "x-ratelimit-remaining-requests": "499999",
    "x-ratelimit-remaining-tokens": "249999",
    "x-ratelimit-reset-requests": "172ms",
    "x-ratelimit-reset-tokens": "0s",
}
"""What is told with each answer of a model (maruel/genai, 2025-12 to 2026-10); constant, since nothing is limited."""

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
    words = GROQ
    refusals = refusals.GROQ
    between = (*conversation_rules.GROQ, stops.GROQ)
    place = "groq/openai/v1/"
    listed = catalogue.GROQ
    model = staticmethod(catalogue.groq)
    events_type = ServerSentEvents.media_type
    whole_calls = True
    answer_id = Vendor.prefixed_uuid
    call_ids = ("", 9, ids.BASE32)
    limits = LIMITS
    call_opens = False
    null_usage = False
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    thinks_in_text = False
    """Whether what was thought stands in the text, between tags."""

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model: of a compound system, or of a maker whose calls have other ids."""
        model = prompt.model or ""
        if conversation_rules.COMPOUND.search(model):
            return Compound(prompt.last_user)
        dialect = next((dialect for maker, dialect in OF_MAKERS.items() if model.startswith(maker)), self)
        told = dialect.silenced_if_asked(prompt)
        if told.is_silent or not _thinks_in_text(prompt):
            return told
        told = copy.copy(told)
        told.thinks_in_text = True
        return told

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply without what Groq's shape lacks, and with thoughts in the text where they are asked raw."""
        if self.thinks_in_text:
            counted = reply.usage and replace(reply.usage, reasoning_tokens=0)
            reply = replace(reply, choices=tuple(map(_with_thoughts_in_text, reply.choices)), usage=counted)
        return super().adapt_reply(reply)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls, which come after the reasoning."""
        document = arranged(super().message(message, choice), ("role", "content", "reasoning"))
        return without_nulls(document, "content")

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta; that with the role has empty content, and reasoning has its channel."""
        if "role" in delta:
            return {"role": "assistant", "content": ""}
        if "tool_calls" in delta:  # whose index comes last
            return {"tool_calls": [arranged(call, ("id", "type", "function")) for call in delta["tool_calls"]]}
        return {**super().delta(delta, choice), **({"channel": "analysis"} if "reasoning" in delta else {})}

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with Groq's own fields."""
        told = {"usage_breakdown": None, "system_fingerprint": document["system_fingerprint"]}
        return without_fields(document, *told) | told | {"x_groq": _seeded(reply, prompt), "service_tier": "on_demand"}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with times in seconds, derived from the tokens."""
        counted = usage(reply.used)
        asked, said = counted["prompt_tokens"] / 20_000, counted["completion_tokens"] / 500
        times = {"prompt_time": asked, "completion_time": said, "total_time": asked + said}
        told = {"queue_time": 0.01}
        for key in ("prompt", "completion", "total"):
            told |= {f"{key}_tokens": counted[f"{key}_tokens"], f"{key}_time": times[f"{key}_time"]}
        return told | details(reply)

    def first_chunk_extras(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return Groq's request id and the seed."""
        return {"x_groq": _seeded(reply, prompt)}

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return Groq's request id and the usage, which since 2026 is also at the top level."""
        return {"x_groq": {"id": request_id(reply), "usage": usage}, "usage": usage}

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the tier, which comes after the usage (recorded in 2025-10)."""
        return {"choices": [], "usage": None, "service_tier": "on_demand"}

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the region that answered, and with an answer of a model its limits."""
        return {"x-groq-region": "mock", **super().headers(request_id, status, model)}

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error in the wording of a schema validator (ServiceStack/llms issue 17, January 2026).

        That of a role was last seen on 2026-06-29, and bounds are told as the one of `n` is in Groq's documentation.
        """
        where, _, name = problem.path.rpartition(".")
        place, around = (".".join(map(str, rules.steps(path))) for path in (problem.path, where))
        match problem.code:
            case "unknown_parameter":
                said = f"property '{name}' is unsupported"
            case "missing_required_parameter":
                said = f"property '{name}' is missing"
            case "invalid_type" if (kind := _KIND.search(problem.after or "")) is not None:
                return RequestError(f"'{place}' : value must be {_KINDS[kind[1]]}")
            case "empty_array":
                return RequestError(f"'{problem.path}' : minimum number of items is 1")
            case "invalid_value" if name == "role":
                return RequestError(f"'{around}' : discriminator property 'role' has invalid value")
            case "invalid_value" if values := _CHOICES.findall(problem.before.partition(" Supported ")[2]):
                return RequestError(_enumerated(place, values))
            case _ if bound := _BOUND.search(problem.after or ""):
                return RequestError(f"'{problem.path}' : number must be at {_BOUNDS[bound[1]]} {bound[2]}")
            case _:
                return problem.error()
        if not where:
            return RequestError(said)
        first, index, *_ = [*rules.steps(where), 0]
        role = body["messages"][index].get("role") if first == "messages" and isinstance(index, int) else None
        if role is None:
            return RequestError(f"'{around}' : {said}")
        return RequestError(
            f"'messages.{index}' : for 'role:{role}' the following must be satisfied[('{around}' : {said})]"
        )

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope without empty fields."""
        return {"error": without_nulls(envelope(exc)["error"])}

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the envelope with the status, as streams have it."""
        return {"error": {**self.error(exc)["error"], "status_code": exc.status}}


class Compound(Groq):
    """Groq's dialect for its compound systems, which search while they think (recorded 2025-09 to 2026-07)."""

    role_opens = False

    def __init__(self, asked: str) -> None:
        self._asked = asked[:200]

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the search that follows what was thought."""
        found = {"title": PAGE["title"], "url": PAGE["url"], "content": self._asked, "score": 0.5}
        told = f"Title: {PAGE['title']}\nURL: {PAGE['url']}\nContent: {self._asked}\nScore: 0.5\n\n"
        asked = orjson.dumps({"query": self._asked}).decode()
        search = {"index": 0, "type": "search", "arguments": asked, "output": told}
        return {"executed_tools": [search | {"search_results": {"results": [found]}}]}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with the search."""
        document = super().message(message, choice)
        return document | (self.sealed_delta(choice.reasoning, choice) if choice.reasoning else {})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which says neither the role nor a channel."""
        return without_fields(delta, "refusal")

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with Groq's own fields, of which few are filled; the usage is that of the model behind."""
        told = {"usage_breakdown": _breakdown(super().usage({}, reply, prompt)), "x_groq": {"id": STUB}}
        return without_fields(document, "system_fingerprint") | {"id": STUB} | told | {"service_tier": "on_demand"}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage without details, which are those of the model behind."""
        told = super().usage(counted, reply, prompt)
        return {key: value for key, value in told.items() if not key.endswith("_details")}

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the usage, also as that of the model behind the system."""
        return {"x_groq": {"usage": usage, "usage_breakdown": _breakdown(usage | details(reply))}}


class OfOpenAI(Groq):
    """Groq's dialect for gpt-oss, whose calls have UUIDs (recorded in 2025 and 2026)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return a UUID with the prefix of Responses' items."""
        return f"fc_{ids.uuid_of(f'call/{reply.serial}{place}')}"


class OfMoonshot(Groq):
    """Groq's dialect for Kimi, whose calls are told apart by the tool's name and their number (recorded in 2025)."""

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the tool's name with the call's number, such as `functions.look:0`."""
        return f"functions.{name}:{place[-1]}"


class OfQwen(Groq):
    """Groq's dialect for Qwen, which has null in place of content before calls alone (recorded 2026-10)."""

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta."""
        calls_alone = choice.tool_calls and not (choice.text or choice.reasoning)
        nothing = {"content": None} if "role" in delta and calls_alone else {}
        return {**super().delta(delta, choice), **nothing}


OF_MAKERS: Mapping[str, Groq] = {"qwen/": OfQwen(), "openai/": OfOpenAI(), "moonshotai/": OfMoonshot()}
"""By how the names of a maker's models begin."""


STUB = "stub"
"""What stands in the place of ids in the answers of the compound systems."""


_RAW = re.compile("^qwen/|^deepseek-r1")
"""The models that think between tags; others have a field for it in any format (recordings of 2025-04 to 2026-07)."""


def _thinks_in_text(prompt: Prompt) -> bool:
    """Tell whether an answer has its thoughts in its text, as Groq's manual has it: not beside tools or JSON."""
    how = prompt.body.get("reasoning_format")
    asked = how == "raw" or (how is None and not prompt.tools and prompt.response_format.kind == "text")
    return asked and _RAW.search(prompt.model or "") is not None


def _with_thoughts_in_text(choice: Choice) -> Choice:
    if not choice.reasoning:
        return choice
    cut = choice.finish_reason == "length" and not choice.text
    said = "" if cut else f"\n</think>\n\n{choice.text or ''}"
    text = f"<think>\n{choice.reasoning if cut else choice.reasoning.rstrip()}{said}"
    return replace(choice, reasoning=None, text=text, blocks=())


def details(reply: Reply) -> dict[str, Any]:
    """Return the details of a usage, of which there are only those that are not 0."""
    cached, thought = reply.used.cached_tokens, reply.used.reasoning_tokens
    found = {"prompt_tokens_details": {"cached_tokens": cached}} if cached else {}
    return found | ({"completion_tokens_details": {"reasoning_tokens": thought}} if thought else {})


def _breakdown(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {"models": [{"model": BEHIND, "usage": usage}]}


def _enumerated(path: str, values: list[str]) -> str:
    """Say which values there are (a form's was quoted by OpenAI's Agents SDK, a choice's by its users in 2024)."""
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
    """Return the id that `x_groq` has."""
    return f"req_01{ids.spelled(f'request/{reply.serial}', 24, ids.BASE32)}"


def _seeded(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    seed = prompt.body.get("seed")
    return {
        "id": request_id(reply),
        "seed": seed if isinstance(seed, int) else int(ids.spelled(f"seed/{reply.serial}", 7), 16),
    }
