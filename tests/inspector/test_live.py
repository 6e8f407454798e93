"""The live list, in a real browser."""

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.inspector.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROWS = "#rows > li"


async def test_list__shows_what_arrives_without_reload(site: Site) -> None:
    page = site.page
    await site.open()
    await expect(page.get_by_text("Nothing was asked yet")).to_be_visible()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await page.evaluate("window.same = true")
    await site.ask("How long does a refund take?", stream=True)
    row = page.locator(ROWS)
    await expect(row).to_have_count(1)
    await expect(row.locator(".x-rule")).to_have_text("refund")
    await expect(row.locator(".x-status")).to_have_text("200")
    await expect(row.locator(".x-said")).to_have_text("How long does a refund take?")
    await expect(row.locator(".x-ttft")).to_contain_text("ms")
    await expect(row.locator(".pace-flow")).to_have_count(1)
    await site.ask("Do you sell umbrellas?")
    await expect(row.first.locator(".x-rule")).to_have_text("unmatched near refund")
    assert await page.evaluate("window.same")
    await expect(page.get_by_text("Nothing was asked yet")).to_be_hidden()


async def test_first_rows__are_the_server_s_and_look_like_the_page_s_own(site: Site, chromium: Browser) -> None:
    await site.ask("How long does a refund take?", stream=True)
    await site.ask("<i>markup</i> & more")
    for retry in range(3):
        await site.ask("Where is my order?", headers={"Idempotency-Key": "k", "x-stainless-retry-count": str(retry)})
    await site.ask("Nobody knows")
    async with await chromium.new_context(java_script_enabled=False, timezone_id="UTC") as bare:
        page = await bare.new_page()
        await page.goto(f"{site.url}/_mock/")
        first = [await each.inner_text() for each in await page.locator(ROWS).all()]
        classes = [await each.get_attribute("class") for each in await page.locator(ROWS).all()]
    async with await chromium.new_context(timezone_id="UTC") as scripted:
        page = await scripted.new_page()
        await page.goto(f"{site.url}/_mock/")
        await expect(page.locator("#pulse")).to_have_text("Live")
        assert [await each.inner_text() for each in await page.locator(ROWS).all()] == first
        assert [await each.get_attribute("class") for each in await page.locator(ROWS).all()] == classes
    assert len(first) == 6
    assert ["is-retry" in str(each) for each in classes] == [False, False, True, True, False, False]


async def test_search__lives_in_the_address(site: Site) -> None:
    page = site.page
    await site.ask("How long does a refund take?")
    await site.ask("What is the weather?", model="gpt-4.1")
    await site.open()
    await expect(page.locator(ROWS)).to_have_count(2)
    await page.get_by_role("searchbox").fill("WEATHER")
    await expect(page.locator(ROWS)).to_have_count(1)
    await expect(page.locator(".x-said")).to_have_text("What is the weather?")
    assert page.url.endswith("?search=WEATHER")
    await site.ask("How long does a refund take?")
    await site.ask("The weather tomorrow?")
    await expect(page.locator(ROWS)).to_have_count(2)
    await page.reload()
    await expect(page.get_by_role("searchbox")).to_have_value("WEATHER")
    await expect(page.locator(ROWS)).to_have_count(2)
    await page.get_by_role("searchbox").fill("nothing like that")
    await expect(page.get_by_text("No exchange is like that")).to_be_visible()
    await page.get_by_role("button", name="Show all exchanges").click()
    await expect(page.locator(ROWS)).to_have_count(4)


async def test_search__finds_ids_answers_prompts_and_headers(site: Site) -> None:
    page = site.page
    id = await site.ask("A refund, please", headers={"X-Team": "crimson"}, stream=True)
    await site.ask("What is the weather?")
    await site.open()
    await expect(page.locator(ROWS)).to_have_count(2)
    for words in (id, "take five DAYS", "crimson", "refunds"):
        await page.get_by_role("searchbox").fill(words)
        await expect(page.locator(ROWS)).to_have_count(1)
        await expect(page.locator(".x-said")).to_have_text("A refund, please")
        await page.get_by_role("searchbox").fill("")
        await expect(page.locator(ROWS)).to_have_count(2)


async def test_retries__without_a_key_are_found_by_their_count(site: Site) -> None:
    page = site.page
    await site.ask("Where is my order?")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    for retry in range(1, 3):
        await site.ask("Where is my order?", headers={"x-stainless-retry-count": str(retry)})
        await site.ask("Where is my order, again?", headers={"x-stainless-retry-count": str(retry)})
    statuses = page.locator(f"{ROWS} .x-status")
    await expect(statuses).to_have_count(5)
    classes = [str(await each.get_attribute("class")) for each in await page.locator(ROWS).all()]
    assert ["is-retry" in each for each in classes] == [False, True, False, True, True]
    await page.reload()
    await expect(page.locator("#pulse")).to_have_text("Live")
    assert [str(await each.get_attribute("class")) for each in await page.locator(ROWS).all()] == classes
    await site.ask("Where is my order?")
    await expect(statuses).to_have_count(6)
    await expect(page.locator("li.is-retry")).to_have_count(3)


@pytest.mark.parametrize(
    ("label", "value", "count"), [("Model", "gpt-4.1", 1), ("Rule", "refund", 2), ("Status", "404", 1)]
)
async def test_filters__offer_what_is_there(site: Site, label: str, value: str, count: int) -> None:
    await site.ask("How long does a refund take?")
    await site.ask("Another refund?", model="gpt-4.1")
    await site.ask("Nobody knows")
    await site.open()
    await site.page.get_by_label(label, exact=True).select_option(value)
    await expect(site.page.locator(ROWS)).to_have_count(count)


async def test_keys__move_open_and_come_back(site: Site) -> None:
    page = site.page
    for text in ("first refund", "second refund", "third refund"):
        await site.ask(text)
    await site.open("?text=refund")
    await expect(page.locator(ROWS)).to_have_count(3)
    for key in "jjkj":
        await page.keyboard.press(key)
    await expect(page.locator(":focus .x-said")).to_have_text("second refund")
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn-user .words")).to_have_text("second refund")
    await page.keyboard.press("Escape")
    await expect(page.locator(ROWS)).to_have_count(3)
    assert page.url.endswith("?text=refund")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()


async def test_retries__stand_below_their_first_try(site: Site) -> None:
    page = site.page
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    for retry in range(3):
        await site.ask("Where is my order?", headers={"Idempotency-Key": "one", "x-stainless-retry-count": str(retry)})
        await site.ask(f"Between, about a refund {retry}")
    await expect(page.locator(ROWS)).to_have_count(6)
    assert await page.locator(f"{ROWS} .x-status").all_inner_texts() == ["200", "200", "200", "429", "429", "200"]
    await expect(page.locator("li.is-retry")).to_have_count(2)


async def test_pause__holds_back_what_comes(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await page.keyboard.press("p")
    await site.ask("second refund")
    follow = page.locator("#follow")
    await expect(follow).to_have_text("Paused · 1 new")
    await expect(page.locator(ROWS)).to_have_count(1)
    await follow.click()
    await expect(page.locator(ROWS)).to_have_count(2)


async def test_clear__deletes_what_the_filters_show(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.ask("What is the weather?")
    await site.open("?rule=weather")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Clear").click()
    await expect(page.get_by_text("No exchange is like that")).to_be_visible()
    await page.get_by_role("button", name="Show all exchanges").click()
    await expect(page.locator(".x-said")).to_have_text("first refund")


async def test_list__empties_itself_where_a_test_resets_the_namespace(site: Site) -> None:
    await site.ask("first refund")
    await site.open()
    await expect(site.page.locator(ROWS)).to_have_count(1)
    await expect(site.page.locator("#pulse")).to_have_text("Live")
    async with httpx.AsyncClient(verify=False) as client:
        await client.post(f"{site.url}/_mock/reset")
    await expect(site.page.get_by_text("Nothing was asked yet")).to_be_visible()


async def test_faults__and_clients_that_left_are_marked(site: Site) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Tell me a story"}]}
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{site.url}/v1/chat/completions", json=body)
    await site.open()
    await expect(site.page.locator(".badge.fault")).to_have_text("disconnect")
