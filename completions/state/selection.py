"""Which namespace a request is in that names none, and which namespaces answer no more: a test runner decides it.

A client that was made before the tests has one address for all of them. The runner selects the namespace of the test
that runs, and retires it when the test has ended, so that a request that comes late gets an error that says so.
"""

from completions.exceptions import RequestError
from completions.state.store import is_shared

MAX_RETIRED = 65_536
"""Names that are remembered as retired; the oldest are forgotten first."""

DEFAULT = "default"


class Selection:
    """The namespace of a request that names none, and the names of those that are retired; of this process alone."""

    def __init__(self) -> None:
        self.name = DEFAULT
        self.retired: dict[str, None] = {}


current = Selection()
"""The process's own; every request looks at it."""


def select(name: str) -> None:
    """Let requests that name no namespace be in this one; raise `RequestError` where workers share their state."""
    _check_alone()
    current.name = name
    current.retired.pop(name, None)


def retire(name: str) -> None:
    """Let a namespace answer an error from now on; raise `RequestError` where workers share their state."""
    _check_alone()
    current.retired[name] = None
    while len(current.retired) > MAX_RETIRED:
        del current.retired[next(iter(current.retired))]


def retired(name: str) -> RequestError:
    """Return the error that a retired namespace answers."""
    return RequestError(
        f"The namespace '{name}' is retired: the test that it belonged to has ended. Either this request comes after "
        "the end of its test, or the test that runs now did not ask for a mock (with pytest: the fixture `mock_llm`).",
        status=404,
        code="namespace_retired",
    )


def _check_alone() -> None:
    """Refuse what the other workers would not know."""
    if is_shared():
        raise RequestError(
            "Namespaces cannot be selected or retired where workers share their state (STATE_URL); name one in the "
            "address (/ns/NAME/) or in the header X-Mock-Namespace.",
            status=409,
            code="state_is_shared",
        )
