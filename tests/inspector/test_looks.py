"""What a reader's eyes need: contrast, both schemes, a phone's width; and that content stays content."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.inspector.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAINT = (Path(__file__).parent / "faint.js").read_text()
"""Finds the texts whose contrast is too low."""

NAMELESS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
  .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 80))"""

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def fill(site: Site) -> dict[str, str]:
    """Have something of every kind; return the pages to look at."""
    refund = await site.ask("How long does a refund take?", stream=True)
    for retry in range(3):
        await site.ask("Where is my order?", headers={"Idempotency-Key": "k", "x-stainless-retry-count": str(retry)})
    missed = await site.ask("Do you sell " + "umbrellas" * 30)
    await site.ask("What is the weather?", model="a-model-with-quite-a-long-name-2026-01-01")
    at = "inspector/exchanges/"
    return {"list": "", "empty": "?text=none", "refund": f"{at}{refund}", "missed": f"{at}{missed}"} | (
        {"beside": f"?exchange={refund}"}
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_pages__are_readable(site: Site, chromium: Browser, scheme: str, width: int) -> None:
    pages = await fill(site)
    grounds = set()
    for name, path in pages.items():
        async with await chromium.new_context(
            color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 800}
        ) as context:
            page = await context.new_page()
            await page.goto(f"{site.url}/_mock/{path}")
            done = page.locator("#why p").first if "exchange" in path else page.locator("#pulse[data-state=live]")
            await expect(done).to_be_visible()
            assert await page.evaluate(FAINT) == [], name
            assert await page.evaluate(NAMELESS) == [], name
            assert await page.evaluate(WIDE) <= 0, f"{name} is wider than the screen"
            grounds.add(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds == ({"rgb(15, 18, 22)"} if scheme == "dark" else {"rgb(245, 246, 248)"})


async def test_focus__is_seen_and_begins_with_the_skip_link(site: Site) -> None:
    await site.open()
    await site.page.keyboard.press("Tab")
    await expect(site.page.locator(":focus")).to_have_text("Skip to the content")
    await site.page.keyboard.press("Tab")
    assert await site.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


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
    ids = [await site.ask(attack, model=f"gpt-4o{attack}") for attack in ATTACKS]
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
    site.problems.clear()
