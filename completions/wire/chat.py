"""Chat completions: `POST /v1/chat/completions`."""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.openai import OpenAIFormat, usage


class ChatCompletions(OpenAIFormat):
    """OpenAI's chat format; a verbatim document goes out as it stands, and its stream has its keys."""

    chunk_object = "chat.completion.chunk"

    def render(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `chat.completion`."""
        if reply.body is not None:
            return dict(reply.body)
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": choice.text},
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(reply.choices)
        ]
        return self.top_level(reply, prompt) | {"choices": choices, "usage": usage(reply.usage)}

    def top_level(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return id, object and created, or what a verbatim document has beside choices and usage."""
        if reply.body is not None:
            return {key: value for key, value in reply.body.items() if key not in ("choices", "usage")}
        return {"id": reply.id, "object": "chat.completion", "created": reply.created, "model": prompt.model}

    def chunk_choice(self, index: int, delta: object, finish_reason: str | None) -> dict[str, Any]:
        """Return a choice of a `chat.completion.chunk`."""
        return {"index": index, "delta": delta, "finish_reason": finish_reason}

    def first_delta(self) -> object:
        """Return the delta that gives the role."""
        return {"role": "assistant", "content": ""}

    def delta(self, text: str) -> object:
        """Return a delta with content."""
        return {"content": text}

    def last_delta(self) -> object:
        """Return the empty delta."""
        return {}
