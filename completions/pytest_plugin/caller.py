"""Where in a test's code the plugin was called."""

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)


def caller() -> str:
    """Return the file's name and the line of the innermost call that is not the plugin's own: `test_it.py:12`."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(HERE) and frame.f_back is not None:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
