"""Together's chat: `reasoning`, a `text` next to each delta, the usage at the end of every stream, a bare model list.

Sources: answers, streams and refusals of gpt-oss-120b that maruel/genai recorded in September and October 2026; of
Llama, Qwen3 and DeepSeek that it and Mirascope recorded in December 2025; the SDK `together` 3.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.dialects import catalogue, rules, stops
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.wordings import DEFAULT_LIMIT, INVALID, LIMITED, QUOTA
from completions.wire.fields import arranged, mapping, whole, without_nulls
from completions.wire.framing import EVENTS_IN_UTF8
from completions.wire.openai.base import usage
from completions.wire.openai.chat.format import response_format
from completions.wire.openai.logprobs import logprob
from completions.wire.validation import Check, Problem, integer, nullable
from completions.wire.wordings import Wording


def _limit(facts: Mapping[str, Any]) -> str:
    limit = {**DEFAULT_LIMIT, **facts}
    return (
        f"You have reached the rate limit specific to this model {limit['model']}. The maximum rate limit for this "
        f"model is {limit['most']} queries per minute. This limit differs from the general rate limits published at "
        "Together AI rate limits documentation (https://docs.together.ai/docs/rate-limits). For inquiries about "
        "increasing your model-specific rate limit, please contact our sales team "
        "(https://www.together.ai/forms/contact-sales)"
    )


RECORDED, SEEN = "recordings: maruel/genai", "2026-05-31"
WORDS: Mapping[str, Wording] = {
    **dict.fromkeys(
        ("invalid_api_key", "missing_api_key"),
        Wording(
            "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.",
            401,
            INVALID,
            "invalid_api_key",
            None,
            RECORDED,
            SEEN,
        ),
    ),
    "model_not_found": Wording(
        "Unable to access model {model}. Please visit https://api.together.ai/models to view the list of supported "
        "models.",
        404,
        INVALID,
        "model_not_available",
        None,
        RECORDED,
        SEEN,
    ),
    "context_length_exceeded": Wording(
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {window}. Given: {prompt_tokens} "
        "`inputs` tokens and {max_tokens} `max_new_tokens`",
        400,
        INVALID,
        None,
        "max_tokens",
        "BerriAI/litellm 4934",
        "2024-07-29",
    ),
    LIMITED: Wording(_limit, 429, code=None, param=None, source="xtekky/gpt4free 3032", seen="2025-06-12"),
    QUOTA: Wording(
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
    """Check that log probabilities are requested by their number, or in OpenAI's way."""
    return None if isinstance(value, bool) else _ALTERNATIVES(value)


CHAT = rules.chat({"logprobs": nullable(_logprobs)})


class Together(Vendor):
    """Together's dialect."""

    name = "together"
    cross_field_rules = (stops.TOGETHER,)
    reasoning_field = "reasoning"
    vendor = "together_ai"
    wordings = WORDS
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    place = "together/v1/"
    default_models = catalogue.TOGETHER
    model = staticmethod(catalogue.together)
    head = HEAD
    stream_media_type = EVENTS_IN_UTF8.replace("; ", ";")
    has_call_in_role_chunk = False
    has_null_usage = has_echo = False
    logprob_fields = ("content",)

    def model_list(self, models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the list itself."""
        return models

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt; log probabilities may be requested by their number, and a schema has no name."""
        adapted, body = super().adapt_prompt(prompt), prompt.body
        format = mapping(body.get("response_format"))
        if format.get("type") == "json_schema" and "json_schema" not in format:
            adapted = replace(adapted, response_format=response_format({**format, "json_schema": format}))
        return (
            replace(adapted, top_logprobs=top_logprobs) if (top_logprobs := whole(body.get("logprobs"), 1)) else adapted
        )

    def answer_id(self, reply: Reply) -> str:
        """Return an id like `p1nJ43F-z1gNr-a3d0fb28dafc2df2`."""
        return _answer_id(reply.serial)

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields; the model and usage of a chunk follow its choices."""
        fields = super().top_level(head, reply, prompt)
        return arranged(fields | {"choices": [], "usage": None}, ("id", "object", "created", "choices"))

    def has_usage_chunk(self, prompt: Prompt) -> bool:
        """Return True: every stream has a chunk with only the usage."""
        return True

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with its `prompt`, which is empty unless a request says `echo`."""
        fields = document | {"system_fingerprint": "default", "prompt": _echoed(prompt)}
        return arranged(fields, (*HEAD, "system_fingerprint", "prompt", "choices", "usage"))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with its calls, even if there are none, and its thoughts or null."""
        calls = [
            {"id": call["id"], "index": index, **call} for index, call in enumerate(message.get("tool_calls") or ())
        ]
        fields = {"role": "assistant", "content": message["content"], "tool_calls": calls}
        return fields | _function_call(message) | {"reasoning": choice.reasoning or None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta with all its fields; in a further piece of a call, fields sent before are null."""
        fields: dict[str, Any] = {"token_id": None, "role": "assistant", "content": delta.get("content") or ""}
        if calls := delta.get("tool_calls"):
            fields["tool_calls"] = [_piece(call) for call in calls]
        return fields | _function_call(delta) | {"reasoning": delta.get("reasoning")}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice: a whole one with its seed, one of a chunk with its text."""
        if "message" in document:
            fields = without_nulls(document, "logprobs")
            return arranged(fields | {"seed": None}, ("index", "message", "logprobs", "finish_reason"))
        if entries := mapping(document.get("logprobs")).get("content"):
            document = document | {"logprobs": _chunk_logprobs(entries)}
        fields = document | {"text": document["delta"]["content"]}
        return arranged(fields, ("index", "text", "logprobs", "finish_reason", "delta"))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts, the cached tokens and the reasoning tokens."""
        cached_tokens, reasoning_tokens = reply.used.cached_tokens, reply.used.reasoning_tokens
        details = {"completion_tokens_details": {"reasoning_tokens": reasoning_tokens}}
        return usage(reply.used) | {"prompt_tokens_details": {"cached_tokens": cached_tokens}} | details

    def with_request_id(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with its id."""
        return {"id": _answer_id(request_id), **error}


def _echoed(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the messages or texts of a prompt, with `echo`, and with their log probabilities if these are requested.

    `ChatCompletionPrompt` of the SDK; that each message is an item, without the model's template, is a choice of ours.
    """
    if prompt.body.get("echo") is not True:
        return []
    return [{"text": message.text, "logprobs": _prompt_logprobs(message.text, prompt)} for message in prompt.messages]


def _prompt_logprobs(text: str, prompt: Prompt) -> dict[str, Any] | None:
    if prompt.top_logprobs is None:
        return None
    pieces = tokens.split(text, prompt.model)
    logprobs = [None, *map(logprob, pieces[1:])] if pieces else []
    token_ids = [next(iter(tokens.ids(piece, prompt.model)), 0) for piece in pieces]
    return {"token_ids": token_ids, "tokens": pieces, "token_logprobs": logprobs}


def _function_call(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call of a message or a delta that answers `functions`, the predecessor of tools."""
    return {"function_call": message["function_call"]} if "function_call" in message else {}


def _answer_id(seed: str) -> str:
    first, server = (
        ids.spelled(f"first/{seed}", 6, ids.ALPHANUMERIC),
        ids.spelled(f"server/{seed}", 5, ids.ALPHANUMERIC),
    )
    return f"p{first}-{server}-{ids.spelled(seed, 16)}"


def _piece(call: dict[str, Any]) -> dict[str, Any]:
    """Return a piece of a call with all its fields."""
    fields = {"id": None, "type": "custom" if "custom" in call else "function", **call}
    if "function" in call:
        fields["function"] = {"name": None, **call["function"]}
    return arranged(fields, ("id", "index", "type", "function"))


def _chunk_logprobs(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the log probabilities of a chunk's tokens."""
    tops = [[{key: top[key] for key in ("token", "logprob")} for top in entry["top_logprobs"]] for entry in entries]
    token_texts, logprobs = [entry["token"] for entry in entries], [entry["logprob"] for entry in entries]
    return {"tokens": token_texts, "token_logprobs": logprobs, "top_logprobs": tops}
