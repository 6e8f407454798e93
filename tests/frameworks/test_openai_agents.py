"""OpenAI's Agents SDK against a live server: a loop with two tools, streamed and not, and a structured answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.frameworks.trip import ANSWER, CALLED, MODEL, QUESTION, Framework, Tools, Trip
from tests.patience import PATIENCE

agents = Framework("agents")


@pytest.fixture(params=["OpenAIChatCompletionsModel", "OpenAIResponsesModel", "OpenAIResponsesWSModel"])
async def model(base_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    agents.set_tracing_disabled(True)
    async with openai.AsyncOpenAI(base_url=base_url, api_key="k", max_retries=1) as client:
        made = getattr(agents, request.param)(model=MODEL, openai_client=client)
        yield made
        await made.close()


def agent(model: Any, tools: Tools, **more: Any) -> Any:
    offered = [agents.function_tool(tools.get_weather), agents.function_tool(tools.get_time)]
    return agents.Agent(name="guide", instructions="Be brief.", model=model, tools=offered, **more)


async def test_agent__loops_through_its_tools(model: Any) -> None:
    result = await agents.Runner.run(agent(model, tools := Tools()), QUESTION)
    assert (result.final_output, tools.called) == (ANSWER, CALLED)
    assert result.context_wrapper.usage.requests == 3
    assert result.context_wrapper.usage.output_tokens > 0


async def test_agent__streams(model: Any) -> None:
    result = agents.Runner.run_streamed(agent(model, tools := Tools()), QUESTION)
    pieces = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    assert ("".join(pieces), result.final_output, tools.called) == (ANSWER, ANSWER, CALLED)
    assert len(pieces) > 3


async def test_agent__answers_in_a_structure(model: Any) -> None:
    result = await agents.Runner.run(agent(model, Tools(), output_type=Trip), QUESTION)
    assert result.final_output == Trip(city="Paris", degrees=21)


async def test_agent__tries_again(model: Any) -> None:
    result = await agents.Runner.run(agent(model, Tools()), "Are you busy, agents?")
    assert result.final_output == "I am here."


async def test_agent__talks(base_url: str) -> None:
    tools, realtime = Tools(), Framework("agents.realtime")
    offered = [agents.function_tool(tools.get_weather), agents.function_tool(tools.get_time)]
    runner = realtime.RealtimeRunner(realtime.RealtimeAgent(name="guide", instructions="Be brief.", tools=offered))
    address = f"{base_url.replace('http', 'ws', 1)}/realtime?model=gpt-realtime"
    heard = b""
    async with await runner.run(model_config={"url": address, "api_key": "k"}) as session:
        await session.send_message(QUESTION)
        async with asyncio.timeout(PATIENCE):
            async for event in session:
                assert event.type != "error", event.error
                if event.type == "audio":
                    heard += event.audio.data
                elif event.type == "audio_end":
                    break
    assert tools.called == CALLED
    assert len(heard) / 2 / 24_000 > 1.5  # seconds
