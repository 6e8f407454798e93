"""The exchanges of a namespace as threads: each the run of an agent, or one conversation, through whatever API."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from completions.control.operation import Call
from completions.conversation import Message, ParsedExchange, Prompt, Traffic
from completions.journal import queries
from completions.journal.queries import Filter
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.wire.registry import read

MAX_EXCHANGES = 500
"""Exchanges that are looked at: the newest."""

MAX_CONTINUED = 200
"""Threads that an exchange may continue: those that went on last."""

INSTRUCTIONS = ("system", "developer")
"""Roles of messages that an agent may change from turn to turn."""

PREVIOUS = ("previous_response_id", "previous_interaction_id")
"""Where Responses and Gemini's interactions have the id of the answer that a request continues."""

Key = tuple[object, ...]


@dataclass(slots=True)
class Turn:
    """An exchange of a thread: as it is listed, what was asked, and what was said."""

    shown: dict[str, Any]
    prompt: Prompt
    said: ParsedExchange
    asked: tuple[Key, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Note the messages in a form that can be compared."""
        self.asked = tuple(_key(each) for each in self.prompt.messages if each.role not in INSTRUCTIONS)

    @property
    def begun(self) -> datetime:
        """When the request came."""
        return datetime.fromisoformat(self.shown["time"])

    @property
    def ended(self) -> datetime:
        """When the answer was out."""
        return self.begun + timedelta(milliseconds=self.shown["duration_ms"])

    @property
    def has_failed(self) -> bool:
        """Whether its client has reason to ask again."""
        status = self.shown["status"]
        return not 200 <= status < 400 or self.shown["fault"] is not None or bool(self.shown["client_left"])

    def continues(self, earlier: "Turn") -> bool:
        """Say whether it goes on from another: by an id, by the same messages and more, or as another attempt."""
        if self.prompt.format != earlier.prompt.format:
            return False
        if self._answers(earlier):
            return True
        count = len(earlier.asked)
        if not count or self.asked[:count] != earlier.asked:
            return False
        if len(self.asked) == count:
            return earlier.has_failed
        return self.asked[count][0] == "assistant"

    def _answers(self, earlier: "Turn") -> bool:
        """Say whether it sends the result of a call of the other's answer, or names that answer."""
        reply = earlier.said.reply
        if reply is None:
            return False
        called = {call.id for choice in reply.choices for call in choice.tool_calls if call.id}
        sent = {message.tool_call_id for message in self.prompt.messages if message.tool_call_id}
        return bool(called & sent) or bool(reply.id and reply.id in map(self.prompt.body.get, PREVIOUS))


def _key(message: Message) -> Key:
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return (message.role, message.text, calls, message.tool_call_id, tuple(part.source[:200] for part in message.parts))


def threads_of(turns: Iterable[Turn]) -> list[list[Turn]]:
    """Group turns, given the oldest first, into threads; the thread that went on last is the last."""
    found: list[list[Turn]] = []
    for turn in turns:
        place = next((at for at in _latest(found) if turn.continues(found[at][-1])), None)
        thread = [] if place is None else found.pop(place)
        thread.append(turn)
        found.append(thread)
    return found


def _latest(found: Sequence[object]) -> range:
    """Return the places of the threads that went on last, the latest first."""
    return range(len(found) - 1, max(len(found) - 1 - MAX_CONTINUED, -1), -1)


async def get_threads(call: Call) -> ExchangeResponse:
    """List the runs of agents and the conversations, the latest first, each with its turns."""
    found = await queries.listing_with_bytes(Filter(call.namespace, method="POST"), MAX_EXCHANGES)
    threads = await asyncio.to_thread(_documents, found, await call.dialect())
    return FastJsonResponse({"threads": threads, "more": len(found) == MAX_EXCHANGES})


def _documents(found: Sequence[tuple[dict[str, Any], Traffic]], dialect: str) -> list[dict[str, Any]]:
    read_of = ((shown, read(traffic, dialect)) for shown, traffic in reversed(found))
    turns = (
        Turn(shown, said.prompt, said) for shown, said in read_of if said.prompt and said.prompt.task == "generate"
    )
    return [_document(thread) for thread in reversed(threads_of(turns))]


def _document(thread: Sequence[Turn]) -> dict[str, Any]:
    first, last = thread[0], max(thread, key=lambda turn: turn.ended)
    counts = [turn.shown["tokens"] for turn in thread if turn.shown["tokens"]]
    asked = next((message.text for message in first.prompt.messages if message.role == "user"), "")
    return {
        "id": first.shown["id"],
        "asked": (asked or first.shown["summary"])[:200],
        "time": first.shown["time"],
        "duration_ms": _ms(first, last.ended),
        "tokens": {name: sum(each[name] for each in counts) for name in ("prompt", "completion", "total")},
        "cost_usd": sum(turn.shown["cost_usd"] or 0 for turn in thread),
        "turns": [_turn(turn, first) for turn in thread],
    }


def _turn(turn: Turn, first: Turn) -> dict[str, Any]:
    choices = turn.said.reply.choices if turn.said.reply else ()
    calls = [{"name": call.name, "arguments": call.arguments} for choice in choices for call in choice.tool_calls]
    answer = next((text for choice in choices if (text := choice.text or choice.refusal)), "")
    return turn.shown | {"at_ms": _ms(first, turn.begun), "answer": answer[:200], "tool_calls": calls}


def _ms(first: Turn, until: datetime) -> float:
    return round((until - first.begun).total_seconds() * 1000, 3)
