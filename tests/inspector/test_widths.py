"""No page is wider than its window, whatever is long on it: a path, a model, a rule, a namespace, an address."""

from collections.abc import Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Page, expect

from tests.inspector.conftest import Site
from tests.inspector.test_looks import WIDE
from tests.server import QUICK, LiveServer

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = (1440, 1280, 1100, 901, 768, 701, 700, 390, 320)
MODEL, RULE, PROMPT = "model" * 30, "rule" * 40, "question" * 30
ADDRESS = f"http://127.0.0.1:9/{'address' * 30}"
SCRIPT = f"""\
version: 1
defaults: {{strict: true}}
rules:
- {{name: {RULE}, match: {{last_user: {{contains: refund}}}}, reply: {"word" * 60}}}
- {{name: {RULE}2, match: {{last_user: {{contains: called}}}}, reply: {{callback: "{ADDRESS}"}}}}
- name: {RULE}3
  match: {{last_user: {{contains: tool}}}}
  reply: {{tool_calls: [{{name: {"tool" * 16}, arguments: {{{"argument" * 20}: {"value" * 30}}}}}]}}
- {{name: {RULE}4, match: {{last_user: {{contains: broken}}}}, fault: malformed_chunk, reply: a b}}
"""


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose script has a path of several hundred characters."""
    folder = tmp_path_factory.mktemp("deep") / ("folder" * 30) / ("another" * 25)
    folder.mkdir(parents=True)
    file = folder / f"{'script' * 20}.yaml"
    file.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(file), **QUICK) as live:
        yield live


@pytest.fixture
def long_site(site: Site, deep: LiveServer) -> Site:
    """A page on a namespace with the longest name that there may be."""
    site.url = f"{deep.url}/ns/{site.url.rpartition('/')[2]:n<128}"
    return site


async def ask(site: Site) -> dict[str, str]:
    """Ask what the pages are to show; return the requests' ids."""
    header = {"X-Long": "header" * 40}
    texts = ("refund", "called", "tool", "missed")
    ids = {text: await site.ask(f"{text} {PROMPT}", MODEL, header) for text in texts}
    return {**ids, "broken": await site.ask("broken", MODEL, stream=True)}


async def look(page: Page) -> None:
    """Open all that is folded."""
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


async def send(page: Page) -> None:
    """Send what the playground shows, and wait for the end of the answer."""
    await look(page)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#links")).to_be_visible()


async def edit(page: Page) -> None:
    """Try a prompt, then write a script with a problem in it."""
    await page.get_by_label("The user says").fill("called")
    await page.get_by_role("button", name="Try", exact=True).click()
    await expect(page.locator("#tried .is-answer .name")).to_have_text(f"{RULE}2")
    await page.get_by_label("The script, in YAML").fill(f"version: 1\nrules:\n- {{{'unknown' * 30}: a}}")
    await expect(page.locator("#gutter .error")).to_have_text("3")


Act = Callable[[Page], Awaitable[None]]

EMPTY: dict[str, tuple[str, Act]] = {
    "": ("#nothing", look),
    "inspector/figures": ("#nothing", look),
    "inspector/playground": ("#send", look),
    "inspector/sign-in": ("h1", look),
    f"inspector/exchanges/req_{'x' * 200}": ("#main :text('req_')", look),
}
"""The pages of a namespace that has had no requests: what is there once each is drawn, and what to do then."""

FILLED: dict[str, tuple[str, Act]] = {
    "": ("#pulse[data-state=live]", look),
    "?exchange={refund}": ("#why pre", look),
    f"?rule={RULE}&model={MODEL}": ("#rows a", look),
    f"?text={'text' * 40}": ("#none", look),
    f"?since={'since' * 40}": ("main [role=alert]:not(:empty)", look),
    "inspector/figures": (".plot-bar", look),
    "inspector/runs": (".thread", look),
    "docs/control-api": ("#doc h1", look),
    f"inspector/figures?model={MODEL}&rule={RULE}": (".plot-bar", look),
    "inspector/script": ("#rules .name", edit),
    "inspector/script?exchange={refund}": ("#recipe-text", look),
    "inspector/exchanges/{refund}": ("#why pre", look),
    "inspector/exchanges/{called}": ("#why .error-text", look),
    "inspector/exchanges/{tool}": ("#why pre", look),
    "inspector/exchanges/{broken}": ("#why .badge", look),
    "inspector/exchanges/{missed}": (".misses", look),
    "inspector/playground?exchange={refund}": ("#origin a", send),
    "inspector/playground?exchange={called}": ("#origin a", send),
    "inspector/playground?exchange={tool}": ("#origin a", send),
}


async def too_wide(site: Site, pages: dict[str, tuple[str, Act]], **ids: str) -> dict[str, list[int]]:
    """Return the widths of windows that each page does not fit into; of those that fit into all, nothing."""
    found = {}
    for path, (drawn, act) in pages.items():
        await site.open(path.format(**ids))
        await expect(site.page.locator(drawn).first).to_be_visible()
        await act(site.page)
        wide = []
        for width in WIDTHS:
            await site.page.set_viewport_size({"width": width, "height": 800})
            if await site.page.evaluate(WIDE) > 0:
                wide.append(width)
        if wide:
            found[path] = wide
    site.expect_problems("status of 4", "status of 500")
    return found


async def test_pages__with_nothing_to_show_fit_into_any_window(long_site: Site) -> None:
    assert await too_wide(long_site, EMPTY) == {}


async def test_pages__fit_into_any_window(long_site: Site) -> None:
    assert await too_wide(long_site, FILLED, **await ask(long_site)) == {}
