"""OpenRouter's chat with a `prompt` in place of messages: its choices have texts in place of messages.

Sources: the types `Request` and `NonChatChoice` of OpenRouter's API reference; the refusal of a request with neither,
as users quote it (karthink/gptel issue 480, BerriAI/litellm issue 14402).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Message, Prompt
from completions.exceptions import RequestError
from completions.wire.fields import text

CHOICE_ORDER = ("text", "index", "delta", "logprobs", "finish_reason", "native_finish_reason")
"""The order of a choice's fields, of which those that are not here come last."""


def has_prompt(prompt: Prompt) -> bool:
    """Tell whether a chat has a prompt in place of messages."""
    return prompt.format == "chat" and not prompt.body.get("messages") and bool(text(prompt.body.get("prompt")))


def with_messages(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a chat with its prompt as a message; raise the API's error if it has neither."""
    if body.get("messages"):
        return body
    if not text(body.get("prompt")):
        raise RequestError('Input required: specify "prompt" or "messages"')
    return {**body, "messages": [{"role": "user", "content": body["prompt"]}]}


def as_conversation(prompt: Prompt) -> Prompt:
    """Return a chat's prompt as what the user says."""
    return replace(prompt, messages=(Message("user", text(prompt.body["prompt"])),)) if has_prompt(prompt) else prompt


def as_text(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a choice of a chat, or a piece of one, as a text; a call of a tool stays as it is."""
    said: Mapping[str, Any] = choice.get("message") or choice.get("delta") or {}
    if said.keys() & {"tool_calls", "audio", "images"}:
        return choice
    fields = {key: value for key, value in choice.items() if key not in ("message", "delta")}
    return {"text": said.get("content") or "", **fields}
