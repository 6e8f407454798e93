"""Where Anthropic's formats are spoken."""

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

ALONE = [Address("v1/messages/.*", MESSAGES, "refuse")]
"""No other API has messages: what is not there is told in Anthropic's words."""
