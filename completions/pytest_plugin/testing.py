"""The mock in tests without pytest: a context manager, a decorator, and test cases for unittest and Django.

Each process has one server, which starts with the first mock and stops with the process. Each test has its own mock, as
with the pytest plugin.
"""

import atexit
import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast
from unittest import TestCase as UnitTestCase
from unittest import mock

from django.test import LiveServerTestCase, TestCase

from completions.pytest_plugin.address import Address
from completions.pytest_plugin.arguments import checked
from completions.pytest_plugin.mock import MockLLM
from completions.pytest_plugin.session import Session
from completions.pytest_plugin.variables import variables

__all__ = ["LLMLiveServerTestCase", "LLMMixin", "LLMTestCase", "MockLLM", "mocked_llm", "with_mock_llm"]

R = TypeVar("R")

UPDATE = "MOCK_LLM_UPDATE"
"""The environment variable that has the snapshots of `assert_prompts` written anew."""


@functools.cache
def _address(process: int) -> Address:
    return Address()


@functools.cache
def _session(process: int) -> Session:
    """Return what the tests of a process share; one that was forked off starts its own server."""
    session = Session(Path.cwd(), _address(process), updates=bool(os.environ.get(UPDATE)))
    session.update_by = f"{UPDATE}=1 in the environment"
    atexit.register(session.stop)
    return session


@checked
@contextlib.contextmanager
def mocked_llm(name: str = "test", folder: Path | None = None) -> Iterator[MockLLM]:
    """Make a mock for a `with` block; the SDKs' environment variables point to it.

    `name` becomes part of its namespace's name. Scripts and snapshots are looked for in `folder`, by default the
    current folder.
    """
    session = _session(os.getpid())
    run = session.test(name, folder or Path.cwd(), "mocked_llm")
    with mock.patch.dict(os.environ, dict(variables(session.address.url, dict(os.environ)))):
        try:
            yield run.mock
        finally:
            run.end()


@checked
def with_mock_llm(function: Callable[..., R]) -> Callable[..., R]:
    """Call a function, async or not, with its own mock as the argument `mock_llm`."""
    name, folder = function.__qualname__, Path(inspect.getfile(function)).parent
    asked: Callable[..., Any] = function

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with mocked_llm(name, folder) as mock_llm:
            return asked(*args, **kwargs, mock_llm=mock_llm)

    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with mocked_llm(name, folder) as mock_llm:
            return await asked(*args, **kwargs, mock_llm=mock_llm)

    made: Callable[..., Any] = awaited if inspect.iscoroutinefunction(function) else called
    del vars(made)["__wrapped__"]  # by which pytest would look for a fixture, and hand over a second mock
    return made


class _OfEachTest:
    """`mock_llm` where no test runs, as in `setUpClass`: it says where there is one."""

    def __get__(self, case: UnitTestCase | None, owner: type[UnitTestCase]) -> MockLLM:
        raise AttributeError(
            f"Each test of {owner.__name__} has its own `self.mock_llm`, and the class has none: use it in `setUp` or "
            "in the test."
        )


class LLMMixin(UnitTestCase):
    """Gives each test of a test case its own mock, as `self.mock_llm`."""

    mock_llm: MockLLM = cast(MockLLM, _OfEachTest())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make the mock before any `setUp`, also before one that does not call `super().setUp()`."""
        super().__init_subclass__(**kwargs)
        set_up = cls.setUp

        @functools.wraps(set_up)
        def mocked(self: "LLMMixin") -> None:
            self._make_mock()
            set_up(self)

        cls.setUp = mocked  # type: ignore[assignment, method-assign]  # a failure in `run` is not the test's own

    def _make_mock(self) -> None:
        """Make the mock, unless it is there; it is until the test's cleanups."""
        if "mock_llm" in vars(self):
            return
        file = Path(inspect.getfile(type(self)))
        self.mock_llm = self.enterContext(mocked_llm(f"{file.name}::{self.id()}", file.parent))
        self.addCleanup(delattr, self, "mock_llm")


class LLMTestCase(LLMMixin, TestCase):
    """Django's test case with a mock for each test."""


class LLMLiveServerTestCase(LLMMixin, LiveServerTestCase):
    """Django's live server, whose views run in this process, with a mock for each test."""
