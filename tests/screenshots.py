"""Take the two pictures of the inspector in the documentation: `python -m tests.screenshots`."""

import asyncio
from pathlib import Path
from typing import Literal

import httpx
from playwright.async_api import Browser

from tests.browser import browser
from tests.patience import PATIENCE
from tests.server import LiveServer

FOLDER = Path(__file__).parent.parent / "docs" / "images"
WIDTH = 1200
SCRIPT = "tests/inspector/shown.yaml"


async def ask(
    url: str,
    text: str,
    model: str = "gpt-4o",
    path: str = "v1/chat/completions",
    retry: int | None = None,
    **more: object,
) -> str:
    """Ask the mock; return the request's id. What breaks is what the picture shows."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}
    headers = {"anthropic-version": "2023-06-01", "x-api-key": "mock"} if path == "v1/messages" else {}
    if retry is not None:
        headers |= {"Idempotency-Key": "order-4411", "x-stainless-retry-count": str(retry)}
    try:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=headers) as client:
            return (await client.post(path, json=body)).headers["x-request-id"]
    except httpx.RemoteProtocolError:
        return ""


async def fill(url: str) -> str:
    """Have something to show; return the id of the exchange that gets a picture of its own."""
    await ask(url, "What is the weather in Paris?", stream=False)
    await ask(url, "Summarize the minutes of Monday's meeting", model="gpt-4.1-mini")
    for retry in range(3):
        await ask(url, "Where is my order #4411?", retry=retry)
    await ask(url, "Which umbrella is best in a storm?", model="gpt-4.1")
    shown = await ask(url, "How long does a refund take?")
    await ask(url, "Tell me a long story", model="claude-sonnet-4-5", path="v1/messages", max_tokens=500)
    await ask(url, "Is this comment friendly? 'Well done!'", model="gpt-4o-mini", stream=False)
    return shown


async def take(
    started: Browser, url: str, name: str, scheme: Literal["light", "dark"], ready: str, height: int
) -> None:
    """Take one picture."""
    async with await started.new_context(viewport={"width": WIDTH, "height": height}, color_scheme=scheme) as context:
        page = await context.new_page()
        await page.goto(url)
        await page.locator(ready).first.wait_for()
        await page.screenshot(path=FOLDER / name, animations="disabled")


async def main() -> None:
    """Start a server, talk to it, and take the pictures."""
    with LiveServer(MOCK_SCRIPT=SCRIPT) as server:
        shown = await fill(server.url)
        async with browser() as started:
            await take(started, f"{server.url}/_mock/", "inspector-list.png", "light", "#pulse[data-state=live]", 520)
            at = f"{server.url}/_mock/inspector/exchanges/{shown}"
            await take(started, at, "inspector-exchange.png", "dark", "#why pre", 800)


if __name__ == "__main__":
    asyncio.run(main())
