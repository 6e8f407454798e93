"""The inspector starts and stops recording, shows where an answer came from, and makes a rule of it, byte for byte."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from tests.inspector.conftest import Site, http_client
from tests.inspector.control import control
from tests.server import QUICK, LiveServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")


upstream = serving(MOCK_SCRIPT="auto", **QUICK)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def recording(root: Path) -> Iterator[LiveServer]:
    """A server that was started with a folder for recorded answers."""
    with LiveServer(MOCK_SCRIPT="relay", CASSETTE_ROOT=str(root), **QUICK) as live:
        yield live


@pytest_asyncio.fixture(loop_scope="session")
async def recorder(recording: LiveServer, context: BrowserContext) -> AsyncIterator[Site]:
    made = Site(recording.url, await context.new_page())
    made.expect_problems("status of 400")
    yield made
    assert not made.unexpected_problems()


async def test_button__starts_and_stops(recorder: Site, upstream: LiveServer, root: Path) -> None:
    page = recorder.page
    await recorder.open()
    await page.get_by_role("button", name="Record").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(str(root))
    await dialog.get_by_label("Server").fill(upstream.url)
    await dialog.get_by_label("Folder").fill("../elsewhere")
    await dialog.get_by_role("button", name="Start").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("must be a folder below")
    await dialog.get_by_label("Folder").fill("weather/one")
    await dialog.get_by_role("button", name="Start").click()
    await expect(dialog).to_be_hidden()
    stop = page.get_by_role("button", name="Stop recording")
    await expect(stop).to_have_attribute("aria-pressed", "true")
    await page.set_viewport_size({"width": 390, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    await recorder.ask("What is recorded?", stream=True)
    await expect(page.locator("#rows li").first).to_contain_text("upstream")
    await stop.click()
    await expect(page.get_by_role("button", name="Record")).to_have_attribute("aria-pressed", "false")
    assert len(list((root / "weather/one").glob("*.yaml"))) == 1
    assert (await control(recorder, "GET", "recording"))["recording"] is None

    await recorder.open(f"inspector/exchanges/{await last(recorder)}")
    await expect(page.locator("#facts")).to_contain_text(f"upstream {upstream.url}/v1/chat/completions")
    await expect(page.locator("#why")).to_contain_text(f"so the request was passed on to {upstream.url}")

    await control(recorder, "PUT", "recording", '{"mode": "none", "folder": "weather/one"}')
    for asked, why in (
        ("What is recorded?", "The answer was recorded in "),
        ("And this?", "This request has no recorded answer."),
    ):
        await recorder.ask(asked, stream=True)
        await recorder.open(f"inspector/exchanges/{await last(recorder)}")
        await expect(page.locator("#why")).to_contain_text(why)
    await control(recorder, "DELETE", "recording")


async def test_rule__of_a_relayed_exchange_answers_byte_for_byte(recorder: Site, upstream: LiveServer) -> None:
    page = recorder.page
    await control(recorder, "PUT", "recording", f'{{"mode": "passthrough", "upstream": "{upstream.url}"}}')
    await recorder.ask("Tell me", stream=True)
    identity = await last(recorder)
    other = await answered(recorder)
    await control(recorder, "DELETE", "recording")

    await recorder.open(f"inspector/script?exchange={identity}")
    recipe = page.locator("#recipe-text")
    await expect(recipe).not_to_contain_text("response:")
    await page.get_by_label("Byte for byte").check()
    await expect(recipe).to_contain_text("response:")
    await expect(recipe).to_contain_text("request:")
    await page.get_by_role("button", name="Push it before all rules").click()
    await expect(page.locator("#rules")).to_contain_text("Tell me")
    assert await answered(recorder) == await answered(recorder) != other, "as the recorded one, and no other is asked"


async def last(site: Site) -> str:
    """Return the id of the last exchange; the answer itself has the other server's."""
    return str((await control(site, "GET", "exchanges?limit=1"))["exchanges"][0]["id"])


async def answered(site: Site) -> bytes:
    """Return what is answered to the same request."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me"}], "stream": True}
    async with http_client() as client:
        return (await client.post(f"{site.url}/v1/chat/completions", json=body)).content


async def test_button__is_not_there_without_a_folder(site: Site) -> None:
    await site.open()
    await expect(site.page.locator("#pulse")).to_have_attribute("data-state", "live")
    await expect(site.page.locator("#record")).to_be_hidden()
