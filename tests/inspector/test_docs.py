"""The manual in the inspector, in a real browser: every page, its links, and its examples, which can be tried."""

import pytest
from playwright.async_api import expect

from tests.docs.pages import PAGES
from tests.inspector.conftest import Site
from tests.inspector.test_looks import FAINT, NAMELESS, WIDE

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOAD_IMAGES = """() => Promise.all([...document.querySelectorAll('#doc img')].map((e) => {
  e.loading = 'eager';
  return e.decode().catch(() => null);
}))"""
"""Waits until each image has come or is broken, out of sight or not."""

READ = """() => {
  const all = (selector) => [...document.querySelectorAll(`#doc ${selector}`)];
  return {
    blocks: all('.example pre').map((e) => e.textContent),
    anchors: all(':is(h1, h2, h3, h4)').map((e) => e.id),
    tables: all('table').length,
    broken: all('img').filter((e) => !e.complete || !e.naturalWidth).map((e) => e.src),
    dead: all('a').filter((e) => !/^https?:/.test(e.href)).map((e) => e.outerHTML),
    plain: [...document.querySelector('#doc').querySelectorAll('p, li, td')].map((e) => {
      const copy = e.cloneNode(true);
      copy.querySelectorAll('code, pre').forEach((each) => each.remove());
      return copy.textContent;
    }).filter((text) => /\\]\\(|\\*\\*|```/.test(text)),
  };
}"""
"""What there is on a page, and what of its Markdown was left as it was."""


def address(name: str) -> str:
    """Return where the inspector has a page of the manual."""
    return {"README.md": "docs/start", "docs/README.md": "docs/"}.get(name, name.removesuffix(".md"))


async def test_pages__are_all_there_as_they_were_written(site: Site) -> None:
    page = site.page
    links: set[str] = set()
    for each in PAGES:
        await site.open(address(each.name))
        await expect(page.locator("#doc h1")).to_be_visible()
        await page.evaluate(LOAD_IMAGES)
        read = await page.evaluate(READ)
        assert read["blocks"] == [text.removesuffix("\n") for _, text in each.blocks], each.name
        assert set(read["anchors"]) == each.anchors, each.name
        assert read["tables"] == each.prose.count("\n|---") + each.prose.count("\n| ---"), each.name
        assert read["broken"] == read["dead"] == read["plain"] == [], each.name
        led = [to for to in each.links if not to.endswith(".png") and (not to.startswith("../") or "README" in to)]
        assert await page.locator("#doc a[href]").count() >= len(led), each.name
        links |= set(await page.evaluate("[...document.querySelectorAll('main a')].map((e) => e.href)"))
    own = {link.partition("#")[0] for link in links if link.startswith(site.url)}
    assert own == {f"{site.url}/_mock/{address(each.name)}" for each in PAGES}


@pytest.mark.parametrize("width", [1280, 390])
async def test_pages__can_be_read(site: Site, width: int) -> None:
    await site.page.set_viewport_size({"width": width, "height": 800})
    for name in ("docs/", "docs/faults", "docs/inspector"):
        await site.open(name)
        await expect(site.page.locator("#doc h1")).to_be_visible()
        assert await site.page.evaluate(FAINT) == [], name
        assert await site.page.evaluate(NAMELESS) == [], name
        assert await site.page.evaluate(WIDE) <= 0, name


async def test_search__finds_pages_by_their_words(site: Site) -> None:
    page = site.page
    await site.open("docs/")
    await page.keyboard.press("/")
    await page.keyboard.type("RETRY-AFTER")
    await expect(page.locator("#found mark").first).to_have_text("retry-after", ignore_case=True)
    await page.locator("#found").get_by_role("link", name="Errors", exact=True).click()
    await expect(page.locator("#doc h1")).to_have_text("Errors")


async def test_console_example__is_a_request_in_the_playground(site: Site) -> None:
    page = site.page
    await site.open("docs/errors")
    await page.get_by_role("button", name="Try 1").first.click()
    await expect(page.get_by_label("Path")).to_have_value("/v1/chat/completions")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#reply")).to_contain_text("you must provide a model parameter")
    site.expect_problems("status of 400")


async def test_script_example__is_a_draft_in_the_editor(site: Site) -> None:
    page = site.page
    await site.open("docs/matching")
    await page.get_by_role("button", name="Open in the editor").first.click()
    await expect(page.locator("#problems .badge.ok")).to_be_visible()
    await expect(page.locator("#changed")).to_be_visible()
    assert "version: 1" in await page.get_by_label("The script, in YAML").input_value()


async def test_page__that_there_is_not_is_a_page(site: Site) -> None:
    await site.open("docs/nothing")
    await expect(site.page.get_by_text("The manual has no page 'nothing'.")).to_be_visible()
    site.expect_problems("status of 404")
