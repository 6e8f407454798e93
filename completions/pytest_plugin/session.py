"""What the tests of one process share: the server, the way to it, and the callables that it asks for answers."""

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from completions.pytest_plugin.address import HOST, Address
from completions.pytest_plugin.callbacks import Callbacks, Registered
from completions.pytest_plugin.control import Control
from completions.pytest_plugin.exchanges import Exchange, listed, shown_by
from completions.pytest_plugin.folders import Folders
from completions.pytest_plugin.mock import MockLLM
from completions.pytest_plugin.process import ServerProcess
from completions.pytest_plugin.run import Run
from completions.pytest_plugin.snapshots import Snapshots

START = 60.0
"""Seconds that a start may take longer than another answer, on a machine that is busy with other workers' starts."""

MAX_NAME = 100
"""Characters of a namespace's name that are from the test's; the API takes 128."""


class Session:
    """A running server and its client; raises `ServerFailed` where it does not start."""

    update_by = Snapshots.update_by
    """What has snapshots written anew."""

    def __init__(self, root: Path, address: Address, *, updates: bool = False, keeps: bool = False) -> None:
        self.root, self.address, self.updates, self.keeps = root, address, updates, keeps
        self.callbacks = Callbacks()
        self.process = ServerProcess(root, address.port)
        self.control = Control(address.port)
        self.active: list[TestRun] = []
        self._numbers = itertools.count(1)
        try:
            self.process.wait_until_it_listens(START)
            self._ready()
        except BaseException:
            self.stop()
            raise

    def test(self, nodeid: str, folder: Path, fixture: str) -> "TestRun":
        """Return what belongs to one run of a test, or of a wider scope; the run's address leads to it while it lasts.

        No two have the same namespace, not even of one test that runs twice.
        """
        readable = re.sub(r"[^A-Za-z0-9._~-]+", "-", nodeid)[-MAX_NAME:].strip("-") or "session"
        snapshots = Snapshots(folder, nodeid.rpartition("/")[2] or "session", self.updates, self.update_by)
        run = TestRun(self, f"{readable}-{next(self._numbers)}", snapshots, fixture)
        self.active.append(run)
        run.mock.select()
        return run

    def ended(self, run: "TestRun") -> None:
        """Lead the run's address to what is around the one that ended; where there is nothing, it stays retired."""
        self.active.remove(run)
        if self.active:
            self.active[-1].mock.select()

    def stop(self) -> None:
        """End the server and everything beside it."""
        self.control.close()
        self.process.stop()
        self.callbacks.stop()

    def _ready(self) -> None:
        try:
            self.control.ask("GET", "/_mock/ready", waits=START)
        except Exception as exc:
            raise self.process.failure(exc) from None


class TestRun:
    """One run of a test, or of a wider scope: its mock, by which fixture, and what it left with the session."""

    __test__ = False  # for pytest, which collects classes of such names

    def __init__(self, session: Session, namespace: str, snapshots: Snapshots, fixture: str) -> None:
        self._session, self.fixture = session, fixture
        self._registered: dict[str, Registered] = {}
        self._logged = session.process.log.stat().st_size
        self._has_failed = False
        url, folders = f"http://{HOST}:{session.process.port}/ns/{namespace}", Folders(snapshots.folder, session.root)
        self.mock = MockLLM(session.control, url, folders, self._register, snapshots)

    def sections(self, raised: BaseException | None) -> list[tuple[str, str]]:
        """Return what a failed test's report shows, under its titles: no exchange that the test's error shows too.

        What the namespace holds is kept from now on, for the inspector.
        """
        self._has_failed = True
        warnings: list[str] = []
        try:
            found = self.mock.exchanges
            exchanges, warnings = self._shown(found, raised), Run(found).warnings
        except Exception as exc:  # whatever it is, the test's own failure must be shown
            exchanges = f"They cannot be read: {exc}\n{self._session.process.written()}"
        return self._sections(exchanges, warnings)

    def _shown(self, exchanges: Sequence[Exchange], raised: BaseException | None) -> str:
        shown = shown_by(raised)
        rest = [(number, each) for number, each in enumerate(exchanges, 1) if each.id not in shown]
        link = f"In the inspector, for as long as the test run lasts: {self.mock.url}/_mock/"
        text = listed(rest) if rest or not shown else ""
        return f"{text}\n{link}".strip()

    def _sections(self, exchanges: str, warnings: Sequence[str]) -> list[tuple[str, str]]:
        raised = "\n".join(text for entry in self._registered.values() for text in entry.raised)
        logged = self._session.process.written(self._logged)
        shown = [("mock_llm: exchanges", exchanges), ("mock_llm: warnings", "\n".join(warnings))]
        shown += [("mock_llm: raised by callables", raised)]
        return [(title, text) for title, text in (*shown, ("mock_llm: the server's log", logged)) if text]

    def end(self) -> None:
        """Remove what the test left."""
        for url in self._registered:
            self._session.callbacks.forget(url)
        self.mock.end(remove=not (self._has_failed or self._session.keeps))
        self._session.ended(self)

    def _register(self, function: Callable[..., object]) -> str:
        url, entry = self._session.callbacks.register(function)
        self._registered[url] = entry
        return url
