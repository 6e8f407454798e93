"""What pyproject.toml cannot say: the lists of requirements, and that the manual goes along with the inspector."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
PLUGIN = "# The pytest plugin needs these two."
"""Where requirements.txt goes on with what the extra `pytest` has."""


class WithManual(build_py):
    """Copies the manual beside the inspector, which shows it."""

    def run(self) -> None:
        """Build as ever, and copy the pages and their pictures."""
        super().run()
        target = Path(self.build_lib) / "completions" / "inspector" / "manual"
        if (ROOT / "docs").is_dir() and not self.editable_mode:
            shutil.copytree(ROOT / "docs", target, dirs_exist_ok=True)
            shutil.copy(ROOT / "README.md", target / "start.md")


def packages(text: str) -> list[str]:
    """Return the requirements in a text."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


server, _, plugin = (ROOT / "requirements.txt").read_text().partition(PLUGIN)
setup(
    cmdclass={"build_py": WithManual},
    install_requires=packages(server),
    extras_require={"pytest": packages(plugin), "postgresql": ["psycopg[binary]>=3.2,<4"]},
)
