"""The documents of a stored chat completion.

Shapes: `ChatCompletion` and `ChatCompletionStoreMessage` of the openai SDK. OpenAI's reference ("The chat completion
object" under "Get chat completion") lists the fields that repeat the request.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.wire.base import StoredDocument
from completions.wire.fields import dicts, text_or_none

COMPLETION = "chat completion"

_REPEATED: Mapping[str, Any] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "seed": None,
    "tools": None,
    "tool_choice": None,
    "response_format": None,
}
"""The fields of a stored completion that repeat its request, with the API's defaults."""


def stored_completion(completion: Mapping[str, Any], prompt: Prompt) -> StoredDocument:
    """Return the completion with the fields of its request, and the request's messages."""
    repeated = {key: prompt.body.get(key, default) for key, default in _REPEATED.items()}
    document = {**completion, **repeated, "metadata": dict(prompt.metadata), "input_user": prompt.user}
    document.setdefault("model", prompt.model or "mock")
    name = completion["id"]
    messages = [_message(f"{name}-{at}", message) for at, message in enumerate(dicts(prompt.body.get("messages")))]
    return StoredDocument(COMPLETION, name, {"completion": document, "messages": messages})


def _message(name: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as it is listed: its text, or else its parts."""
    content = message.get("content")
    parts = dicts(content) if isinstance(content, list) else None
    return {**message, "id": name, "content": text_or_none(content), "content_parts": parts}
