"""The control API's verdict on a client, as a test sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from completions.pytest_plugin.arguments import with_checked_arguments

__tracebackhide__ = True  # in the reports of failed tests


@dataclass(frozen=True)
class Finding:
    """A problem of a client: the rule, what the guides say, and the ids of the exchanges that show it."""

    rule: str
    message: str
    guide: str
    evidence: list[str]


@with_checked_arguments
class Verdict:
    """What a client's requests show; `str()` has all of it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.requests: int = document["requests"]
        self.calls: int = document["calls"]
        self.retries: int = document["retries"]
        self.answered: int = document["answered"]
        self.score: int | None = document["score"]
        """The share of good calls in percent; None without calls."""
        self.given_up: list[str] = document["given_up"]
        """The ids of the last exchanges of the calls that got no answer in the end, and were not refused for good."""
        self.findings = [Finding(**each) for each in document["findings"]]
        self._text: str = document["text"]

    @property
    def rules(self) -> list[str]:
        """The rules that were broken, each once."""
        return list(dict.fromkeys(finding.rule for finding in self.findings))

    def assert_nothing_found(self, *, but: Sequence[str] = ()) -> None:
        """Assert that no rule was broken, except `but` these."""
        if set(self.rules) - set(but):
            raise AssertionError(self._text)

    def __str__(self) -> str:
        return self._text
