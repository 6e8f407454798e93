"""Live: `BidiGenerateContent` over a WebSocket. A turn of the model is a request with the conversation so far."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.exceptions import KeyRefused, RequestError
from completions.wire.base import (
    NO_ROUTE,
    Document,
    Headers,
    Place,
    Route,
    Span,
    StoredDocument,
    StreamFailure,
    WireFormat,
    decode_object,
)
from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini.errors import KEY_MISSING
from completions.wire.gemini.fields import pick
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.live.events import LIVE_SESSION, answer_events, collect_message, content_of, handle_of
from completions.wire.gemini.live.session import LiveSession, close_for
from completions.wire.gemini.live.tokens import PREFIX, TOKEN
from completions.wire.gemini.prompt import read_prompt
from completions.wire.sockets import Close, ConversationFormat, Message, Session

METHOD = "bidiGenerateContent"


class Live(ConversationFormat, Gemini):
    """The Live API's format; its sessions keep the conversation, and can be resumed."""

    name = "live"
    is_binary = True
    vertex = False
    events = staticmethod(answer_events)
    collect = staticmethod(collect_message)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a new session; its first message, or the token that opens it, names the model.

        A token is accepted as a key only at the address for tokens.
        """
        if preset is None and headers.get(self.key_header, "").startswith(PREFIX):
            raise KeyRefused(KEY_MISSING, "")
        return LiveSession(self.supports, preset, vertex=self.vertex)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a turn: the session's setup, and the conversation so far."""
        document = decode_object(body)
        address = {"model": text(document.get("model")), "method": METHOD} | ({"vertex": "1"} if self.vertex else {})
        return self._read(document, headers, address)

    def _read(self, document: dict[str, Any], headers: Mapping[str, str], address: Mapping[str, str]) -> Prompt:
        return replace(read_prompt(document, headers, address), format=self.name, stream=True)

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the place of the conversation on another connection that this one resumes."""
        handle = text(pick(mapping(pick(prompt.body, "sessionResumption")), "handle"))
        return [(LIVE_SESSION, handle)] if handle else []

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt after the resumed conversation."""
        session = next(iter(documents.values()), None)
        if session is None:
            raise RequestError("BidiGenerateContent session not found", status=404)
        contents = [*dicts(session["contents"]), *dicts(prompt.body.get("contents"))]
        return self._read({**prompt.body, "contents": contents}, prompt.headers, prompt.address)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the conversation, for another connection; calls without a result are lost with this one."""
        if pick(prompt.body, "sessionResumption") is None:
            return ()
        contents = [*dicts(prompt.body.get("contents")), content_of(reply)]
        return (StoredDocument(LIVE_SESSION, handle_of(reply), {"contents": contents}),)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as a message, which the real API does not send: it closes the connection."""
        return WireFormat.error_events(self, failure, prompt)

    def refused(self, exc: RequestError) -> Close:
        """Return the close of a refused connection: the API accepts every handshake, and closes with the reason."""
        return close_for(exc.status, exc.message)


class ConstrainedLive(Live):
    """The same format for clients with a token instead of a key."""

    secret = TOKEN
