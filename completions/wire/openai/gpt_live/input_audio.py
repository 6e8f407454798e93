"""The sound that a client sends, and the speech in it."""

from collections.abc import Iterator
from typing import NamedTuple

from completions.wire.openai.conversation_sound import (
    A_LAW,
    FRAME_MS,
    MAX_SOUND,
    MU_LAW,
    Listener,
    bytes_per_ms,
    converted,
    invented_transcript,
    milliseconds,
)

SILENCE_MS = 500
"""The silence that ends what the user says. The API does not say how it decides."""


class Speech(NamedTuple):
    """The start of speech, or speech that has ended: its start and end in milliseconds of sound, and its transcript."""

    start_ms: float
    end_ms: float = 0
    transcript: str = ""


class InputAudio:
    """The input of one conversation; the same words have the same transcript however the sound is cut."""

    def __init__(self, kind: str) -> None:
        self._kind, self._rate = kind, bytes_per_ms(kind)
        self._listener, self._sound = Listener(), bytearray()
        self._size, self._start_ms = 0, 0.0
        self.is_muted = False

    @property
    def duration_ms(self) -> float:
        """The duration of the sound so far in milliseconds."""
        return milliseconds(self._size, self._kind)

    def add(self, sound: bytes) -> Iterator[Speech]:
        """Yield the speech that begins and ends in a piece of sound; a muted one is silent.

        Speech that is too long to keep ends, and what follows is more speech.
        """
        if self.is_muted:
            sound = (converted(bytes(6), self._kind)[:1] if self._kind in (MU_LAW, A_LAW) else b"\0") * len(sound)
        self._size += len(sound)
        self._sound += sound
        for change in self._listener.hear(sound, self._kind, SILENCE_MS):
            if change.begins:
                self._start_ms = change.at_ms
                yield Speech(self._start_ms)
            else:
                yield self._cut(change.at_ms - SILENCE_MS)
        if self._listener.speaks and len(self._sound) > MAX_SOUND:
            yield self._cut(self._listener.heard_ms)
            self._start_ms = self._listener.heard_ms
        if not self._listener.speaks:
            del self._sound[: -int(self._rate * FRAME_MS)]

    def _cut(self, end_ms: float) -> Speech:
        """Return the speech up to a time, and forget the sound before that."""
        before = self._size - len(self._sound)
        start, end = (int(ms * self._rate - before) for ms in (self._start_ms, end_ms))
        transcript, _ = invented_transcript(bytes(self._sound[start:end]), self._kind)
        del self._sound[:end]
        return Speech(self._start_ms, end_ms, transcript)
