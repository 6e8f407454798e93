"""Live: `BidiGenerateContent` over a WebSocket. A turn of the model is a request with all that was said."""

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
from completions.wire.gemini.live.events import HANDLE, collect_message, content_of, handle_of, narrate
from completions.wire.gemini.live.session import LiveSession, closing
from completions.wire.gemini.live.tokens import PREFIX, TOKEN
from completions.wire.gemini.prompt import read_prompt
from completions.wire.sockets import Close, ConversationFormat, Message, Session

METHOD = "bidiGenerateContent"


class Live(ConversationFormat, Gemini):
    """The Live API's format; its sessions keep what was said, and can be taken up again."""

    name = "live"
    is_binary = True
    vertex = False
    events = staticmethod(narrate)
    collect = staticmethod(collect_message)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a new conversation, with which model its first message says, or the token that opens it.

        A token is a key at the address for tokens alone.
        """
        if preset is None and headers.get(self.key_header, "").startswith(PREFIX):
            raise KeyRefused(KEY_MISSING, "")
        return LiveSession(self.fits, preset, vertex=self.vertex)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a turn: the session's setup, and what was said."""
        document = decode_object(body)
        address = {"model": text(document.get("model")), "method": METHOD} | ({"vertex": "1"} if self.vertex else {})
        return self._read(document, headers, address)

    def _read(self, document: dict[str, Any], headers: Mapping[str, str], address: Mapping[str, str]) -> Prompt:
        return replace(read_prompt(document, headers, address), format=self.name, stream=True)

    def refers_to(self, prompt: Prompt) -> Collection[Place]:
        """Return what was said on another connection, from which this one goes on."""
        handle = text(pick(mapping(pick(prompt.body, "sessionResumption")), "handle"))
        return [(HANDLE, handle)] if handle else []

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with what was said there before it."""
        found = next(iter(documents.values()), None)
        if found is None:
            raise RequestError("BidiGenerateContent session not found", status=404)
        contents = [*dicts(found["contents"]), *dicts(prompt.body.get("contents"))]
        return self._read({**prompt.body, "contents": contents}, prompt.headers, prompt.address)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return what was said, for another connection; calls that are not answered are lost with this one."""
        if pick(prompt.body, "sessionResumption") is None:
            return ()
        contents = [*dicts(prompt.body.get("contents")), content_of(reply)]
        return (StoredDocument(HANDLE, handle_of(reply), {"contents": contents}),)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as a message, which the API itself does not send: it closes the connection."""
        return WireFormat.error_events(self, failure, prompt)

    def refused(self, exc: RequestError) -> Close:
        """Return how a connection ends whose handshake is refused: the API takes any, and tells why as it closes."""
        return closing(exc.status, exc.message)


class ConstrainedLive(Live):
    """The same for those who have a token, and no key."""

    secret = TOKEN
