"""Those who speak OpenAI's chat format in a way of their own, and what is different: DeepSeek, OpenRouter and others.

Sources: the SDKs' types (`groq.types.chat`, `mistralai`'s models), LiteLLM's adapters, vLLM's `protocol.py`,
DeepSeek's and OpenRouter's API references.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.openai.base import made_id, usage
from completions.wire.openai.chat.dialect import Foreign


def _cached(reply: Reply) -> int:
    return reply.usage.cached_tokens if reply.usage else 0


def _reasoned(reply: Reply) -> int:
    return reply.usage.reasoning_tokens if reply.usage else 0


class DeepSeek(Foreign):
    """`reasoning_content`, what of the prompt was cached, and the usage in a stream's last chunk, asked or not."""

    name = "deepseek"

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of the chain of thought."""
        return {"reasoning_content": text}

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level without tiers of service."""
        return {key: value for key, value in head.items() if key != "service_tier"}

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with what was cached, and what was not."""
        cached = _cached(reply)
        return {key: usage[key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")} | {
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": _reasoned(reply)},
            "prompt_cache_hit_tokens": cached,
            "prompt_cache_miss_tokens": usage["prompt_tokens"] - cached,
        }

    def tells_usage(self, prompt: Prompt) -> bool:
        """Return that no chunk has the usage alone."""
        return False

    def last(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the usage."""
        return {"usage": usage}


class OpenRouter(Foreign):
    """`reasoning`, the provider and its own finish reason, the cost, and errors whose code is the status."""

    name = "openrouter"
    keep_alive = b": OPENROUTER PROCESSING\n\n"

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of the reasoning."""
        return {"reasoning": text}

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level with the provider, and without tiers of service."""
        identity = {"id": reply.id or made_id("gen-", reply), "provider": "Mock"}
        return identity | {key: value for key, value in head.items() if key not in ("id", "service_tier")}

    def beside(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the provider's own finish reason."""
        return {"native_finish_reason": reason}

    def said(self, choice: Choice | None) -> dict[str, Any]:
        """Return that there is no finish reason yet."""
        return {"native_finish_reason": None}

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with its cost."""
        return usage | {"cost": 0, "is_byok": False}

    def tells_usage(self, prompt: Prompt) -> bool:
        """Return that the usage always comes."""
        return True

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, whose code is the status."""
        metadata = {"provider_name": "Mock", "raw": exc.code} if exc.status >= 500 and exc.code else None
        error = {"message": exc.message, "code": exc.status}
        return {"error": error | ({"metadata": metadata} if metadata else {})}


class Mistral(Foreign):
    """Thoughts as parts of the content, ids without a prefix, whole tool calls, and errors without an envelope."""

    name = "mistral"
    whole_calls = True

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of the thoughts, as a part of the content."""
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level, which has an id, a time and a model."""
        known = {key: head[key] for key in ("object", "created", "model")}
        return {"id": reply.id or made_id("", reply)} | known

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message: its thoughts stand before its text."""
        text = message["content"] or ""
        calls = [{**call, "id": call["id"].removeprefix("call_")[:9]} for call in message.get("tool_calls", ())]
        content: Any = text
        if choice.reasoning:
            content = self.thought(choice.reasoning)["content"] + ([{"type": "text", "text": text}] if text else [])
        return {"role": "assistant", "tool_calls": calls or None, "content": content}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts."""
        return usage(reply.usage)

    def tells_usage(self, prompt: Prompt) -> bool:
        """Return that no chunk has the usage alone."""
        return False

    def last(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the usage."""
        return {"usage": usage}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the error; that of a wrong key has one word."""
        if exc.status == 401 and exc.facts is not None:
            return {"detail": "Unauthorized"}
        document = {"object": "error", "message": exc.message, "type": exc.type, "param": exc.param}
        return document | {"code": exc.code, "raw_status_code": exc.status}


class Groq(Foreign):
    """`reasoning`, `x_groq`, and how long it took."""

    name = "groq"
    whole_calls = True

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of the reasoning."""
        return {"reasoning": text}

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level; a stream's chunks name no tier of service, which `whole` adds."""
        return {key: value for key, value in head.items() if key != "service_tier"}

    def whole(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return Groq's own facts."""
        return {"usage_breakdown": None, "x_groq": _x_groq(reply), "service_tier": "on_demand"}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with times in seconds, made up of the tokens."""
        asked, said = counted["prompt_tokens"] / 20_000, counted["completion_tokens"] / 500
        times = {"queue_time": 0.01, "prompt_time": asked, "completion_time": said, "total_time": asked + said}
        details: dict[str, Any] = {}
        if _cached(reply):
            details["prompt_tokens_details"] = {"cached_tokens": _cached(reply)}
        if _reasoned(reply):
            details["completion_tokens_details"] = {"reasoning_tokens": _reasoned(reply)}
        return usage(reply.usage) | times | details

    def first(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return the request's id at Groq."""
        return {"x_groq": _x_groq(reply)}

    def last(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the request's id at Groq, and the usage."""
        return {"x_groq": {**_x_groq(reply), "usage": usage}}

    def headers(self, request_id: str) -> Mapping[str, str]:
        """Return where it was answered."""
        return {"x-groq-region": "mock"}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope, which has no empty fields."""
        document = {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}
        return {"error": {key: value for key, value in document.items() if value is not None}}


def _x_groq(reply: Reply) -> dict[str, Any]:
    return {"id": made_id("req_", reply)}


class VLLM(Foreign):
    """`reasoning`, the stop sequence that ended it, fields that are null unless asked for, errors by class."""

    name = "vllm"

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of the reasoning; before version 0.12 it was called `reasoning_content`."""
        return {"reasoning": text}

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level, of which a stream has less."""
        return {key: head[key] for key in ("id", "object", "created", "model")}

    def whole(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return what is null unless the server is told otherwise."""
        nothing = ("service_tier", "system_fingerprint", "prompt_logprobs", "prompt_token_ids", "kv_transfer_params")
        return dict.fromkeys(nothing)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with all its fields."""
        fields = ("role", "content", "refusal", "annotations", "audio", "function_call")
        document = {key: message.get(key) or None for key in fields}
        calls = message.get("tool_calls", [])
        content = None if calls and not message["content"] else message["content"]
        return document | {"content": content, "tool_calls": calls, "reasoning": choice.reasoning or None}

    def beside(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return which stop sequence ended the answer; none where the model ended it itself."""
        return {"stop_reason": choice.stopped_by, "token_ids": None}

    def said(self, choice: Choice | None) -> dict[str, Any]:
        """Return that there are no token ids."""
        return {"token_ids": None}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts, and what was cached."""
        cached = _cached(reply)
        return usage(reply.usage) | {"prompt_tokens_details": {"cached_tokens": cached} if cached else None}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope: the type is a class, the code is the status."""
        kind = VLLM_ERRORS.get(exc.status, "BadRequestError" if exc.status < 500 else "InternalServerError")
        return {"error": {"message": exc.message, "type": kind, "param": exc.param, "code": exc.status}}


VLLM_ERRORS = {401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError", 503: "ServiceUnavailableError"}
