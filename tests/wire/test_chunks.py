"""Several tokens of a text in a chunk, on every surface that streams text."""

import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openai import OpenAI
from pytest_django import Settings

from completions.conversation import ParsedExchange, Traffic
from completions.journal.exchange import Exchange
from completions.journal.writer import writer
from completions.receive.handler import Handler
from completions.wire.documents import documents
from completions.wire.registry import read
from tests.asgi import Answer, call
from tests.patience import PATIENCE
from tests.same_bytes.requests import GEMINI, SURFACES, Body, Surface, chat, gemini
from tests.server import LiveServer, serving

SCRIPT = Path(__file__).parent.parent / "same_bytes" / "script.yaml"
AMAZON = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def converse(subject: str) -> Body:
    return {"messages": [{"role": "user", "content": [{"text": subject}]}]}


def cohere(subject: str) -> Body:
    return chat(subject, "command-a-03-2025")


STREAMED = {
    **SURFACES,
    "gemini": Surface(f"{GEMINI}streamGenerateContent", gemini, {}, b"alt=sse"),
    "gemini, an array": Surface(f"{GEMINI}streamGenerateContent", gemini, {}),
    "bedrock": Surface(f"{AMAZON}/converse-stream", converse, {}),
    "cohere": Surface("/v2/chat", cohere),
}
SUBJECTS = ("Text", "Reasoning", "Two calls", "Refusal", "JSON", "Cut", "Echo", "Auto")


@pytest.fixture(autouse=True)
def exchanges(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    settings.MOCK_SCRIPT = str(SCRIPT)
    ended: list[Exchange] = []
    monkeypatch.setattr(writer, "add", ended.append)
    return ended


async def ask(surface: Surface, body: Body, pacing: str = "", fault: str = "") -> Answer:
    headers = {**surface.headers, "X-Mock-Pacing": pacing, "X-Mock-Fault": fault}
    given = {name: value for name, value in headers.items() if value}
    data = json.dumps(body | surface.stream).encode()
    answer = await call(Handler(), "POST", surface.path, data, headers=given, query=surface.query)
    assert answer.status == 200, answer.body
    return answer


def heard(surface: Surface, body: Body, answer: Answer) -> ParsedExchange:
    return read(Traffic("POST", surface.path, json.dumps(body | surface.stream).encode(), tuple(answer.pieces)))


def told(said: ParsedExchange) -> Any:
    """Return all that was said and what it cost, without ids."""
    assert said.reply is not None
    calls = [[(call.name, call.arguments) for call in choice.tool_calls] for choice in said.reply.choices]
    texts = [(each.text, each.reasoning, each.refusal, each.finish_reason) for each in said.reply.choices]
    return texts, calls, said.reply.usage


@pytest.mark.parametrize("surface", STREAMED.values(), ids=STREAMED)
async def test_pieces__are_of_the_events_that_carried_them(surface: Surface, exchanges: list[Exchange]) -> None:
    body = surface.body("Text")
    await ask(surface, body)
    sent = exchanges[0].sent
    assert sent is not None
    frames = list(sent.frames)
    traffic = Traffic("POST", surface.path, json.dumps(body | surface.stream).encode(), tuple(frames))
    pieces = read(traffic).pieces
    assert len({piece.event for piece in pieces}) == len(pieces) > 1
    for piece in pieces:
        frame = frames[piece.event].decode("utf-8", "ignore")
        assert json.dumps(piece.text)[1:-1] in frame or json.dumps(piece.text, ensure_ascii=False)[1:-1] in frame


def runs(said: ParsedExchange) -> list[list[str]]:
    """Return the pieces of each text."""
    return [[piece.text for piece in run] for _, run in groupby(said.pieces, lambda piece: (piece.choice, piece.kind))]


def tokens_of(exchange: Exchange) -> tuple[int, int]:
    """Return how many tokens the events that were sent have, and how many events have any."""
    assert exchange.sent is not None
    sent = exchange.sent.tokens[: exchange.sent.ends[-1]] if exchange.sent.ends else ()
    return sum(sent), sum(map(bool, sent))


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("name", STREAMED)
async def test_chunks__say_the_same_in_fewer_of_them(name: str, subject: str, exchanges: list[Exchange]) -> None:
    surface = STREAMED[name]
    body = surface.body(subject)
    single, joined = await ask(surface, body, "tokens_per_chunk=1"), await ask(surface, body, "tokens_per_chunk=3")
    one, three = heard(surface, body, single), heard(surface, body, joined)
    assert told(one) == told(three)
    assert runs(three) == [["".join(run[at : at + 3]) for at in range(0, len(run), 3)] for run in runs(one)]
    (tokens, events), (same, fewer) = map(tokens_of, exchanges)
    assert tokens == same
    assert events == tokens or (name.startswith("gemini") and subject == "Two calls"), "whose calls come together"
    assert fewer < events or not any(len(run) > 1 for run in runs(one))
    assert exchanges[0].chunks - exchanges[1].chunks == events - fewer


@pytest.mark.parametrize("name", STREAMED)
async def test_fault__strikes_before_the_chunk_with_a_later_token(name: str, exchanges: list[Exchange]) -> None:
    surface = STREAMED[name]
    for after in range(1, 7):
        await ask(surface, surface.body("Text"), "tokens_per_chunk=3", f"disconnect; after_tokens={after}")
    assert [tokens_of(exchange)[0] for exchange in exchanges] == [0, 0, 3, 3, 3, 6]


LOGPROBS: dict[str, tuple[Body, Callable[[Body], list[tuple[str, list[str]]]]]] = {
    "chat": (
        {"logprobs": True, "top_logprobs": 2},
        lambda each: [
            (choice["delta"].get("content"), [entry["token"] for entry in choice["logprobs"]["content"]])
            for choice in each["choices"]
            if choice.get("logprobs")
        ],
    ),
    "legacy": (
        {"logprobs": 2},
        lambda each: [
            (choice["text"], choice["logprobs"]["tokens"]) for choice in each["choices"] if choice["logprobs"]
        ],
    ),
    "responses": (
        {"include": ["message.output_text.logprobs"]},
        lambda each: [
            (each["delta"], [entry["token"] for entry in each["logprobs"]])
            for _ in range(each["type"] == "response.output_text.delta")
        ],
    ),
    "ollama chat": (
        {"logprobs": True},
        lambda each: [
            (each["message"]["content"], [entry["token"] for entry in each["logprobs"]])
            for _ in range("logprobs" in each)
        ],
    ),
    "gemini": (
        {"generationConfig": {"responseLogprobs": True, "logprobs": 2}},
        lambda each: [
            (
                candidate["content"]["parts"][0]["text"],
                [entry["token"] for entry in candidate["logprobsResult"]["chosenCandidates"]],
            )
            for candidate in each["candidates"]
            if "parts" in candidate["content"] and "logprobsResult" in candidate
        ],
    ),
}


@pytest.mark.parametrize("name", LOGPROBS)
async def test_logprobs__are_those_of_all_tokens_of_a_chunk(name: str) -> None:
    more, find = LOGPROBS[name]
    surface = STREAMED[name]._replace(path=STREAMED[name].path.replace("gemini-2.5", "gemini-2.0"))
    body = surface.body("Cut") | more
    single, joined = await ask(surface, body), await ask(surface, body, "tokens_per_chunk=3")
    one, three = (
        [found for _, document in documents(answer.pieces) for found in find(document) if found[1]]
        for answer in (single, joined)
    )
    assert [tokens for _, tokens in one] == [[text] for text, _ in one]
    assert [text for text, _ in three] == ["".join(tokens) for _, tokens in three]
    assert [token for _, tokens in three for token in tokens] == [text for text, _ in one]
    assert [len(tokens) for _, tokens in three][:2] == [3, 3]


async def test_chunks__that_are_given_have_no_size(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\nrules:\n- reply: {events: ['{}', '[DONE]']}\n")
    settings.MOCK_SCRIPT = str(file)
    surface = SURFACES["chat"]
    data = json.dumps(surface.body("Text") | surface.stream).encode()
    answer = await call(Handler(), "POST", surface.path, data, headers={"X-Mock-Pacing": "tokens_per_chunk=3"})
    assert (answer.status, json.loads(answer.body)["error"]["message"]) == (
        400,
        "The header X-Mock-Pacing cannot be used: `tokens_per_chunk` has no effect: "
        "this answer's chunks are given as they are.",
    )


TEN = "One two three four five six seven eight nine ten"


IN_FOURS = {
    "version": 1,
    "defaults": {"pacing": {"ttft_ms": 0, "itl_ms": 0, "tokens_per_chunk": 4}},
    "rules": [
        {"match": {"model": "gpt-4o-mini"}, "pacing": {"tokens_per_chunk": 1}, "reply": TEN},
        {"match": {"model": "gpt-4o"}, "reply": TEN},
    ],
}
server = serving(script=yaml.safe_dump(IN_FOURS))


def said_in_chunks(client: OpenAI, model: str) -> list[str]:
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}], stream=True)
    return [said for chunk in stream if (said := chunk.choices[0].delta.content)]


def test_script__openai_python_gets_chunks_by_defaults_rules_and_pushed_rules(server: LiveServer) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key="x", timeout=PATIENCE) as client:
        assert said_in_chunks(client, "gpt-4o") == ["One two three four", " five six seven eight", " nine ten"]
        assert said_in_chunks(client, "gpt-4o-mini") == [TEN.split()[0], *(f" {word}" for word in TEN.split()[1:])]
        sizes = {"mean": 3, "kind": "uniform", "spread": 1, "seed": 5}
        rule = {"match": {"model": "gpt-4.1"}, "reply": " ".join([TEN] * 4), "pacing": {"tokens_per_chunk": sizes}}
        assert httpx.post(f"{server.url}/_mock/rules", json=rule, timeout=PATIENCE).is_success
        chunks = said_in_chunks(client, "gpt-4.1")
        assert chunks == said_in_chunks(client, "gpt-4.1"), "the same request has the same chunks"
        assert "".join(chunks) == rule["reply"]
        assert len({len(chunk.split()) for chunk in chunks}) > 2


def test_responses__goes_on_in_the_same_events(server: LiveServer) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key="x", timeout=PATIENCE) as client:
        first: list[Any] = list(client.responses.create(model="gpt-4o", input="Hi", stream=True, background=True))
        name = first[0].response.id
        again = list(client.responses.retrieve(name, stream=True, starting_after=4))
    deltas = [event.delta for event in first if event.type == "response.output_text.delta"]
    assert deltas == ["One two three four", " five six seven eight", " nine ten"]
    assert [(event.sequence_number, event.type, getattr(event, "delta", "")) for event in again] == [
        (event.sequence_number, event.type, getattr(event, "delta", "")) for event in first[5:]
    ]
