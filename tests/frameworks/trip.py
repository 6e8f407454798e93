"""What the agents are asked, the two tools that they have, and what they must come to."""

from typing import Any

import pytest
from pydantic import BaseModel

MODEL = "gpt-4o"
QUESTION = "How is Paris?"
ANSWER = "Paris has 21 degrees at noon."
INSTALL = "it is not installed: pip install -r tests/frameworks/requirements.txt"


class Trip(BaseModel):
    """What a structured answer has."""

    city: str
    degrees: int


class Tools:
    """Two tools that note who calls them."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def get_weather(self, city: str) -> str:
        """Tell the weather of a city."""
        self.called.append(f"weather of {city}")
        return "21 degrees"

    def get_time(self, city: str) -> str:
        """Tell the time in a city."""
        self.called.append(f"time in {city}")
        return "noon"


CALLED = ["weather of Paris", "time in Paris"]


class Framework:
    """A package of a framework's, imported when something of it is used; the test is skipped where it is not there.

    Every process that runs tests reads all of them, and few run those of a framework. pytest asks each name of a module
    for marks of its own, which a framework has not.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "pytest")):
            raise AttributeError(name)
        return getattr(pytest.importorskip(self._name, reason=INSTALL), name)
