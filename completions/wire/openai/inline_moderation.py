"""Step 4 for requests with `moderation`: the moderation of the messages and of the answer, as a part of the answer.

Shapes: answers of chat completions and of responses, and streams of both, recorded from June to October 2026.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Message, Moderation, Prompt, Reply
from completions.wire.fields import arranged, mapping, text
from completions.wire.openai.moderations import DEFAULT_MODEL, result


def of_chat(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the field of a chat completion; empty if it was not requested."""
    lists = {
        name: {"type": "moderation_results", "model": each["model"], "results": [each]}
        for name, each in _results(reply, prompt).items()
    }
    return {"moderation": lists} if lists else {}


def of_response(reply: Reply, prompt: Prompt) -> dict[str, Any] | None:
    """Return the results for the input and the output, with sorted keys; None if they were not requested."""
    found = _results(reply, prompt)
    return {name: arranged(each, ("type", *sorted(each))) for name, each in found.items()} or None


def _results(reply: Reply, prompt: Prompt) -> dict[str, dict[str, Any]]:
    requested: Mapping[str, Any] = mapping(prompt.body.get("moderation"))
    if not requested:
        return {}
    head = {"type": "moderation_result", "model": text(requested.get("model")) or DEFAULT_MODEL}
    texts = {
        "input": "\n".join(message.text for message in prompt.messages),
        "output": "\n".join(choice.text or choice.refusal or "" for choice in reply.choices),
    }
    return {name: head | result(Message("user", content), Moderation()) for name, content in texts.items()}
