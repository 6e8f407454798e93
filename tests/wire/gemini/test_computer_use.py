"""Google's tool for using a computer: its functions have no declarations, and `auto` opens the browser first."""

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types

from tests.server import LiveServer

SCRIPT = "version: 1\nrules: []\n"
MODEL = "gemini-2.5-computer-use-preview-10-2025"
QUESTION = "Open example.com and sum it up"
BROWSER = types.Environment.ENVIRONMENT_BROWSER


@pytest.fixture
def client(live: LiveServer) -> Iterator[genai.Client]:
    with genai.Client(api_key="k", http_options={"base_url": live.url}) as client:
        yield client


def calls(client: genai.Client, contents: Any, **options: Any) -> list[str | None]:
    tool = types.Tool(computer_use=types.ComputerUse(**options))
    config = types.GenerateContentConfig(tools=[tool])
    answer = client.models.generate_content(model=MODEL, contents=contents, config=config)
    return [call.name for call in answer.function_calls or ()]


def test_browser__is_opened_first(client: genai.Client) -> None:
    assert calls(client, QUESTION, environment=BROWSER) == ["open_web_browser"]


def test_loop__ends_after_the_result(client: genai.Client) -> None:
    call = types.Part(function_call=types.FunctionCall(name="open_web_browser", args={}))
    result = types.FunctionResponse(name="open_web_browser", response={"url": "https://example.com"})
    contents = [
        types.Content(role="user", parts=[types.Part(text=QUESTION)]),
        types.Content(role="model", parts=[call]),
        types.Content(role="user", parts=[types.Part(function_response=result)]),
    ]
    assert calls(client, contents, environment=BROWSER) == []


@pytest.mark.parametrize(
    "options",
    [
        {"environment": BROWSER, "excluded_predefined_functions": ["open_web_browser"]},
        {"environment": types.Environment.ENVIRONMENT_MOBILE},
    ],
)
def test_what_cannot_be_opened__is_not_called(client: genai.Client, options: Any) -> None:
    assert calls(client, QUESTION, **options) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"environment": "browser"}, ["open_web_browser"]),
        ({}, ["open_web_browser"]),
        ({"excluded_predefined_functions": ["open_web_browser"]}, []),
        ({"environment": "desktop"}, []),
    ],
)
def test_interaction__opens_it_too(client: genai.Client, options: Any, expected: list[str]) -> None:
    tools: Any = [{"type": "computer_use", **options}]
    answer: Any = client.interactions.create(model=MODEL, input=QUESTION, tools=tools)
    assert [step.name for step in answer.steps if step.type == "function_call"] == expected
