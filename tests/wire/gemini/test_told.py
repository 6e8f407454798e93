"""What answers tell beside what is said, by model and by address, as it was recorded until August 2026."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.exceptions import RequestError
from completions.resolve.finish import finish
from completions.wire.gemini.generate import Gemini

GEMINI = Gemini()
HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
CALLED = Choice(tool_calls=(ToolCall("look", "{}"),))
TIER = "x-gemini-service-tier"


def asked(
    model: str, method: str = "generateContent", body: dict[str, Any] | None = None, vertex: bool = False
) -> Prompt:
    """Return a prompt."""
    route = {"model": model, "method": method, "alt": "sse"} | ({"project": "p", "vertex": "1"} if vertex else {})
    return GEMINI.parse(orjson.dumps(body or HELLO), {}, validate=False, route=route)


def replied(prompt: Prompt, *choices: Choice, **counts: int) -> Reply:
    """Return a reply that is ready to be rendered."""
    return finish(Reply(choices or (Choice("Hi there."),), counts=counts), prompt, "seed")


def whole(prompt: Prompt, *choices: Choice, **counts: int) -> dict[str, Any]:
    """Return the document of an answer."""
    document: dict[str, Any] = json.loads(GEMINI.render(replied(prompt, *choices, **counts), prompt).data)
    return document


def chunks(prompt: Prompt, *choices: Choice) -> list[dict[str, Any]]:
    """Return the chunks of a stream."""
    return [json.loads(event.data) for event in GEMINI.events(replied(prompt, *choices), prompt)]


def indexes(document: Mapping[str, Any]) -> list[int | None]:
    """Return the index of each candidate."""
    return [candidate.get("index") for candidate in document["candidates"]]


@pytest.mark.parametrize(
    ("model", "vertex", "index"),
    [
        ("gemini-1.5-pro", False, None),
        ("gemini-2.0-flash", False, None),
        ("gemini-2.5-flash", False, 0),
        ("gemini-3-flash-preview", False, 0),
        ("gemini-2.5-flash", True, None),
    ],
)
def test_candidate__has_an_index_by_model_and_address(model: str, vertex: bool, index: int | None) -> None:
    prompt, streamed = (asked(model, method, vertex=vertex) for method in ("generateContent", "streamGenerateContent"))
    assert indexes(whole(prompt)) == [index]
    assert {each for chunk in chunks(streamed) for each in indexes(chunk)} == {index}
    two = HELLO | {"generationConfig": {"candidateCount": 2}}
    assert indexes(whole(asked(model, "generateContent", two, vertex))) == [0, 1]
    several = chunks(asked(model, "streamGenerateContent", two, vertex))
    assert {each for chunk in several for each in indexes(chunk)} == {0, 1}


@pytest.mark.parametrize(
    ("model", "in_whole", "in_stream"),
    [("gemini-2.0-flash", False, False), ("gemini-2.5-flash", True, True), ("gemini-3-flash-preview", True, False)],
)
def test_calls__are_said_to_have_been_made_by_model(model: str, in_whole: bool, in_stream: bool) -> None:
    answer = whole(asked(model), CALLED)
    assert ("finishMessage" in answer["candidates"][0]) is in_whole
    last = chunks(asked(model, "streamGenerateContent"), CALLED)[-1]["candidates"][0]
    assert (last["finishReason"], "finishMessage" in last) == ("STOP", in_stream)


EMBED = {"requests": [{"model": "models/m", "content": {"parts": [{"text": "Hello"}]}}]}
VERTEX = {"promptTokenCount", "promptTokensDetails", "totalTokenCount"}
ONE = {"content": {"parts": [{"text": "Hello"}]}}


@pytest.mark.parametrize(
    ("model", "method", "body", "vertex", "told"),
    [
        ("gemini-embedding-001", "batchEmbedContents", EMBED, False, None),
        ("text-embedding-004", "batchEmbedContents", EMBED, False, None),
        ("gemini-embedding-2", "batchEmbedContents", EMBED, False, {"promptTokenCount", "promptTokenDetails"}),
        ("gemini-embedding-2", "embedContent", ONE, True, VERTEX),
        ("gemini-embedding-2", "embedContent", ONE, False, None),
    ],
)
def test_embeddings__say_what_they_cost_by_model(
    model: str, method: str, body: dict[str, Any], vertex: bool, told: set[str] | None
) -> None:
    usage = whole(asked(model, method, body, vertex), Choice()).get("usageMetadata")
    assert (usage and set(usage)) == told


@pytest.mark.parametrize(
    ("model", "tool", "text", "is_read"),
    [
        ("gemini-2.5-flash", "codeExecution", "Hello", True),
        ("gemini-3-flash-preview", "codeExecution", "Hello", True),
        ("gemini-2.5-flash", "googleSearch", "Hello", True),
        ("gemini-3-flash-preview", "googleSearch", "Hello", False),
        ("gemini-2.5-flash", "urlContext", "Hello", False),
        ("gemini-2.5-flash", "urlContext", "Read https://example.com/a please", True),
    ],
)
def test_usage__counts_what_the_tools_gave_to_read(model: str, tool: str, text: str, is_read: bool) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "tools": [{tool: {}}]}
    for usage in (
        whole(asked(model, body=body))["usageMetadata"],
        chunks(asked(model, "streamGenerateContent", body))[-1]["usageMetadata"],
    ):
        read = usage.get("toolUsePromptTokenCount", 0)
        assert (read > usage["promptTokenCount"]) is is_read is bool(usage.get("toolUsePromptTokensDetails"))
        spent = usage["promptTokenCount"] + usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)
        assert usage["totalTokenCount"] == spent + read
    for other in (whole(asked(model, body=body), CALLED), whole(asked(model, body=body), prompt_tokens=7)):
        assert "toolUsePromptTokenCount" not in other["usageMetadata"]


@pytest.mark.parametrize(
    ("model", "thought", "read", "index"),
    [
        ("gemini-2.5-flash", [1, 1, 1], [0, 0, 1], [0, 0, 0]),
        ("gemini-3-flash-preview", [1, 0, 1], [0, 0, 0], [0, None, 0]),
    ],
)
def test_stream__counts_what_was_thought_with_the_code_and_what_was_read_with_the_text(
    model: str, thought: list[int], read: list[int], index: list[int | None]
) -> None:
    """As recorded of both models, from March to September 2026."""
    body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}], "tools": [{"codeExecution": {}}]}
    said = Choice(" ".join(["so"] * 20), reasoning="Run it.")
    told = chunks(asked(model, "streamGenerateContent", body), said)
    usages = [chunk["usageMetadata"] for chunk in told]
    assert [int("thoughtsTokenCount" in usage) for usage in usages[:3]] == thought
    assert [int("toolUsePromptTokenCount" in usage) for usage in usages[:3]] == read
    assert [each for chunk in told[:3] for each in indexes(chunk)] == index
    counted = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")
    for usage in usages:
        assert usage["totalTokenCount"] == sum(usage.get(name, 0) for name in counted)
    orders = [[name for name in usages[-1] if name in usage] == list(usage) for usage in usages]
    assert all(orders)


@pytest.mark.parametrize(
    ("vertex", "tier", "told"),
    [(False, None, "standard"), (False, "flex", "flex"), (False, "PRIORITY", "priority"), (True, None, None)],
)
def test_tier__is_told_in_a_header_of_what_is_generated(vertex: bool, tier: str | None, told: str | None) -> None:
    body = HELLO | ({"serviceTier": tier} if tier else {})
    prompt = asked("gemini-2.5-flash", "generateContent", body, vertex)
    streamed = asked("gemini-2.5-flash", "streamGenerateContent", body, vertex)
    expected = {TIER: told} if told else {}
    assert GEMINI.render(replied(prompt), prompt).headers == (GEMINI.framing(streamed).headers or {}) == expected
    counted = asked("gemini-2.5-flash", "countTokens", body, vertex)
    assert GEMINI.render(replied(counted), counted).headers == {}


EVERY = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("gemini-2.5-flash", {"outputTokenLimit": 65536, "methods": EVERY, "topK": 64, "thinking": True}),
        ("gemini-3.1-pro-preview", {"outputTokenLimit": 65536, "methods": EVERY, "topK": 64, "thinking": True}),
        ("gemini-flash-latest", {"outputTokenLimit": 65536, "methods": EVERY, "topK": 64, "thinking": True}),
        ("gemini-2.0-flash", {"outputTokenLimit": 8192, "methods": EVERY, "topK": 40}),
        ("gemini-2.5-flash-image", {"outputTokenLimit": 32768, "methods": [*EVERY[:2], EVERY[3]], "topK": 64}),
        ("gemini-2.5-pro-preview-tts", {"outputTokenLimit": 16384, "methods": [*EVERY[:2], EVERY[3]], "topK": 64}),
        ("gemma-4-31b-it", {"methods": EVERY[:2], "topK": 64, "thinking": True}),
        (
            "gemini-embedding-001",
            {
                "outputTokenLimit": 1,
                "methods": ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"],
            },
        ),
        ("imagen-4.0-generate-001", {"inputTokenLimit": 480, "outputTokenLimit": 8192, "methods": ["predict"]}),
    ],
)
def test_model__is_listed_with_what_the_api_lists_it_with(name: str, listed: dict[str, Any]) -> None:
    document = GEMINI.model(name, ())
    told = document | {"methods": document["supportedGenerationMethods"]}
    assert {key: told.get(key) for key in listed} == listed
    assert ("topK" in told, "thinking" in told) == ("topK" in listed, "thinking" in listed)


def test_model__that_the_script_does_not_list_is_not_found() -> None:
    with pytest.raises(RequestError) as caught:
        GEMINI.model("gemini-9", ["gemini-2.5-flash"])
    told = GEMINI.error(caught.value)["error"]
    assert (told["message"], told["status"]) == (
        "Model is not found: models/gemini-9 for api version v1beta",
        "NOT_FOUND",
    )


def test_keys__of_what_tools_found_are_in_the_order_of_2026() -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Read https://example.com/a please"}]}]}
    prompt = asked("gemini-2.5-flash", body={**body, "tools": [{"urlContext": {}}, {"googleSearch": {}}]})
    document = whole(prompt, Choice(text="It says so.", reasoning="Hm."))
    assert [*document["candidates"][0]][-2:] == ["groundingMetadata", "urlContextMetadata"]
    assert [*document["candidates"][0]["groundingMetadata"]] == [
        *("searchEntryPoint", "groundingChunks", "groundingSupports", "webSearchQueries")
    ]
    assert [*document["usageMetadata"]][3:] == [
        *("promptTokensDetails", "toolUsePromptTokenCount", "toolUsePromptTokensDetails"),
        *("thoughtsTokenCount", "serviceTier"),
    ]
