"""Parameters of vendors' own that show in an answer: where thoughts are, what is echoed, what was searched."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import openai
import pytest

from completions.tokens import text as tokens
from tests.server import LiveServer

SCRIPT = """
version: 1
rules:
  - match: {last_user: think}
    reply: {reasoning: Two and two., text: Four is the answer.}
  - match: {last_user: cite}
    reply:
      text: As they say.
      annotations: [{type: url_citation, url_citation: {url: "https://own.example/", title: Own}}]
  - match: {last_user: choose}
    reply: {auto: true}
  - reply: " a city in France."
"""
ASKED: list[Any] = [{"role": "user", "content": "think"}]

Clients = Callable[[str], openai.OpenAI]


@pytest.fixture
def clients(live: LiveServer) -> Iterator[Clients]:
    """Return a function that returns OpenAI's client for a vendor's address."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(openai.OpenAI(base_url=f"{live.url}/{path}", api_key="k", max_retries=0))


def texts_of(client: openai.OpenAI, **request: Any) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the text and the thoughts of a whole answer, and of a stream."""
    message = client.chat.completions.create(**request).choices[0].message
    deltas = [chunk.choices[0].delta for chunk in client.chat.completions.create(**request, stream=True)]
    said = "".join(delta.content or "" for delta in deltas)
    thought = "".join(getattr(delta, "reasoning", None) or "" for delta in deltas)
    return (message.content or "", getattr(message, "reasoning", None) or ""), (said, thought)


IN_TEXT = ("<think>\nTwo and two.\n</think>\n\nFour is the answer.", "")
APART = ("Four is the answer.", "Two and two.")
HIDDEN = ("Four is the answer.", "")


@pytest.mark.parametrize(
    ("model", "format", "expected"),
    [
        ("qwen-3-32b", "raw", IN_TEXT),
        ("qwen-3-32b", "hidden", HIDDEN),
        ("qwen-3-32b", "parsed", APART),
        ("gpt-oss-120b", "hidden", HIDDEN),
        ("gpt-oss-120b", "text_parsed", APART),
        ("gpt-oss-120b", "none", APART),
    ],
)
def test_cerebras__has_thoughts_where_the_request_wants_them(
    clients: Clients, model: str, format: str, expected: tuple[str, str]
) -> None:
    request = {"model": model, "messages": ASKED, "extra_body": {"reasoning_format": format}}
    assert texts_of(clients("cerebras/v1"), **request) == (expected, expected)


def test_cerebras__knows_its_formats(clients: Clients) -> None:
    with pytest.raises(openai.BadRequestError, match="reasoning_format"):
        options = {"reasoning_format": "loud"}
        clients("cerebras/v1").chat.completions.create(model="qwen-3-32b", messages=ASKED, extra_body=options)


def test_together__echoes_the_messages_beside_the_answer(clients: Clients) -> None:
    messages: Any = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Where is Paris?"}]
    options = {"echo": True, "logprobs": 1}
    chat = clients("together/v1").chat.completions
    answer: Any = chat.create(model="openai/gpt-oss-20b", messages=messages, extra_body=options)
    assert [item["text"] for item in answer.prompt] == ["Be brief", "Where is Paris?"]
    logprobs = answer.prompt[1]["logprobs"]
    assert "".join(logprobs["tokens"]) == "Where is Paris?"
    assert logprobs["token_logprobs"][0] is None
    assert all(each < 0 for each in logprobs["token_logprobs"][1:])
    assert len(logprobs["token_ids"]) == len(logprobs["tokens"])
    assert answer.choices[0].message.content == " a city in France."
    plain: Any = chat.create(model="openai/gpt-oss-20b", messages=messages, extra_body={"echo": True})
    assert plain.prompt[0] == {"text": "Be brief", "logprobs": None}
    silent: Any = chat.create(model="openai/gpt-oss-20b", messages=messages)
    assert silent.prompt == []


def test_together__echoes_a_text_beside_the_completion(clients: Clients) -> None:
    request: Any = {"model": "openai/gpt-oss-20b", "prompt": "Paris is", "echo": True}
    answer: Any = clients("together/v1").completions.create(**request)
    assert (answer.prompt[0]["text"], answer.choices[0].text) == ("Paris is", " a city in France.")


@pytest.mark.parametrize(
    ("model", "plugins", "urls"),
    [
        ("openai/gpt-4o:online", None, ["https://example.com/"]),
        ("anthropic/claude-sonnet-4.5", [{"id": "web", "max_results": 2}], ["https://example.com/"]),
        ("openai/gpt-4o", [{"id": "web", "enabled": False}], []),
        ("openai/gpt-4o", None, []),
    ],
)
def test_openrouter__cites_a_page_of_the_web(clients: Clients, model: str, plugins: Any, urls: list[str]) -> None:
    extra = {"extra_body": {"plugins": plugins}} if plugins else {}
    messages: Any = [{"role": "user", "content": "Where?"}]
    chat: Any = clients("openrouter/api/v1").chat.completions
    annotations = chat.create(model=model, messages=messages, **extra).choices[0].message.annotations or []
    assert [each.url_citation.url for each in annotations] == urls
    deltas = [chunk.choices[0].delta for chunk in chat.create(model=model, messages=messages, stream=True, **extra)]
    streamed = [each for delta in deltas for each in getattr(delta, "annotations", None) or []]
    assert [each["url_citation"]["url"] for each in streamed] == urls


def test_openrouter__cites_what_a_script_says(clients: Clients) -> None:
    messages: Any = [{"role": "user", "content": "cite"}]
    answer = clients("openrouter/api/v1").chat.completions.create(model="openai/gpt-4o:online", messages=messages)
    (annotation,) = answer.choices[0].message.annotations or []
    assert annotation.url_citation.url == "https://own.example/"


@pytest.mark.parametrize(("path", "model"), [("v1", "davinci-002"), ("vllm/v1", "Qwen/Qwen3-8B")])
def test_echo__has_no_probability_of_its_first_token(clients: Clients, path: str, model: str) -> None:
    """Nothing precedes it, as harnesses that score a prompt expect."""
    request: Any = {"model": model, "prompt": "Paris is", "echo": True, "logprobs": 2}
    whole: Any = clients(path).completions.create(**request).choices[0].logprobs
    assert (whole.token_logprobs[0], whole.top_logprobs[0]) == (None, None)
    assert all(each < 0 for each in whole.token_logprobs[1:])
    assert all(len(each) == 2 for each in whole.top_logprobs[1:])
    chunks: list[Any] = list(clients(path).completions.create(**request, stream=True))
    assert chunks[0].choices[0].text == "Paris is"
    streamed = [chunk.choices[0].logprobs.token_logprobs for chunk in chunks if chunk.choices[0].logprobs]
    assert [each for some in streamed for each in some] == whole.token_logprobs
    bare: Any = clients(path).completions.create(**(request | {"logprobs": 0})).choices[0].logprobs
    assert (bare.token_logprobs[0] < 0, bare.top_logprobs) == (True, None)  # the SDK has no type for a null there


def test_echo__is_nothing_to_ollama(clients: Clients) -> None:
    answer = clients("ollama/v1").completions.create(model="llama3.2", prompt="Paris is", echo=True)
    assert answer.choices[0].text == " a city in France."


@pytest.mark.parametrize(("n", "factor"), [(1, 4), (2, 2), (4, 1)])
def test_best_of__counts_the_tokens_of_all_candidates(clients: Clients, n: int, factor: int) -> None:
    request: Any = {"model": "gpt-3.5-turbo-instruct", "prompt": "Paris is", "n": n}
    alone: Any = clients("v1").completions.create(**request)
    best: Any = clients("v1").completions.create(**request, best_of=4)
    assert best.usage.completion_tokens == factor * alone.usage.completion_tokens
    assert best.usage.total_tokens == best.usage.prompt_tokens + best.usage.completion_tokens
    assert len(best.choices) == n


@pytest.mark.parametrize("names", [["yes"], [" yes", " no"]])
@pytest.mark.parametrize(("limit", "reason", "count"), [(1, "length", 1), (3, "length", 3), (None, "stop", 1)])
def test_logit_bias__of_100_leaves_only_its_tokens(
    clients: Clients, names: list[str], limit: int | None, reason: str, count: int
) -> None:
    """As classifiers ask for one of a few words."""
    biases = {str(id_): 100 for name in names for id_ in tokens.ids(name, "gpt-4o")} | {"7": -100, "9": 5}
    request: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "choose"}], "logit_bias": biases}
    answer: Any = clients("v1").chat.completions.create(**request, max_tokens=limit)
    said = answer.choices[0].message.content or ""
    assert said in [name * count for name in names]
    assert answer.choices[0].finish_reason == reason


@pytest.mark.parametrize("biases", [{"7": 99}, {"7": -100}, {"99999999999": 100}, {}])
def test_logit_bias__of_less_restricts_nothing(clients: Clients, biases: dict[str, int]) -> None:
    request: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "choose"}], "logit_bias": biases}
    assert len(clients("v1").chat.completions.create(**request).choices[0].message.content or "") > 20


def test_zai__has_the_id_of_the_request(clients: Clients) -> None:
    request: Any = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Where?"}]}
    chat: Any = clients("zai/api/paas/v4").chat.completions
    named = chat.create(**request, extra_body={"request_id": "mine-1"})
    assert (named.request_id, named.id == "mine-1") == ("mine-1", False)
    unnamed = chat.create(**request)
    assert unnamed.request_id == unnamed.id


def test_openrouter__searches_by_a_tool_and_counts_it(clients: Clients) -> None:
    """As it was recorded of deepseek-chat in August 2026; a page is not cited at a place."""
    request: Any = {"model": "deepseek/deepseek-chat", "messages": [{"role": "user", "content": "Where?"}]}
    tools = {"extra_body": {"tools": [{"type": "openrouter:web_search", "parameters": {"max_uses": 1}}]}}
    chat: Any = clients("openrouter/api/v1").chat.completions
    answer, plain = chat.create(**request, **tools), chat.create(**request)
    (annotation,) = answer.choices[0].message.annotations
    keys = ["url", "title", "start_index", "end_index", "content"]
    assert sorted(annotation.url_citation.model_dump()) == sorted(keys)
    assert (annotation.url_citation.start_index, annotation.url_citation.end_index) == (0, 0)
    assert set(answer.usage.server_tool_use_details.values()) == {1}
    assert not hasattr(plain.usage, "server_tool_use_details")
    first, second, *_, last = chat.create(**request, **tools, stream=True)
    cited = [getattr(chunk.choices[0].delta, "annotations", None) for chunk in (first, second)]
    assert (first.choices[0].delta.content, bool(cited[0]), cited[1]) == ("", True, None)  # the page is sent first
    assert last.usage.server_tool_use_details == answer.usage.server_tool_use_details
