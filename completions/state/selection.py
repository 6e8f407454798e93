"""The namespace of requests that name none, and the retired namespaces; a test runner sets both.

A client that was created before the tests has one address for all of them. The runner selects the namespace of the
running test, and retires it when the test has ended, so that a late request gets an error that explains this.
"""

from completions.exceptions import RequestError
from completions.state.store import is_shared

MAX_RETIRED = 65_536
"""The most retired names; beyond that, the oldest are dropped."""

DEFAULT = "default"


class Selection:
    """The default namespace and the retired namespaces of this process."""

    def __init__(self) -> None:
        self.name = DEFAULT
        self.retired: dict[str, None] = {}


current = Selection()
"""The process's selection; every request reads it."""


def select(name: str) -> None:
    """Make this the namespace of requests that name none; raise `RequestError` if workers share their state."""
    _check_is_only_worker()
    current.name = name
    current.retired.pop(name, None)


def retire(name: str) -> None:
    """Let a namespace answer with an error from now on; raise `RequestError` if workers share their state."""
    _check_is_only_worker()
    current.retired[name] = None
    while len(current.retired) > MAX_RETIRED:
        del current.retired[next(iter(current.retired))]


def retired_error(name: str) -> RequestError:
    """Return the error with which a retired namespace answers."""
    return RequestError(
        f"The namespace '{name}' is retired: the test that it belonged to has ended. Either this request comes after "
        "the end of its test, or the running test did not ask for a mock (with pytest: the fixture `mock_llm`).",
        status=404,
        code="namespace_retired",
    )


def _check_is_only_worker() -> None:
    """Refuse if there are other workers, which this selection would not reach."""
    if is_shared():
        raise RequestError(
            "Namespaces cannot be selected or retired if workers share their state (STATE_URL); name one in the "
            "address (/ns/NAME/) or in the header X-Mock-Namespace.",
            status=409,
            code="state_is_shared",
        )
