"""A run of an agent as a whole: its turns, its tool calls, what it cost, and how long it took."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from completions.pytest_plugin.arguments import with_checked_arguments
from completions.pytest_plugin.calls import Call, parsed
from completions.pytest_plugin.exchanges import Exchange

__tracebackhide__ = True  # in the reports of failed tests


@dataclass(frozen=True)
class Tokens:
    """Tokens of prompts and completions."""

    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion


@with_checked_arguments
class Run:
    """Everything a mock was asked, as a whole; later requests do not change it."""

    def __init__(self, exchanges: Iterable[Exchange], exported: Callable[[], str] = str) -> None:
        self._exported = exported
        self.exchanges = [exchange for exchange in exchanges if exchange.method == "POST"]

    @cached_property
    def turns(self) -> list[Exchange]:
        """The exchanges in which a model answered, oldest first, without errors and embeddings."""
        return [each for each in self.exchanges if any(_is_generated(choice) for choice in each.said["choices"])]

    @cached_property
    def tool_calls(self) -> list[Call]:
        """The model's tool calls in order, each with the result that was sent back for it.

        What the API runs itself, such as a search of the web, is not among them.
        """
        results = {each["tool_call_id"]: each["text"] for turn in self.exchanges for each in _results(turn)}
        return list(self._calls(results))

    @property
    def retries(self) -> int:
        """How many requests are marked as retries (`x-stainless-retry-count`)."""
        return sum(bool(exchange.retry) for exchange in self.exchanges)

    @property
    def tokens(self) -> Tokens:
        """The tokens of all turns."""
        counts = [exchange.tokens for exchange in self.exchanges if exchange.tokens]
        return Tokens(sum(each["prompt"] for each in counts), sum(each["completion"] for each in counts))

    @property
    def cost(self) -> float:
        """What it would have cost, in US dollars, for models with known prices; `unpriced` names the others."""
        return float(sum(exchange.cost_usd or 0 for exchange in self.exchanges))

    @property
    def unpriced(self) -> list[str]:
        """The models that answered and have no known price."""
        return sorted({str(each.model) for each in self.exchanges if each.tokens and each.cost_usd is None})

    @property
    def seconds(self) -> float:
        """The time from the first request to the end of the last answer."""
        begun = [datetime.fromisoformat(exchange.time).timestamp() for exchange in self.exchanges]
        ended = [start + each.duration_ms / 1000 for start, each in zip(begun, self.exchanges, strict=True)]
        return max(ended) - min(begun) if begun else 0.0

    @property
    def warnings(self) -> list[str]:
        """Doubtful answers: cut by the token limit, against the schema, or calling a tool that was not offered."""
        return [f"{number}. {text}" for number, each in enumerate(self.exchanges, 1) for text in each.said["warnings"]]

    def export(self, file: str | Path | None = None) -> str:
        """Return everything that the mock was asked by now as a pytest file, and write it where `file` says.

        Its rules answer as they were answered, and its assertions say what was asked.
        """
        text = self._exported()
        if file is not None:
            Path(file).write_text(text, encoding="utf-8")
        return text

    def __repr__(self) -> str:
        calls = ", ".join(call.name for call in self.tool_calls) or "none"
        return f"<Run {len(self.turns)} turns; tools: {calls}; {self.tokens.total} tokens; ${self.cost:.6f}>"

    def _calls(self, results: Mapping[str, str]) -> Iterator[Call]:
        for number, turn in enumerate(self.turns, 1):
            unnamed = self._sent_after(turn)
            for choice in turn.said["choices"]:
                for call in (call for call in choice["tool_calls"] if call["kind"] != "hosted"):
                    name, id = call["name"], call["id"]
                    result = results.get(id) if id else _taken(unnamed, name)
                    yield Call(name, parsed(call["arguments"]), id, number, result)

    def _sent_after(self, turn: Exchange) -> list[dict[str, Any]]:
        """Return the results that the request has which goes on from a turn."""
        asked = turn.said["messages"]
        for later in self.exchanges[self.exchanges.index(turn) + 1 :]:
            if later.said["messages"][: len(asked)] == asked and (sent := _results(later)[len(_results(turn)) :]):
                return sent
        return []


def _results(turn: Exchange) -> list[dict[str, Any]]:
    return [message for message in turn.said["messages"] if message["tool_call_id"]]


def _taken(results: list[dict[str, Any]], name: str) -> str | None:
    """Take the first result of a tool out of a list: calls without ids, as Gemini's, are answered by name, in order."""
    found = next((result for result in results if result["name"] == name), None)
    if found is None:
        return None
    results.remove(found)
    return str(found["text"])


def numbered(lines: Sequence[object]) -> str:
    """Return a numbered list for a message."""
    return "\n".join(f"  {number}. {line}" for number, line in enumerate(lines, 1)) or "  none"


def _is_generated(choice: dict[str, object]) -> bool:
    return not any(choice[key] for key in ("embedding", "moderation", "scores"))
