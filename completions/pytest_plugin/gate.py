"""A gate where answers wait until the test releases them."""

import time
from collections.abc import Callable
from typing import Any

from completions.pytest_plugin.arguments import Count, Seconds, with_checked_arguments
from completions.pytest_plugin.caller import warn
from completions.pytest_plugin.waiting import in_thread, pause

CHECK_INTERVAL = 0.005
"""Seconds between two checks."""


@with_checked_arguments
class Gate:
    """A gate of a test's namespace; replies made with `hold="its name"` wait there."""

    def __init__(self, name: str, ask: Callable[[str, str], Any]) -> None:
        self.name, self._ask = name, ask

    @property
    def waiting(self) -> int:
        """The number of answers waiting at it."""
        gates: dict[str, int] = self._ask("GET", "gates")["gates"]
        return gates.get(self.name, 0)

    def release(self) -> int:
        """Release all waiting answers, and return their number; if none waits, the next one passes."""
        answer = self._ask("POST", f"gates/{self.name}/release")
        if not answer["released"] and not answer["rules"]:
            warn(f"No answer waits at the gate '{self.name}', and no rule has it.")
        return int(answer["released"])

    def wait(self, count: Count = 1, timeout: Seconds = 5.0) -> None:
        """Wait until so many answers wait at it; after `timeout` seconds, raise AssertionError."""
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while (waiting := self.waiting) < count:
            self._check_deadline(waiting, count, deadline, timeout)
            time.sleep(CHECK_INTERVAL)

    async def await_for(self, count: Count = 1, timeout: Seconds = 5.0) -> None:  # noqa: ASYNC109  # the async form of `wait`, with its parameters
        """Like `wait`, without blocking the test's event loop."""
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while (waiting := await in_thread(lambda: self.waiting)) < count:
            self._check_deadline(waiting, count, deadline, timeout)
            await pause(CHECK_INTERVAL)

    def _check_deadline(self, waiting: int, count: int, deadline: float, timeout: float) -> None:
        __tracebackhide__ = True
        if time.monotonic() > deadline:
            message = f"{waiting} instead of {count} wait at the gate '{self.name}' after {timeout:g} s."
            gates = self._ask("GET", "gates")["gates"].items()
            elsewhere = ", ".join(f"{number} at '{name}'" for name, number in gates if number and name != self.name)
            raise AssertionError(f"{message} Elsewhere: {elsewhere}." if elsewhere else message)
