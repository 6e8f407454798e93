"""What a test sees of a request and its answer, and how reports show it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from completions.conversation import Message
from completions.pytest_plugin import prompts
from completions.script.text.node import shortened

__tracebackhide__ = True  # in the reports of failed tests

WIDTH = 300
"""The most characters of a text in a report."""

SHOWN = "_mock_llm_shown"

Full = Callable[[str], Mapping[str, Any]]


class Exchange:
    """One request and its answer. The journal's facts are attributes (`status`, `model`, `rule`, `near_misses`, …).

    `said` has the question and the answer, in the same form for every API. `request` and `response`, with headers and
    bodies, are fetched when they are first read; `raw` has everything.
    """

    def __init__(self, brief: Mapping[str, Any], full: Full) -> None:
        self._brief, self._full = brief, full

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._brief[name] if name in self._brief else self.raw[name]
        except KeyError:
            known = ", ".join(sorted({*self.raw, "raw", "body", "messages", "prompt", "answer"}))
            raise AttributeError(f"An exchange has no '{name}'; it has {known}.") from None

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """Everything that the journal has about it."""
        return self._full(self._brief["id"])

    @property
    def body(self) -> Any:
        """The request's body: decoded JSON, or else the text."""
        return self.raw["request"]["body"]

    @property
    def prompt(self) -> str:
        """The text of the last user message, for every API; empty if there is none."""
        return str(self.said["prompt"])

    @property
    def answer(self) -> str:
        """The text of the answer, for every API, streamed or not; calls as `f({"a":1})`."""
        return str(self.said["answer"])

    @property
    def messages(self) -> list[Message]:
        """The messages of the request, as in the `Prompt` of a callable; empty if there are none."""
        return [prompts.message(each) for each in self.said["messages"]]

    def __repr__(self) -> str:
        return f"<Exchange {headline(self)}>"


def headline(exchange: Exchange) -> str:
    """Return the result of a request, in one line."""
    rule_text = f"rule '{exchange.rule}'" if exchange.rule else "no rule" if exchange.unmatched else ""
    befell = [exchange.stage and f"stage {exchange.stage}", exchange.fault and f"fault {exchange.fault}"]
    facts = [exchange.model, rule_text, *befell, exchange.retry and "a retry"]
    named = ", ".join(str(fact) for fact in facts if fact)
    return f"{exchange.method} {exchange.path} {exchange.status}" + (f" ({named})" if named else "")


def described(exchange: Exchange) -> list[str]:
    """Return the lines of a report: the result, the question, the answer, and near misses."""
    lines = [headline(exchange)]
    if asked := exchange.prompt or exchange.summary:
        lines.append(f"  asked: {_short(asked)}")
    if error := exchange.error:
        code = error.get("code") or error.get("type")
        error_said = exchange.said.get("error") or error  # in the words of the API that was asked
        lines.append(_short(f"  error: {code}: {error_said.get('message') or error.get('message')}"))
    elif answer := exchange.answer:
        lines.append(f"  answered: {_short(answer)}")
    if exchange.client_left:
        lines.append("  the client left before the end")
    lines += (f"  without effect: {each['what']}: {each['why']}" for each in exchange.ineffective or ())
    return [*lines, *(f"  near miss: {miss['rule']}: {miss['why']}" for miss in exchange.near_misses or ())]


def unmet(message: str, exchanges: Iterable[Exchange]) -> AssertionError:
    """Return the AssertionError of a failed assertion, which shows these exchanges."""
    shown = list(exchanges)
    error = AssertionError(f"{message}\n{listed(enumerate(shown, 1))}")
    setattr(error, SHOWN, {exchange.id for exchange in shown})
    return error


def shown_by(raised: BaseException | None) -> set[str]:
    """Return the ids of the exchanges that an error of `unmet` shows."""
    shown: set[str] = getattr(raised, SHOWN, set())
    return shown


def listed(exchanges: Iterable[tuple[int, Exchange]]) -> str:
    """Return a report of exchanges with numbers; it says if there are none."""
    numbered_lines = []
    for number, exchange in exchanges:
        first, *more = described(exchange)
        numbered_lines += [f"{number}. {first}", *(f"   {line}" for line in more)]
    return "\n".join(numbered_lines) or "There were no requests."


def _short(text: str) -> str:
    return shortened(text.replace("\n", "⏎"), WIDTH)
