"""The points of a prompt where the cache of OpenAI's models since GPT-5.6 may end, and its other dependencies.

It ends with a message, or with a part that a request marks by `prompt_cache_breakpoint`. Sources: OpenAI's guide to
prompt caching (September 2026), and `PromptCacheOptions` of the openai SDK 3.57 where that is newer.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from completions.conversation import Message, Prompt
from completions.wire.fields import mapping, text
from completions.wire.fingerprints import as_bytes, message_bytes

MARK = "prompt_cache_breakpoint"

LIFETIMES = {"30m": 1800, "12h": 12 * 3600}
"""The seconds for which a prefix is cached after its last use, by its `ttl`; the default is half an hour."""

MAX_MARKS, MAX_MESSAGES, MAX_WRITES = 80, 21, 4
"""The most marked parts and ends of messages where the cache is looked up, and the most places where it is written."""

UNCACHED = 3
"""Tokens at the start of the answer, never cached: of 6,849 were 6,690 read and 156 written (quoted, 2026-10-01)."""

INITIAL_ROLES = ("system", "developer")
"""Roles of the messages with which a conversation begins."""


class Point(NamedTuple):
    """A point where the cache may end: after these messages and characters of the next; cached for these seconds."""

    digest: str
    messages: int
    characters: int
    is_marked: bool
    seconds: int


def cache_ends(parts: Sequence[Mapping[str, Any]], text_of: Callable[[Any], str]) -> tuple[tuple[int, int], ...]:
    """Return the positions in a message's text after marked parts; `text_of` joins the texts of parts."""
    marked = [(at, mark) for at, part in enumerate(parts) if (mark := mapping(part.get(MARK)))]
    return tuple((len(text_of(parts[: at + 1])), LIFETIMES.get(text(mark.get("ttl")), 0)) for at, mark in marked)


def settings(prompt: Prompt) -> dict[str, object]:
    """Return the settings on which a cached prefix depends, by their names in diagnostics."""
    body, form = prompt.body, mapping(prompt.body.get("text"))
    tier = text(body.get("service_tier"))
    return {
        "model": prompt.model,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "service_tier": "auto" if tier in ("", "default") else tier,
        "tools": [body.get("tools") or [], prompt.parallel_tool_calls],
        "text_format": form.get("format") or body.get("response_format") or {"type": "text"},
        "reasoning_effort": mapping(body.get("reasoning")).get("effort") or body.get("reasoning_effort"),
        "verbosity": form.get("verbosity") or body.get("verbosity") or "medium",
    }


def looked_up_and_written(prompt: Prompt) -> tuple[list[Point], list[Point]]:
    """Return the points where the cache is looked up for a prompt, and where it is written, in order.

    With `mode: explicit` these are only the marked ones.
    """
    points = list(_points(prompt))
    marked, ends = [p for p in points if p.is_marked], [p for p in points if not p.is_marked]
    if text(mapping(prompt.body.get("prompt_cache_options")).get("mode")) == "explicit":
        return marked[-MAX_MARKS:], marked[-MAX_WRITES:]
    looked_up, written = [*marked[-MAX_MARKS:], *ends[-MAX_MESSAGES:]], [*marked[1 - MAX_WRITES :], *ends[-1:]]
    return sorted(looked_up, key=_place), sorted(written, key=_place)


def _place(point: Point) -> tuple[int, int]:
    return point.messages, point.characters


def _points(prompt: Prompt) -> Iterator[Point]:
    """Yield the points where the cache may end; one at the end of a message is the same, marked or not."""
    life = LIFETIMES.get(text(mapping(prompt.body.get("prompt_cache_options")).get("ttl")), LIFETIMES["30m"])
    chain = hashlib.blake2b(as_bytes(settings(prompt)), digest_size=12)
    ends = _ends(prompt.messages)
    for at, message in enumerate(prompt.messages):
        before = chain.copy()
        chain.update(message_bytes(message))
        for characters, seconds in message.cache_ends:
            if characters < len(message.text):
                inner = before.copy()
                inner.update(as_bytes([message.role, message.text[:characters]]))
                yield Point(inner.hexdigest(), at, characters, True, seconds or life)
            else:
                yield Point(chain.hexdigest(), at + 1, 0, True, seconds or life)
        if ends[at]:
            yield Point(chain.hexdigest(), at + 1, 0, False, life)


def _ends(messages: Sequence[Message]) -> list[bool]:
    """Return for each message whether the cache may end with it although it is not marked.

    That is so for users' messages, for the last of consecutive results, and for the last of the initial messages.
    """
    begins = next((at for at, message in enumerate(messages) if message.role not in INITIAL_ROLES), len(messages))
    ends = [message.role == "user" or at == begins - 1 for at, message in enumerate(messages)]
    tools = [message.role in ("tool", "function") for message in messages]
    last = [tool and not more for tool, more in pairwise([*tools, False])]
    return [end or result for end, result in zip(ends, last, strict=True)]
