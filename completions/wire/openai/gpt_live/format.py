"""GPT-Live: `GET /v1/live/sessions` over a WebSocket. Each turn of the model is a request with the whole conversation.

OpenAI's guides (`live`, `voice-websockets`, `live-delegation`) and its reference of the primary WebSocket, read in
November 2026; the messages are those of `openai.types.live` of the openai SDK.
"""

from collections.abc import Mapping
from dataclasses import replace

from completions.conversation import Prompt, Tool
from completions.event import Event
from completions.exceptions import RequestError
from completions.ids import fresh
from completions.wire.base import NO_ROUTE, Headers, Route, StreamFailure, decode_object
from completions.wire.fields import text, without_nulls
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.gpt_live.events import RESPONSE, narrate
from completions.wire.openai.gpt_live.readback import DELEGATE, collect_event
from completions.wire.openai.gpt_live.session import GPTLiveSession, error_event
from completions.wire.openai.gpt_live.settings import backend_of
from completions.wire.openai.responses.prompt import read_prompt
from completions.wire.sockets import AttachedSession, ConversationFormat, Message, Session

FOR_BACKEND = ("tools", "tool_choice", "parallel_tool_calls")
"""The settings of the backend that matter for each turn, because it is the backend that calls functions."""

FOR_BACKEND_ONLY = ("max_output_tokens", "reasoning", "text")
"""Those that matter for turns that the client requests of the backend itself."""

DELEGATION = Tool(DELEGATE, "Delegate work to the application.", {"type": "object", "properties": {}})
"""What the model can do where the client does the work, as a tool for rules."""


class GPTLive(ConversationFormat, OpenAIFormat):
    """OpenAI's format of full-duplex conversations; its sessions store the conversation."""

    name = "gpt_live"
    events = staticmethod(narrate)
    collect = staticmethod(collect_event)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a new conversation; the client's first message names the model."""
        return GPTLiveSession(self.supports)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a turn: the conversation, the instructions of the model and of the backend, and the backend's tools."""
        document = decode_object(body)
        backend = without_nulls(backend_of(document))
        names = FOR_BACKEND if RESPONSE not in document else (*FOR_BACKEND, *FOR_BACKEND_ONLY)
        instructions = [text(each.get("instructions")) for each in (document, backend)]
        request = {
            "model": document.get("model"),
            "instructions": "\n\n".join(each for each in instructions if each),
            "input": document.get("input"),
            "safety_identifier": document.get("safety_identifier"),
            "stream": True,
            **{name: backend[name] for name in names if name in backend},
        }
        prompt = replace(read_prompt(request, headers), format=self.name, body=document)
        return prompt if backend else replace(prompt, tools=(DELEGATION,))

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the API's `error` event, or the fault's own event if that is flat or has no name."""
        if not failure.name or failure.flat:
            return super().error_events(failure, prompt)
        envelope = self.error(self.adapt_error(failure.error))
        return [failure.event({**error_event(envelope["error"], None), "event_id": fresh("event_")})]


class GPTLiveSideband(GPTLive):
    """The same format for a second connection, which observes and controls a conversation of the same process."""

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return the session of a connection that attaches; `session` is the id in the address.

        The code of the error is as in pydantic-ai 2; the message is not known.
        """
        name = query["session"]
        missing = RequestError(f"Live session '{name[:200]}' not found.", status=404, code="session_id_not_found")
        return AttachedSession(name, missing)
