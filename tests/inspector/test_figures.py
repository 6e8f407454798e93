"""The figures' page, in a real browser, and how it and the pages beside it look."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.inspector.conftest import Site
from tests.inspector.test_looks import check_looks

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_figures__follow_what_happens(site: Site) -> None:
    page = site.page
    await site.open("inspector/figures")
    await expect(page.get_by_text("No requests yet")).to_be_visible()
    await expect(page.locator("#pulse")).to_have_text("Live")
    await site.ask("A refund?", stream=True)
    tiles = page.locator(".tile")
    await expect(tiles.filter(has_text="Requests").locator("dd")).to_have_text("1")
    await site.ask("<img src=x onerror='window.struck = 1'> nothing", model="<b>model</b>")
    await expect(tiles.filter(has_text="Requests").locator("dd")).to_have_text("2")
    await expect(tiles.filter(has_text="Errors").locator("dd")).to_have_text("1 · 50 %")
    await expect(page.locator("#by-model td:first-child")).to_have_text(["<b>model</b>", "gpt-4o"])
    await expect(page.locator("#by-rule td:first-child")).to_have_text(["refund"])
    assert await page.evaluate("window.struck") is None


async def test_plots__tell_their_values_by_key(site: Site) -> None:
    page = site.page
    for _ in range(2):
        await site.ask("A refund?", stream=True)
    await site.open("inspector/figures")
    requests = page.locator(".plot").first
    await expect(requests.locator(".plot-bar").first).to_be_visible()
    await requests.locator("svg").focus()
    await page.keyboard.press("ArrowRight")
    await expect(requests.locator(".legend")).to_contain_text("errors 0")
    await expect(requests.locator(".plot-cross")).to_have_count(1)
    await expect(page.locator(".plot").nth(2).locator(".plot-dot")).not_to_have_count(0)


PLACES = """plot => {
    const centre = (bar) => bar.getBoundingClientRect().x + bar.getBoundingClientRect().width / 2;
    return [plot.querySelector("svg").getBoundingClientRect().y, [...plot.querySelectorAll(".plot-bar")].map(centre)];
}"""
"""Where a plot begins, and the centres of its bars: all at once, for it is drawn anew while one looks."""


async def test_plots__lead_to_the_list_and_zoom(site: Site) -> None:
    page = site.page
    ids = []
    for at in range(3):
        ids.append(await site.ask("A refund?", stream=True))
        await asyncio.sleep(1.1 if at < 2 else 0)  # so that they are in steps of their own
    await site.open("inspector/figures")
    plot = page.locator(".plot").first
    await expect(plot.locator(".plot-bar")).to_have_count(3)
    await expect(page.locator("#skeleton")).to_be_hidden()
    top, centres = await plot.evaluate(PLACES)
    y = top + 60
    await page.mouse.move(centres[1] - 2, y)
    await page.mouse.down()
    await page.mouse.move(centres[2] + 2, y, steps=4)
    await page.mouse.up()
    await expect(plot.locator(".plot-bar")).to_have_count(2)
    assert "since=" in page.url and "until=" in page.url
    await page.reload()
    await expect(plot.locator(".plot-bar")).to_have_count(2)
    await page.get_by_role("button", name="Zoom out").click()
    await expect(plot.locator(".plot-bar")).to_have_count(3)
    await plot.locator("svg").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/_mock/?**")
    await expect(page.locator("#rows > li")).to_have_count(1)
    assert await page.locator("#rows > li").get_attribute("data-id") == ids[0]


async def test_plots__leave_gaps_open_and_label_round_times(site: Site) -> None:
    page = site.page
    await site.open("inspector/figures")
    drawn = await page.evaluate("""async () => {
      const static_ = document.querySelector('link[rel=stylesheet]').href.replace('style.css', 'plot.js');
      const { Plot } = await import(static_);
      const series = [{name: 'a', tone: 0, of: (step) => step.a}];
      const plot = new Plot({title: 't', form: 'lines', write: String, series});
      document.querySelector('#main').append(plot.card);
      const start = Date.UTC(2026, 0, 1, 10, 3);
      const steps = [1, 2, null, 4, null, 6, 7, ...Array(53).fill(null)].map(
        (a, at) => ({a, time: new Date(start + at * 60000).toISOString()}));
      plot.show(steps, 60);
      await new Promise((done) => setTimeout(done, 100));
      const texts = [...plot.svg.querySelectorAll('.plot-label')].map((e) => e.textContent);
      const labels = texts.filter((text) => text.includes(':'));
      return {path: plot.svg.querySelector('.plot-line').getAttribute('d'), labels};
    }""")
    assert [part.count("L") for part in drawn["path"].split("M")[1:]] == [1, 0, 1]
    assert drawn["labels"] and all(int(label.split(":")[1]) % 5 == 0 for label in drawn["labels"])


async def test_filters__live_in_the_address(site: Site) -> None:
    page = site.page
    await site.ask("A refund?")
    await site.ask("A refund?", model="o3")
    await site.open("inspector/figures")
    await expect(page.locator("#by-model tbody tr")).to_have_count(2)
    await page.get_by_label("Model", exact=True).select_option("o3")
    await expect(page.locator("#by-model tbody tr")).to_have_count(1)
    assert page.url.endswith("?model=o3")
    await page.reload()
    await expect(page.get_by_label("Model", exact=True)).to_have_value("o3")
    await expect(page.locator("#by-model tbody tr")).to_have_count(1)
    await site.open("inspector/figures?rule=none")
    await page.get_by_role("button", name="Show all").click()
    await expect(page.locator("#by-model tbody tr")).to_have_count(2)


@pytest.mark.parametrize("width", [1280, 390])
async def test_pages__are_readable(site: Site, width: int) -> None:
    page = site.page
    await page.set_viewport_size({"width": width, "height": 800})
    id = await site.ask("How long does a refund take?", stream=True)
    await site.ask("nothing", model="a-model-with-quite-a-long-name-2026-01-01")
    await site.open(f"inspector/playground?exchange={id}")
    await expect(page.locator("#origin a")).to_be_visible()
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#facts")).to_contain_text("whole")
    await check_looks(page, "inspector/playground")
    await site.open(f"inspector/script?exchange={id}")
    await expect(page.locator("#recipe-text")).to_be_visible()
    await page.get_by_label("The script, in YAML").fill("version: 1\nrules:\n- {rply: a}")
    await expect(page.locator("#gutter .error")).to_have_text("3")
    await check_looks(page, "inspector/script")
    await site.open("inspector/figures")
    await expect(page.locator(".plot-bar").first).to_be_visible()
    await check_looks(page, "inspector/figures")
