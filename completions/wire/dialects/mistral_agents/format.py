"""Conversations: `POST /v1/conversations`, `…/{id}` and `…/{id}/restart`, whole or streamed.

Each is equivalent to a request for a chat completion of its model, or of its agent's, with the entries so far as its
messages. An agent may hand over to others, each of which is resolved in turn; an error of one is the whole answer's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Event
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
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_agents import agents, rules
from completions.wire.dialects.mistral_agents.agents import AGENT
from completions.wire.dialects.mistral_agents.answer import HANDOFF, answer_document, entries_of
from completions.wire.dialects.mistral_agents.entries import chat_messages, inputs_of
from completions.wire.dialects.mistral_agents.readback import collect_conversation
from completions.wire.dialects.mistral_agents.setup import (
    AGENTS,
    CONVERSATION,
    HOPS,
    MAX_HOPS,
    Hop,
    agent_of,
    conversation_of,
    hops_of,
    places_of,
    setup_of,
)
from completions.wire.dialects.mistral_agents.storage import entries_up_to, stored_conversation
from completions.wire.dialects.mistral_agents.stream import conversation_events
from completions.wire.fields import dicts, text
from completions.wire.framing import SSE, Framing
from completions.wire.openai.base import OpenAIFormat, check_stream
from completions.wire.openai.chat.format import read_prompt

DIALECT = Mistral()


class Conversations(OpenAIFormat):
    """A new conversation, of a model or of an agent. A prompt has the body as it was sent."""

    name = "mistral_conversations"
    has_fallbacks = raises_fallback_errors = True
    collect = staticmethod(collect_conversation)
    is_restart = False

    def __init__(self, dialect: Mistral) -> None:
        super().__init__(dialect)
        self.refusals = dialect.refusals

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the conversation and the agents that it names are loaded later."""
        document = decode_object(body)
        if validate:
            self.check(document)
        check_stream(document)
        address = {"dialect": DIALECT.name} | ({"conversation": route["name"]} if "name" in route else {})
        if self.is_restart:
            address["restart"] = text(document.get("from_entry_id"))
        prompt = _read(Prompt(format=self.name, headers=headers, body=document, address=address))
        if validate and not self.references(prompt):
            rules.check_messages(chat_messages(_entries(prompt), ""))
        return prompt

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise the error of an invalid request."""
        rules.check_start(body)

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the conversation and the agents that answer, as far as they are known."""
        return places_of(prompt, prompt.address.get("conversation", ""))

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the entries so far, and as its model or agent is set up."""
        recalled, asked = dict(prompt.recalled), self.references(prompt)
        if (name := prompt.address.get("conversation")) is not None:
            conversation = documents.get((CONVERSATION, name))
            if conversation is None and validate:
                raise rules.not_found(name)
            recalled[CONVERSATION] = _restarted(prompt, conversation or {}, validate=validate)
        recalled[AGENTS] = {name: agent for (kind, name), agent in documents.items() if kind == AGENT}
        read = _read(replace(prompt, recalled=recalled))
        if validate:
            if (place := (AGENT, agent_of(read))) in asked and place not in documents:
                raise agents.not_found(place[1])
            rules.check_messages(chat_messages(_entries(read), ""))
        return read

    def fallback_prompt(self, prompt: Prompt, reply: Reply) -> Prompt | None:
        """Return the prompt for the agent that the conversation was handed over to, if the API itself goes on."""
        if prompt.body.get("handoff_execution") == "client" or len(hops_of(prompt)) >= MAX_HOPS:
            return None
        outputs = entries_of(reply, prompt)
        if outputs[-1]["type"] != HANDOFF:
            return None
        hop = Hop(outputs, reply.used, outputs[-1]["next_agent_id"])
        return _read(replace(prompt, recalled={**prompt.recalled, HOPS: [*hops_of(prompt), hop]}))

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the conversation, unless it is not to be stored."""
        return () if prompt.body.get("store") is False else [stored_conversation(reply, prompt)]

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the whole answer."""
        return answer_document(reply, prompt)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the typed events."""
        return conversation_events(answer_document(reply, prompt), prompt.model or "", prompt.per_chunk)

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events, each with its name."""
        return SSE

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as the API's streams have it: an event with a message and a number, which is the last."""
        error = self.adapt_error(failure.error)
        code = int(error.code) if error.code and error.code.isdecimal() and len(error.code) < 9 else error.status
        document = {"type": "conversation.response.error", "message": error.message, "code": code}
        return [Event(orjson.dumps(document), name="conversation.response.error")]


class AppendedConversations(Conversations):
    """Further entries of a conversation, and the answer to them."""

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise the error of an invalid request."""
        rules.check_append(body)


class RestartedConversations(Conversations):
    """A new conversation that begins as another one did, up to one of its entries and with it."""

    is_restart = True

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise the error of an invalid request."""
        rules.check_restart(body)


def _restarted(prompt: Prompt, conversation: Document, *, validate: bool) -> Document:
    """Return the conversation that a prompt goes on with; one that is restarted ends with the requested entry."""
    name = prompt.address.get("restart")
    if name is None or not conversation:
        return conversation
    entries = entries_up_to(conversation, name)
    if entries is None and validate:
        raise rules.entry_not_found(name, text(conversation.get("id")))
    return {**conversation, "entries": conversation["entries"] if entries is None else entries}


def _entries(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the entries that a model sees: the conversation's, the request's, and those of agents that handed over."""
    outputs = [entry for hop in hops_of(prompt) for entry in hop.outputs]
    before = dicts(conversation_of(prompt).get("entries"))
    return [*before, *inputs_of(prompt.body.get("inputs")), *outputs]


def _read(prompt: Prompt) -> Prompt:
    """Return a prompt as that of the equivalent chat completion, with its own format, body and address."""
    setup, body = setup_of(prompt), prompt.body
    chat: dict[str, Any] = {
        **setup.args,
        "model": setup.model,
        "messages": chat_messages(_entries(prompt), setup.instructions),
        "tools": setup.chat_tools,
        "stream": body.get("stream") is True,
        "metadata": body.get("metadata"),
    }
    read = DIALECT.adapt_prompt(read_prompt(chat, prompt.headers))
    return replace(read, format=prompt.format, body=body, address=prompt.address, recalled=prompt.recalled)
