"""The exchanges of a namespace as threads: each is the run of an agent, or one conversation, over any API."""

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
"""The number of the newest exchanges that are read."""

MAX_CONTINUED = 200
"""The number of the latest threads that an exchange may continue."""

INSTRUCTIONS = ("system", "developer")
"""The roles of messages that an agent may change from turn to turn."""

PREVIOUS_ID_FIELDS = ("previous_response_id", "previous_interaction_id")
"""The fields in which Responses and Gemini's interactions have the id of the answer that a request continues."""

Key = tuple[object, ...]


@dataclass(slots=True)
class Turn:
    """An exchange of a thread: its document in lists, its prompt, and its parsed request and answer."""

    exchange: dict[str, Any]
    prompt: Prompt
    parsed: ParsedExchange
    message_keys: tuple[Key, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Make the keys by which messages are compared."""
        self.message_keys = tuple(_key(each) for each in self.prompt.messages if each.role not in INSTRUCTIONS)

    @property
    def start(self) -> datetime:
        """The time of the request's arrival."""
        return datetime.fromisoformat(self.exchange["time"])

    @property
    def end(self) -> datetime:
        """The time of the answer's end."""
        return self.start + timedelta(milliseconds=self.exchange["duration_ms"])

    @property
    def has_failed(self) -> bool:
        """Whether its client has reason to repeat the request."""
        status = self.exchange["status"]
        return not 200 <= status < 400 or self.exchange["fault"] is not None or bool(self.exchange["client_left"])

    def continues(self, earlier: "Turn") -> bool:
        """Return whether it continues another turn: by an id, by the same messages and more, or as another attempt."""
        if self.prompt.format != earlier.prompt.format:
            return False
        if self._follows(earlier):
            return True
        count = len(earlier.message_keys)
        if not count or self.message_keys[:count] != earlier.message_keys:
            return False
        if len(self.message_keys) == count:
            return earlier.has_failed
        return self.message_keys[count][0] == "assistant"

    def _follows(self, earlier: "Turn") -> bool:
        """Return whether it sends the result of a call in the other's answer, or names that answer's id."""
        reply = earlier.parsed.reply
        if reply is None:
            return False
        call_ids = {call.id for choice in reply.choices for call in choice.tool_calls if call.id}
        answered_ids = {message.tool_call_id for message in self.prompt.messages if message.tool_call_id}
        return bool(call_ids & answered_ids) or bool(
            reply.id and reply.id in map(self.prompt.body.get, PREVIOUS_ID_FIELDS)
        )


def _key(message: Message) -> Key:
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return (message.role, message.text, calls, message.tool_call_id, tuple(part.source[:200] for part in message.parts))


def threads_of(turns: Iterable[Turn]) -> list[list[Turn]]:
    """Group turns, the oldest first, into threads, of which the latest one is the last."""
    threads: list[list[Turn]] = []
    for turn in turns:
        index = next((at for at in _latest(threads) if turn.continues(threads[at][-1])), None)
        thread = [] if index is None else threads.pop(index)
        thread.append(turn)
        threads.append(thread)
    return threads


def _latest(threads: Sequence[object]) -> range:
    """Return the indices of the latest threads, the latest first."""
    return range(len(threads) - 1, max(len(threads) - 1 - MAX_CONTINUED, -1), -1)


async def get_threads(call: Call) -> ExchangeResponse:
    """List the runs of agents and the conversations, the latest first, each with its turns."""
    exchanges = await queries.listing_with_bytes(Filter(call.namespace, method="POST"), MAX_EXCHANGES)
    threads = await asyncio.to_thread(_documents, exchanges, await call.dialect())
    return FastJsonResponse({"threads": threads, "more": len(exchanges) == MAX_EXCHANGES})


def _documents(exchanges: Sequence[tuple[dict[str, Any], Traffic]], dialect: str) -> list[dict[str, Any]]:
    read_exchanges = ((exchange, read(traffic, dialect)) for exchange, traffic in reversed(exchanges))
    turns = (
        Turn(exchange, parsed.prompt, parsed)
        for exchange, parsed in read_exchanges
        if parsed.prompt and parsed.prompt.task == "generate"
    )
    return [_document(thread) for thread in reversed(threads_of(turns))]


def _document(thread: Sequence[Turn]) -> dict[str, Any]:
    first, last = thread[0], max(thread, key=lambda turn: turn.end)
    counts = [turn.exchange["tokens"] for turn in thread if turn.exchange["tokens"]]
    message_keys = next((message.text for message in first.prompt.messages if message.role == "user"), "")
    return {
        "id": first.exchange["id"],
        "asked": (message_keys or first.exchange["summary"])[:200],
        "time": first.exchange["time"],
        "duration_ms": _ms(first, last.end),
        "tokens": {name: sum(each[name] for each in counts) for name in ("prompt", "completion", "total")},
        "cost_usd": sum(turn.exchange["cost_usd"] or 0 for turn in thread),
        "turns": [_turn(turn, first) for turn in thread],
    }


def _turn(turn: Turn, first: Turn) -> dict[str, Any]:
    choices = turn.parsed.reply.choices if turn.parsed.reply else ()
    calls = [{"name": call.name, "arguments": call.arguments} for choice in choices for call in choice.tool_calls]
    answer = next((text for choice in choices if (text := choice.text or choice.refusal)), "")
    return turn.exchange | {"at_ms": _ms(first, turn.start), "answer": answer[:200], "tool_calls": calls}


def _ms(first: Turn, until: datetime) -> float:
    return round((until - first.start).total_seconds() * 1000, 3)
