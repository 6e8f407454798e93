"""Builds the wheel: pyproject.toml says everything but this, that the manual goes along with the inspector."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class WithManual(build_py):
    """Copies the manual beside the inspector, which shows it."""

    def run(self) -> None:
        """Build as ever, and copy the pages and their pictures."""
        super().run()
        target = Path(self.build_lib) / "completions" / "inspector" / "manual"
        if (ROOT / "docs").is_dir() and not self.editable_mode:
            shutil.copytree(ROOT / "docs", target, dirs_exist_ok=True)
            shutil.copy(ROOT / "README.md", target / "start.md")


setup(cmdclass={"build_py": WithManual})
