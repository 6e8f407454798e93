"""The parts of a prompt that a request marks for caching: `cache_control` on tools and blocks, as in Anthropic's API.

Source: `CacheControlEphemeralParam` of the anthropic SDK; OpenRouter takes the same in the parts of messages. Bedrock's
Converse has other marks, `cachePoint`, after the blocks to cache (botocore's service model).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import CacheBlock
from completions.tokens.measures import as_json
from completions.wire.fields import dicts, mapping, without_fields

SECONDS = {"5m": 300, "1h": 3600}
"""The lifetime of cached blocks, by `ttl`; the default is 5 minutes."""

TEXT_KEYS = ({"type", "text"}, {"text"})
"""The keys of blocks that are only a text."""

Block = tuple[Any, Mapping[str, Any]]
"""A piece of a request, and its `cache_control`, if any."""


def cache_blocks(body: Mapping[str, Any]) -> tuple[CacheBlock, ...]:
    """Return the blocks of a request in the order in which they are cached; none if nothing is marked."""
    blocks = list(_blocks(body))
    if blocks and (control := mapping(body.get("cache_control"))):  # the API puts it on the last block
        blocks[-1] = (blocks[-1][0], control)
    if not any(control for _, control in blocks):
        return ()
    return tuple(CacheBlock(text_of(block), seconds_of(control)) for block, control in blocks)


def _blocks(body: Mapping[str, Any]) -> Iterator[Block]:
    for tool in dicts(body.get("tools")):
        yield _block(tool)
    yield from _content(body.get("system"))
    for message in dicts(body.get("messages")):
        yield from _content(message.get("content"))
        if calls := message.get("tool_calls"):
            yield calls, {}


def _content(content: object) -> Iterator[Block]:
    if isinstance(content, str):
        yield content, {}
    else:
        yield from map(_block, dicts(content))


def _block(block: Mapping[str, Any]) -> Block:
    control = mapping(block.get("cache_control"))
    return (without_fields(block, "cache_control") if control else block), control


def seconds_of(control: Mapping[str, Any]) -> int:
    """Return the lifetime that a mark sets; 0 if there is no mark."""
    return SECONDS.get(str(control.get("ttl") or "5m"), SECONDS["5m"]) if control else 0


def text_of(block: object) -> str:
    """Return the text of a block, or any other block as JSON."""
    if isinstance(block, str):
        return block
    if isinstance(block, Mapping) and block.keys() in TEXT_KEYS and isinstance(block["text"], str):
        return block["text"]
    return as_json(block)
