"""Options of chat completions that few requests use: audio answers and predicted outputs."""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.fields import mapping, text
from completions.wire.openai.audio import speech
from completions.wire.openai.base import made_id

AUDIO_LIFE = 3600
"""Seconds for which an audio answer can be referred to."""


def audio(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any] | None:
    """Return the spoken answer, if one is requested and there is text."""
    transcript, modalities = reply.choices[index].text, prompt.body.get("modalities")
    if not transcript or reply.body is not None or not isinstance(modalities, list) or "audio" not in modalities:
        return None
    return {
        "id": made_id("audio_", reply, index),
        "data": speech(transcript, text(mapping(prompt.body.get("audio")).get("format"))),
        "expires_at": (reply.created or 0) + AUDIO_LIFE,
        "transcript": transcript,
    }


def prediction_tokens(reply: Reply, prompt: Prompt) -> tuple[int, int]:
    """Return the tokens of a predicted output that are accepted, which match from its start, and those rejected."""
    content = mapping(prompt.body["prediction"]).get("content")
    if isinstance(content, list):
        content = "".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if not isinstance(content, str) or not content:
        return 0, 0
    prediction_tokens = tokens.split(content, prompt.model)
    answered = tokens.split(reply.choices[0].text or "", prompt.model)
    accepted = 0
    while accepted < min(len(prediction_tokens), len(answered)) and prediction_tokens[accepted] == answered[accepted]:
        accepted += 1
    return accepted, len(prediction_tokens) - accepted
