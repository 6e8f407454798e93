"""The folders into which tests may record at run time: those below the server's folder for recordings."""

import os
from pathlib import Path

from completions.conf import conf
from completions.exceptions import RequestError
from completions.script.text.node import Node

MAX_PATH = 1000
"""The most characters of a folder's path."""


def root_folder() -> Path | None:
    """Return the folder with which the server was started; None where it has none."""
    setting = conf.CASSETTE_ROOT or conf.CASSETTES
    return Path(setting) if setting else None


def folder_of(node: Node, folder: str) -> Path:
    """Return the path of a folder; raise the 409 without a root folder, `ScriptError` for a folder outside it."""
    root = root_folder()
    if root is None:
        raise RequestError(
            "Nothing can be recorded or replayed at run time: the server was started without a folder for answers. "
            "Start it with CASSETTE_ROOT=DIR, or with --record DIR.",
            status=409,
            code="recording_unavailable",
        )
    if folder.startswith(("/", "~")) or set(folder) & set("\\:\x00") or ".." in folder.split("/"):
        raise node.error(f"must be a folder below {root}, such as weather or agents/one, not {folder[:60]!r}.")
    if len(folder) > MAX_PATH:
        raise node.error(f"has more than {MAX_PATH} characters.")
    path = root / folder
    if not path.resolve().is_relative_to(root.resolve()):
        raise node.error(f"leads out of {root}.")
    if os.path.exists(path) and not path.is_dir():
        raise node.error(f"is a file: {path}.")
    return path


def check_writable(node: Node, folder: Path) -> None:
    """Raise `ScriptError` for a folder that cannot be written to or created."""
    if (problem := unwritable(folder)) is not None:
        raise node.error(f"cannot be used to record: {problem}.")


def unwritable(folder: Path) -> str | None:
    """Return why a folder cannot be written to or created; None where it can."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if _exists(path))
    except OSError as exc:
        return f"{str(folder)[:60]!r} cannot be created: {exc.strerror}"
    if not nearest.is_dir():
        return f"{nearest} is a file, not a folder"
    return None if os.access(nearest, os.W_OK) else f"{nearest} cannot be written to"


def _exists(path: Path) -> bool:
    """Return whether there is something at a path; raise `OSError` where there cannot be, which `Path.exists` may not.

    Since Python 3.14 it is silent about a name that is too long.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
