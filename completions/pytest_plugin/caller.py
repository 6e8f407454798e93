"""Where in a test's code the plugin was called, and warnings that name that place."""

import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

HERE = str(Path(__file__).parent)


class MockLLMWarning(UserWarning):
    """What a test told its mock can be used, and most likely means something else, or has no effect."""


def caller() -> str:
    """Return the file's name and the line of the innermost call that is not the plugin's own: `test_it.py:12`."""
    frame = _calling()
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def warn(message: str) -> None:
    """Warn of the innermost call that is not the plugin's own."""
    frame = _calling()
    warnings.warn_explicit(message, MockLLMWarning, frame.f_code.co_filename, frame.f_lineno)


def warn_as_told(document: Mapping[str, Any], place: str = "pushed:1: ", here: str = "") -> None:
    """Warn of what the control API doubts; where it says `place`, say `here`."""
    for message in document.get("warnings", ()):
        warn(here + message.removeprefix(place) if message.startswith(place) else message)


def _calling() -> FrameType:
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(HERE) and frame.f_back is not None:
        frame = frame.f_back
    return frame
