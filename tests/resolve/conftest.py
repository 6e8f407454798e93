"""What the tests of answers in a namespace share."""

import pytest

from completions.state.namespaces import Namespace


@pytest.fixture
def space() -> Namespace:
    """A namespace in which anything is answered."""
    return Namespace("test", "auto")
