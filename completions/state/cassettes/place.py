"""Which folders may be recorded into at run time: those below the one that the server was started with."""

import os
from pathlib import Path

from completions.conf import conf
from completions.exceptions import RequestError
from completions.script.text.node import Node

MAX_PATH = 1000
"""Characters of a folder's name with all its parts."""


def root() -> Path | None:
    """Return the folder that the server was started with; None where it was with none."""
    named = conf.CASSETTE_ROOT or conf.CASSETTES
    return Path(named) if named else None


def folder_of(node: Node, folder: str) -> Path:
    """Return the whole path of a folder; raise the 409 where there is none, `ScriptError` for one elsewhere."""
    top = root()
    if top is None:
        raise RequestError(
            "Nothing can be recorded or replayed at run time: the server was started without a folder for answers. "
            "Start it with CASSETTE_ROOT=DIR, or with --record DIR.",
            status=409,
            code="recording_unavailable",
        )
    if folder.startswith(("/", "~")) or set(folder) & set("\\:\x00") or ".." in folder.split("/"):
        raise node.error(f"must be a folder below {top}, such as weather or agents/one, not {folder[:60]!r}.")
    if len(folder) > MAX_PATH:
        raise node.error(f"has more than {MAX_PATH} characters.")
    found = top / folder
    if not found.resolve().is_relative_to(top.resolve()):
        raise node.error(f"leads out of {top}.")
    if os.path.exists(found) and not found.is_dir():
        raise node.error(f"is a file: {found}.")
    return found


def check_writable(node: Node, folder: Path) -> None:
    """Raise `ScriptError` for a folder that cannot be written to, or not be made."""
    if (problem := unwritable(folder)) is not None:
        raise node.error(f"cannot be used to record: {problem}.")


def unwritable(folder: Path) -> str | None:
    """Return why a folder cannot be written to, or not be made; None where it can."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    except OSError as exc:
        return f"{str(folder)[:60]!r} cannot be created: {exc.strerror}"
    if not nearest.is_dir():
        return f"{nearest} is a file, not a folder"
    return None if os.access(nearest, os.W_OK) else f"{nearest} cannot be written to"
