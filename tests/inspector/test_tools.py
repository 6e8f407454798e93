"""The playground's tools, in a real browser: built by a form and called, and their results sent, in each API."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.inspector.conftest import Site
from tests.inspector.control import control

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = """
- {name: known, match: {tool_result: {name: get_weather, text: "21"}}, reply: "It is 21 degrees."}
- name: both
  match: {last_user: cities}
  reply:
    text: I look them up.
    tool_calls: [{name: get_weather, arguments: {city: Paris}}, {name: get_weather, arguments: {city: Rome}}]
- name: one
  match: {last_user: Paris, tools: get_weather}
  reply: {tool_calls: [{name: get_weather, arguments: {city: Paris}}]}
- name: thought
  match: {last_user: think}
  reply: {reasoning: Let me see., tool_calls: [{name: get_weather, arguments: {city: Oslo}}]}
"""
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Its name"}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOL = {"name": "get_weather", "description": "Says the weather", "parameters": PARAMETERS}
SAME: dict[str, list[dict[str, Any]]] = {
    "chat": [{"type": "function", "function": TOOL}],
    "ollama": [{"type": "function", "function": TOOL}],
    "responses": [{"type": "function", **TOOL}],
    "anthropic": [{"name": TOOL["name"], "description": TOOL["description"], "input_schema": PARAMETERS}],
    "gemini": [{"functionDeclarations": [TOOL]}],
}
"""The tool as each API takes it."""

JSON_SCHEMA = "Parameters, as a JSON schema"


async def build(page: Page) -> None:
    """Make the tool by the form."""
    await page.locator("summary", has_text="Tools").click()
    await page.get_by_role("button", name="Add a tool").click()
    tool = page.locator(".tool").last
    await tool.get_by_label("Name", exact=True).fill("get_weather")
    await tool.get_by_label("What the tool does").fill("Says the weather")
    await tool.get_by_label("What it is").fill("Its name")
    await tool.get_by_role("button", name="Add a parameter").click()
    await tool.get_by_label("Parameter", exact=True).last.fill("days")
    await tool.get_by_label("Type").last.select_option("integer")
    await tool.get_by_label("Required").last.uncheck()


async def send(page: Page, text: str) -> None:
    await page.get_by_label("Content").fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


async def body_of(page: Page) -> Any:
    """Return the body that the form makes."""
    await page.get_by_role("button", name="JSON", exact=True).click()
    body = json.loads(await page.get_by_label("Body", exact=True).input_value())
    await page.get_by_role("button", name="Form", exact=True).click()
    return body


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("format", list(SAME))
async def test_tool__is_built_called_and_answered(site: Site, format: str, stream: bool) -> None:
    page = site.page
    await control(site, "POST", "rules", RULES)
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option(format)
    if format == "gemini":
        await page.get_by_label("Model").fill("gemini-3-pro-preview")  # it wants its signatures back
    await page.get_by_label("Stream").set_checked(stream)
    await build(page)
    assert (await body_of(page))["tools"] == SAME[format]
    await expect(page.get_by_label("What the tool does")).to_have_value("Says the weather")
    await send(page, "And in Paris?")
    await expect(page.locator("#reply .part-call")).to_contain_text('Calls get_weather{"city":')
    await page.get_by_label("Result of get_weather").fill("21")
    await page.get_by_role("button", name="Send the result").click()
    await expect(page.locator("#reply")).to_have_text("It is 21 degrees.")
    await expect(page.get_by_label("Role")).to_have_count(3)
    await expect(page.get_by_label("Result", exact=True)).to_have_value("21")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_label("Role")).to_have_count(5)
    await expect(page.locator("#messages li").last.get_by_label("Content")).to_be_focused()
    await page.keyboard.type("And in Paris?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_label("Result of get_weather")).to_be_visible()
    await expect(page.locator("#facts .badge")).to_have_text("200")


@pytest.mark.parametrize("format", list(SAME))
async def test_calls__that_are_parallel_get_a_result_each(site: Site, format: str) -> None:
    page = site.page
    await control(site, "POST", "rules", RULES)
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option(format)
    await build(page)
    await send(page, "Both cities")
    results = page.get_by_label("Result of get_weather")
    await expect(results).to_have_count(2)
    await results.first.fill("19")
    await results.last.fill("21")
    await page.get_by_role("button", name="Send the results").click()
    await expect(page.locator("#reply")).to_have_text("It is 21 degrees.")
    await expect(page.locator("#mode-note")).to_be_empty()  # the form shows all of it


async def test_thinking__goes_back_with_its_signature(site: Site) -> None:
    page = site.page
    await control(site, "POST", "rules", RULES)
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("anthropic")
    await build(page)
    await page.locator("summary", has_text="Other fields").click()
    thinking = {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    await page.get_by_label("Other fields of the body").fill(json.dumps(thinking))
    await send(page, "Please think")
    await expect(page.locator("#reply .part-reasoning")).to_contain_text("Let me see.")
    await page.get_by_label("Result of get_weather").fill("21")
    await page.get_by_role("button", name="Send the result").click()
    await expect(page.locator("#reply")).to_have_text("It is 21 degrees.")
    _, answer, result = (await body_of(page))["messages"]
    assert [block["type"] for block in answer["content"]] == ["thinking", "tool_use"] and answer["content"][0][
        "signature"
    ]
    assert result["content"][0]["tool_use_id"] == answer["content"][1]["id"]


async def test_parameters__that_a_table_cannot_show_are_json(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Tools").click()
    await page.get_by_role("button", name="Add a tool").click()
    await page.get_by_role("button", name="JSON schema").click()
    schema = {"type": "object", "properties": {"unit": {"type": "string", "enum": ["C", "F"]}}}
    await page.get_by_label(JSON_SCHEMA).fill(json.dumps(schema))
    await page.get_by_role("button", name="Table").click()
    await expect(page.get_by_text("The schema has more than the table can show.")).to_be_visible()
    assert (await body_of(page))["tools"][0]["function"]["parameters"] == schema
    await expect(page.get_by_label(JSON_SCHEMA)).to_be_visible()
    await page.get_by_label(JSON_SCHEMA).fill("[")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#ask-wrong")).to_have_text("The parameters of a tool must be a JSON object.")
    await expect(page.get_by_label(JSON_SCHEMA)).to_be_focused()
    await page.get_by_role("button", name="Remove this tool").click()
    assert "tools" not in await body_of(page)


async def test_tools__that_the_form_cannot_show_stay_beside_those_that_it_can(site: Site) -> None:
    page = site.page
    hosted = [{"type": "web_search"}]
    body = {"model": "gpt-4o", "input": "refund", "stream": False, "tools": hosted}
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("responses")
    await page.get_by_role("button", name="JSON", exact=True).click()
    await page.get_by_label("Body", exact=True).fill(json.dumps(body))
    await page.get_by_role("button", name="Form", exact=True).click()
    await expect(page.get_by_label("Other fields of the body")).to_have_value(json.dumps({"tools": hosted}, indent=2))
    await build(page)
    assert (await body_of(page))["tools"] == [*hosted, *SAME["responses"]]


@pytest.mark.parametrize("stream", [True, False])
async def test_tools__that_anthropic_runs_itself_want_no_result(site: Site, stream: bool) -> None:
    page = site.page
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    body = {"model": "claude-sonnet-5", "max_tokens": 99, "stream": stream, "tools": tools}
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("anthropic")
    await page.get_by_role("button", name="JSON", exact=True).click()
    asked = [{"role": "user", "content": "refund"}]
    await page.get_by_label("Body", exact=True).fill(json.dumps(body | {"messages": asked}))
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#reply")).to_have_text('Refunds take five days.Calls web_search{"query":"refund"}')
    await expect(page.get_by_role("button", name="Go on")).to_be_visible()
    await expect(page.get_by_label("Result of")).to_have_count(0)
