"""Read an answer of a conversation back from its events."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import mapping, text
from completions.wire.openai.responses.readback import DELTAS, collect_response
from completions.wire.readback import NATURAL, Answer

DELEGATE = "delegate"
"""The name of a delegation to the client, which on the wire has only an id."""

SPEECH = "speech"
"""The place of the spoken text among the answer's texts."""


def collect_event(document: Mapping[str, Any], answer: Answer) -> None:
    """Add an event to the answer; of what the backend says, only the speech counts."""
    kind, nested = text(document.get("type")), mapping(document.get("event"))
    delegation = mapping(document.get("delegation"))
    if kind == "session.output_transcript.delta":
        answer.choice().add_text(document.get("delta"), "text", SPEECH)
    elif kind == "session.delegation.created" and delegation.get("target") == "client":
        name = delegation.get("id")
        answer.choice().add_call(name, name=DELEGATE, arguments="{}", id=name)
    elif kind == "response.event" and DELTAS.get(text(nested.get("type"))) not in ("text", "refusal"):
        collect_response(nested, answer)
        answer.ended = False
    elif kind in ("session.usage.updated", "session.closed"):
        choice = answer.choice()
        if choice.finish_reason is None:
            choice.finish_reason = "content_filter" if document.get("reason") == "content" else NATURAL
        answer.ended = True
