"""Ask a server by another vendor's SDK or by a framework; run by tests/clients/test_other_clients.py.

    python -m tests.clients.other_python CLIENT BASE_URL < questions > findings

CLIENT is a name of CLIENTS. In all else it is like openai_python.py. An error's name is that of what the application
gets, which for a framework may be the exception of the SDK below it.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import httpx

from tests.clients.openai_python import SAYS, Finding, Question, ask_in_threads, questions

Ask = Callable[[str, Question, Finding], None]


def timeout(question: Question) -> httpx.Timeout:
    """Return how long a client waits: for each byte as long as the question says."""
    return httpx.Timeout(60, read=question["patience"])


@cache
def anthropic_client(url: str) -> Any:
    """Return Anthropic's client: one for all questions, as each loads the certificates that it might need."""
    import anthropic

    return anthropic.Anthropic(base_url=url, api_key="mock", max_retries=0)


def by_anthropic(url: str, question: Question, finding: Finding) -> None:
    """Ask by Anthropic's SDK."""
    import anthropic

    asked: dict[str, Any] = {"model": question["model"], "max_tokens": 100, "messages": SAYS}
    asked |= {"extra_headers": question["headers"], "timeout": anthropic.Timeout(60, read=question["patience"])}
    messages = anthropic_client(url).messages
    if question["way"] == "whole":
        message = messages.create(**asked)
        finding.text = "".join(block.text for block in message.content or () if block.type == "text")
        finding.ending = message.stop_reason or finding.ending
    elif question["way"] == "streamed":
        with messages.create(**asked, stream=True) as stream:
            for event in stream:
                _hear_anthropic(event, finding)
    else:
        with messages.stream(**asked) as helper:
            for event in helper:
                _hear_anthropic(event, finding)
            helper.get_final_message()


def _hear_anthropic(event: Any, finding: Finding) -> None:
    if event.type == "content_block_delta":
        finding.text += event.delta.text if event.delta.type == "text_delta" else event.delta.partial_json
    elif event.type == "message_delta":
        finding.ending = event.delta.stop_reason or finding.ending


def by_google(url: str, question: Question, finding: Finding) -> None:
    """Ask by Google's SDK."""
    from google import genai
    from google.genai import types

    patience, plain = int(question["patience"] * 1000), {"verify": False}  # or each client loads certificates
    options = types.HttpOptions(base_url=url, headers=question["headers"], timeout=patience, client_args=plain)
    with genai.Client(api_key="mock", http_options=options) as client:
        asked: dict[str, Any] = {"model": question["model"], "contents": "Hello"}
        if question["way"] == "whole":
            _hear_google(client.models.generate_content(**asked), finding)
        else:
            for part in client.models.generate_content_stream(**asked):
                _hear_google(part, finding)


def _hear_google(part: Any, finding: Finding) -> None:
    for candidate in part.candidates or ():
        for each in candidate.content.parts or () if candidate.content else ():
            finding.text += each.text or ""
            finding.text += json.dumps(each.function_call.args) if each.function_call else ""
        finding.ending = candidate.finish_reason.value if candidate.finish_reason else finding.ending


def by_ollama(url: str, question: Question, finding: Finding) -> None:
    """Ask by Ollama's client."""
    import ollama

    client = ollama.Client(host=url, headers=question["headers"], timeout=timeout(question), verify=False)
    streamed = question["way"] == "streamed"
    answer: Any = client.chat(model=question["model"], messages=SAYS, stream=streamed)
    for part in answer if streamed else [answer]:
        finding.text += part.message.content or ""
        finding.text += "".join(json.dumps(call.function.arguments) for call in part.message.tool_calls or ())
        finding.ending = part.done_reason or finding.ending


def by_langchain(url: str, question: Question, finding: Finding) -> None:
    """Ask by LangChain's model for OpenAI's chat."""
    model_of: Any = importlib.import_module("langchain_openai").ChatOpenAI
    options: dict[str, Any] = {"api_key": "mock", "max_retries": 0, "timeout": timeout(question)}
    model = model_of(base_url=f"{url}/v1", model=question["model"], default_headers=question["headers"], **options)
    if question["way"] == "whole":
        _hear_langchain(model.invoke("Hello"), finding)
    else:
        for chunk in model.stream("Hello"):
            _hear_langchain(chunk, finding)


def _hear_langchain(message: Any, finding: Finding) -> None:
    finding.text += message.content
    finding.text += "".join(call["args"] or "" for call in getattr(message, "tool_call_chunks", ()))
    finding.ending = message.response_metadata.get("finish_reason") or finding.ending


def by_pydantic_ai(url: str, question: Question, finding: Finding) -> None:
    """Ask by an agent of Pydantic AI."""
    asyncio.run(_by_pydantic_ai(url, question, finding))


async def _by_pydantic_ai(url: str, question: Question, finding: Finding) -> None:
    import openai

    agents: Any = importlib.import_module("pydantic_ai")
    models: Any = importlib.import_module("pydantic_ai.models.openai")
    providers: Any = importlib.import_module("pydantic_ai.providers.openai")
    patience = openai.Timeout(60, read=question["patience"])
    options: dict[str, Any] = {"max_retries": 0, "timeout": patience, "default_headers": question["headers"]}
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="mock", **options) as client:
        provider = providers.OpenAIProvider(openai_client=client)
        agent = agents.Agent(models.OpenAIChatModel(question["model"], provider=provider))
        if question["way"] == "whole":
            result = await agent.run("Hello")
            finding.text, finding.ending = result.output, result.response.finish_reason or finding.ending
        else:
            async with agent.run_stream("Hello") as stream:
                async for text in stream.stream_text(delta=True, debounce_by=None):
                    finding.text += text
                finding.ending = stream.response.finish_reason or finding.ending


CLIENTS: dict[str, Ask] = {
    "anthropic-python": by_anthropic,
    "google-genai": by_google,
    "ollama-python": by_ollama,
    "LangChain": by_langchain,
    "Pydantic AI": by_pydantic_ai,
}


if __name__ == "__main__":
    name, url = sys.argv[1:]
    ask_in_threads(partial(CLIENTS[name], url.removesuffix("/v1")), questions())
