"""The pytest plugin: the fixture `mock_llm` in every scope, the marker `llm_script`, and reports of failed tests.

pytest loads it in every project where the package is installed (entry point `pytest11`), so importing it costs nothing:
no Django, no HTTP client, and the rest of the plugin only once a test uses the fixture. The project's own Django
settings do not matter, because the server is another process.

Clients may be created long before a test, at import or by a fixture of the session. So the environment variables of the
SDKs have one address from before collection on, which leads to the mock of the running test.
"""

import os
import warnings
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

if TYPE_CHECKING:
    from completions.pytest_plugin.address import Address
    from completions.pytest_plugin.mock import MockLLM as MockLLM
    from completions.pytest_plugin.session import Session

ADDRESS: "pytest.StashKey[Address]" = pytest.StashKey()
PATCH: "pytest.StashKey[pytest.MonkeyPatch]" = pytest.StashKey()
SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
MARKER, NAME, ALIAS = "llm_script", "mock_llm", "mocksite_llm"
VARIABLES = "mock_llm_variables"
KINDS = ("run", "test")

Scope = Literal["function", "class", "module", "package", "session"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take when the variables are set, whether snapshots are written anew, and whether passed tests are kept."""
    told = "before collection, so that clients created at import use mock_llm (run), or only in its tests (test)"
    group = parser.getgroup("mock_llm", "the mock of the LLM API")
    group.addoption("--mock-llm-update", action="store_true", help="Update the snapshots of `assert_prompts`.")
    group.addoption(
        "--mock-llm-keep", action="store_true", help="Keep the requests of passed tests too, for the inspector."
    )
    parser.addini(VARIABLES, f"When the SDKs' environment variables point to mock_llm: {told}.", default=KINDS[0])


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Set the variables before a conftest or a settings module can create a client."""
    _set_variables_for_run(early_config)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; set the variables if the plugin was loaded too late for the hook above."""
    config.addinivalue_line("markers", f"{MARKER}(script): use this script for the test's mock_llm")
    _set_variables_for_run(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, and restore the environment."""
    if (patch := config.stash.get(PATCH, None)) is not None:
        patch.undo()
    if (session := config.stash.get(SESSION, None)) is not None:
        session.stop()
    if (address := config.stash.get(ADDRESS, None)) is not None:
        address.close()


def _set_variables_for_run(config: pytest.Config) -> None:
    """Point the variables at the run's mock, unless the project wants them in its tests only."""
    kind = config.getini(VARIABLES)
    if kind not in KINDS:
        raise pytest.UsageError(f"{VARIABLES} is {kind!r}, but must be one of {', '.join(KINDS)}.")
    if kind == "run" and PATCH not in config.stash:
        patch = config.stash[PATCH] = pytest.MonkeyPatch()
        _set_variables(patch, _address(config).url)


def _address(config: pytest.Config) -> "Address":
    """Return the run's address, which stays the same from its first use on."""
    from completions.pytest_plugin.address import Address

    if ADDRESS not in config.stash:
        config.stash[ADDRESS] = Address()
    return config.stash[ADDRESS]


def _set_variables(patch: pytest.MonkeyPatch, url: str) -> None:
    from completions.pytest_plugin.variables import variables

    for name, value in variables(url, dict(os.environ)):
        patch.setenv(name, value)


def _session(config: pytest.Config) -> "Session":
    """Return what the tests of this process share; the first test that needs it starts the server."""
    from completions.pytest_plugin.session import Session

    if SESSION not in config.stash:
        updates, keeps = config.getoption("mock_llm_update"), config.getoption("mock_llm_keep")
        config.stash[SESSION] = Session(config.rootpath, _address(config), updates=updates, keeps=keeps)
    return config.stash[SESSION]


def _mock(request: pytest.FixtureRequest) -> "Iterator[MockLLM]":
    """Make a mock that lasts as long as the scope of the fixture that asks for it."""
    session, node = _session(request.config), request.node
    folder = node.path if node.path.is_dir() else node.path.parent
    run = session.test(node.nodeid, folder, request.fixturename or ALIAS)
    with pytest.MonkeyPatch.context() as patch:
        _set_variables(patch, session.address.url)
        try:
            if request.scope == "function" and (marker := node.get_closest_marker(MARKER)) is not None:
                _use(run.mock, node, f"@pytest.mark.{MARKER}", *_scripts(marker))
            _use_parameter(request, run.mock)
            yield run.mock
        finally:
            run.end()


def _scripts(marker: pytest.Mark) -> tuple[Any, ...]:
    """Return what a marker names; nothing where it names something else as well."""
    return (*marker.args, *marker.kwargs.values()) if marker.kwargs.keys() <= {"script"} else ()


def _use_parameter(request: pytest.FixtureRequest, mock: "MockLLM") -> None:
    """Use the script that a test is parametrized with: `parametrize("mock_llm", [script, ...], indirect=True)`."""
    if not hasattr(request, "param"):
        return
    node, name = request.node, f"@pytest.mark.parametrize({request.fixturename!r}, ..., indirect=True)"
    marked = request.scope == "function" and node.get_closest_marker(MARKER) is not None
    if marked:
        pytest.fail(f"{name}: the test already has a script, from the marker {MARKER}.", pytrace=False)
    _use(mock, node, name, request.param)


def _use(mock: "MockLLM", node: pytest.Item, name: str, *scripts: Any) -> None:
    """Use a test's script; what is wrong with it is said without frames, of which none is the test's."""
    why = "it takes one script: YAML, a dict, a file's path, or the name of a built-in one."
    if len(scripts) == 1:
        try:
            with warnings.catch_warnings(record=True, action="always") as doubts:
                mock.script(scripts[0])
            for doubt in doubts:
                node.warn(cast(Warning, doubt.message))
            return
        except Exception as exc:
            why = str(exc)
    pytest.fail(f"{name}: {why}", pytrace=False)


def _fixture(scope: Scope, name: str, lasts: str) -> Callable[..., object]:
    def fixture(request: pytest.FixtureRequest) -> "Iterator[MockLLM]":
        yield from _mock(request)

    fixture.__doc__ = f"A mock of the LLM API {lasts}; the SDKs' environment variables point to it."
    return pytest.fixture(fixture, scope=scope, name=name)


own_mock = _fixture("function", ALIAS, "for one test, under a name that no other plugin has")
class_mock = _fixture("class", "class_mock_llm", "shared by the tests of a class")
module_mock = _fixture("module", "module_mock_llm", "shared by the tests of a module")
package_mock = _fixture("package", "package_mock_llm", "shared by the tests of a package")
session_mock = _fixture("session", "session_mock_llm", "shared by all tests")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say where one can watch the tests, where that was asked for."""
    if not config.getoption("mock_llm_keep"):
        return []
    if config.getoption("numprocesses", None):
        return ["mock_llm: each worker has its own server; without -n, the inspector shows all tests together"]
    url = _address(config).url
    return [f"mock_llm: {url}/_mock/inspector/runs shows the tests, from the first request to the end of the run"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say it also where `-q` leaves out the head of the run."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and session.config.get_verbosity() < 0:
        for line in pytest_report_header(session.config):
            reporter.write_line(line)


@pytest.fixture
def mock_llm(request: pytest.FixtureRequest, mocksite_llm: "MockLLM") -> "MockLLM":
    """The test's own mock of the LLM API; the SDKs' environment variables point to it."""
    _use_parameter(request, mocksite_llm)
    return mocksite_llm


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test its mock, whether it uses the fixture or not."""
    names = getattr(item, "fixturenames", None)
    if names is not None and ALIAS not in names and item.get_closest_marker(MARKER):
        names.append(ALIAS)


def pytest_report_collectionfinish(items: list[pytest.Item]) -> list[str]:
    """Warn if another plugin's `mock_llm` hides ours."""
    return sorted({other for item in items if (other := _other_fixture(item))})


def _other_fixture(item: pytest.Item) -> str:
    """Return what is to be said of a test whose `mock_llm` is another's; nothing where it is built on ours."""
    found = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get(NAME, ())
    if not found or found[-1].func.__module__ == __name__ or NAME in found[-1].argnames:
        return ""
    return (
        f"mock_llm: this fixture is not the mock of the LLM API, but comes from {found[-1].func.__module__}; the "
        f"mock is also available as {ALIAS}."
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what its mock was asked and answered."""
    report = yield
    if report.failed:
        raised = call.excinfo.value if call.excinfo else None
        session, taken = item.config.stash.get(SESSION, None), getattr(item, "fixturenames", ())
        for run in session.active if session else ():
            if run.fixture == ALIAS or run.fixture in taken:
                report.sections.extend(run.sections(raised))
        if other := _other_fixture(item):
            report.sections.append(("mock_llm", other))
    return report
