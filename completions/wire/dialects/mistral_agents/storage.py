"""Stored conversations, and what is shown of them.

A conversation is stored with its entries; that it was changed follows from the last of them. Shapes:
`ModelConversation` and `AgentConversation` of the mistralai SDK 3.7.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.base import Document, StoredDocument
from completions.wire.dialects.mistral_agents.agents import shown_args, written_time
from completions.wire.dialects.mistral_agents.answer import conversation_id, outputs_of
from completions.wire.dialects.mistral_agents.entries import MESSAGES, completed, inputs_of
from completions.wire.dialects.mistral_agents.setup import CONVERSATION, agent_version, conversation_of
from completions.wire.fields import dicts, mapping

CONFIGURED = ("model", "instructions", "tools", "completion_args", "guardrails", "name", "description", "metadata")
RESTARTED = ("completion_args", "guardrails", "metadata", "agent_version")
"""The fields of a conversation that a new one is made with, and those that a restart can change."""


def stored_conversation(reply: Reply, prompt: Prompt) -> StoredDocument:
    """Return the conversation to store, of which only the new entries count if it exists."""
    before, created = conversation_of(prompt), float(reply.created or 0)
    name, seed = conversation_id(reply, prompt), f"{reply.serial}/input"
    given = enumerate(inputs_of(prompt.body.get("inputs")))
    inputs = [completed(entry, f"{seed}/{at}", created) for at, entry in given]
    entries = [*inputs, *({**entry, "completed_at": None} for entry in outputs_of(reply, prompt))]
    record: dict[str, Any] = {key: (before or prompt.body).get(key) for key in (*CONFIGURED, "agent_id")}
    if before and before["id"] != name:  # a restarted one
        record |= {key: prompt.body[key] for key in RESTARTED if prompt.body.get(key) is not None}
        entries = [*before["entries"], *entries]
    record |= {"id": name, "created": created, "entries": entries, "agent_version": agent_version(prompt)}
    return StoredDocument(CONVERSATION, name, record, grows="entries")


def entries_up_to(conversation: Mapping[str, Any], name: str) -> list[dict[str, Any]] | None:
    """Return the entries of a conversation up to that with an id, and with it; None if it has no such entry."""
    entries = dicts(conversation.get("entries"))
    for at, entry in enumerate(entries):
        if entry["id"] == name:
            return entries[: at + 1]
    return None


def shown(conversation: Document) -> dict[str, Any]:
    """Return a conversation as the API shows it."""
    created = written_time(conversation["created"])
    times = {"created_at": created, "updated_at": conversation["entries"][-1]["created_at"]}
    described = {key: conversation[key] for key in ("name", "description", "metadata")}
    if conversation["agent_id"]:
        by = {"agent_id": conversation["agent_id"]}
        version = {"agent_version": conversation["agent_version"]}
        return {"id": conversation["id"], **times, **by, **described, "object": "conversation", **version}
    configured = {
        "model": conversation["model"],
        "instructions": conversation["instructions"],
        "tools": conversation["tools"] or [],
        "completion_args": shown_args(conversation["completion_args"]),
        "guardrails": conversation["guardrails"],
    }
    return {"id": conversation["id"], **times, **configured, **described, "object": "conversation"}


def history(conversation: Document) -> dict[str, Any]:
    """Return all entries of a conversation."""
    entries: Sequence[Any] = conversation["entries"]
    return {"conversation_id": conversation["id"], "entries": entries, "object": "conversation.history"}


def messages(conversation: Document) -> dict[str, Any]:
    """Return those entries of a conversation that are messages."""
    found = [entry for entry in conversation["entries"] if mapping(entry).get("type") in MESSAGES]
    return {"conversation_id": conversation["id"], "messages": found, "object": "conversation.messages"}
