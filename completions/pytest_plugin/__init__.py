"""The pytest plugin: the fixture `mock_llm`, the marker `llm_script`, and what failed tests' reports show of them.

pytest loads it in every project where the package is installed (entry point `pytest11`), so importing it costs nothing:
no Django, no HTTP client, not even the rest of itself before a test asks for the fixture. The project's own Django
settings, if it has any, do not matter: the server is another process.
"""

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from completions.pytest_plugin.mock import MockLLM as MockLLM
    from completions.pytest_plugin.session import Session, TestRun

RUN: "pytest.StashKey[TestRun]" = pytest.StashKey()
MARKER = "llm_script"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", f"{MARKER}(script): let this script answer at the test's mock_llm")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test its mock, whether it names the fixture or not."""
    names = getattr(item, "fixturenames", None)
    if names is not None and "mock_llm" not in names and item.get_closest_marker(MARKER):
        names.append("mock_llm")


@pytest.fixture(scope="session")
def _mock_llm_session(pytestconfig: pytest.Config) -> "Iterator[Session]":
    from completions.pytest_plugin.session import Session

    session = Session(pytestconfig.rootpath)
    yield session
    session.stop()


@pytest.fixture
def mock_llm(request: pytest.FixtureRequest, _mock_llm_session: "Session") -> "Iterator[MockLLM]":
    """A mock of the LLM API of the test's own; the SDKs' environment variables lead to it."""
    from completions.pytest_plugin.variables import variables

    node: pytest.Item = request.node
    run = _mock_llm_session.test(node.nodeid, node.path.parent)
    node.stash[RUN] = run
    with pytest.MonkeyPatch.context() as patch:
        mock = run.mock
        for name, value in variables(mock.url, mock.base_url, mock.api_key, dict(os.environ)):
            patch.setenv(name, value)
        try:
            if (marker := node.get_closest_marker(MARKER)) is not None:
                mock.script(*marker.args, **marker.kwargs)
            yield mock
        finally:
            del node.stash[RUN]
            run.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report of a failed test what its mock was asked and answered."""
    report = yield
    if report.failed and (run := item.stash.get(RUN, None)) is not None:
        report.sections.extend(run.sections())
    return report
