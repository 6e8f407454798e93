"""Pydantic AI against a live server: a loop with two tools, streamed and not, and a structure in both of its ways."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.frameworks.trip import ANSWER, CALLED, MODEL, QUESTION, Framework, Tools, Trip
from tests.patience import PATIENCE

pydantic_ai = Framework("pydantic_ai")
models = Framework("pydantic_ai.models.openai")
providers = Framework("pydantic_ai.providers.openai")
realtime = Framework("pydantic_ai.realtime")
openai_live = Framework("pydantic_ai.realtime.openai_live")


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


async def test_agent__speaks_with_gpt_live(base_url: str) -> None:
    async with asyncio.timeout(PATIENCE), openai.AsyncOpenAI(base_url=base_url, api_key="k") as client:
        provider = providers.OpenAIProvider(openai_client=client)
        quick = {"openai_live_turn_silence_ms": 300}
        live = openai_live.OpenAILiveModel("gpt-live-1+gpt-5.6-luna", provider=provider, settings=quick)
        async with agent(None, tools := Tools()).realtime(live).session() as session:
            await session.send(QUESTION)
            async for event in session:
                if isinstance(event, realtime.RealtimeTurnCompleteEvent):
                    break
        spoken = session.all_messages()[-1].parts[0]
        assert (spoken.transcript, tools.called) == (ANSWER, CALLED)
        assert session.usage.audio_seconds == 2 and session.usage.requests == 3
