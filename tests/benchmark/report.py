"""How the figures are printed: tables, and targets with a mark."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

NARROWEST = 7
"""The least characters of a column."""


@dataclass(frozen=True)
class Target:
    """A figure that has a limit to stay under."""

    what: str
    value: float
    limit: float
    unit: str = ""

    def line(self) -> str:
        """Return the target's line: mark, figure, limit."""
        mark = "✓" if self.value <= self.limit else "✗"
        return f"{mark} {self.what}: {_figure(self.value)}{self.unit} (target ≤ {self.limit:g}{self.unit})"


def heading(load: str) -> str:
    """Name what decides the figures: the machine, the versions, and how it is measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("django", "uvicorn", "uvloop", "httptools"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), load average {os.getloadavg()[0]:.1f},"
        f" {platform.python_implementation()} {platform.python_version()}, {versions}\n{load}"
    )


def table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a table of figures; a row may be shorter than the others."""
    width = max(len(title), *(len(label) for label, _ in rows))
    widths = [max(len(name), NARROWEST) for name in columns]
    lines = [f"\n{title:{width}}" + _cells(columns, widths)]
    lines += [f"{label:{width}}" + _cells(map(_figure, values), widths) for label, values in rows]
    return "\n".join(lines)


def _cells(texts: Iterable[str], widths: Sequence[int]) -> str:
    return "".join(f"  {text:>{width}}" for text, width in zip(texts, widths, strict=False))


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or not value else f"{value:.2f}"
