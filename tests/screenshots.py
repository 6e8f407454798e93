"""Take the README's two pictures of the inspector: `python -m tests.screenshots`."""

import asyncio
from pathlib import Path
from typing import Literal

import httpx
from playwright.async_api import Browser

from tests.browser import browser
from tests.server import LiveServer

FOLDER = Path(__file__).parent / "inspector"
SIZE = {"width": 1200, "height": 560}
SCRIPT = FOLDER / "shown.yaml"


async def ask(url: str, text: str, model: str = "gpt-4o", path: str = "v1/chat/completions", **more: object) -> str:
    """Ask the mock; return the request's id. What breaks is what the picture shows."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}
    headers = {"Idempotency-Key": f"ask-{text}", "x-stainless-retry-count": str(more.pop("retry", 0))}
    body.pop("retry", None)
    try:
        async with httpx.AsyncClient(base_url=url, timeout=60, headers=headers) as client:
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


async def take(started: Browser, url: str, name: str, scheme: Literal["light", "dark"], ready: str) -> None:
    """Take one picture."""
    async with await started.new_context(viewport=SIZE, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(url)
        await page.locator(ready).first.wait_for()
        await page.screenshot(path=FOLDER / name, animations="disabled")


async def main() -> None:
    """Start a server, talk to it, and take the pictures."""
    with LiveServer(MOCK_SCRIPT=str(SCRIPT)) as server:
        shown = await fill(server.url)
        async with browser() as started:
            await take(started, f"{server.url}/_mock/", "list.png", "light", "#pulse[data-state=live]")
            at = f"{server.url}/_mock/inspector/exchanges/{shown}"
            await take(started, at, "exchange.png", "dark", "#why pre")


if __name__ == "__main__":
    asyncio.run(main())
