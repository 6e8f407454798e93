"""The sound that a client sends, and the speech in it."""

from collections.abc import Iterator
from typing import NamedTuple

from completions.wire.openai.conversation_sound import (
    A_LAW,
    FRAME_MS,
    MAX_SOUND,
    MU_LAW,
    Listener,
    SoundBuffer,
    converted,
    invented_transcript,
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
        self._kind = kind
        self._listener, self._sound = Listener(), SoundBuffer()
        self._start_ms = 0.0
        self.is_muted = False

    @property
    def duration_ms(self) -> float:
        """The duration of the sound so far in milliseconds."""
        return self._sound.end_ms

    def add(self, sound: bytes) -> Iterator[Speech]:
        """Yield the speech that begins and ends in a piece of sound; a muted one is silent.

        Speech that is too long to keep ends, and what follows is more speech.
        """
        if self.is_muted:
            sound = (converted(bytes(6), self._kind)[:1] if self._kind in (MU_LAW, A_LAW) else b"\0") * len(sound)
        self._sound.add(sound, self._kind)
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
            self._sound.keep(FRAME_MS, self._kind)

    def _cut(self, end_ms: float) -> Speech:
        """Return the speech up to a time, and forget the sound before that."""
        transcript, _ = invented_transcript(self._sound.cut(self._start_ms, end_ms, self._kind), self._kind)
        return Speech(self._start_ms, end_ms, transcript)
