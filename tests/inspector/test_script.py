"""The script's page, in a real browser: lint, save, try, hits, and a rule of an exchange."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from playwright.async_api import Dialog, expect

from tests.inspector.conftest import SCRIPT, Site
from tests.inspector.control import control
from tests.patience import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "The script, in YAML"


@pytest.mark.parametrize("is_wanted", [False, True])
async def test_script__that_was_changed_elsewhere_is_not_replaced_unasked(site: Site, is_wanted: bool) -> None:
    page = site.page
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if is_wanted else dialog.dismiss())

    page.on("dialog", answer)
    await site.open("inspector/script")
    area, lint = page.get_by_label(TEXT), page.locator("#problems")
    await expect(lint).to_contain_text("6 rules, no errors")
    await control(site, "PUT", "script", "version: 1\nrules:\n  - {name: theirs, reply: Theirs.}\n")
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await expect(area).to_have_value("version: 1\nrules:\n  - {name: theirs, reply: Theirs.}\n")

    await area.fill(mine := "version: 1\nrules:\n  - {name: mine, reply: Mine.}\n")
    await control(site, "PUT", "script", late := "version: 1\nrules:\n  - {name: late, reply: Late.}\n")
    async with page.expect_event("dialog"):
        await page.keyboard.press("Control+s")
    if is_wanted:
        await expect(page.locator("#said")).to_contain_text("Saved")
    assert len(asked) == 1 and "changed elsewhere" in asked[0]
    assert (await control(site, "GET", "script"))["text"] == (mine if is_wanted else late)
    await expect(area).to_have_value(mine)


async def test_script__is_linted_as_it_is_typed_and_saved(site: Site) -> None:
    page = site.page
    await site.open("inspector/script")
    area, lint = page.get_by_label(TEXT), page.locator("#problems")
    await expect(area).to_have_value(SCRIPT.read_text())
    await expect(lint).to_contain_text("6 rules, no errors")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()

    await area.fill("version: 1\nrules:\n  - name: hi\n    rply: Hi!\n")
    await expect(lint).to_contain_text("Did you mean `reply`?")
    await expect(page.locator("#gutter .error")).to_have_text("4")
    await expect(page.locator("#changed")).to_be_visible()
    await page.keyboard.press("Control+s")
    await expect(page.locator("#said")).to_contain_text("Not saved: ")
    site.expect_problems("status of 400")
    assert (await control(site, "GET", "script"))["pushed"] is False
    await page.get_by_role("button", name="line 4").click()
    assert await area.evaluate("(e) => e.value.slice(e.selectionStart, e.selectionEnd)") == "    rply: Hi!"

    await area.fill("version: 1\nrules:\n  - name: hi\n    reply: Hi!\n  - {name: late, reply: Late.}\n")
    await expect(page.locator("#gutter .warning")).to_have_text("5")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#said")).to_contain_text("Saved to the namespace")
    await expect(page.locator("#pushed")).to_be_visible()
    await expect(page.locator("#rules .name")).to_have_text(["hi", "late"])
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert (await control(site, "GET", "script"))["text"] == await area.input_value()

    await page.get_by_role("button", name="Back to the server's own").click()
    await expect(area).to_have_value(SCRIPT.read_text())
    assert (await control(site, "GET", "script"))["pushed"] is False


async def test_script__that_was_pushed_in_one_line_is_shown_in_lines(site: Site) -> None:
    """Programs push JSON: nobody can read its one line, nor put a rule into it as YAML."""
    page, refund = site.page, {"name": "refund", "match": {"last_user": "refund"}, "reply": "Five days."}
    whole = {"version": 1, "rules": [{"name": "other", "match": {"last_user": "love"}, "reply": "Love."}, refund]}
    await control(site, "PUT", "script", json.dumps(whole))
    id = await site.ask("A refund?")
    await site.open(f"inspector/exchanges/{id}")
    await expect(page.locator("#why")).to_contain_text("The rule refund, line 1 of the pushed script, was the first")
    await expect(page.locator("#why pre")).to_have_text(json.dumps(refund, indent=2))

    await page.get_by_role("link", name="Make a rule").click()
    area = page.get_by_label(TEXT)
    await expect(area).to_have_value(json.dumps(whole, indent=2))
    await page.get_by_role("button", name="Add it at the top").click()
    await expect(page.locator("#problems")).to_contain_text("3 rules, no errors")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#rules .name")).to_have_text(["A refund?", "other", "refund"])
    await page.locator("#rules .name").last.click()
    assert '"name": "refund"' in await area.evaluate("(e) => e.value.slice(e.selectionStart, e.selectionEnd)")


MINE = """\
version: 1
scenarios:
  outage:
    - {name: healthy, requests: 1}
    - {name: down, requests: 2, error: 503}
    - {name: recovered}
rules:
  - reply: Hello.
"""


async def test_scenario__is_started_followed_and_stopped(site: Site) -> None:
    page = site.page
    await control(site, "PUT", "script", MINE)
    await site.open("inspector/script")
    names, told, running = (
        page.get_by_label("Start", exact=True),
        page.locator("#scenario-told"),
        page.locator("li[aria-current=step]"),
    )
    await expect(told).to_contain_text("No scenario is running")
    await expect(names.locator("optgroup[label='Of this script'] option")).to_have_text(["outage"])
    await expect(names.locator("optgroup[label='Built in'] option")).to_have_count(5)

    await names.select_option("outage")
    await page.get_by_role("button", name="Start").click()
    await expect(told).to_contain_text("outage · since ")
    await expect(running).to_contain_text("healthy")
    await site.ask("Hi")
    identity = await site.ask("Hi")
    await expect(running).to_contain_text("down")
    await expect(page.locator("#scenario-stages li").first).to_contain_text("over")

    await page.get_by_role("button", name="Stop").click()
    await expect(told).to_contain_text("No scenario is running")
    assert (await control(site, "GET", "scenario"))["scenario"] is None
    await expect(page.locator("#scenario-stages li")).to_have_count(0)
    await page.get_by_role("button", name="Back to the script's").click()
    await expect(page.get_by_role("button", name="Back to the script's")).to_be_hidden()

    await site.open(f"inspector/exchanges/{identity}")
    await expect(page.get_by_text("stage outage/down")).to_be_visible()


async def test_scenario__on_a_clock_goes_on_by_itself(site: Site) -> None:
    page = site.page
    await site.open("inspector/script")
    await page.get_by_label("Start", exact=True).select_option("slow_start")
    await page.get_by_label("Speed").fill("100")
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator("#scenario-told")).to_contain_text("by a clock 100 times as fast")
    await expect(page.locator("li[aria-current=step] span").first).to_have_text("warm")
    assert (await control(site, "GET", "scenario"))["scenario"]["speed"] == 100


async def test_try__says_who_answers_in_the_script_that_is_written(site: Site) -> None:
    page = site.page
    await site.open("inspector/script")
    await expect(page.locator("#problems")).to_contain_text("no errors")
    await page.get_by_label("The user says").fill("Where is my order?")
    await page.get_by_label("The user says").press("Enter")
    tried = page.locator("#tried")
    await expect(tried).to_contain_text("busy answers:")
    await expect(tried.locator(".code")).to_have_text("429 rate_limit_exceeded: Not so fast.")
    await expect(tried.locator(".is-answer .name")).to_have_text("busy")
    await expect(tried.locator("li").first).to_contain_text("last_user contains 'refund' (saw 'Where is my order?')")
    await page.get_by_label(TEXT).fill("version: 1\nrules:\n  - {name: all, reply: '<b>All</b>'}")
    await page.get_by_role("button", name="Try", exact=True).click()
    await expect(tried).to_contain_text("in the unsaved script")
    await expect(tried.locator(".code")).to_have_text("<b>All</b>")
    assert (await control(site, "GET", "exchanges/count"))["count"] == 0


async def test_rules__with_their_hits(site: Site) -> None:
    page = site.page
    for text in ("refund", "refund", "order", "nothing"):
        await site.ask(text)
    await control(site, "POST", "rules", "{name: pushed, match: {last_user: never}, reply: a}")
    await site.open("inspector/script")
    rules = page.locator("#rules li")
    await expect(rules).to_have_count(8)
    await expect(rules.nth(0)).to_contain_text("pushed before")
    await expect(rules.nth(0)).to_contain_text("never answered")
    await expect(rules.nth(1).locator(".count")).to_have_text("2 hits")
    await expect(rules.nth(2)).to_contain_text("1 of 2 times used")
    await expect(rules.nth(6).locator(".name")).to_have_text("<b>bold</b>")
    await expect(rules.nth(7)).to_contain_text("unmatched")
    await rules.nth(1).locator(".name").focus()
    await site.ask("refund")
    await expect(rules.nth(1).locator(".count")).to_have_text("3 hits")
    await expect(rules.nth(1).locator(".name")).to_be_focused()
    await page.get_by_role("button", name="Remove pushed").click()
    await expect(rules).to_have_count(7)
    await rules.nth(2).locator(".name").click()
    assert "name: order" in await page.get_by_label(TEXT).evaluate(
        "(e) => e.value.slice(e.selectionStart, e.selectionEnd)"
    )


async def test_rule__of_an_exchange_goes_into_the_script(site: Site) -> None:
    page = site.page
    id = await site.ask("Give me <markup>!")
    await site.open(f"inspector/exchanges/{id}")
    await page.get_by_role("link", name="Make a rule").click()
    await expect(page.locator("#recipe-text")).to_contain_text("name: Give me <markup>!")
    await page.get_by_role("button", name="Add it at the top").click()
    await expect(page.locator("#problems")).to_contain_text("7 rules, no errors")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#rules .name").first).to_have_text("Give me <markup>!")
    again = await site.ask("Give me <markup>!", stream=True)
    shown = await control(site, "GET", f"exchanges/{again}")
    assert shown["rule"] == "Give me <markup>!"
    made = await control(site, "GET", f"exchanges/{again}/rule")
    assert made["rule"]["reply"] == (await control(site, "GET", f"exchanges/{id}/rule"))["rule"]["reply"]


async def test_rule__of_an_exchange_is_pushed(site: Site) -> None:
    page = site.page
    id = await site.ask("What do you know of umbrellas?")
    await site.open(f"inspector/script?exchange={id}")
    await page.get_by_role("button", name="Push it").click()
    await expect(page.locator("#rules li").first).to_contain_text("pushed before")
    again = await site.ask("What do you know of umbrellas?")
    assert (await control(site, "GET", f"exchanges/{again}"))["rule"] == "What do you know of umbrellas?"


async def test_download__is_what_the_editor_has(site: Site, tmp_path: Path) -> None:
    page = site.page
    await site.open("inspector/script")
    await expect(page.locator("#problems")).to_contain_text("no errors")
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Download as YAML").click()
    download = await started.value
    await download.save_as(tmp_path / "script.yaml")
    assert download.suggested_filename == f"{site.url.rpartition('/')[2]}.yaml"
    assert (tmp_path / "script.yaml").read_text() == SCRIPT.read_text()


RULE = "- name: n\n  reply: b\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\nrules:\n- reply: a\n", f"version: 1\nrules:\n{RULE}- reply: a\n"),
        ("rules:  # all\n    # 1\n    - reply: a", "rules:\n    - name: n\n      reply: b\n    # 1\n    - reply: a"),
        ("version: 1\nrules: []\n", "version: 1\nrules:\n  - name: n\n    reply: b\n"),
        ("version: 1\nsome: text", "version: 1\nsome: text\nrules:\n  - name: n\n    reply: b\n"),
        ("version: 1\nrules: [{reply: a}]", None),
    ],
)
async def test_rule__on_top_of_any_script(site: Site, text: str, expected: str | None) -> None:
    await site.open("inspector/script")
    source = await site.page.locator("script[type=module]").get_attribute("src")
    module = str(source).replace("script.js", "editor.js")
    made = await site.page.evaluate(
        "([module, text, rule]) => import(module).then(({withRule}) => withRule(text, rule))", [module, text, RULE]
    )
    assert made == expected


@pytest.mark.parametrize(
    ("before", "offered", "chosen"),
    [
        ("version: 1\nru", ["rules"], "version: 1\nrules: "),
        ("version: 1\nrules:\n- na", ["name"], "version: 1\nrules:\n- name: "),
        ("version: 1\nrules:\n- name: a\n  matc", ["match"], "version: 1\nrules:\n- name: a\n  match: "),
        ("rules:\n  - match:\n      last_", ["last_user"], "rules:\n  - match:\n      last_user: "),
        ("rules:\n- {match: {last_user: {icon", ["icontains"], "rules:\n- {match: {last_user: {icontains: "),
        ("rules:\n- reply: a\n- match: {stream: tr", ["true"], "rules:\n- reply: a\n- match: {stream: true"),
        ("defaults:\n  pacing: {tt", ["ttft_ms"], "defaults:\n  pacing: {ttft_ms: "),
        ("defaults:\n  pacing:\n    jitter: unif", ["uniform"], "defaults:\n  pacing:\n    jitter: uniform"),
    ],
)
async def test_completion__offers_what_the_schema_allows(
    site: Site, before: str, offered: list[str], chosen: str
) -> None:
    page = site.page
    await site.open("inspector/script")
    await expect(page.locator("#problems")).to_contain_text("no errors")
    area = page.get_by_label(TEXT)
    await area.fill(before[:-1])
    await area.press_sequentially(before[-1])
    offers = page.locator("#offers li b")
    await expect(offers.first).to_be_visible()
    assert (await offers.all_inner_texts())[: len(offered)] == offered
    await area.press("Tab")
    assert await area.input_value() == chosen
    await expect(page.locator("#offers")).to_be_hidden()


async def test_completion__leaves_texts_comments_and_the_keyboard_alone(site: Site) -> None:
    page = site.page
    await site.open("inspector/script")
    await expect(page.locator("#problems")).to_contain_text("no errors")
    area = page.get_by_label(TEXT)
    for text in ("rules:\n- reply: 'na", "# na", "rules:\n- reply: na"):
        await area.fill(text)
        await area.press_sequentially("m")
        await expect(page.locator("#offers")).to_be_hidden()
    await area.press("Tab")
    await expect(area).not_to_be_focused()
    await area.fill("version: 1\nrules:\n- ")
    await area.press("Control+Space")
    await expect(page.locator("#offers li")).not_to_have_count(0)
    await area.press("ArrowDown")
    await expect(page.locator("#offers [aria-selected=true] b")).to_have_text("match")
    await area.press("Escape")
    await expect(page.locator("#offers")).to_be_hidden()
    await expect(area).to_be_focused()


async def test_editor__has_colours_and_every_problem_at_its_line(site: Site) -> None:
    page = site.page
    await site.open("inspector/script")
    await expect(page.locator("#problems")).to_contain_text("no errors")
    area = page.get_by_label(TEXT)
    await area.fill("version: 1  # one\nrules:\n- {name: a, rply: b}\n- {name: c, match: {lst_user: d}, reply: 'e'}\n")
    await expect(page.locator("#gutter .error")).to_have_text(["3", "4"])
    await expect(page.locator("#problems li")).to_have_count(2)
    assert await page.locator(".colours .line.is-error").count() == 2
    assert await page.locator(".colours .line").nth(3).locator(".yaml-key").all_inner_texts() == [
        *("name", "match", "lst_user", "reply")
    ]
    await expect(page.locator(".colours .yaml-comment")).to_have_text("# one")
    assert await page.locator("#colours").text_content() == await area.input_value() + "\n"
    long = "version: 1\nrules:\n" + "".join(f"- {{name: rule-{at}, reply: a}}\n" for at in range(200))
    await area.fill(long)
    await area.evaluate("(e) => { e.scrollTop = 900; }")
    tops = "[...document.querySelectorAll('#colours, #gutter, #text')].map((e) => e.scrollTop)"
    until = time.monotonic() + PATIENCE
    while set(await page.evaluate(tops)) != {900}:  # Playwright's own waiting evaluates texts, which the page forbids
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
