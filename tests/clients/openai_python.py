"""Ask a server by openai-python, 2 or 3, whichever this interpreter has; run by tests/clients/test_faults.py.

    python -m tests.clients.openai_python sync|async BASE_URL < questions > findings

A question is one line of JSON: `fault`, `way` (`whole`, `streamed`, or `helper`, the SDK's own `.stream()`), `model`,
`headers`, and `patience`, the seconds to wait for the next byte. All are asked at once, but for those with less
patience, which come when nothing else keeps the machine busy. A finding is one line with the `fault` and `way`, the
`text` or arguments that came, and the `ending`: the name of the error, else the finish reason, else `silent`.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai

Question = dict[str, Any]
SAYS: Any = [{"role": "user", "content": "Hello"}]


class Finding:
    """What has come for a question, and how it ended."""

    def __init__(self, question: Question) -> None:
        self.fault: str = question["fault"]
        self.way: str = question["way"]
        self.text = ""
        self.ending = "silent"

    def hear(self, part: Any) -> None:
        """Take a chunk, or a whole answer."""
        for choice in part.choices or ():
            said = choice.delta if hasattr(choice, "delta") else choice.message
            self.text += said.content or ""
            self.text += "".join(call.function.arguments or "" for call in said.tool_calls or ())
            self.ending = choice.finish_reason or self.ending

    def tell(self, error: BaseException | None) -> None:
        """Print the finding, which ended by this error, if any."""
        print(json.dumps(vars(self) | ({"ending": type(error).__name__} if error else {})))


def questions() -> list[Question]:
    """Read standard input."""
    return [json.loads(line) for line in sys.stdin]


def rounds(questions: list[Question]) -> Iterator[list[Question]]:
    """Yield the questions with the most patience, then those with less."""
    for patience in sorted({question["patience"] for question in questions}, reverse=True):
        yield [question for question in questions if question["patience"] == patience]


def ask_in_threads(ask: Callable[[Question, Finding], None], questions: list[Question]) -> None:
    """Ask the questions of a round at once, a thread for each, and tell the findings."""
    for asked in rounds(questions):
        findings = [Finding(question) for question in asked]
        with ThreadPoolExecutor(len(asked)) as pool:
            futures = [pool.submit(ask, *pair) for pair in zip(asked, findings, strict=True)]
        for finding, future in zip(findings, futures, strict=True):
            finding.tell(future.exception())


def request(question: Question) -> dict[str, Any]:
    """Return the SDK's arguments for a question."""
    return {
        "model": question["model"],
        "messages": SAYS,
        "extra_headers": question["headers"],
        "timeout": openai.Timeout(60, read=question["patience"]),
    }


def ask(client: openai.OpenAI, question: Question, finding: Finding) -> None:
    """Ask one question."""
    asked, chat = request(question), client.chat.completions
    if question["way"] == "whole":
        finding.hear(chat.create(**asked))
    elif question["way"] == "streamed":
        with chat.create(**asked, stream=True) as stream:
            for chunk in stream:
                finding.hear(chunk)
    else:
        with chat.stream(**asked) as events:
            for event in events:
                if event.type == "chunk":
                    finding.hear(event.chunk)
            events.get_final_completion()


async def ask_async(client: openai.AsyncOpenAI, question: Question, finding: Finding) -> None:
    """Ask one question on an event loop."""
    asked, chat = request(question), client.chat.completions
    if question["way"] == "whole":
        finding.hear(await chat.create(**asked))
    elif question["way"] == "streamed":
        async with await chat.create(**asked, stream=True) as stream:
            async for chunk in stream:
                finding.hear(chunk)
    else:
        async with chat.stream(**asked) as events:
            async for event in events:
                if event.type == "chunk":
                    finding.hear(event.chunk)
            await events.get_final_completion()


async def ask_on_a_loop(url: str, questions: list[Question]) -> None:
    """Ask the questions of a round at once, a task for each, and tell the findings."""
    async with openai.AsyncOpenAI(base_url=url, api_key="mock", max_retries=0) as client:
        for asked in rounds(questions):
            findings = [Finding(question) for question in asked]
            tasks = [ask_async(client, *pair) for pair in zip(asked, findings, strict=True)]
            for finding, error in zip(findings, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
                finding.tell(error)


def main(kind: str, url: str) -> None:
    """Ask what standard input says, and print the findings."""
    if kind == "async":
        asyncio.run(ask_on_a_loop(url, questions()))
    else:
        with openai.OpenAI(base_url=url, api_key="mock", max_retries=0) as client:
            ask_in_threads(lambda question, finding: ask(client, question, finding), questions())


if __name__ == "__main__":
    main(*sys.argv[1:])
