"""Links between pages lead somewhere, and every page can be reached."""

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import BY_NAME, PAGES, Page
from tests.server import ROOT

SOURCE = re.compile(r"(?:completions|llmclient|mocksite|tests)/[\w./]*")
"""A path in the repository."""

README_LINES = 250
PAGE_LINES = 300


def resolved(page: Page, link: str) -> tuple[Path, str]:
    """Return the file that a link leads to, and the anchor in it."""
    target, _, anchor = link.partition("#")
    return (page.path.parent / target).resolve() if target else page.path, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links__lead_to_files_and_headings_that_exist(page: Page) -> None:
    for link in page.links:
        if link.startswith(("https:", "http:")):
            continue
        path, anchor = resolved(page, link)
        assert path.exists() and path.is_relative_to(ROOT), link
        if anchor:
            assert anchor in BY_NAME[str(path.relative_to(ROOT))].anchors, link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths__in_the_text_exist(page: Page) -> None:
    for span in page.spans:
        if SOURCE.fullmatch(span):
            assert (ROOT / span).exists(), span


def test_index__lists_every_page() -> None:
    index = BY_NAME["docs/README.md"]
    listed = {resolved(index, link)[0] for link in index.links}
    assert {page.path for page in PAGES if page is not index} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page__is_short(page: Page) -> None:
    assert page.text.count("\n") <= (README_LINES if page.name == "README.md" else PAGE_LINES)


def test_deployment__names_images_and_files_that_fit_together() -> None:
    """The Dockerfile copies what a build needs; nobody has built it here without a container builder."""
    folder = ROOT / "docs" / "deploy"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    build = compose["services"]["mock"]["build"]
    assert (folder / build["context"]).resolve() == ROOT and (ROOT / build["dockerfile"]).is_file()
    known = (ROOT / ".env.example").read_text()
    for name in compose["services"]["mock"]["environment"]:
        assert re.search(rf"^#?{name}=", known, re.MULTILINE), name
    kept = re.findall(r"^!(.+)$", (folder / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in kept)
