"""Take pictures of the inspector's pages: `python -m tests.screenshots` takes those of the manual.

`python -m tests.screenshots --all FOLDER` takes every page, in light and dark, at three widths, to be looked at.
"""

import argparse
import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx
from playwright.async_api import Browser, Page, ViewportSize

from tests.browser import PATIENCE_MS, browser
from tests.patience import PATIENCE
from tests.server import LiveServer

DOCS = Path(__file__).parent.parent / "docs" / "images"
WIDTHS = (1440, 1024, 390)
SCRIPT = "tests/inspector/shown.yaml"

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


async def look(page: Page) -> None:
    """Leave the page as it is."""


class Shot(NamedTuple):
    """A picture: its file's name, the address of the page, what is there once it is drawn, and what is done then."""

    name: str
    path: str
    ready: str
    act: Callable[[Page], Awaitable[None]] = look


class Picture(NamedTuple):
    """A picture of the manual: a shot, in one scheme and size."""

    shot: str
    scheme: Scheme
    size: tuple[int, int]


async def ask(
    url: str,
    text: str,
    model: str = "gpt-4o",
    path: str = "v1/chat/completions",
    headers: dict[str, str] | None = None,
    **more: object,
) -> str:
    """Ask the mock; return the request's id. What breaks is what the picture shows."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **more}
    known = {"anthropic-version": "2023-06-01", "x-api-key": "mock"} if path == "v1/messages" else {}
    id = ""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=known | (headers or {})) as client:
        with contextlib.suppress(httpx.RemoteProtocolError):
            async with client.stream("POST", path, json=body) as response:
                id = response.headers["x-request-id"]
                await response.aread()
    return id


async def fill(url: str) -> dict[str, str]:
    """Have something to show; return the ids of the exchanges that get pictures of their own."""
    ids = {"call": await ask(url, "What is the weather in Paris?", stream=False)}
    await ask(url, "Summarize the minutes of Monday's meeting", model="gpt-4.1-mini")
    for retry in range(3):
        headers = {"Idempotency-Key": "order-4411", "x-stainless-retry-count": str(retry)}
        await ask(url, "Where is my order #4411?", headers=headers)
    ids["missed"] = await ask(url, "Which umbrella is best in a storm?", model="gpt-4.1")
    ids["refund"] = await ask(url, "How long does a refund take?")
    claude: dict[str, Any] = {"model": "claude-sonnet-4-5", "path": "v1/messages", "max_tokens": 500}
    ids["cut"] = await ask(url, "Tell me a long story", **claude)
    await ask(url, "Is this comment friendly? 'Well done!'", model="gpt-4o-mini", stream=False)
    return ids


async def fill_more(url: str) -> dict[str, str]:
    """Have what the manual does not show."""
    fault = {"X-Mock-Fault": "malformed_chunk; after_tokens=3"}
    ids = {"wrong": await ask(url, "How long does a refund take?", headers=fault)}
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        response = await client.post("v1/embeddings", json={"model": "text-embedding-3-small", "input": "refund"})
        ids["vector"] = response.headers["x-request-id"]
    ids["thread"] = await agent(url)
    long = f"{url}/ns/long"
    for text in (
        "שלום, כמה זמן לוקח refund?",
        "https://example.com/" + "path/" * 60,
        "Zwölf Boxkämpfer jagen 👩‍👩‍👧 refund " * 9,
    ):
        await ask(long, text, model="a-model-with-quite-a-long-name-2026-01-01", stream=False)
    return ids


async def agent(url: str) -> str:
    """Be an agent that looks something up and then answers; return the id of its first request."""
    messages: list[dict[str, object]] = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = ""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        for text in ("Is this a good day for the minutes?", "How long does a refund take?", ""):
            body = {"model": "gpt-4o", "messages": messages}
            response = await client.post("v1/chat/completions", json=body, headers={"X-Mock-Pacing": "apply=both"})
            first = first or response.headers["x-request-id"]
            message = response.json()["choices"][0]["message"]
            messages.append(message)
            for call in message.get("tool_calls") or ():
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": "It rains."})
            messages.append({"role": "user", "content": text})
    return first


async def call_tool(page: Page) -> None:
    """Build a tool in the playground, and have it called."""
    await page.locator("summary", has_text="Tools").click()
    await page.get_by_role("button", name="Add a tool").click()
    await page.get_by_label("What the tool does").fill("Says what the weather is like")
    await page.get_by_label("What it is").fill("The name of the city")
    await page.get_by_label("Content").fill("What is the weather in Paris?")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_label("Result of get_weather").fill('{"degrees": 21}')


async def edit(page: Page) -> None:
    """Try a prompt, and write something wrong into the script."""
    await page.get_by_label("The user says").fill("Where is my order?")
    await page.get_by_role("button", name="Try", exact=True).click()
    await page.locator("#tried .is-answer").wait_for()
    area = page.get_by_label("The script, in YAML")
    await area.fill((await area.input_value()).replace("times: 2", "tmes: 2"))
    await page.locator("#problems button").first.wait_for()


async def unfold(page: Page) -> None:
    """Show the attempts of a call one by one."""
    await page.locator(".unfold").first.click()


LIST = "#pulse[data-state=live]"
DETAIL = "#exchange:not([aria-busy])"


def shots(ids: dict[str, str]) -> list[Shot]:
    """Return every page that there is to look at."""
    at = "inspector/exchanges/"
    return [
        Shot("list", "", LIST),
        Shot("list-none", "?text=none", "#none"),
        Shot("list-attempts", "", LIST, unfold),
        Shot("list-long", "../ns/long/_mock/", LIST),
        Shot("empty-runs", "../ns/empty/_mock/inspector/runs", "#nothing:visible"),
        Shot("empty-figures", "../ns/empty/_mock/inspector/figures", "#nothing:visible"),
        Shot("empty-list", "../ns/empty/_mock/", LIST),
        Shot("list-beside", f"?exchange={ids['refund']}", DETAIL),
        *(Shot(f"exchange-{name}", f"{at}{id}", DETAIL) for name, id in ids.items()),
        Shot("exchange-gone", f"{at}req_gone", DETAIL),
        Shot("runs", f"inspector/runs?thread={ids['thread']}", ".is-answer .words"),
        Shot("docs", "docs/", "#doc h1"),
        Shot("docs-page", "docs/pacing", "#doc h1"),
        Shot("playground", f"inspector/playground?exchange={ids['refund']}", "#origin a"),
        Shot("playground-new", "inspector/playground", "#send"),
        Shot("playground-tools", "inspector/playground", "#send", call_tool),
        Shot("script", "inspector/script", "#rules .name"),
        Shot("script-edited", "inspector/script", "#rules .name", edit),
        Shot("script-recipe", f"inspector/script?exchange={ids['refund']}", "#recipe-text"),
        Shot("figures", "inspector/figures", ".plot-bar"),
        Shot("nowhere", "inspector/nowhere", "h1"),
    ]


PICTURES = (
    Picture("list-beside", "light", (1280, 640)),
    Picture("exchange-cut", "dark", (1200, 800)),
    Picture("runs", "light", (1200, 760)),
    Picture("playground-tools", "dark", (1200, 900)),
    Picture("script-edited", "light", (1200, 860)),
    Picture("figures", "dark", (1200, 760)),
)
"""The pictures of the manual."""


async def take(started: Browser, url: str, file: Path, picture: Picture, shot: Shot) -> None:
    """Take one picture; with a height of 0 of the whole page."""
    scheme, (width, height) = picture.scheme, picture.size
    viewport: ViewportSize = {"width": width, "height": height or 900}
    async with await started.new_context(viewport=viewport, color_scheme=scheme) as context:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{url}/_mock/{shot.path}")
        await page.locator(shot.ready).first.wait_for()
        await shot.act(page)
        await page.evaluate("scrollTo(0, 0)")
        await page.wait_for_timeout(300)  # for what is drawn after it
        await page.screenshot(path=file, animations="disabled", full_page=not height)


async def take_all(started: Browser, url: str, folder: Path, wanted: list[Shot]) -> None:
    """Take every page in both schemes, at each width."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            for shot in wanted:
                file = folder / f"{shot.name}-{scheme}-{width}.png"
                await take(started, url, file, Picture(shot.name, scheme, (width, 0)), shot)
                print(file)


async def take_pictures(started: Browser, url: str, known: list[Shot]) -> None:
    """Take those of the manual."""
    by_name = {shot.name: shot for shot in known}
    for picture in PICTURES:
        name = picture.shot.partition("-")[0]
        await take(started, url, DOCS / f"inspector-{name}.png", picture, by_name[picture.shot])


async def main() -> None:
    """Start a server, talk to it, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="take every page, and put them there")
    parser.add_argument("--only", default="", help="of all, those whose name contains this")
    options = parser.parse_args()
    with LiveServer(MOCK_SCRIPT=SCRIPT) as server:
        ids = await fill(server.url)
        async with browser() as started:
            if not options.all:
                return await take_pictures(started, server.url, shots(ids | {"thread": await agent(server.url)}))
            options.all.mkdir(parents=True, exist_ok=True)
            wanted = shots(ids | await fill_more(server.url))
            await take_all(started, server.url, options.all, [each for each in wanted if options.only in each.name])


if __name__ == "__main__":
    asyncio.run(main())
