"""Together's chat: `reasoning`, a `text` beside each delta, the usage at the end of every stream, a bare model list.

Sources: answers, streams and refusals of gpt-oss-120b that maruel/genai recorded in September and October 2026; of
Llama, Qwen3 and DeepSeek that it and Mirascope recorded in December 2025; the SDK `together` 3.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.wire.dialects import catalogue, rules, stops
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.words import INVALID, LIMITED, NO_NUMBERS, QUOTA
from completions.wire.fields import arranged, mapping, whole, without_nulls
from completions.wire.framing import EVENTS_IN_UTF8
from completions.wire.openai.base import usage
from completions.wire.openai.chat.format import response_format
from completions.wire.validation import Check, Problem, integer, nullable
from completions.wire.words import Words


def _limit(facts: Mapping[str, Any]) -> str:
    told = {**NO_NUMBERS, **facts}
    return (
        f"You have reached the rate limit specific to this model {told['model']}. The maximum rate limit for this "
        f"model is {told['most']} queries per minute. This limit differs from the general rate limits published at "
        "Together AI rate limits documentation (https://docs.together.ai/docs/rate-limits). For inquiries about "
        "increasing your model-specific rate limit, please contact our sales team "
        "(https://www.together.ai/forms/contact-sales)"
    )


RECORDED, SEEN = "recordings: maruel/genai", "2026-05-31"
WORDS: Mapping[str, Words] = {
    **dict.fromkeys(
        ("invalid_api_key", "missing_api_key"),
        Words(
            "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.",
            401,
            INVALID,
            "invalid_api_key",
            None,
            RECORDED,
            SEEN,
        ),
    ),
    "model_not_found": Words(
        "Unable to access model {model}. Please visit https://api.together.ai/models to view the list of supported "
        "models.",
        404,
        INVALID,
        "model_not_available",
        None,
        RECORDED,
        SEEN,
    ),
    "context_length_exceeded": Words(
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {window}. Given: {prompt_tokens} "
        "`inputs` tokens and {max_tokens} `max_new_tokens`",
        400,
        INVALID,
        None,
        "max_tokens",
        "BerriAI/litellm 4934",
        "2024-07-29",
    ),
    LIMITED: Words(_limit, 429, code=None, param=None, source="xtekky/gpt4free 3032", seen="2025-06-12"),
    QUOTA: Words(
        "Credit limit exceeded. Please navigate to https://api.together.xyz/settings/billing to add credit or upgrade "
        "your plan.",
        402,
        "credit_limit",
        None,
        None,
        "expectedparrot/edsl 2098",
        "2025-07-16",
    ),
}

_ALTERNATIVES = integer(0, 20)


def _logprobs(value: Any) -> Problem | None:
    """Check that log probabilities are asked for by their number, or as OpenAI's are."""
    return None if isinstance(value, bool) else _ALTERNATIVES(value)


CHAT = rules.chat({"logprobs": nullable(_logprobs)})


class Together(Vendor):
    """Together's dialect."""

    name = "together"
    between = (stops.TOGETHER,)
    reasoning_field = "reasoning"
    vendor = "together_ai"
    words = WORDS
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "together/v1/"
    listed = catalogue.TOGETHER
    model = staticmethod(catalogue.together)
    head = HEAD
    events_type = EVENTS_IN_UTF8.replace("; ", ";")
    call_opens = False
    null_usage = False
    chances = ("content",)

    def model_list(self, models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the list, which is all there is."""
        return models

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt; log probabilities may be asked for by their number, and a schema has no name."""
        adapted, body = super().adapt_prompt(prompt), prompt.body
        form = mapping(body.get("response_format"))
        if form.get("type") == "json_schema" and "json_schema" not in form:
            adapted = replace(adapted, response_format=response_format({**form, "json_schema": form}))
        return replace(adapted, top_logprobs=likely) if (likely := whole(body.get("logprobs"), 1)) else adapted

    def answer_id(self, reply: Reply) -> str:
        """Return an id like `p1nJ43F-z1gNr-a3d0fb28dafc2df2`."""
        return _id(reply.serial)

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, of which a chunk's model and usage follow its choices."""
        told = super().top_level(head, reply, prompt)
        return arranged(told | {"choices": [], "usage": None}, ("id", "object", "created", "choices"))

    def has_usage_chunk(self, prompt: Prompt) -> bool:
        """Tell that every stream has a chunk that carries only the usage."""
        return True

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with the prompt, which it does not repeat."""
        told = document | {"system_fingerprint": "default", "prompt": []}
        return arranged(told, (*HEAD, "system_fingerprint", "prompt", "choices", "usage"))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with its calls, even if there are none, and what was thought before it, or null."""
        calls = [{"id": call["id"], "index": at, **call} for at, call in enumerate(message.get("tool_calls") or ())]
        told = {"role": "assistant", "content": message["content"], "tool_calls": calls}
        return told | _function_call(message) | {"reasoning": choice.reasoning or None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta with all its fields; a further piece of a call has null for what was told before."""
        told: dict[str, Any] = {"token_id": None, "role": "assistant", "content": delta.get("content") or ""}
        if calls := delta.get("tool_calls"):
            told["tool_calls"] = [_piece(call) for call in calls]
        return told | _function_call(delta) | {"reasoning": delta.get("reasoning")}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice: a whole one with its seed, one of a chunk with its text."""
        if "message" in document:
            told = without_nulls(document, "logprobs")
            return arranged(told | {"seed": None}, ("index", "message", "logprobs", "finish_reason"))
        if entries := mapping(document.get("logprobs")).get("content"):
            document = document | {"logprobs": _chances(entries)}
        told = document | {"text": document["delta"]["content"]}
        return arranged(told, ("index", "text", "logprobs", "finish_reason", "delta"))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts, what was cached and what was thought."""
        cached, thought = reply.used.cached_tokens, reply.used.reasoning_tokens
        details = {"completion_tokens_details": {"reasoning_tokens": thought}}
        return usage(reply.used) | {"prompt_tokens_details": {"cached_tokens": cached}} | details

    def sent(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with its id."""
        return {"id": _id(request_id), **error}


def _function_call(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call of a message or a delta that answers `functions`, which came before tools."""
    return {"function_call": said["function_call"]} if "function_call" in said else {}


def _id(seed: str) -> str:
    first, server = (
        ids.spelled(f"first/{seed}", 6, ids.ALPHANUMERIC),
        ids.spelled(f"server/{seed}", 5, ids.ALPHANUMERIC),
    )
    return f"p{first}-{server}-{ids.spelled(seed, 16)}"


def _piece(call: dict[str, Any]) -> dict[str, Any]:
    """Return a piece of a call with all its fields."""
    told = {"id": None, "type": "custom" if "custom" in call else "function", **call}
    if "function" in call:
        told["function"] = {"name": None, **call["function"]}
    return arranged(told, ("id", "index", "type", "function"))


def _chances(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the log probabilities of a chunk's tokens."""
    tops = [[{key: top[key] for key in ("token", "logprob")} for top in entry["top_logprobs"]] for entry in entries]
    said, likely = [entry["token"] for entry in entries], [entry["logprob"] for entry in entries]
    return {"tokens": said, "token_logprobs": likely, "top_logprobs": tops}
