"""Between resolve and render: what of a reply is really said, by the request's own limits, and what it costs.

The number of choices is `n`; a text ends before the first stop sequence; reasoning, text and tool calls together
have at most `max_tokens` true tokens, and what is cut is cut where the tokens end, inside JSON too, as the API does.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.ids import hex_id
from completions.tokens import text as tokens
from completions.tokens.prompt import count

LONGEST = 32_768
"""Tokens that an answer is made as long as at most, whatever is asked for: they are counted on the event loop."""

SEEDED_TIME = 1_735_689_600
"""When seeded answers were created: 2025-01-01, in seconds since the epoch."""


def finish(reply: Reply, prompt: Prompt, seed: str | None = None) -> Reply:
    """Return the reply as it is said; a document given word by word stays as it is.

    Its ids and its time come from `seed`, or else are new.
    """
    if reply.body is not None:
        return reply
    count = max(prompt.n, 1) if reply.choices else 0
    asked = [reply.choices[index % len(reply.choices)] for index in range(count)]
    choices = tuple(_limited(choice, prompt) for choice in asked)
    return Reply(
        choices,
        reply.id,
        _created(seed) if reply.created is None else reply.created,
        reply.model or prompt.model,
        _with(reply.counts, reply.usage or _usage(choices, prompt)),
        reply.counts,
        reply.serial or _serial(seed),
        events=reply.events,
    )


def _created(seed: str | None) -> int:
    return int(time.time()) if seed is None else SEEDED_TIME


def _serial(seed: str | None) -> str:
    return hex_id(15) if seed is None else hashlib.blake2s(seed.encode(), digest_size=15).hexdigest()


def _limited(choice: Choice, prompt: Prompt) -> Choice:
    """Apply the stop sequences and the token limit, and set the finish reason that follows where none is given."""
    text, stopped_by = _before_stop(choice.text, prompt.stop)
    said = _said(choice, text, stopped_by)
    if prompt.min_tokens and text:
        said = replace(said, text=_longer(text, said, prompt))
    if prompt.max_tokens is None:
        return said
    return _within(said, prompt.max_tokens, prompt.model)


def _said(choice: Choice, text: str | None, stopped_by: str | None) -> Choice:
    """Return a choice with what is said of its text; every answer makes one, and `replace` takes five times as long."""
    return Choice(
        text,
        choice.finish_reason or _reason(choice),
        choice.tool_calls,
        choice.refusal,
        choice.reasoning,
        choice.annotations,
        choice.logprobs,
        stopped_by,
        choice.embedding,
        choice.moderation,
        choice.failure,
    )


def _longer(text: str, choice: Choice, prompt: Prompt) -> str:
    """Return a text that is repeated until the choice has as many tokens as it must have."""
    wanted = min(prompt.min_tokens or 0, LONGEST)
    missing = wanted - completion_tokens([choice], prompt.model)
    while missing > 0:
        again = f" {text}"
        pieces = list(_fitting(tokens.split(again, prompt.model), missing, prompt.model))
        text += "".join(pieces)
        before, missing = missing, wanted - completion_tokens([replace(choice, text=text)], prompt.model)
        if missing >= before:
            break
    return text


def _reason(choice: Choice) -> str:
    return "tool_calls" if choice.tool_calls else "stop"


def _before_stop(text: str | None, stops: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the text before the first stop sequence, and which one that is."""
    if not text or not stops:
        return text, None
    found = min(((at, stop) for stop in stops if stop and (at := text.find(stop)) >= 0), default=None)
    return (text, None) if found is None else (text[: found[0]], found[1])


def _within(choice: Choice, limit: int, model: str | None) -> Choice:
    """Cut to `limit` tokens: first goes the reasoning, then the text or the refusal, then the calls."""
    if completion_tokens([choice], model) <= limit:
        return choice
    budget = _Budget(limit, model)
    cut = replace(
        choice,
        reasoning=budget.take(choice.reasoning),
        text=budget.take(choice.text),
        refusal=budget.take(choice.refusal),
        tool_calls=tuple(budget.calls(choice.tool_calls)),
    )
    return replace(cut, finish_reason="length", stopped_by=None) if budget.exceeded else cut


class _Budget:
    """The tokens that are left, and whether something did not fit."""

    def __init__(self, limit: int, model: str | None) -> None:
        self.left, self.model, self.exceeded = limit, model, False

    def take(self, text: str | None) -> str | None:
        if not text:
            return text
        if self.exceeded:
            return ""
        used = tokens.count(text, self.model)
        if used <= self.left:
            self.left -= used
            return text
        pieces = tokens.split(text, self.model)
        self.exceeded = True
        return "".join(_fitting(pieces, self.left, self.model))

    def calls(self, calls: Iterable[ToolCall]) -> Iterable[ToolCall]:
        for call in calls:
            if not self.exceeded and self.take(call.name) == call.name:
                yield replace(call, arguments=self.take(call.arguments) or "")


def _fitting(pieces: list[str], limit: int, model: str | None) -> Iterable[str]:
    """Yield the pieces that fit `limit` tokens; a piece is one token, or more where a character spans several."""
    for piece in pieces:
        limit -= 1 if piece.isascii() else tokens.count(piece, model)
        if limit < 0:
            return
        yield piece


def completion_tokens(choices: Iterable[Choice], model: str | None) -> int:
    """Count the tokens of all that the choices say: reasoning, text, refusal, and the calls' names and arguments."""
    texts: list[str | None] = []
    for choice in choices:
        texts += (choice.reasoning, choice.text, choice.refusal)
        for call in choice.tool_calls:
            texts += (call.name, call.arguments)
    return sum([tokens.count(text, model) for text in texts if text])


def _with(counts: Mapping[str, int], usage: Usage) -> Usage:
    """Return the usage with what a script says of it."""
    return replace(usage, **counts) if counts else usage


def _usage(choices: tuple[Choice, ...], prompt: Prompt) -> Usage:
    counted = count(prompt)
    if prompt.task != "generate":
        return Usage(counted.total, 0)
    return Usage(
        prompt_tokens=counted.total,
        audio_tokens=counted.audio,
        image_tokens=counted.image,
        document_tokens=counted.document,
        completion_tokens=completion_tokens(choices, prompt.model),
        reasoning_tokens=sum([tokens.count(choice.reasoning, prompt.model) for choice in choices if choice.reasoning]),
    )
