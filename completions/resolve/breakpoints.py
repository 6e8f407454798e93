"""Between resolve and render, for OpenAI's models since GPT-5.6: what of a prompt is read from the cache, and written.

These report both to the token, and cache a prompt up to the end of a message or a marked part
(`wire/openai/cache_points.py`).
"""

from dataclasses import replace

from completions.conversation import Message, Prompt, Usage
from completions.state.namespaces import Namespace
from completions.tokens.caches import CachePolicy
from completions.tokens.prompt import prompt_tokens
from completions.wire.openai.cache_points import UNCACHED, Point, looked_up_and_written


async def with_breakpoints(space: Namespace, prompt: Prompt, usage: Usage, steps: CachePolicy) -> Usage:
    """Read the longest beginning that was cached before, and write beginnings that are long enough."""
    seen, marks = looked_up_and_written(prompt)
    written = [(point, size) for point in marks if (size := _size(prompt, point, usage)) >= steps.least]
    found = await space.prefixes.use(
        [point.digest for point in seen], {point.digest: point.seconds for point, _ in written}
    )
    longest = next((point for point, is_cached in zip(seen[::-1], found[::-1], strict=True) if is_cached), None)
    read = 0 if longest is None else _size(prompt, longest, usage)
    end = written[-1][1] if written else 0
    return replace(usage, cached_tokens=read, cache_creation_tokens=max(end - read, 0))


def _size(prompt: Prompt, point: Point, usage: Usage) -> int:
    """Return how many tokens a prompt has up to a point."""
    whole = usage.prompt_tokens - UNCACHED
    if point.messages == len(prompt.messages):
        return whole
    messages = prompt.messages[: point.messages]
    if point.characters:
        cut = prompt.messages[point.messages]
        messages += (Message(cut.role, cut.text[: point.characters], name=cut.name, tool_call_id=cut.tool_call_id),)
    return min(prompt_tokens(replace(prompt, messages=messages)) - UNCACHED, whole)
