"""The addresses of Anthropic's formats."""

from completions.wire.address import Address, listing
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages, hello

MESSAGES, COUNT = AnthropicMessages(), AnthropicCount()

ADDRESSES = [
    Address("v1/messages", MESSAGES),
    Address("v1/messages/count_tokens", COUNT),
    Address("anthropic/v1/messages", MESSAGES),  # of Azure's Foundry, which runs Claude
    Address("anthropic/v1/messages/count_tokens", COUNT),
    Address("anthropic/.*", MESSAGES, "refuse"),
    *listing("v1/", MESSAGES),
    Address("api/hello", MESSAGES, "tell", hello),
    Address("v1(?:/.*)?", MESSAGES, "refuse"),
]

UNIQUE_ADDRESSES = [Address("v1/messages/.*", MESSAGES, "refuse")]
"""Addresses that no other API has: an unknown one is refused in Anthropic's words."""
