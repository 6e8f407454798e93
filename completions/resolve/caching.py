"""Between resolve and render: the tokens of a prompt that the API would read from its cache or write to it.

Most APIs cache the beginning of prompts automatically, Anthropic what a request marks with `cache_control`. From how
many tokens on, and in which steps, `tokens/caches.py` says. The namespace's state remembers earlier prompts.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from completions import budget
from completions.conversation import Prompt, Usage
from completions.outcome import Outcome
from completions.resolve.breakpoints import with_breakpoints
from completions.state.namespaces import Namespace
from completions.tokens import text as tokens
from completions.tokens.caches import NOVA, CachePolicy, cache_policy, min_marked_tokens
from completions.tokens.measures import TOOL_MEASURES, text_cost
from completions.tokens.vendor import Weights
from completions.tokens.vendors import vendor_of
from completions.tokens.weights import CLAUDE
from completions.wire.fingerprints import as_bytes, message_bytes

AUTOMATIC_SECONDS = 600
"""Seconds for which an automatically cached prefix is remembered; by OpenAI's guide 5 to 10 minutes."""

CHUNK = 256
"""The size, in bytes, of the chunks by which prompts are compared: about 64 tokens."""

MAX_CHUNKS = 4096
"""The number of chunks that are compared; the rest of a prompt is never cached."""

LOOKBACK = 20
"""Blocks before a mark in which Anthropic looks for cached content; the SDK's documentation says 20."""

ANSWER_START_TOKENS = 3
"""Tokens that begin an answer of Anthropic's, and are never cached: what is left in the recordings (26 Nov 2026)."""

IMAGE_TOKENS, BLOCK_HEAD = 1_600, 300
"""Tokens of a picture or a page, and the characters in which a block in JSON says what it is."""

CACHE_COUNTS = frozenset({"prompt_tokens", "cached_tokens", "cache_creation_tokens", "cache_creation_1h_tokens"})
"""Usage fields that a script can set; if it sets one, the cache is not consulted."""


CACHED_TASKS = ("generate", "state")
"""The tasks whose prompts are cached: those that are answered, and those that prepare an answer alone."""

MIN_CACHED = 128
"""No API caches a prompt with fewer tokens that marks nothing, so the caller does not ask."""

LARGE_PROMPT = 20_000
"""Tokens of a prompt from which it is processed in a thread."""


async def with_cache(space: Namespace, prompt: Prompt, outcome: Outcome) -> Outcome:
    """Return the outcome with the cached tokens in its usage.

    Verbatim documents, and usage given by a script, stay as they are.
    """
    reply = outcome.reply
    if reply is None or reply.usage is None or reply.body is not None or prompt.task not in CACHED_TASKS:
        return outcome
    usage = reply.usage
    if not CACHE_COUNTS.isdisjoint(reply.counts):
        return outcome
    if isinstance(cached := prompt.recalled.get("cached_tokens"), int):
        found = replace(usage, cached_tokens=min(cached, usage.prompt_tokens))
    elif prompt.cache_blocks:
        found = await _with_marks(space, prompt, usage)
    elif (steps := steps_for(prompt)) is not None and usage.prompt_tokens >= steps.least:
        by_itself = with_breakpoints if steps.at_ends else _automatic
        found = await by_itself(space, prompt, usage, steps)
    else:
        return outcome
    return replace(outcome, reply=replace(reply, usage=found))


def steps_for(prompt: Prompt) -> CachePolicy | None:
    """Return the steps of the API's automatic caching for a model, or None if it has none."""
    return cache_policy((prompt.model or "").lower(), f"{prompt.format}/{prompt.address.get('dialect', '')}")


async def _automatic(space: Namespace, prompt: Prompt, usage: Usage, steps: CachePolicy) -> Usage:
    """Compare the beginning of the prompt with earlier prompts, chunk by chunk, and remember it."""
    is_large = usage.prompt_tokens > LARGE_PROMPT
    digests, size = await budget.in_thread(_digests, prompt) if is_large else _digests(prompt)
    found = await space.prefixes.use(digests, dict.fromkeys(digests, AUTOMATIC_SECONDS))
    known = next((at for at, seen in enumerate(found) if not seen), len(found)) * CHUNK
    cached = usage.prompt_tokens * known // max(size, 1)
    if steps.preamble:
        cached = max(cached, min(steps.preamble, usage.prompt_tokens - ANSWER_START_TOKENS))
    cached -= cached % steps.step
    return replace(usage, cached_tokens=cached) if cached >= min(steps.least, steps.preamble or steps.least) else usage


def _digests(prompt: Prompt) -> tuple[list[str], int]:
    """Return the digests of a prompt's beginnings, chunk by chunk, and its size in bytes."""
    whole = b"".join(_pieces(prompt))
    ends = range(CHUNK, min(len(whole), MAX_CHUNKS * CHUNK) + 1, CHUNK)
    return list(_chain(prompt.model or "", (whole[end - CHUNK : end] for end in ends))), len(whole)


async def _with_marks(space: Namespace, prompt: Prompt, usage: Usage) -> Usage:
    """Read the longest prefix that was cached before, and write the marked blocks after it."""
    blocks = prompt.cache_blocks
    is_large = usage.prompt_tokens > LARGE_PROMPT
    sizes, digests = await budget.in_thread(_measured, prompt, usage) if is_large else _measured(prompt, usage)
    least = min_marked_tokens(prompt.model or "")
    marks = [at for at, block in enumerate(blocks) if block.seconds and sizes[at] >= least]
    if not marks:
        return usage
    near = sorted({at for mark in marks for at in range(max(0, mark - LOOKBACK), mark + 1)})
    found = await space.prefixes.use(
        [digests[at] for at in near],
        {digests[mark]: blocks[mark].seconds for mark in marks},
        {digests[mark]: sizes[mark] for mark in marks},
    )
    known = {at: min(size, sizes[-1]) for at, size in zip(near, found, strict=True) if size}
    read = max(known.values(), default=0)
    written = max(known.get(marks[-1], sizes[marks[-1]]) - read, 0)
    long = max((known.get(mark, sizes[mark]) - read for mark in marks if blocks[mark].seconds > 300), default=0)
    return replace(
        usage, cached_tokens=read, cache_creation_tokens=written, cache_creation_1h_tokens=min(max(long, 0), written)
    )


def _ends(prompt: Prompt) -> Iterator[float]:
    """Yield the tokens up to the end of each block, by the same weights as those of the whole prompt."""
    vendor = vendor_of(prompt.model or "", "anthropic", vertex=False, dialect=None)
    weights = vendor.weights if vendor is not None and vendor.name.startswith(("claude", "nova")) else CLAUDE
    end = weights.get("base", 0) - _uncached(prompt) - weights.get("message", 0)
    end += weights["tools"] - weights.get("tool", 0) if prompt.tools else 0
    tool = _tool(prompt, weights) if "tool" not in weights else None
    for block in prompt.cache_blocks:
        end += _cost(block.text, weights) if tool is None or not _is_tool(block.text) else tool
        yield end


def _tool(prompt: Prompt, weights: Weights) -> float:
    """Return the average tokens of a prompt's tools."""
    whole = sum(weight * TOOL_MEASURES[name](prompt) for name, weight in weights.items() if name in TOOL_MEASURES)
    return whole / max(len(prompt.tools), 1)


def _is_tool(block: str) -> bool:
    return block.startswith("{") and '"input_schema"' in block


def _uncached(prompt: Prompt) -> int:
    """Return how many tokens are never cached: of Nova's prompts none, as recorded in September 2026."""
    return 0 if NOVA in (prompt.model or "") else ANSWER_START_TOKENS


def _cost(block: str, weights: Weights) -> float:
    """Return the tokens of a block: a text, or a tool, a call, a picture or a result as JSON."""
    head = block[:BLOCK_HEAD] if block.startswith("{") else ""
    if '"base64"' in head:
        return IMAGE_TOKENS
    if _is_tool(block):
        return weights["tool"] + weights["tool_json"] * tokens.count(block)
    if head.startswith('{"type":"thinking"'):
        return 0
    if '"tool_use"' in head:
        return weights["call"] + weights["call_json"] * tokens.count(block)
    plain = weights["text"] * tokens.count(block) if "text" in weights else 0
    return weights.get("message", 0) + plain + text_cost(block, weights)


def _measured(prompt: Prompt, usage: Usage) -> tuple[list[int], list[str]]:
    """Return the tokens of a prompt up to the end of each of its blocks, and the digest of each prefix.

    The last one ends the prompt. What the blocks have less than that stands at its start, as what Anthropic's own tools
    bring with them; what they have more is taken from each.
    """
    whole = usage.prompt_tokens - _uncached(prompt)
    ends = list(_ends(prompt))
    missing, scale = max(whole - ends[-1], 0), min(whole / max(ends[-1], 1), 1)
    sizes = [max(round((end + missing) * scale), 0) for end in ends]
    return sizes, list(_chain(prompt.model or "", (block.text.encode() for block in prompt.cache_blocks)))


def _chain(first: str, pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield the digest of everything up to each piece."""
    digest = hashlib.blake2b(first.encode(), digest_size=12)
    for piece in pieces:
        digest.update(len(piece).to_bytes(8))
        digest.update(piece)
        yield digest.hexdigest()


def _pieces(prompt: Prompt) -> Iterator[bytes]:
    """Yield the pieces of a prompt in the order in which the API reads them."""
    for tool in prompt.tools:
        yield as_bytes([tool.name, tool.description, tool.parameters])
    if prompt.response_format.kind == "json_schema":
        yield as_bytes(prompt.response_format.schema)
    yield from map(message_bytes, prompt.messages)
