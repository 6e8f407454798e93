"""Install the agents, as their registries have them today, and print the folders of their programs for `AGENTS`.

    export AGENTS=$(python -m tests.reality.install FOLDER)

One that cannot be installed is named on the standard error, and its tests are skipped.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NPM = (
    *("@openai/codex", "@anthropic-ai/claude-code", "@github/copilot", "@google/gemini-cli", "@qwen-code/qwen-code"),
    "opencode-ai",
)
PYPI = ("aider-chat", "llm")


def by_npm(package: str, folder: Path) -> Path:
    """Install a package of npm into a folder of its own; return where its program is."""
    run("npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), package)
    return folder / "node_modules" / ".bin"


def by_pip(package: str, folder: Path) -> Path:
    """Install a package of PyPI into an environment of its own; return where its program is."""
    run(sys.executable, "-m", "venv", str(folder))
    run(str(folder / "bin" / "pip"), "install", "--quiet", package)
    return folder / "bin"


def run(*command: str) -> None:
    """Run a program; raise OSError with the last line that it wrote where it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise OSError((done.stderr or done.stdout).strip().rpartition("\n")[2])


def install(root: Path) -> list[str]:
    """Install all of them, npm's beside pip's; return the folders of the programs that are there."""
    work: dict[Callable[[str, Path], Path], tuple[str, ...]] = {by_npm: NPM, by_pip: PYPI}
    with ThreadPoolExecutor(len(work)) as pool:
        done = pool.map(lambda each: [attempt(each[0], package, root) for package in each[1]], work.items())
        return [folder for folders in done for folder in folders if folder]


def attempt(by: Callable[[str, Path], Path], package: str, root: Path) -> str:
    """Install one; return the folder of its program, or nothing where it fails."""
    try:
        return str(by(package, root / package.rpartition("/")[2]))
    except OSError as exc:
        print(f"{package} is not installed: {exc}", file=sys.stderr)
        return ""


if __name__ == "__main__":
    print(os.pathsep.join(install(Path(sys.argv[1]).resolve())))
