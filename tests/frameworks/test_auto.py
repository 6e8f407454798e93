"""Frameworks that put what they want into the prompt, against `auto`: each gets that, and every loop ends."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.frameworks.trip import INSTALL, MODEL, QUESTION, Tools, Trip
from tests.patience import PATIENCE
from tests.server import ROOT


class Stay(BaseModel):
    """What a nested answer has."""

    trips: list[Trip]
    mood: Literal["glad", "sad"]
    notes: str | None = None


def test_instructor__gets_its_model_in_every_mode(auto_url: str) -> None:
    python = os.environ.get("OPENAI2_PYTHON")  # instructor does not go with openai-python 3
    if not python or run(python, "-c", "import instructor").returncode != 0:
        pytest.skip("OPENAI2_PYTHON names no Python with instructor: tests/clients/requirements.txt")
    modes = ["JSON", "MD_JSON", "JSON_SCHEMA", "TOOLS"]
    done = run(python, "-m", "tests.frameworks.through_instructor", auto_url, *modes)
    assert done.returncode == 0, done.stderr[-2000:]
    made = dict(json.loads(line) for line in done.stdout.splitlines())
    assert list(made) == modes
    assert all(Stay.model_validate(each) for each in made.values())


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture
def dspy(auto_url: str) -> Iterator[Any]:
    dspy = pytest.importorskip("dspy", reason=INSTALL)
    lm = dspy.LM(f"openai/{MODEL}", api_base=auto_url, api_key="k", cache=False, num_retries=0)
    yield (dspy, lm)


@pytest.mark.parametrize("adapter", ["ChatAdapter", "JSONAdapter", "XMLAdapter"])
def test_dspy__fills_the_fields_of_a_signature(dspy: Any, adapter: str) -> None:
    module, lm = dspy
    wanted = module.Signature({"question": (str, module.InputField()), "stay": (Stay, module.OutputField())})
    wanted = wanted.append("mood", module.OutputField(), Literal["glad", "sad"])
    wanted = wanted.append("degrees", module.OutputField(), float).append("sure", module.OutputField(), bool)
    with module.context(lm=lm, adapter=getattr(module, adapter)()):
        made = module.ChainOfThought(wanted)(question=QUESTION)
    assert isinstance(made.stay, Stay) and made.mood in ("glad", "sad") and made.reasoning
    assert (type(made.degrees), type(made.sure)) == (float, bool)


@pytest.mark.parametrize("adapter", ["ChatAdapter", "XMLAdapter"])
def test_dspy__an_agent_calls_a_tool_and_ends(dspy: Any, adapter: str) -> None:
    module, lm = dspy
    tools = Tools()
    with module.context(lm=lm, adapter=getattr(module, adapter)()):
        made = module.ReAct("question -> answer", tools=[tools.get_weather, tools.get_time], max_iters=5)(
            question="The weather in Paris?"
        )
    assert len(tools.called) == 1 and tools.called[0].startswith("weather of ")
    assert made.answer and "tool_name_2" not in made.trajectory, "one step for the tool, one for the end"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("ToolCallingAgent", {}),
        ("CodeAgent", {}),
        ("CodeAgent", {"code_block_tags": "markdown"}),
        ("CodeAgent", {"use_structured_outputs_internally": True}),
    ],
)
def test_smolagents__calls_a_tool_and_ends(auto_url: str, kind: str, more: dict[str, Any]) -> None:
    smolagents = pytest.importorskip("smolagents", reason=INSTALL)
    called = []

    def get_weather(city: str) -> str:
        """Tell the weather of a city.

        Args:
            city: The name of the city.
        """
        called.append(city)
        return "21 degrees"

    model = smolagents.OpenAIModel(MODEL, api_base=auto_url, api_key="k")
    agent = getattr(smolagents, kind)(
        tools=[smolagents.tool(get_weather)], model=model, max_steps=4, verbosity_level=0, **more
    )
    result = agent.run("How is the weather in Paris?", return_full_result=True)
    assert "21 degrees" in result.output
    assert (result.state, len(called)) == ("success", 1)


@pytest.fixture
async def model(auto_url: str) -> AsyncIterator[Any]:
    models = pytest.importorskip("pydantic_ai.models.openai", reason=INSTALL)
    providers = pytest.importorskip("pydantic_ai.providers.openai", reason=INSTALL)
    async with openai.AsyncOpenAI(base_url=auto_url, api_key="k", max_retries=0) as client:
        yield models.OpenAIChatModel(MODEL, provider=providers.OpenAIProvider(openai_client=client))


@pytest.mark.parametrize("way", ["ToolOutput", "NativeOutput", "PromptedOutput"])
async def test_pydantic_ai__calls_its_tools_and_ends(model: Any, way: str) -> None:
    pydantic_ai = sys.modules["pydantic_ai"]
    tools = Tools()
    output: Any = getattr(pydantic_ai, way)(Stay)
    agent = pydantic_ai.Agent(model, output_type=output, tools=[tools.get_weather, tools.get_time])
    result = await agent.run("How is the weather in Paris?")
    assert isinstance(result.output, Stay)
    assert (len(tools.called), result.usage.requests) == (1, 2)


@pytest.mark.parametrize("wanted", [Trip, Stay])
def test_langchain__parses_the_form_that_its_prompt_describes(auto_url: str, wanted: type[BaseModel]) -> None:
    chains = pytest.importorskip("langchain_openai", reason=INSTALL)
    parsers = pytest.importorskip("langchain_core.output_parsers", reason=INSTALL)
    parser = parsers.PydanticOutputParser(pydantic_object=wanted)
    with httpx.Client() as http:
        model = chains.ChatOpenAI(model=MODEL, base_url=auto_url, api_key="k", http_client=http)
        made = (model | parser).invoke(f"{parser.get_format_instructions()}\n\n{QUESTION}")
    assert isinstance(made, wanted)
