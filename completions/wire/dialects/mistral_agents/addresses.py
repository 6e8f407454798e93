"""The addresses at which Mistral's agents and conversations answer."""

from completions.wire.address import Address
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_agents.completion import AgentCompletions
from completions.wire.dialects.mistral_agents.format import (
    AppendedConversations,
    Conversations,
    RestartedConversations,
)

NAME = "(?P<name>[^/]+)"


def addresses(dialect: Mistral) -> list[Address]:
    """Return the addresses of conversations and of agents' completions."""
    conversations = f"{dialect.place}conversations"
    return [
        Address(f"{dialect.place}agents/completions", AgentCompletions(dialect)),
        Address(conversations, Conversations(dialect)),
        Address(f"{conversations}/{NAME}", AppendedConversations(dialect)),
        Address(f"{conversations}/{NAME}/restart", RestartedConversations(dialect)),
    ]
