"""The pages of the manual, as their tests see them: code blocks, tables, headings and links."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.server import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Page:
    """One Markdown file; `name` is its path from the root of the repository."""

    name: str
    text: str

    @property
    def path(self) -> Path:
        """The file."""
        return ROOT / self.name

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """The fenced code blocks: language and text."""
        return FENCE.findall(self.text)

    def blocks_of(self, language: str) -> list[str]:
        """The texts of the blocks in one language."""
        return [text for kind, text in self.blocks if kind == language]

    @cached_property
    def prose(self) -> str:
        """The page without its code blocks."""
        return FENCE.sub("", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """The pieces of code within the prose."""
        return SPAN.findall(self.prose)

    @cached_property
    def words(self) -> set[str]:
        """The words that stand as code, in the prose or in a block."""
        return {word for text in (*self.spans, *(text for _, text in self.blocks)) for word in WORD.findall(text)}

    @cached_property
    def listed(self) -> set[str]:
        """The pieces of code in the first column of the page's tables."""
        cells = re.findall(r"^\| (.+?) \|", self.prose, re.MULTILINE)
        return {span for cell in cells for span in SPAN.findall(cell)}

    @cached_property
    def links(self) -> list[str]:
        """The targets of links and pictures."""
        return LINK.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        found: set[str] = set()
        seen: Counter[str] = Counter()
        for title in re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE):
            slug = re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return found


PAGES = [
    Page(str(path.relative_to(ROOT)), path.read_text())
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
]
BY_NAME = {page.name: page for page in PAGES}


def page(name: str) -> Page:
    """Return a page of docs/ by its name without the ending."""
    return BY_NAME[f"docs/{name}.md"]
