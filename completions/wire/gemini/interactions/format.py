"""Interactions: `POST …/interactions`, whole, streamed or in the background; one can continue an earlier one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Body, Event
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities
from completions.wire.base import (
    NO_ROUTE,
    Document,
    Headers,
    Place,
    Route,
    Span,
    StoredDocument,
    StreamFailure,
    decode_object,
)
from completions.wire.fields import dicts, text
from completions.wire.framing import SSE, Framing
from completions.wire.gemini.errors import KEY_MISSING
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.interactions import rules
from completions.wire.gemini.interactions.answer import interaction, unfinished
from completions.wire.gemini.interactions.readback import collect_interaction
from completions.wire.gemini.interactions.request import to_generate_content
from completions.wire.gemini.interactions.storage import (
    INTERACTION,
    interaction_not_found,
    steps_so_far,
    stored_interaction,
)
from completions.wire.gemini.interactions.stream import interaction_events
from completions.wire.gemini.managed.agents import with_agent
from completions.wire.gemini.managed.kinds import AGENT
from completions.wire.gemini.prompt import read_prompt
from completions.wire.gemini.refusals import REFUSALS
from completions.wire.gemini.webhooks import check_config
from completions.wire.refusals import FORMAT

CODES: Mapping[int, str] = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    408: "deadline_exceeded",
    409: "aborted",
    429: "resource_exhausted",
    500: "internal",
    503: "service_unavailable",
    504: "deadline_exceeded",
}
"""The codes of errors. Recorded or quoted in 2026: those of 400, 403, 404, 500 and 503; the others are Google's usual
names in small letters."""

MAX_STEPS = 1000
"""The largest number of earlier steps that are kept; beyond that, the oldest are dropped."""


class Interactions(Gemini):
    """Google's format of typed steps, which stores interactions; each is equivalent to a `generateContent` request.

    A prompt has the body as it was sent, with what its agent adds; the answer is generated from the equivalent request.
    """

    name = "interactions"
    refusals = tuple(row for row in REFUSALS if row.feature not in ("thinking_level", FORMAT))
    """Gemini 2.5 accepts a thinking level in interactions (recorded in May and June 2026)."""
    json_media_type = ""
    reads_address = False
    call_arguments = "object"
    collect = staticmethod(collect_interaction)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the interaction that it continues is loaded later."""
        document = decode_object(body) if body.strip() else {}
        if validate:
            rules.validate(document)
        check_config(document.get("webhook_config"))
        prompt = _read(document, headers, ())
        if validate and prompt.body.get("previous_interaction_id") is None:
            rules.check_content(to_generate_content(document), prompt.model or "")
        return prompt

    def check_abilities(self, prompt: Prompt, can: Capabilities) -> None:
        """Raise the API's error for what the model lacks."""
        super().check_abilities(_as_generate_content(prompt), can)

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return what `generateContent` would refer to, the interaction that this one continues, and its agent."""
        previous = prompt.body.get("previous_interaction_id")
        places = [(INTERACTION, previous)] if isinstance(previous, str) and previous else []
        agent = text(prompt.body.get("agent"))
        places += [(AGENT, agent)] if agent else []
        return [*places, *super().references(_as_generate_content(prompt))]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the steps before it, its agent's part, and with what `generateContent` would find."""
        previous = text(prompt.body.get("previous_interaction_id"))
        earlier: Sequence[Document] = ()
        if previous:
            record = documents.get((INTERACTION, previous))
            if record is None and validate:
                raise interaction_not_found(previous)
            earlier = () if record is None else steps_so_far(record)[-MAX_STEPS:]
        body = with_agent(prompt.body, documents.get((AGENT, text(prompt.body.get("agent")))))
        read = _read(body, prompt.headers, earlier)
        if validate and previous:
            rules.check_content(to_generate_content(prompt.body, earlier), prompt.model or "")
        found = super().recall(_as_generate_content(read), documents, validate=validate)
        return _as_sent(found, body, {**found.recalled, **read.recalled})

    def continues_from(self, prompt: Prompt) -> Place | None:
        """Return None: several interactions may continue the same one."""
        return None

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the interaction, unless it is not to be stored."""
        if prompt.body.get("store") is False:
            return ()
        return [stored_interaction(self._whole(reply, prompt), prompt, _earlier_steps(prompt), span())]

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the whole interaction, or an unfinished one if it runs in the background."""
        whole = self._whole(reply, prompt)
        return unfinished(whole) if prompt.background else whole

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer."""
        return Body(orjson.dumps(self.document(reply, prompt)))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the typed events, and the terminator."""
        return interaction_events(self._whole(reply, prompt), prompt.per_chunk)

    def _whole(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        return interaction(reply, prompt, _as_generate_content(prompt))

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events, each with its name."""
        return SSE

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope: a message and a code; for errors of keys, Google's usual envelope."""
        adapted = self.adapt_error(exc)
        if adapted.code == "API_KEY_INVALID" or adapted.message == KEY_MISSING:
            return super().error(adapted)
        known_code = adapted.code if adapted.code in CODES.values() else None
        code = known_code or CODES.get(adapted.status) or CODES[400 if adapted.status < 500 else 500]
        return {"error": {"message": adapted.message, "code": code}}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return an envelope; for errors of keys, in a list of one (recorded in 2026)."""
        return [document] if "status" in document["error"] else document

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with Google's wording; that of an unknown model does not name the model."""
        adapted = super().adapt_error(exc)
        if exc.code == "model_not_found":
            return RequestError("Requested entity was not found.", status=404, headers=adapted.headers)
        return adapted

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as the API's streams have it: one event with the envelope, which is the last."""
        envelope = {**self.error(failure.error), "event_type": "error"}
        return [Event(orjson.dumps(envelope), name="error")]


def _read(body: dict[str, Any], headers: Mapping[str, str], earlier: Sequence[Mapping[str, Any]]) -> Prompt:
    """Return the prompt of a request that follows some earlier steps."""
    name = text(body.get("model")) or text(body.get("agent"))
    address = {"model": name, "method": "generateContent"}
    prompt = read_prompt(to_generate_content(body, earlier), headers, address)
    return _as_sent(prompt, body, {"steps": list(earlier)} if earlier else {})


def _as_sent(prompt: Prompt, body: dict[str, Any], recalled: Mapping[str, Any]) -> Prompt:
    """Return a prompt that was read from the translated request, with the original request as its body."""
    stream, background = body.get("stream") is True, body.get("background") is True
    return replace(prompt, format=Interactions.name, body=body, stream=stream, background=background, recalled=recalled)


def _earlier_steps(prompt: Prompt) -> list[dict[str, Any]]:
    return dicts(prompt.recalled.get("steps"))


def _as_generate_content(prompt: Prompt) -> Prompt:
    """Return the equivalent prompt of `generateContent`."""
    return replace(prompt, body=to_generate_content(prompt.body, _earlier_steps(prompt)))
