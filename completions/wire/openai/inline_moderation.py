"""Step 4 for requests with `moderation`: what the messages and the answer would be flagged for, beside the answer.

Shapes: answers of chat completions and of responses, and streams of both, recorded from June to October 2026.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Message, Moderation, Prompt, Reply
from completions.wire.fields import arranged, mapping, text
from completions.wire.openai.moderations import DEFAULT_MODEL, result


def of_chat(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the field of a chat completion; none where it was not asked for."""
    lists = {
        name: {"type": "moderation_results", "model": each["model"], "results": [each]}
        for name, each in _found(reply, prompt).items()
    }
    return {"moderation": lists} if lists else {}


def of_response(reply: Reply, prompt: Prompt) -> dict[str, Any] | None:
    """Return what was found in the input and in the output, its keys by name; None where it was not asked for."""
    found = _found(reply, prompt)
    return {name: arranged(each, ("type", *sorted(each))) for name, each in found.items()} or None


def _found(reply: Reply, prompt: Prompt) -> dict[str, dict[str, Any]]:
    asked: Mapping[str, Any] = mapping(prompt.body.get("moderation"))
    if not asked:
        return {}
    told = {"type": "moderation_result", "model": text(asked.get("model")) or DEFAULT_MODEL}
    texts = {
        "input": "\n".join(message.text for message in prompt.messages),
        "output": "\n".join(choice.text or choice.refusal or "" for choice in reply.choices),
    }
    return {name: told | result(Message("user", said), Moderation()) for name, said in texts.items()}
