"""The manual: the pages of `docs/`, to which `manual` in this folder is a link; a wheel has a copy instead."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = next(
    (place for place in (Path(__file__).parent / "manual", Path(__file__).parents[2] / "docs") if place.is_dir()), None
)
READMES = (Path(__file__).parent / "start.md", Path(__file__).parents[2] / "README.md")
"""The project's own README, in the same two places."""

INDEX, START = "README", "start"
"""The names of the index, and of the project's own README: the first ten minutes."""

_ENTRY = re.compile(r"^- \[(?P<title>[^]]+)\]\((?P<name>[\w-]+)\.md\)")
_GROUP = re.compile(r"^\*\*(?P<title>.+)\*\*$")


class Group(NamedTuple):
    """A part of the index: its title, and the names and titles of its pages."""

    title: str
    entries: list[tuple[str, str]]


@cache
def files() -> dict[str, Path]:
    """Return the file of each page, by name."""
    if FOLDER is None:
        return {}
    pages = {file.stem: file for file in sorted(FOLDER.glob("*.md"))}
    readme = next((file for file in READMES if file.is_file()), None)
    return pages if readme is None else {START: readme, **pages}


@cache
def images() -> dict[str, bytes]:
    """Return the images by name."""
    folder = (FOLDER or Path(__file__)) / "images"
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.png"))}


@cache
def text(name: str) -> str:
    """Return the Markdown of a page."""
    return files()[name].read_text(encoding="utf-8")


@cache
def groups() -> list[Group]:
    """Return the pages, grouped as in the index."""
    pages = [Group("The first ten minutes", [(START, "Start")] if START in files() else [])]
    for line in text(INDEX).splitlines() if INDEX in files() else ():
        if group := _GROUP.match(line):
            pages.append(Group(group["title"], []))
        elif entry := _ENTRY.match(line):
            pages[-1].entries.append((entry["name"], entry["title"]))
    return pages
