"""Z.ai's chat, of the GLM models: `reasoning_content`, whole calls, usage in the last chunk, errors with a number.

Sources: answers and streams of GLM 4.6 that charmbracelet/fantasy recorded in October and November 2025; an answer of
glm-5.2 of July 2026 (JailbrokenAI/wallbreaker 20) and chunks of glm-5.1 of April 2026 (zai-org/GLM-5 66), which name
their kind; quotes by users of what is refused.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import catalogue, overload_words, refusals, rules
from completions.wire.dialects.vendor import HEAD, Vendor, numbered
from completions.wire.dialects.words import LIMITED, QUOTA
from completions.wire.fields import arranged, without_nulls
from completions.wire.framing import EVENTS_IN_UTF8
from completions.wire.openai.base import Dialect
from completions.wire.openai.base import usage as counts
from completions.wire.validation import Check, Problem, choice, nullable, record
from completions.wire.words import Words

INVALID, AUTHENTICATION, RATE = "invalid_request_error", "authentication_error", "rate_limit_error"
"""The types of errors, which are told at the address of Anthropic's format alone."""

WORDS: Mapping[str, Words] = {
    "invalid_api_key": Words(
        "token expired or incorrect", 401, AUTHENTICATION, "401", None, "autohandai/code-cli 460", "2026-07-24"
    ),
    "missing_api_key": Words(
        "Authentication parameter not received in Header, unable to authenticate",
        401,
        AUTHENTICATION,
        "1001",
        None,
        "accomplish-ai/coworker 678",
        "2026-03-07",
    ),
    "model_not_found": Words(
        "Unknown Model, please check the model code.",
        400,
        INVALID,
        "1211",
        None,
        "BerriAI/litellm 32218; JailbrokenAI/wallbreaker 20",
        "2026-08-05",
    ),
    "context_length_exceeded": Words(
        "Prompt too long", 400, INVALID, "1261", None, "earendil-works/pi 9805, of glm-5.2", "2026-09-20"
    ),
    LIMITED: Words(
        "Rate limit reached for requests", 429, RATE, "1302", None, "anomalyco/opencode 14535", "2026-02-21"
    ),
    **overload_words.ZAI,
    QUOTA: Words(
        "Insufficient balance or no resource package. Please recharge.",
        429,
        RATE,
        "1113",
        None,
        "autohandai/code-cli 384",
        "2026-07-05",
    ),
}

WRONG: Mapping[str, tuple[str, str]] = {
    "": ("1210", "Invalid API parameter, please check the documentation."),
    "messages": ("1214", "The messages parameter is illegal. Please check the documentation."),
    "prompt": ("1213", "The prompt parameter was not received normally."),
}
"""What is said of a request: of any field, of the messages, and where there are none.

Seen: the first on 2026-05-26 (anomalyco/opencode 29334; of wrong schemas of tools too), the second on 2026-09-12
(continuedev/continue 13261), the third on 2025-12-26 (zed-industries/zed 45704). None tells which field it is.
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
    words = WORDS
    refusals = refusals.ZAI
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "zai/api/(?:coding/)?paas/v4/"
    listed = catalogue.ZAI
    model = staticmethod(catalogue.zai)
    head = HEAD
    events_type = EVENTS_IN_UTF8.replace("; ", ";").replace("utf", "UTF")
    whole_calls = True
    call_ids = ("call_", 24, ids.HEX)
    call_opens = False
    role_opens = False
    usage_joined = True
    null_usage = False
    chances = ("content",)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; a request may ask for calls in pieces."""
        return (IN_PIECES if prompt.body.get("tool_stream") is True else self).silenced_if_asked(prompt)

    def answer_id(self, reply: Reply) -> str:
        """Return an id that begins with the time in Beijing: 14 digits, and 16 more."""
        return ids.timed(reply.created or 0, f"answer/{reply.serial}")

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields in the order that chunks have."""
        return arranged(super().top_level(head, reply, prompt), ("id", "created", "object", "model"))

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with the request's id, its fields in the order of their names."""
        usage = document["usage"]
        told = document | {"request_id": document["id"], "usage": arranged(usage, sorted(usage))}
        return arranged(told, sorted(told))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls, its fields in the order of their names."""
        told = numbered(super().message(message, choice))
        if calls := told.get("tool_calls"):
            told["tool_calls"] = [arranged(call, sorted(call)) for call in calls]
        return {key: told[key] for key in sorted(told) if told[key] is not None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta: each tells the role but that of a call, and the last has empty content."""
        if calls := delta.get("tool_calls"):
            return {"tool_calls": [_piece(call) for call in calls]}
        return {"role": "assistant", **(super().delta(delta, choice) or {"content": ""})}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, without what is null: log probabilities, and a finish reason that has not come yet."""
        told = without_nulls(document)
        if told.get("finish_reason") == "content_filter":
            told["finish_reason"] = SENSITIVE
        return arranged(told, ("finish_reason", "index") if "message" in told else ("index", "finish_reason"))

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage, with what was cached and what was thought."""
        cached, thought = reply.used.cached_tokens, reply.used.reasoning_tokens
        return counts(reply.used) | {
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return a problem with a request in the API's words, which do not tell where it is."""
        field = problem.path.partition("[")[0]
        kind = "prompt" if field == "messages" and not body.get("messages") else field
        code, said = WRONG.get(kind, WRONG[""])
        return RequestError(said, code=code)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, whose code is a number as a text; where the error has none it is the status."""
        return {"error": {"code": exc.code or str(exc.status), "message": exc.message}}


class InPieces(ZAI):
    """Z.ai's dialect where a request asks for calls in pieces, by `tool_stream`."""

    whole_calls = False


IN_PIECES = InPieces()


def _piece(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call as a chunk has it, in the order of its fields there."""
    told = dict(call)
    if "function" in told:
        told["function"] = arranged(told["function"], ("name",))
    return arranged(told, ("id", "index", "type", "function"))
