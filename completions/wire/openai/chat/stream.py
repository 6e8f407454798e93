"""One choice of a chat completion's stream, as the events that fold to its whole message."""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import HOLE, Event
from completions.tokens import text as tokens
from completions.wire.openai.base import Chunks
from completions.wire.openai.chat import message as chat_message
from completions.wire.openai.dialect import Dialect
from completions.wire.openai.logprobs import chat_entries


class ChoiceWriter:
    """Writes one choice of a stream as events, in the order `start`, `says`, `finish`."""

    def __init__(self, dialect: Dialect, chunks: Chunks, reply: Reply, prompt: Prompt, index: int) -> None:
        self._dialect = dialect
        self._chunks, self._reply, self._prompt, self._index = chunks, reply, prompt, index
        self._choice = reply.choices[index]
        # what a chunk's choice has beside its delta: a verbatim document's own keys, or a null `logprobs`
        self._beside = chat_message.beside(reply, index) | dialect.said(self._choice)
        self._calls = [] if dialect.whole_calls else list(chat_message.calls_in_stream(reply, prompt, index))
        self._last_delta: Mapping[str, Any] = {}

    def start(self, more: Mapping[str, Any]) -> list[Event]:
        """Return the chunk with the role; the first choice's has `more` at its top level.

        The head of a call that is all of an answer comes with it: in 90 of 93 recorded streams of one call, and in
        none of 27 of several.
        """
        if not self._dialect.role_opens:
            return []
        delta = chat_message.opening_delta(self._reply, self._prompt, self._index)
        if joined := self._is_one_call():
            delta |= self._calls[0][0]
        choice = self._around(delta) | self._dialect.said(None)
        return [Event(self._chunks.one(choice, more if self._index == 0 else None), token=joined)]

    def _is_one_call(self) -> bool:
        choice = self._choice
        if len(self._calls) != 1 or not (self._dialect.call_opens and self._dialect.role_opens):
            return False
        return not (choice.text or choice.refusal or (choice.reasoning and self._dialect.thought("")))

    def says(self) -> list[Event]:
        """Return all that the choice says; the last of it is held back where it comes with the finish reason."""
        audio = chat_message.audio(self._reply, self._prompt, self._index)
        events = self._thoughts()
        events += self._text("content", self._choice.text) if audio is None else self._spoken(audio)
        events += self._text("refusal", self._choice.refusal)
        if self._dialect.whole_calls:
            events += self._whole_calls()
        for opening, fragment, arguments in self._calls:
            if not self._is_one_call():
                events.append(self._event(opening, token=True))
            events += self._pieces(fragment, arguments, "arguments")
        cited = {"annotations": self._annotations()}
        if cited["annotations"] and self._dialect.delta(cited, self._choice):
            events.append(self._event(cited))
        return events[:-1] if self._dialect.finish_joined else events

    def finish(self, more: Mapping[str, Any]) -> Event:
        """Return the chunk that says why the choice ends."""
        joined = self._last_delta if self._dialect.finish_joined else {}
        unfinished = self._chunks.one(self._around(joined)) if joined else b""
        chunk = self._chunks.one(self.finished(joined), more)
        return Event(chunk, token=bool(joined), part="finish", unfinished=unfinished)

    def finished(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        """Return the choice that has finished."""
        reason = chat_message.finish_reason(self._choice, self._prompt)
        told = self._around(delta) | self._dialect.beside(self._choice, reason)
        return self._dialect.choice(told | {"finish_reason": reason})

    def _annotations(self) -> list[Mapping[str, Any]]:
        if self._reply.body is not None:
            return list(self._choice.annotations)
        return chat_message.annotations(self._choice, self._prompt)

    def _thoughts(self) -> list[Event]:
        """Return what is thought before the answer, where the dialect tells it."""
        delta = self._dialect.thought(HOLE)
        return self._pieces(delta, self._choice.reasoning) if delta and self._choice.reasoning else []

    def _whole_calls(self) -> list[Event]:
        message = chat_message.message(self._reply, self._prompt, self._index)
        calls = self._dialect.message(message, self._choice).get("tool_calls") or ()
        return [self._event({"tool_calls": [{"index": place, **call}]}, token=True) for place, call in enumerate(calls)]

    def _text(self, key: str, text: str | None) -> list[Event]:
        if not text:
            return []
        if self._prompt.top_logprobs is None or self._reply.body is not None:
            return self._pieces({key: HOLE}, text)
        entries = chat_entries(self._split(text), self._prompt.top_logprobs, self._choice.logprobs)
        self._last_delta = {key: entries[-1]["token"]}
        return Event.tokens(self._chunks.one(self._with_logprobs(key, entry)) for entry in entries)

    def _with_logprobs(self, key: str, entry: dict[str, Any]) -> dict[str, Any]:
        entries = {"content": None, "refusal": None, key: [entry]}
        return self._around({key: entry["token"]}) | {"logprobs": entries, "finish_reason": None}

    def _spoken(self, audio: dict[str, Any]) -> list[Event]:
        said = self._pieces({"audio": {"transcript": HOLE}}, audio["transcript"])
        last = [self._event({"audio": {key: audio[key]}}) for key in ("data", "expires_at")]
        return [self._event({"audio": {"id": audio["id"]}}), *said, *last]

    def _event(self, delta: Mapping[str, Any], *, token: bool = False) -> Event:
        self._last_delta = delta
        return Event(self._chunks.one(self._around(delta)), token=token)

    def _pieces(self, delta: dict[str, Any], text: str, part: str = "") -> list[Event]:
        pieces = self._split(text)
        if pieces and self._dialect.finish_joined:
            self._last_delta = _filled(delta, pieces[-1])
        return Event.tokens(self._chunks.each(self._around(delta), pieces), part)

    def _split(self, text: str) -> list[str]:
        return tokens.split(text, self._prompt.model)

    def _around(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        told = {"index": self._index, "delta": self._dialect.delta(delta, self._choice)}
        return self._dialect.choice({**told, **self._beside, "finish_reason": None})


def _filled(document: Any, value: str) -> Any:
    """Return a document with a value in each of its holes."""
    if isinstance(document, dict):
        return {key: _filled(item, value) for key, item in document.items()}
    if isinstance(document, list):
        return [_filled(item, value) for item in document]
    return value if document == HOLE else document
