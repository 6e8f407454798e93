"""What a reader's eyes need: contrast, both schemes, a phone's width; and that content stays content."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.inspector.conftest import Site
from tests.inspector.control import control

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAINT = (Path(__file__).parent / "faint.js").read_text()
"""Finds the texts whose contrast is too low."""

NAMELESS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
  .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 80))"""

LIVE = "#pulse[data-state=live]"

WIDE = """["html", ".tabs"].map((name) => document.querySelector(name))
  .reduce((sum, each) => sum + (each ? each.scrollWidth - each.clientWidth : 0), 0)"""
"""By how much the page, and the links in its head, are wider than there is room for."""


async def fill(site: Site) -> dict[str, str]:
    """Have something of every kind; return the pages to look at, and what is there once each is drawn."""
    refund = await site.ask("How long does a refund take?", stream=True)
    for retry in range(3):
        await site.ask("Where is my order?", headers={"Idempotency-Key": "k", "x-stainless-retry-count": str(retry)})
    missed = await site.ask("Do you sell " + "umbrellas" * 30)
    await site.ask("What is the weather?", model="a-model-with-quite-a-long-name-2026-01-01")
    at = "inspector/exchanges/"
    cut = await site.ask("Tell me a story", headers={"X-Mock-Fault": "malformed_chunk; after_tokens=2"}, stream=True)
    return {
        "": LIVE,
        "?text=none": LIVE,
        **dict.fromkeys((f"{at}{refund}", f"{at}{missed}", f"{at}{cut}", f"?exchange={refund}"), "#why p"),
        "inspector/runs": ".thread",
        "inspector/playground": "#send",
        "inspector/script": "#rules .name",
        f"inspector/script?exchange={refund}": "#recipe-text",
        "inspector/figures": ".plot-bar",
        "docs/pacing": "#doc h1",
        "inspector/nowhere": "h1",
    }


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GROUNDS = {"light": "rgb(245, 246, 248)", "dark": "rgb(15, 18, 22)"}
"""The colour behind everything, by what the reader prefers."""


async def check_looks(page: Page, path: str) -> None:
    """Check the page that is open, whose address has this path, in both schemes."""
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert await page.evaluate(NAMELESS) == [], path
    assert await page.evaluate(WIDE) <= 0, f"{path} is wider than the screen"
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await page.evaluate(FAINT) == [], f"{path}, {scheme}"
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == GROUNDS[scheme]


@pytest.mark.parametrize("width", [1280, 360])
async def test_pages__are_readable(site: Site, width: int) -> None:
    await site.page.set_viewport_size({"width": width, "height": 800})
    for path, drawn in (await fill(site)).items():
        await site.open(path)
        await expect(site.page.locator(drawn).first).to_be_visible()
        await check_looks(site.page, path)
    site.expect_problems("status of 4")


FOCUS = """() => {
  const chain = [];
  for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) chain.push(e);
  const at = [...document.querySelectorAll("*")].indexOf(chain[0]);
  const isSeen = chain.slice(0, 3).some((e) => getComputedStyle(e).outlineStyle === "solid");
  return {at, isSeen, name: chain[0]?.outerHTML.slice(0, 80) ?? ""};
}"""
"""Where the focus is in the document, and whether it, or what is around it, has an outline."""


@pytest.mark.parametrize("path", ["", "inspector/playground", "inspector/script", "inspector/runs", "docs/"])
async def test_focus__is_seen_and_goes_down_the_page(site: Site, path: str) -> None:
    page = site.page
    await site.ask("How long does a refund take?")
    await site.open(path)
    await expect(page.locator("main :is(.x-said, #send, #rules .name, .thread, #doc h1)").first).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the content")
    before = await page.evaluate(FOCUS)
    for _ in range(60):
        await page.keyboard.press("Tab")
        found = await page.evaluate(FOCUS)
        if not found["name"]:
            break  # the browser's own bar has it
        assert found["isSeen"], found["name"]
        assert found["at"] > before["at"], f"{found['name']} comes after {before['name']}"
        before = found


ATTACKS = [
    "<script>window.struck = 1</script> markup",
    "<img src=x onerror='window.struck = 1'> markup",
    "</script><script>window.struck = 1</script> markup",
    "\"><svg onload='window.struck = 1'> markup",
    "{{ constructor.constructor('window.struck = 1')() }} markup",
]


async def test_content__does_nothing(site: Site) -> None:
    page = site.page
    await site.open()
    await expect(page.locator("#pulse")).to_have_text("Live")
    ids = [await site.ask(attack, model="gpt-4o" + attack.replace(" ", "/")) for attack in ATTACKS]
    said = page.locator("#rows .x-said")
    await expect(said).to_have_count(len(ATTACKS))
    assert await said.all_inner_texts() == ATTACKS[::-1]
    await page.reload()
    await expect(page.locator("#pulse")).to_have_text("Live")
    assert await said.all_inner_texts() == ATTACKS[::-1]
    for attack, id in zip(ATTACKS, ids, strict=True):
        await site.open(f"inspector/exchanges/{id}")
        await expect(page.locator("#why pre")).to_be_visible()
        await expect(page.locator(".turn-user .words")).to_have_text(attack)
        assert "<img src=x onerror" in await page.locator(".is-answer .words").inner_text()
        assert await page.evaluate("window.struck") is None


async def test_policy__holds_where_something_gets_in(site: Site) -> None:
    """Even markup that a bug would let in runs nothing, and fetches nothing."""
    await site.open()
    await site.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.struck=1\">')"
    )
    await site.page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: 'window.struck = 1'}))"
    )
    assert await site.page.evaluate("window.struck") is None
    assert any("Content Security Policy" in problem for problem in site.problems)
    site.expect_problems("Content Security Policy")


CONTROLS = (Path(__file__).parent / "controls.js").read_text()
SHOWN_BY = {
    "": "#rows .x-said",
    "inspector/exchanges/ID": "#why pre",
    "inspector/exchanges/none": "main h1",
    "inspector/runs": ".thread",
    "inspector/playground": "#send",
    "inspector/script": "#rules .name",
    "inspector/figures": "main svg",
    "docs/faults": "#doc h1",
    "nowhere": "h1",
}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", SHOWN_BY)
async def test_controls__have_names_and_sizes_and_headings_their_order(site: Site, path: str, width: int) -> None:
    id = await site.ask("How long does a refund take?")
    await site.page.set_viewport_size({"width": width, "height": 844})
    await site.open(path.replace("ID", id))
    await expect(site.page.locator(SHOWN_BY[path]).first).to_be_visible()
    assert await site.page.evaluate(CONTROLS) == []
    site.expect_problems("status of 404")


MOMENT = re.compile(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}")


async def test_moments__are_written_the_same_on_all_pages(site: Site, chromium: Browser) -> None:
    id = await site.ask("How long does a refund take?")
    time = (await control(site, "GET", f"exchanges/{id}"))["time"]
    pages = ["", f"?exchange={id}", f"inspector/exchanges/{id}", "inspector/runs", "inspector/script"]
    async with await chromium.new_context(timezone_id="Asia/Kolkata", locale="de-DE") as context:
        page = await context.new_page()
        for path in pages:
            await page.goto(f"{site.url}/_mock/{path}")
            moment = page.locator(f"main time[title='{time}']").last
            assert MOMENT.fullmatch(await moment.evaluate("(element) => element.textContent")), path
        local = datetime.fromisoformat(time).astimezone(timezone(timedelta(hours=5, minutes=30)))
        await page.goto(f"{site.url}/_mock/inspector/exchanges/{id}")
        shown = local.isoformat(sep=" ", timespec="milliseconds").removesuffix("+05:30")
        await expect(page.locator("#facts time")).to_have_text(shown)
        await page.clock.set_fixed_time(local + timedelta(days=2))
        await page.goto(f"{site.url}/_mock/")
        await expect(page.locator("#rows time")).to_have_text(shown)
