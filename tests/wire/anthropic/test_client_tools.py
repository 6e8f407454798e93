"""The tools that the API defines and the client runs: `auto` calls them so that the SDK's own classes can run them."""

from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.tools import BetaLocalFilesystemMemoryTool
from anthropic.tools.browser import BetaAbstractBrowserToolset20260801, BetaBrowserState
from anthropic.tools.computer import BetaAbstractComputerToolset20260801, BetaScreenshotResult

from tests.server import LiveServer

SCRIPT = """
version: 1
rules:
  - {match: {last_user: press, turn: 0}, reply: {tool_calls: [{name: left_click, arguments: {coordinate: [1, 2]}}]}}
  - {match: {last_user: add, turn: 0}, reply: {tool_calls: [{name: type, arguments: {a: 1}}]}}
"""
MODEL = "claude-opus-5-5"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
COMPUTER: dict[str, Any] = {"type": "computer_toolset_20260801"}
BROWSER: dict[str, Any] = {"type": "browser_toolset_20260801"}


class Desktop(BetaAbstractComputerToolset20260801):
    """A desktop that can be looked at and clicked."""

    def __init__(self) -> None:
        self.done: list[str] = []
        super().__init__()

    def screenshot(self, context: Any, input: Any) -> BetaScreenshotResult:
        self.done.append("screenshot")
        return BetaScreenshotResult(data=PIXEL, media_type="image/png")

    def left_click(self, context: Any, input: Any) -> None:
        self.done.append(f"left_click {input.coordinate}")


class Browser(BetaAbstractBrowserToolset20260801):
    """A browser that only goes to addresses."""

    def __init__(self) -> None:
        self.visited: list[str] = []
        super().__init__()

    def navigate(self, context: Any, input: Any) -> Any:
        self.visited.append(input.url)

    def _browser_state(self, context: Any) -> BetaBrowserState:
        return BetaBrowserState(tabs=[])


@pytest.fixture
def client(live: LiveServer) -> Any:
    with anthropic.Anthropic(base_url=live.url, api_key="k", max_retries=0) as client:
        yield client


def run(client: anthropic.Anthropic, question: str, tool: Any) -> str:
    messages: Any = [{"role": "user", "content": question}]
    runner = client.beta.messages.tool_runner(model=MODEL, max_tokens=200, messages=messages, tools=[tool])
    return "".join(block.text for block in runner.until_done().content if block.type == "text")


def test_memory__is_viewed_first(client: anthropic.Anthropic, tmp_path: Path) -> None:
    assert run(client, "Remember that I like tea", BetaLocalFilesystemMemoryTool(base_path=str(tmp_path)))
    messages: Any = [{"role": "user", "content": "Remember that I like tea"}]
    tools: Any = [{"type": "memory_20250818", "name": "memory"}]
    answer = client.beta.messages.create(model=MODEL, max_tokens=200, messages=messages, tools=tools)
    assert [block.input for block in answer.content if block.type == "tool_use"] == [
        {"command": "view", "path": "/memories"}
    ]


def test_computer__is_looked_at_first(client: anthropic.Anthropic) -> None:
    desktop = Desktop()
    assert run(client, "What is on the desktop?", desktop)
    assert desktop.done == ["screenshot"]


def test_member_of_a_toolset__that_a_script_calls_is_run(client: anthropic.Anthropic) -> None:
    desktop = Desktop()
    assert run(client, "press it", desktop)
    assert desktop.done == ["left_click [1, 2]"]


def test_browser__goes_to_the_address_first(client: anthropic.Anthropic) -> None:
    browser = Browser()
    assert run(client, "Read https://example.com/a and sum it up", browser)
    assert browser.visited == ["https://example.com/a"]


def test_stream__has_the_name_of_the_toolset(client: anthropic.Anthropic) -> None:
    messages: Any = [{"role": "user", "content": "press it"}]
    tools: Any = [COMPUTER]
    with client.beta.messages.stream(model=MODEL, max_tokens=200, messages=messages, tools=tools) as stream:
        (call,) = [block for block in stream.get_final_message().content if block.type == "tool_use"]
    assert (call.name, call.toolset_name, call.input) == ("left_click", "computer", {"coordinate": [1, 2]})


def tool_uses(client: anthropic.Anthropic, question: str, *tools: Any) -> list[tuple[str, object, str | None]]:
    messages: Any = [{"role": "user", "content": question}]
    answer = client.beta.messages.create(model=MODEL, max_tokens=200, messages=messages, tools=tools)
    return [(call.name, call.input, call.toolset_name) for call in answer.content if call.type == "tool_use"]


@pytest.mark.parametrize(
    ("tool", "question", "expected"),
    [
        (
            {"type": "computer_20250124", "name": "computer", "display_width_px": 9, "display_height_px": 9},
            "Take a look",
            {"action": "screenshot"},
        ),
        (
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            "Fix src/primes.py",
            {"command": "view", "path": "src/primes.py"},
        ),
        (
            {"type": "text_editor_20250124", "name": "str_replace_editor"},
            "Fix primes.py",
            {"command": "view", "path": "primes.py"},
        ),
    ],
)
def test_tool__has_arguments_of_its_own(client: anthropic.Anthropic, tool: Any, question: str, expected: Any) -> None:
    assert tool_uses(client, question, tool) == [(tool["name"], expected, None)]


def test_bash__gets_a_command(client: anthropic.Anthropic) -> None:
    ((_, arguments, _),) = tool_uses(client, "List the files", {"type": "bash_20250124", "name": "bash"})
    assert isinstance(arguments, dict) and isinstance(arguments.pop("command"), str) and not arguments


def test_disabled_member__is_not_called(client: anthropic.Anthropic) -> None:
    off = {"enabled": False}
    assert tool_uses(client, "Open a page", BROWSER | {"configs": {"navigate": off}}) == [("screenshot", {}, "browser")]
    assert tool_uses(client, "Open it", BROWSER | {"configs": {"navigate": off, "screenshot": off}}) == []


def test_tool_of_the_same_name__is_not_the_toolsets(client: anthropic.Anthropic) -> None:
    own = {"name": "type", "input_schema": {"type": "object"}}
    assert tool_uses(client, "add", COMPUTER, own) == [("type", {"a": 1}, None)]
    assert tool_uses(client, "add", COMPUTER) == [("type", {"a": 1}, "computer")]
