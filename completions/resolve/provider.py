"""Step 3: an answer that LiteLLM asks a model for: the neutral question goes out as a chat completion, and the answer
comes back as a neutral reply, which any API can say.

LiteLLM takes seconds to import. The first request that needs it does so in a thread; it is called on the event loop
apart, where it delays only its own calls.
"""

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from completions import budget
from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.outcome import LITELLM, Provided, Upstream
from completions.resolve.chat import NotExpressible, chat_parameters
from completions.script.language import FINISH_REASONS
from completions.script.reply.errors import plain

if TYPE_CHECKING:
    from llmclient import Completion, LLMClient

NAMES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
}
"""LiteLLM's errors that have a name in scripts."""

RETRY = ("retry-after", "retry-after-ms", "x-should-retry")
"""The headers of an error that matter to a client."""


async def provided(upstream: Upstream, model: str, prompt: Prompt) -> Provided:
    """Return what a model answers, or the error that its provider gives."""
    try:
        client = await asyncio.wrap_future(budget.functions.submit(_client))
        _check_provider(model)
        asked = {**_reached(upstream, model), **chat_parameters(prompt)}
        messages = asked.pop("messages")
        completion = await asyncio.wrap_future(budget.apart.submit(client.acomplete(messages, **asked)))
        return Provided(upstream, _reply(completion))
    except NotExpressible as exc:
        error = RequestError(f"The upstream {LITELLM}{model} cannot take this request: {exc}.", code="upstream_cannot")
    except RequestError as exc:
        error = exc
    except Exception as exc:  # whatever LiteLLM raises is an error of its answer, in the words of the API
        error = _error(exc, model, prompt)
    return Provided(upstream, error)


@functools.cache
def _client() -> "LLMClient":
    """Return the client, with LiteLLM imported; each call says itself where it goes."""
    from llmclient import LLMClient, lite

    lite.load()
    return LLMClient(base_url="http://127.0.0.1", api_key="none", model="none", timeout=1, max_retries=0)


def _check_provider(model: str) -> None:
    from llmclient import lite

    provider = model.partition("/")[0]
    if not lite.is_provider(provider):
        message = f"LiteLLM knows no provider {provider!r}, which the upstream {LITELLM}{model} names."
        raise RequestError(message, status=502, type="server_error", code="upstream_failed")


def _reached(upstream: Upstream, model: str) -> dict[str, Any]:
    """Return how a model is reached; without an address and a key, as LiteLLM's own variables say."""
    found: dict[str, Any] = {"model": model, "base_url": upstream.base_url or None, "api_key": upstream.api_key or None}
    found |= {"timeout": upstream.timeout_ms / 1000, "max_retries": 0}
    return found | ({"extra_headers": dict(upstream.headers)} if upstream.headers else {})


def _reply(completion: "Completion") -> Reply:
    choices = tuple(
        Choice(
            text=choice.text,
            finish_reason=choice.finish_reason if choice.finish_reason in FINISH_REASONS else "stop",
            tool_calls=tuple(ToolCall(call.name, call.arguments, call.id) for call in choice.tool_calls),
            refusal=choice.refusal or None,
            reasoning=choice.reasoning or None,
        )
        for choice in completion.choices
    )
    usage, told = None, completion.usage
    if told is not None:
        cached, reasoning = told.cached_tokens or 0, told.reasoning_tokens or 0
        usage = Usage(told.prompt_tokens, told.completion_tokens, cached_tokens=cached, reasoning_tokens=reasoning)
    return Reply(choices, model=completion.model, usage=usage)


def _error(exc: Exception, model: str, prompt: Prompt) -> RequestError:
    """Return the provider's error with the names that the API has for its status."""
    from llmclient.errors import explained

    found = explained(exc)
    if found.status is None:
        status, code = (504, "upstream_timeout") if found.is_late else (502, "upstream_failed")
        message = f"The upstream {LITELLM}{model} gave no answer: {found.message}"
        return RequestError(message, status=status, type="server_error", code=code)
    status = found.status if 400 <= found.status < 600 else 502
    named = NAMES.get(type(exc).__name__)
    facts = {"message": found.message} | ({"code": named} if named else {})
    headers = [(name, found.headers[name]) for name in RETRY if name in found.headers]
    return plain(status, facts, headers)(prompt)
