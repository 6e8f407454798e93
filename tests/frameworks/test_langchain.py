"""LangChain and LangGraph against a live server: a loop with two tools, streamed and not, a structure, embeddings."""

import operator
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from completions.tokens import text as tokens
from completions.tokens.models import litellm_folder
from completions.wire.vectors import embed
from tests.frameworks.trip import ANSWER, CALLED, MODEL, QUESTION, Framework, Tools, Trip

langchain_agents = Framework("langchain.agents")
langchain_openai = Framework("langchain_openai")
graph = Framework("langgraph.graph")
prebuilt = Framework("langgraph.prebuilt")
ASKED = {"messages": [{"role": "user", "content": QUESTION}]}


@pytest.fixture
def model(base_url: str) -> Iterator[Any]:
    with httpx.Client() as http:
        yield langchain_openai.ChatOpenAI(
            model=MODEL, base_url=base_url, api_key="k", http_client=http, max_retries=1, stream_usage=True
        )


def agent(model: Any, tools: Tools) -> Any:
    return langchain_agents.create_agent(model, [tools.get_weather, tools.get_time], system_prompt="Be brief.")


def by_hand(model: Any, tools: Tools) -> Any:
    """Build the loop of LangGraph's own parts: a node that asks, one that calls, and the way between them."""
    offered = [tools.get_weather, tools.get_time]
    asking = model.bind_tools(offered)
    built = graph.StateGraph(graph.MessagesState)
    built.add_node("ask", lambda state: {"messages": [asking.invoke(state["messages"])]})
    built.add_node("tools", prebuilt.ToolNode(offered))
    built.add_edge(graph.START, "ask")
    built.add_conditional_edges("ask", prebuilt.tools_condition)
    built.add_edge("tools", "ask")
    return built.compile()


@pytest.mark.parametrize("build", [agent, by_hand])
def test_agent__loops_through_its_tools(model: Any, build: Any) -> None:
    messages = build(model, tools := Tools()).invoke(ASKED)["messages"]
    assert (messages[-1].content, tools.called) == (ANSWER, CALLED)
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert messages[-1].usage_metadata["output_tokens"] == tokens.count(ANSWER, MODEL)


@pytest.mark.parametrize("build", [agent, by_hand])
def test_agent__streams(model: Any, build: Any) -> None:
    built = build(model, tools := Tools())
    pieces = [
        chunk.content
        for chunk, _ in built.stream(ASKED, stream_mode="messages")
        if chunk.type == "AIMessageChunk" and chunk.content
    ]
    assert ("".join(pieces), tools.called) == (ANSWER, CALLED)
    assert len(pieces) > 3


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # LangChain's own, in a stream
def test_model__answers_in_a_structure(model: Any) -> None:
    assert model.with_structured_output(Trip).invoke(QUESTION) == Trip(city="Paris", degrees=21)
    *_, last = model.with_structured_output(Trip).stream(QUESTION)
    assert last == Trip(city="Paris", degrees=21)


def test_model__tries_again(model: Any) -> None:
    assert model.invoke("Are you busy, chain?").content == "I am here."


def test_embeddings__find_the_nearest(auto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = litellm_folder()
    assert folder is not None
    # where LangChain's tokenizer looks for its vocabulary, instead of the network
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder / "litellm_core_utils" / "tokenizers"))
    texts = ["The launch is at nine.", "Bananas ripen slowly.", "Invoices are due in March."]
    with httpx.Client() as http:
        client = langchain_openai.OpenAIEmbeddings(
            model="text-embedding-3-small", base_url=auto_url, api_key="k", http_client=http
        )
        stored, asked = client.embed_documents(texts), client.embed_query("When is the launch?")
    assert stored[0] == pytest.approx(embed(texts[0], 1536)), "LangChain sends tokens, and they are that text"
    nearness = [sum(map(operator.mul, vector, asked)) for vector in stored]
    assert max(nearness) == nearness[0]
