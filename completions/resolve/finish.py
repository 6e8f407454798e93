"""Between resolve and render: apply the request's limits to a reply, and count its tokens.

There are `n` choices. A text ends before the first stop sequence. Reasoning, text and tool calls together have at most
`max_tokens` tokens; the cut is at a token boundary, even inside JSON, as with the real API.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from completions.conversation import Block, Choice, Prompt, Reply, Usage
from completions.resolve.arrange import arranged, with_content
from completions.tokens import text as tokens
from completions.tokens.prompt import count
from completions.wire.base import new_serial

MAX_MADE_TOKENS = 32_768
"""The most tokens to which `min_tokens` lengthens a text, because they are counted on the event loop."""

SEEDED_TIME = 1_735_689_600
"""The creation time of seeded answers: 2025-01-01, in seconds since the epoch."""


def finish(reply: Reply, prompt: Prompt, seed: str | None = None) -> Reply:
    """Return the reply with the request's limits applied and its tokens counted; a verbatim document stays as it is.

    Its ids and its creation time are derived from `seed`, or else are new.
    """
    if reply.body is not None:
        return reply
    number = max(prompt.n, 1) if reply.choices else 0
    choices, spent, is_counted = [], 0, reply.usage is None and prompt.task == "generate"
    for index in range(number):
        choice, tokens_of_it = _limited(reply.choices[index % len(reply.choices)], prompt, is_counted)
        choices.append(choice)
        spent += tokens_of_it
    return Reply(
        tuple(choices),
        reply.id,
        _created(seed) if reply.created is None else reply.created,
        reply.model or prompt.model,
        _with_counts(reply.counts, reply.usage or _usage(choices, prompt, spent)),
        reply.counts,
        reply.serial or new_serial(seed),
        events=reply.events,
    )


def length(reply: Reply, prompt: Prompt) -> int:
    """Return an upper limit of an answer's characters, in as many choices as are requested.

    A character outside ASCII may be three tokens, and counts as three characters.
    """
    longest = 0
    for choice in reply.choices:
        texts = [choice.text, choice.reasoning, choice.refusal, *[call.arguments for call in choice.tool_calls]]
        size = 0
        for text in texts:
            if text:
                size += len(text) if text.isascii() else 3 * len(text)
        if size > longest:
            longest = size
    return (longest + 1) * (prompt.n if prompt.n > 1 else 1)


def _created(seed: str | None) -> int:
    return int(time.time()) if seed is None else SEEDED_TIME


def _limited(choice: Choice, prompt: Prompt, is_counted: bool) -> tuple[Choice, int]:
    """Apply the stop sequences and the token limit, and set the finish reason unless the script gives one.

    Also return the number of its tokens, which is counted for a limit, or if `is_counted`; otherwise 0.
    """
    limited = _with_reason(_cut_at_stop(choice, prompt) if prompt.stop else choice)
    if prompt.min_tokens and limited.text:
        limited = _lengthened(limited, limited.text, prompt)
    if prompt.max_tokens is None and not is_counted:
        return limited, 0
    spent = completion_tokens(limited, prompt.model)
    if prompt.max_tokens is None or spent <= prompt.max_tokens:
        return limited, spent
    cut = _cut(limited, prompt.max_tokens, prompt.model)
    return cut, completion_tokens(cut, prompt.model)


def _with_reason(choice: Choice) -> Choice:
    """Return a choice with its finish reason; this runs for every answer, and `replace` takes five times as long."""
    return Choice(
        choice.text,
        choice.finish_reason or _reason(choice),
        choice.tool_calls,
        choice.refusal,
        choice.reasoning,
        choice.annotations,
        choice.logprobs,
        choice.stopped_by,
        choice.embedding,
        choice.moderation,
        choice.scores,
        choice.failure,
        choice.blocks,
    )


def _lengthened(choice: Choice, text: str, prompt: Prompt) -> Choice:
    """Return a choice whose text is repeated until it has the required number of tokens."""
    required, addition = min(prompt.min_tokens or 0, MAX_MADE_TOKENS), f" {text}"
    missing = required - completion_tokens(choice, prompt.model)
    while missing > 0:
        pieces = list(_fitting(tokens.split(addition, prompt.model), missing, prompt.model))
        text += "".join(pieces)
        choice = arranged(replace(choice, text=text), choice.blocks)
        before, missing = missing, required - completion_tokens(choice, prompt.model)
        if missing >= before:
            break
        addition = f" {text}"
    return choice


def _reason(choice: Choice) -> str:
    return "tool_calls" if choice.tool_calls and choice.stopped_by is None else "stop"


def _cut_at_stop(choice: Choice, prompt: Prompt) -> Choice:
    """Return a choice that ends before the first stop sequence in its text, or with it if the request keeps it."""
    if not choice.text:
        return choice
    for place, block in enumerate(choice.content):
        found = min(((at, stop) for stop in prompt.stop if stop and (at := block.text.find(stop)) >= 0), default=None)
        if block.kind == "text" and found is not None:
            at, stop = found
            end = at + len(stop) if prompt.keeps_stop else at
            before = [replace(block, text=block.text[:end])] if end else []
            return replace(with_content(choice, [*choice.content[:place], *before]), stopped_by=stop)
    return choice


def _cut(choice: Choice, limit: int, model: str | None) -> Choice:
    """Cut the content to `limit` tokens, in its order."""
    budget = _Budget(limit, model)
    content = list(budget.within(choice.content))
    return replace(with_content(choice, content), finish_reason="length", stopped_by=None)


class _Budget:
    """The number of tokens left, and whether something did not fit."""

    def __init__(self, limit: int, model: str | None) -> None:
        self.left, self.model, self.exceeded = limit, model, False

    def within(self, content: Iterable[Block]) -> Iterable[Block]:
        for block in content:
            if block.call is not None:
                if not self.exceeded and self._take(block.call.name) == block.call.name:
                    yield replace(block, call=replace(block.call, arguments=self._take(block.call.arguments)))
            elif text := self._take(block.text):
                yield replace(block, text=text)

    def _take(self, text: str) -> str:
        if not text or self.exceeded:
            return ""
        used = tokens.count(text, self.model)
        if used <= self.left:
            self.left -= used
            return text
        pieces = tokens.split(text, self.model)
        self.exceeded = True
        return "".join(_fitting(pieces, self.left, self.model))


def _fitting(pieces: list[str], limit: int, model: str | None) -> Iterable[str]:
    """Yield the pieces that fit into `limit` tokens; a piece is one token, or more if a character spans several."""
    for piece in pieces:
        limit -= 1 if piece.isascii() else tokens.count(piece, model)
        if limit < 0:
            return
        yield piece


def completion_tokens(choice: Choice, model: str | None) -> int:
    """Count the tokens of a choice: reasoning, text, refusal, and the names and arguments of calls."""
    texts: list[str | None] = [choice.reasoning, choice.text, choice.refusal]
    if choice.blocks:
        texts = [block.text for block in choice.blocks]
    for call in choice.tool_calls:
        texts += (call.name, call.arguments)
    total = 0
    for text in texts:
        if text:
            total += tokens.count(text, model)
    return total


def _reasoning_tokens(choice: Choice, model: str | None) -> int:
    if not choice.blocks:
        return tokens.count(choice.reasoning or "", model)
    return sum(tokens.count(block.text, model) for block in choice.blocks if block.kind == "reasoning")


def _with_counts(counts: Mapping[str, int], usage: Usage) -> Usage:
    """Return the usage with the script's counts; a total that it does not give is at least the sum of its parts."""
    if not counts:
        return usage
    counted = replace(usage, **counts)
    if "cache_creation_tokens" not in counts:
        counted = replace(
            counted, cache_creation_tokens=max(counted.cache_creation_tokens, counted.cache_creation_1h_tokens)
        )
    prompt, completion = counted.prompt_tokens, counted.completion_tokens
    if "prompt_tokens" not in counts:
        cache = counted.cached_tokens + counted.cache_creation_tokens
        prompt += cache if cache > prompt else 0
        prompt = max(prompt, counted.audio_tokens + counted.image_tokens + counted.document_tokens)
    if "completion_tokens" not in counts:
        completion += max(counted.reasoning_tokens - usage.reasoning_tokens, 0)
    return replace(counted, prompt_tokens=prompt, completion_tokens=completion)


def _usage(choices: Sequence[Choice], prompt: Prompt, spent: int) -> Usage:
    """Return the usage of choices with `spent` tokens."""
    counted = count(prompt)
    if prompt.task != "generate":
        return Usage(counted.total, 0)
    return Usage(
        prompt_tokens=counted.total,
        audio_tokens=counted.audio,
        image_tokens=counted.image,
        document_tokens=counted.document,
        completion_tokens=spent,
        reasoning_tokens=sum([_reasoning_tokens(choice, prompt.model) for choice in choices if choice.reasoning]),
    )
