"""Step 3: answers of models that LiteLLM calls: the prompt is sent as a chat completion, and the answer is read into a
neutral reply, which any API can render.

LiteLLM takes seconds to import. The first request that needs it does so in a thread; it is called on a separate event
loop, where it delays only its own calls.
"""

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from completions import budget
from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.outcome import LITELLM, ProviderAnswer, Upstream
from completions.resolve.chat import NotExpressible, chat_parameters
from completions.script.language import FINISH_REASONS
from completions.script.reply.errors import plain

if TYPE_CHECKING:
    from llmclient import Completion, LLMClient

NAMES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
}
"""The names in scripts of LiteLLM's errors."""

RETRY = ("retry-after", "retry-after-ms", "x-should-retry")
"""The headers of an error that matter to a client."""


async def ask_provider(upstream: Upstream, model: str, prompt: Prompt) -> ProviderAnswer:
    """Return the answer of a model, or the error of its provider."""
    try:
        client = await asyncio.wrap_future(budget.functions.submit(_client))
        _check_provider(model)
        arguments = {**_address_arguments(upstream, model), **chat_parameters(prompt)}
        messages = arguments.pop("messages")
        completion = await asyncio.wrap_future(budget.coroutines.submit(client.acomplete(messages, **arguments)))
        return ProviderAnswer(upstream, _reply(completion))
    except NotExpressible as exc:
        error = RequestError(f"The upstream {LITELLM}{model} cannot take this request: {exc}.", code="upstream_cannot")
    except RequestError as exc:
        error = exc
    except Exception as exc:  # any other exception of LiteLLM becomes the answer's error, in the API's wording
        error = _error(exc, model, prompt)
    return ProviderAnswer(upstream, error)


@functools.cache
def _client() -> "LLMClient":
    """Return the client, with LiteLLM imported; each call has its own address."""
    from llmclient import LLMClient, lite

    lite.load()
    return LLMClient(base_url="http://127.0.0.1", api_key="none", model="none", timeout=1, max_retries=0)


def _check_provider(model: str) -> None:
    from llmclient import lite

    provider = model.partition("/")[0]
    if not lite.is_provider(provider):
        message = f"LiteLLM knows no provider {provider!r}, which the upstream {LITELLM}{model} names."
        raise RequestError(message, status=502, type="server_error", code="upstream_failed")


def _address_arguments(upstream: Upstream, model: str) -> dict[str, Any]:
    """Return the arguments for a model's address and key; by default LiteLLM reads its own variables."""
    arguments: dict[str, Any] = {
        "model": model,
        "base_url": upstream.base_url or None,
        "api_key": upstream.api_key or None,
    }
    arguments |= {"timeout": upstream.timeout_ms / 1000, "max_retries": 0}
    return arguments | ({"extra_headers": dict(upstream.headers)} if upstream.headers else {})


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
    usage, counts = None, completion.usage
    if counts is not None:
        cached, reasoning = counts.cached_tokens or 0, counts.reasoning_tokens or 0
        usage = Usage(counts.prompt_tokens, counts.completion_tokens, cached_tokens=cached, reasoning_tokens=reasoning)
    return Reply(choices, model=completion.model, usage=usage)


def _error(exc: Exception, model: str, prompt: Prompt) -> RequestError:
    """Return the provider's error with the names that the API has for its status."""
    from llmclient.errors import server_error

    error = server_error(exc)
    if error.status is None:
        status, code = (504, "upstream_timeout") if error.is_late else (502, "upstream_failed")
        message = f"The upstream {LITELLM}{model} gave no answer: {error.message}"
        return RequestError(message, status=status, type="server_error", code=code)
    status = error.status if 400 <= error.status < 600 else 502
    named_code = NAMES.get(type(exc).__name__)
    facts = {"message": error.message} | ({"code": named_code} if named_code else {})
    headers = [(name, error.headers[name]) for name in RETRY if name in error.headers]
    return plain(status, facts, headers)(prompt)
