"""Legacy completions: `POST /v1/completions`."""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.openai import OpenAIFormat, usage


class LegacyCompletions(OpenAIFormat):
    """OpenAI's first format: text in, text out; its chunks have the shape of its answer."""

    chunk_object = "text_completion"

    def render(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `text_completion`."""
        choices = [
            self.chunk_choice(index, choice.text, choice.finish_reason) for index, choice in enumerate(reply.choices)
        ]
        return self.top_level(reply, prompt) | {"choices": choices, "usage": usage(reply.usage)}

    def top_level(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return id, object, created and model; `Completion` of the SDK requires all four."""
        return {
            "id": f"cmpl-{reply.id.removeprefix('chatcmpl-')}",
            "object": "text_completion",
            "created": reply.created,
            "model": prompt.model or "mock",
        }

    def chunk_choice(self, index: int, delta: object, finish_reason: str | None) -> dict[str, Any]:
        """Return a choice, of the answer and of a chunk alike."""
        return {"text": delta, "index": index, "logprobs": None, "finish_reason": finish_reason}

    def delta(self, text: str) -> object:
        """Return the text itself."""
        return text

    def last_delta(self) -> object:
        """Return no text."""
        return ""
