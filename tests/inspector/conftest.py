"""Fixtures of the inspector's tests: one server, one browser, and for each test a page and a namespace of its own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import PATIENCE_MS, browser
from tests.control.conftest import world  # noqa: F401  # a fixture here too
from tests.patience import PATIENCE
from tests.server import QUICK, LiveServer

SCRIPT = Path(__file__).parent / "script.yaml"

expect.set_options(timeout=PATIENCE_MS)


def http_client(**more: Any) -> httpx.AsyncClient:
    """Return a client that waits as long as a busy machine takes."""
    return httpx.AsyncClient(verify=False, timeout=PATIENCE, **more)


class Site:
    """A namespace of a live server, and what was seen of its pages: scripts' errors and refusals of the CSP."""

    def __init__(self, url: str, page: Page) -> None:
        self.url, self.page = f"{url}/ns/{uuid.uuid4().hex}", page
        self.problems: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    def expect_problems(self, *texts: str) -> None:
        """Let problems that contain one of the texts pass, whenever the browser tells of them: it does so late."""
        self.expected += texts

    def unexpected_problems(self) -> list[str]:
        """Return the problems that no text was expected for."""
        return [problem for problem in self.problems if not any(text in problem for text in self.expected)]

    async def open(self, path: str = "") -> None:
        """Open a page of the inspector."""
        await self.page.goto(f"{self.url}/_mock/{path}")

    async def ask(self, text: str, model: str = "gpt-4o", headers: dict[str, str] | None = None, **more: object) -> str:
        """Ask the mock, and return the request's id."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        async with http_client() as client:
            response = await client.post(f"{self.url}/v1/chat/completions", json=body, headers=headers)
        return response.headers["x-request-id"]


@pytest.fixture(scope="session")
def inspected() -> Iterator[LiveServer]:
    """A live server with the script beside this file."""
    with LiveServer(MOCK_SCRIPT=str(SCRIPT), **QUICK) as live:
        yield live


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with browser() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A profile of the test's own."""
    async with await chromium.new_context(viewport={"width": 1280, "height": 800}) as made:
        await made.grant_permissions(["clipboard-read", "clipboard-write"])
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def site(inspected: LiveServer, context: BrowserContext) -> AsyncIterator[Site]:
    """A page on a namespace of its own; nothing may go wrong in it."""
    made = Site(inspected.url, await context.new_page())
    yield made
    assert not made.unexpected_problems()
