"""Pydantic AI against a live server: a loop with two tools, streamed and not, and a structure in both of its ways."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.frameworks.trip import ANSWER, CALLED, MODEL, QUESTION, Framework, Tools, Trip

pydantic_ai = Framework("pydantic_ai")
models = Framework("pydantic_ai.models.openai")
providers = Framework("pydantic_ai.providers.openai")


@pytest.fixture
async def model(base_url: str) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="k", max_retries=1) as client:
        yield models.OpenAIChatModel(MODEL, provider=providers.OpenAIProvider(openai_client=client))


def agent(model: Any, tools: Tools, **more: Any) -> Any:
    return pydantic_ai.Agent(model, tools=[tools.get_weather, tools.get_time], instructions="Be brief.", **more)


async def test_agent__loops_through_its_tools(model: Any) -> None:
    result = await agent(model, tools := Tools()).run(QUESTION)
    assert (result.output, tools.called) == (ANSWER, CALLED)


async def test_agent__streams(model: Any) -> None:
    async with agent(model, tools := Tools()).run_stream(QUESTION) as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert ("".join(pieces), tools.called) == (ANSWER, CALLED)
    assert len(pieces) > 3


@pytest.mark.parametrize("way", ["ToolOutput", "NativeOutput"])
async def test_agent__answers_in_a_structure(model: Any, way: str) -> None:
    asking = pydantic_ai.Agent(model, output_type=getattr(pydantic_ai, way)(Trip))
    assert (await asking.run(QUESTION)).output == Trip(city="Paris", degrees=21)
    async with asking.run_stream(QUESTION) as result:
        assert await result.get_output() == Trip(city="Paris", degrees=21)


async def test_agent__tries_again(model: Any) -> None:
    assert (await agent(model, Tools()).run("Are you busy, model?")).output == "I am here."
