"""What the tests of one process share: the server, the way to it, and the callables that it asks for answers."""

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from completions.pytest_plugin.callbacks import Callbacks, Registered
from completions.pytest_plugin.control import Control
from completions.pytest_plugin.mock import MockLLM
from completions.pytest_plugin.process import ServerProcess

START = 60.0
"""Seconds that a start may take longer than another answer, on a machine that is busy with other workers' starts."""

LONGEST = 100
"""Characters of a namespace's name that are from the test's; the API takes 128."""


class Session:
    """A running server and its client; raises `ServerFailed` where it does not start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.callbacks = Callbacks()
        self.process = ServerProcess(root)
        self.control = Control(self.process.port)
        self._numbers = itertools.count(1)
        try:
            self.control.ask("GET", "/_mock/ready", waits=START)
        except Exception as exc:
            failure = self.process.failure(exc)
            self.stop()
            raise failure from None

    def test(self, nodeid: str, folder: Path) -> "TestRun":
        """Return what belongs to one run of a test; no two have the same namespace, not even of one test run twice."""
        readable = re.sub(r"[^A-Za-z0-9._~-]+", "-", nodeid)[-LONGEST:].strip("-")
        return TestRun(self, f"{readable}-{next(self._numbers)}", (folder, self.root))

    def stop(self) -> None:
        """End the server and everything beside it."""
        self.control.close()
        self.process.stop()
        self.callbacks.stop()


class TestRun:
    """One run of a test: its mock, and what it left with the session."""

    __test__ = False  # for pytest, which collects classes of such names

    def __init__(self, session: Session, namespace: str, folders: Sequence[Path]) -> None:
        self._session = session
        self._registered: dict[str, Registered] = {}
        self._logged = session.process.log.stat().st_size
        self.mock = MockLLM(session.control, session.process.port, namespace, folders, self._register)

    def sections(self) -> list[tuple[str, str]]:
        """Return what a failed test's report shows, under its titles."""
        try:
            exchanges = self.mock.report()
        except Exception as exc:  # whatever it is, the test's own failure must be shown
            exchanges = f"They cannot be had: {exc}\n{self._session.process.written()}"
        raised = "\n".join(text for entry in self._registered.values() for text in entry.raised)
        logged = self._session.process.written(self._logged)
        shown = [("mock_llm: exchanges", exchanges), ("mock_llm: raised by callables", raised)]
        return [(title, text) for title, text in (*shown, ("mock_llm: the server's log", logged)) if text]

    def end(self) -> None:
        """Remove what the test left."""
        for url in self._registered:
            self._session.callbacks.forget(url)
        self.mock.remove()

    def _register(self, function: Callable[..., object]) -> str:
        url, entry = self._session.callbacks.register(function)
        self._registered[url] = entry
        return url
