"""The page of runs, in a real browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.inspector.conftest import Site, http_client
from tests.inspector.test_looks import FAINT, NAMELESS, WIDE

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def work(site: Site) -> list[str]:
    """Be an agent whose model asks for the weather, and then answers; return the ids of its requests."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "weather"}]
    ids = []
    async with http_client() as client:
        for text in ("refund", ""):
            body = {"model": "gpt-4o", "messages": messages}
            response = await client.post(f"{site.url}/v1/chat/completions", json=body)
            ids.append(response.headers["x-request-id"])
            message = response.json()["choices"][0]["message"]
            messages.append(message)
            for call in message.get("tool_calls") or []:
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": "rain"})
            messages.append({"role": "user", "content": text})
    return ids


async def test_agent__is_one_thread_with_a_waterfall(site: Site) -> None:
    page = site.page
    await site.open("inspector/runs")
    await expect(page.get_by_text("No requests here yet")).to_be_visible()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await site.ask("A refund?")
    ids = await work(site)
    thread = page.locator(".thread").first
    await expect(page.locator(".thread")).to_have_count(2)
    await expect(thread.locator(".thread-facts")).to_contain_text("2 turns · 1 tool call")
    await thread.locator("summary").first.click()
    await expect(thread.locator(".waterfall svg a")).to_have_count(2)
    names = await thread.locator(".w-names > div").all_inner_texts()
    assert names == ['1. get_weather({"city":"Paris"})', "2. Refunds take five days."]
    first, second = [await bar.bounding_box() for bar in await thread.locator("svg a rect:nth-of-type(3)").all()]
    assert first is not None and second is not None and first["x"] < second["x"]
    await expect(thread.locator(".is-answer .words")).to_have_text("Refunds take five days.")
    await expect(thread.locator(".fold.result summary")).to_have_text("result of get_weather")
    assert page.url.endswith(f"?thread={ids[0]}")
    await page.reload()
    await expect(thread.locator(".is-answer .words")).to_have_text("Refunds take five days.")
    await thread.locator("svg a").nth(1).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/inspector/exchanges/{ids[1]}")


async def test_verdict__tells_what_is_wrong_with_its_evidence(site: Site) -> None:
    page = site.page
    await site.ask("A refund?")
    await site.open("inspector/runs")
    await expect(page.locator("#verdict-found .badge.ok")).to_be_visible()
    for _ in range(8):
        await site.ask("Nobody knows")
    await expect(page.locator(".findings .badge").first).to_have_text("retried_in_vain")
    await expect(page.locator(".findings a").first).to_have_text("request 1")
    async with page.expect_navigation():
        await page.locator(".findings a").first.click()
    await expect(page.locator("#title")).to_contain_text("POST")


async def test_verdict__names_the_calls_that_got_no_answer(site: Site) -> None:
    page = site.page
    await site.ask("A refund?", headers={"X-Mock-Error": "503"})
    await site.open("inspector/runs")
    await expect(page.locator("#verdict-score")).to_have_text("Score 0 of 100")
    await expect(page.locator("#verdict-found")).to_contain_text("1 call got no answer in the end")
    await expect(page.locator("#verdict-found .badge.ok")).to_have_count(0)
    async with page.expect_navigation():
        await page.locator(".findings a").click()
    await expect(page.locator("#title")).to_contain_text("POST")


async def test_run__is_exported_as_a_file(site: Site) -> None:
    page = site.page
    await site.open("inspector/runs")
    await expect(page.locator("#nothing")).to_be_visible()
    await expect(page.locator("#export")).to_be_hidden()
    await site.ask("A refund?")
    await expect(page.locator("#verdict-score")).to_have_text("Score 100 of 100")
    await expect(page.locator("#verdict-facts")).to_have_text("1 request, 1 call, 0 retries, 1 answered")
    async with page.expect_download() as downloading:
        await page.locator("#export").click()
    download = await downloading.value
    text = await asyncio.to_thread(Path(await download.path()).read_text)
    assert download.suggested_filename == "test_run.py"
    assert "'content': 'A refund?'" in text and "def test_run(mock_llm):" in text


async def test_tests__are_listed_as_they_run(site: Site) -> None:
    page = site.page
    await site.open("inspector/runs")
    elsewhere = Site(site.url.rpartition("/ns/")[0], page)
    name = elsewhere.url.rpartition("/")[2]
    await elsewhere.ask("A refund?")
    await elsewhere.ask("Nobody knows")
    row = page.locator("#spaces-table tr").filter(has=page.get_by_role("link", name=name, exact=True))
    await expect(row).to_contain_text("2")
    await expect(row.locator("td").nth(2)).to_have_text("1")
    await row.get_by_role("link", name=name, exact=True).click()
    await expect(page.locator(".thread")).to_have_count(2)
    assert page.url.endswith(f"/ns/{name}/_mock/inspector/runs")


@pytest.mark.parametrize("width", [1280, 390])
async def test_runs__can_be_read(site: Site, width: int) -> None:
    page = site.page
    ids = await work(site)
    await site.ask("Nobody knows " + "word" * 60)
    await Site(site.url.rpartition("/ns/")[0], page).ask("A refund?")  # in another namespace
    await page.set_viewport_size({"width": width, "height": 800})
    await site.open(f"inspector/runs?thread={ids[0]}")
    await expect(page.locator(".is-answer .words")).to_be_visible()
    await expect(page.locator("#spaces-table a").first).to_be_visible()
    assert await page.evaluate(FAINT) == []
    assert await page.evaluate(NAMELESS) == []
    assert await page.evaluate(WIDE) <= 0
