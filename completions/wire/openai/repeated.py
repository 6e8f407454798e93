"""What an answer repeats of its prompt: the beginning that a request gives it, or with `echo` the prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Choice, ParsedExchange


def with_echo(document: Mapping[str, Any], echo: str) -> dict[str, Any]:
    """Return a chat completion whose messages begin with a text."""
    choices = [
        choice | {"message": choice["message"] | {"content": _begun(choice["message"]["content"], echo)}}
        for choice in document["choices"]
    ]
    return {**document, "choices": choices}


def _begun(content: str | list[dict[str, Any]] | None, echo: str) -> str | list[dict[str, Any]]:
    if isinstance(content, list):
        return [{"type": "text", "text": echo}, *content]
    return echo + (content or "")


def without_echoes(exchange: ParsedExchange, echoes: Sequence[str]) -> ParsedExchange:
    """Return an exchange without what its choices repeat, given for each choice."""
    if exchange.reply is None:
        return exchange
    choices = tuple(map(_without_echo, exchange.reply.choices, echoes))
    by_choice = dict(enumerate(echoes))
    pieces = tuple(piece for piece in exchange.pieces if piece.text != by_choice.get(piece.choice))
    return replace(exchange, reply=replace(exchange.reply, choices=choices), pieces=pieces)


def _without_echo(choice: Choice, echo: str) -> Choice:
    blocks = choice.blocks
    if blocks and blocks[0].kind == "text":
        first = replace(blocks[0], text=blocks[0].text.removeprefix(echo))
        blocks = (*([first] if first.text else []), *blocks[1:])
    return replace(choice, text=(choice.text or "").removeprefix(echo), blocks=blocks)
