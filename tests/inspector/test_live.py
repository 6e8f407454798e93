"""The live list, in a real browser."""

import asyncio
import re

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.inspector.conftest import Site, http_client
from tests.inspector.control import control

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROWS = "#rows > li"
SHOWN = f"{ROWS}:not([hidden])"


async def test_list__shows_what_arrives_without_reload(site: Site) -> None:
    page = site.page
    await site.open()
    await expect(page.get_by_text("No requests yet")).to_be_visible()
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
    await expect(page.get_by_text("No requests yet")).to_be_hidden()


async def test_list__says_which_error_it_was(site: Site) -> None:
    await site.ask("Too warm", temperature=9)
    await site.ask("Too much", headers={"X-Mock-Error": "529; type=overloaded_error"})
    await site.open()
    await expect(site.page.locator(f"{ROWS} .badge")).to_have_text(["overloaded", "decimal_above_max_value"])


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
    await expect(page.get_by_text("No exchange matches")).to_be_visible()
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


async def chains(page: Page) -> list[str]:
    """Return what the list says of the attempts of each call that has several, from the top."""
    return await page.locator(f"{ROWS} .chain").all_inner_texts()


async def test_retries__without_a_key_are_found_by_their_count(site: Site) -> None:
    page = site.page
    await site.ask("Where is my order?")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    for retry in range(1, 3):
        await site.ask("Where is my order?", headers={"x-stainless-retry-count": str(retry)})
        await site.ask("Where is my order, again?", headers={"x-stainless-retry-count": str(retry)})
    await expect(page.locator(SHOWN)).to_have_count(2)
    await expect(page.locator(ROWS)).to_have_count(7)
    assert await chains(page) == ["200 → 200", "429 → 429 → 200"]
    await page.reload()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await expect(page.locator(SHOWN)).to_have_count(2)
    assert await chains(page) == ["200 → 200", "429 → 429 → 200"]
    await site.ask("Where is my order?")
    await expect(page.locator(SHOWN)).to_have_count(3)
    assert await chains(page) == ["200 → 200", "429 → 429 → 200"]


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
    await expect(page.locator("#beside")).to_be_hidden()
    assert page.url.endswith("?text=refund")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()


async def test_keys__go_on_to_older_exchanges(site: Site) -> None:
    page = site.page
    await asyncio.gather(*(site.ask(f"refund {number}") for number in range(105)))
    await site.open()
    await expect(page.locator(ROWS)).to_have_count(100)
    for _ in range(103):
        await page.keyboard.press("j")
    await expect(page.locator(ROWS)).to_have_count(105)
    await expect(page.locator(f"{ROWS} >> nth=102").locator("a").first).to_be_focused()


async def test_retries__are_folded_into_what_became_of_the_call(site: Site) -> None:
    page = site.page
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    for retry in range(3):
        await site.ask("Where is my order?", headers={"Idempotency-Key": "one", "x-stainless-retry-count": str(retry)})
        await site.ask(f"Between, about a refund {retry}")
    await expect(page.locator(f"{SHOWN} .x-status")).to_have_count(4)
    await expect(page.locator(f"{SHOWN} .x-status")).to_have_text(["200"] * 4, use_inner_text=True)
    await expect(page.locator(SHOWN).last.locator(".chain")).to_have_text("429 → 429 → 200")
    for key in ("j", "j", "j", "j", "l"):
        await page.keyboard.press(key)
    unfold = page.get_by_role("button", name="The 3 attempts")
    await expect(unfold).to_have_attribute("aria-expanded", "true")
    attempts = page.locator("li.is-attempt .x-status")
    await expect(attempts).to_have_text(["429", "429", "200"], use_inner_text=True)  # once they are laid out
    await page.keyboard.press("j")
    await expect(page.locator("li.is-attempt :focus .x-status")).to_have_text("429")
    await unfold.click()
    await expect(page.locator(SHOWN)).to_have_count(4)


async def test_arrivals__move_nothing_that_is_under_the_mouse(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    row = page.locator(SHOWN).first
    await row.hover()
    before = await row.bounding_box()
    await site.ask("second refund")
    await site.ask("third refund")
    fresh = page.locator("#fresh")
    await expect(fresh).to_have_text("2 new ↑")
    assert await row.bounding_box() == before
    await expect(row.locator(".x-said")).to_have_text("first refund")
    await fresh.click()
    await expect(page.locator(SHOWN)).to_have_count(3)
    await expect(fresh).to_be_hidden()
    await site.ask("fourth refund")
    await expect(fresh).to_have_text("1 new ↑")
    await page.mouse.move(5, 5)
    await expect(page.locator(SHOWN)).to_have_count(4)


async def test_arrivals__wait_while_somebody_reads_further_down(site: Site) -> None:
    page = site.page
    for number in range(30):
        await site.ask(f"refund {number}")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await page.evaluate("scrollTo(0, 200)")
    await site.ask("one more refund")
    await expect(page.locator("#fresh")).to_have_text("1 new ↑")
    await page.evaluate("scrollTo(0, 0)")
    await expect(page.locator(SHOWN)).to_have_count(31)


async def test_pause__holds_back_what_comes(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await page.keyboard.press("p")
    await site.ask("second refund")
    await expect(page.locator("#fresh")).to_have_text("1 new ↑")
    await expect(page.locator("#follow")).to_have_text("Paused")
    await expect(page.locator(ROWS)).to_have_count(1)
    await page.locator("#follow").click()
    await expect(page.locator(ROWS)).to_have_count(2)


async def test_chips__choose_and_are_counted(site: Site) -> None:
    page = site.page
    await site.ask("first refund", stream=True)
    await site.ask("Where is my order?", headers={"x-stainless-retry-count": "1"})
    await site.ask("Nobody knows", headers={"X-Mock-Error": "503"})
    await site.ask("Nobody knows")
    await site.open()
    await expect(page.locator("#shown")).to_have_text("4")
    for chip, said in (
        ("5xx", ["503"]),
        ("4xx", ["404", "429"]),
        ("Streamed", ["200"]),
        ("Retried", ["429"]),
        ("Unmatched", ["404"]),
        ("Faults", []),
        ("Client left", []),
    ):
        label = page.locator("label.toggle").filter(has_text=re.compile(f"^{chip}$"))
        await label.click()
        await expect(page.locator("#shown")).to_have_text(f"{len(said)} of 4")
        assert await page.locator(f"{SHOWN} .x-status").all_inner_texts() == said, chip
        await label.click()
        await expect(page.locator("#shown")).to_have_text("4")
    await page.get_by_label("4xx").check()
    await page.get_by_label("5xx").check()
    await expect(page.get_by_label("4xx")).not_to_be_checked()
    await expect(page.locator("#shown")).to_have_text("1 of 4")
    assert page.url.endswith("?status_class=5xx")
    await page.reload()
    await expect(page.locator("#shown")).to_have_text("1 of 4")
    await page.get_by_label("5xx").uncheck()
    await page.get_by_label("API", exact=True).select_option("chat")
    await expect(page.locator("#shown")).to_have_text("4 of 4")


async def test_count__of_other_filters_is_not_waited_for(site: Site) -> None:
    page, counted = site.page, asyncio.Event()

    async def hold(route: Route) -> None:
        if "stream=true" in route.request.url:
            counted.set()
        else:
            await counted.wait()
        await route.continue_()

    await site.ask("first refund", stream=True)
    await site.ask("Where is my order?")
    await page.route("**/exchanges/count?**", hold)
    await site.open()
    await page.get_by_label("Streamed").check()
    await expect(page.locator("#shown")).to_have_text("1 of 2")


async def test_beside__is_an_exchange_with_an_address(site: Site) -> None:
    page = site.page
    ids = [await site.ask(text) for text in ("first refund", "second refund", "third refund")]
    await site.open()
    beside, asked = page.locator("#beside"), page.locator("#beside .turn-user .words")
    await expect(beside).to_be_hidden()
    await page.locator(SHOWN).nth(1).click()
    await expect(asked).to_have_text("second refund")
    assert page.url.endswith(f"?exchange={ids[1]}")
    await page.keyboard.press("j")
    await expect(asked).to_have_text("first refund")
    await page.keyboard.press("k")
    await page.keyboard.press("k")
    await expect(asked).to_have_text("third refund")
    await expect(page.locator("[aria-current=true] .x-said")).to_have_text("third refund")
    await page.reload()
    await expect(asked).to_have_text("third refund")
    await expect(page.locator("#beside #why")).to_contain_text("refund")
    await page.keyboard.press("Escape")
    await expect(beside).to_be_hidden()
    assert page.url.endswith("/_mock/")
    await expect(page.locator(":focus .x-said")).to_have_text("third refund")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Whole page").click()
    await expect(page.locator("h1")).to_contain_text("POST")
    assert page.url.endswith(f"inspector/exchanges/{ids[2]}")


async def test_beside__says_where_an_exchange_is_gone(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.open("?exchange=req_gone")
    await expect(page.locator("#beside .empty h2")).to_have_text("This exchange was not found")
    await page.locator(SHOWN).first.click()
    await expect(page.locator("#beside .turn-user .words")).to_have_text("first refund")
    site.expect_problems("status of 404")


async def test_beside__is_a_page_of_its_own_where_there_is_no_room(site: Site) -> None:
    page = site.page
    id = await site.ask("first refund")
    await page.set_viewport_size({"width": 390, "height": 800})
    await site.open()
    await page.locator(SHOWN).first.click()
    await expect(page.locator(".turn-user .words")).to_have_text("first refund")
    assert page.url.endswith(f"inspector/exchanges/{id}")
    await site.open(f"?exchange={id}")
    await page.wait_for_url(f"**/inspector/exchanges/{id}")


async def test_clear__deletes_what_the_filters_show(site: Site) -> None:
    page = site.page
    await site.ask("first refund")
    await site.ask("What is the weather?")
    await site.open("?rule=weather")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Clear").click()
    await expect(page.get_by_text("No exchange matches")).to_be_visible()
    await page.get_by_role("button", name="Show all exchanges").click()
    await expect(page.locator(".x-said")).to_have_text("first refund")


async def test_list__empties_itself_where_a_test_resets_the_namespace(site: Site) -> None:
    await site.ask("first refund")
    await site.open()
    await expect(site.page.locator(ROWS)).to_have_count(1)
    await expect(site.page.locator("#pulse")).to_have_text("Live")
    async with http_client() as client:
        await client.post(f"{site.url}/_mock/reset")
    await expect(site.page.get_by_text("No requests yet")).to_be_visible()


async def test_list__leaves_out_what_was_deleted_elsewhere(site: Site) -> None:
    page = site.page
    await site.ask("refund")
    await Site(site.url.partition("/ns/")[0], page).ask("of another namespace, so that the last of all stays")
    await site.open()
    await expect(page.locator(ROWS)).to_have_count(1)
    await site.ask("markup")
    await expect(page.locator(ROWS)).to_have_count(2)
    await control(site, "DELETE", "exchanges?model=gpt-4o&search=refund")
    await site.ask("order")
    await expect(page.locator("#rows .x-said")).to_have_text(["order", "markup"])


@pytest.mark.parametrize("path", ["", "inspector/runs"])
async def test_connection__that_was_refused_is_tried_again(site: Site, path: str) -> None:
    page = site.page
    refused: list[Route] = []

    async def answer(route: Route) -> None:
        if refused:
            return await route.continue_()
        refused.append(route)
        await route.fulfill(status=502, body="Bad Gateway")

    await page.route("**/exchanges/events*", answer)
    await site.open(path)
    await expect(page.locator("#pulse")).to_have_text("Reconnecting")
    await expect(page.locator("#pulse")).to_have_text("Live")
    site.expect_problems("status of 502")


async def test_faults__and_clients_that_left_are_marked(site: Site) -> None:
    async with http_client() as client:
        body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Tell me a story"}]}
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{site.url}/v1/chat/completions", json=body)
    await site.open()
    await expect(site.page.locator(".badge.fault")).to_have_text("disconnect")
