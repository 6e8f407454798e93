"""What the prompt cache had: of prompts that begin alike, and of what is marked with `cache_control`."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from completions.conversation import Prompt
from completions.resolve.caching import steps_for
from completions.state.namespaces import Namespace
from completions.wire.anthropic.prompt import read_prompt as read_claude
from completions.wire.bedrock.prompt import read_prompt as read_converse
from completions.wire.openai.chat.format import read_prompt
from tests.scripts import World, rules, used

PREFIX = " ".join(f"Rule {number} of this house is plain and must be kept." for number in range(200))

THINKING = {"type": "enabled", "budget_tokens": 2000}


def asks(question: str, prefix: str = PREFIX, model: str = "gpt-4o", **more: Any) -> Prompt:
    messages = [{"role": "system", "content": prefix}, {"role": "user", "content": question}]
    return read_prompt({"model": model, "messages": messages, **more}, {})


async def test_repeated_prefix__is_read_in_steps(space: Namespace) -> None:
    first, second = await used(space, asks("One?")), await used(space, asks("And two, please?"))
    assert first.cached_tokens == 0
    assert 2_000 < second.cached_tokens <= second.prompt_tokens - 5 and second.cached_tokens % 128 == 0


@pytest.mark.parametrize(
    "other", [asks("Hi", "A. " + PREFIX), asks("Hi", "Short. " * 100), asks("Hi", model="gpt-4o-mini")]
)
async def test_other_beginnings_and_models__are_not_read(space: Namespace, other: Prompt) -> None:
    await used(space, asks("Hi"))
    assert (await used(space, other)).cached_tokens == 0


def form(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string"}}}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}


def tool(name: str) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": name}}]}


@pytest.mark.parametrize("more", [form, tool])
async def test_schemas_and_tools__stand_before_what_is_said(
    space: Namespace, more: Callable[[str], dict[str, Any]]
) -> None:
    first, same, other = [await used(space, asks("Hi", **more(name))) for name in ("a", "a", "b")]
    assert (first.cached_tokens, other.cached_tokens) == (0, 0)
    assert same.cached_tokens > 2_000


async def test_count__of_a_prompt_that_is_marked_caches_nothing(space: Namespace) -> None:
    await used(space, replace(marked("Hi"), task="count"))
    usage = await used(space, marked("Hi"))
    assert usage.cached_tokens == 0 and usage.cache_creation_tokens > 2_000


async def test_other_namespace__has_a_cache_of_its_own(space: Namespace) -> None:
    await used(space, asks("Hi"))
    assert (await used(Namespace("other", "auto"), asks("Hi"))).cached_tokens == 0


async def test_reset__empties_the_cache(space: Namespace) -> None:
    await used(space, asks("Hi"))
    await space.reset()
    assert (await used(space, asks("Hi"))).cached_tokens == 0


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("gpt-4o", 1024),
        ("gpt-5-mini", 1024),
        ("deepseek-chat", 128),
        ("gemini-2.5-pro", 2048),
        ("gemini-3-flash", 4096),
        ("gpt-4", None),
        ("gpt-3.5-turbo", None),
        ("gemini-2.0-flash", None),
        ("claude-sonnet-4-5", None),
        ("mistral-large-latest", None),
    ],
)
def test_models__cache_by_themselves_from_so_many_tokens_on(model: str, least: int | None) -> None:
    steps = steps_for(asks("Hi", model=model))
    assert (steps and steps.least) == least


def marked(*turns: str, ttl: str = "5m", **more: Any) -> Prompt:
    control = {"cache_control": {"type": "ephemeral", "ttl": ttl}}
    messages = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(turns)]
    body = {"model": "claude-sonnet-4-5", "system": [{"type": "text", "text": PREFIX, **control}], "messages": messages}
    return read_claude(body | more, {})


@pytest.mark.parametrize(
    "model",
    [
        *("claude-opus-4-8", "claude-fable-5", "anthropic/claude-3.7-sonnet", "google/gemini-2.5-flash"),
        *("gpt-5", "deepseek-v4-flash", "mistral-large-latest", "llama-4", "qwen3-32b", "grok-4", "no-such-model"),
    ],
)
async def test_marks__count_for_every_model(space: Namespace, model: str) -> None:
    """OpenRouter takes marks for the models of all vendors."""
    tools = [{"name": "f", "description": "Runs.", "input_schema": {"type": "object", "properties": {}}}]
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"path": "a"}}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    said = [{"role": "user", "content": [image]}, {"role": "assistant", "content": [call]}]
    usage = await used(space, marked("Hi", model=model, tools=tools, messages=said))
    assert 0 < usage.cached_tokens + usage.cache_creation_tokens < usage.prompt_tokens


async def test_marks__are_written_then_read(space: Namespace) -> None:
    first, second = await used(space, marked("Hi")), await used(space, marked("Hello, you"))
    assert first.cache_creation_tokens > 2_000 and first.cached_tokens == 0
    assert second.cached_tokens == first.cache_creation_tokens and second.cache_creation_tokens == 0
    assert second.prompt_tokens - second.cached_tokens < 100


async def test_marks__for_an_hour_are_told_apart(space: Namespace) -> None:
    usage = await used(space, marked("Hi", ttl="1h"))
    assert usage.cache_creation_1h_tokens == usage.cache_creation_tokens > 0


async def test_conversation_that_grows__is_read_and_written_further(space: Namespace) -> None:
    control: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}  # the API puts it on the last block
    first = await used(space, marked("Hi", **control))
    second = await used(space, marked("Hi", "Hello.", "What is new? " * 50, **control))
    assert second.cached_tokens == first.cached_tokens + first.cache_creation_tokens
    assert second.cache_creation_tokens > 100
    assert 0 <= second.prompt_tokens - second.cached_tokens - second.cache_creation_tokens < 100


async def test_loop_with_tools__reads_what_it_wrote_and_writes_what_is_new(space: Namespace) -> None:
    """Signatures, ids and other JSON around what was said cost nothing, so what is new is no cheaper than it is."""
    control: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
    tools = [{"name": f"tool{at}", "description": "Runs.", "input_schema": {"type": "object"}} for at in range(14)]
    said: list[dict[str, Any]] = [{"role": "user", "content": "Look."}]
    usages = []
    for at in range(4):
        thought = {"type": "thinking", "thinking": "", "signature": "EgoEbW9ja9lyzvSX5a3sJBV/cuNvRfrK5mlB2e+9QE5" * 9}
        call = {"type": "tool_use", "id": f"toolu_{at}", "name": "tool1", "input": {"path": "a"}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{at}", "content": [{"type": "text", "text": "Done."}]}
        usages.append(await used(space, marked(tools=tools, messages=said, thinking=THINKING, **control)))
        said = [*said, {"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]
    for first, second in itertools.pairwise(usages):
        assert second.cached_tokens == first.cached_tokens + first.cache_creation_tokens
        assert second.cache_creation_tokens == second.prompt_tokens - first.prompt_tokens > 0


async def test_tools_of_the_api__are_cached_with_all_that_they_bring(space: Namespace) -> None:
    """As recorded of Sonnet 4.6, of whose 8,855 tokens all but 10 were cached."""
    tools = [{"type": "web_search_20260209", "name": "web_search"}]
    usage = await used(space, marked("Hi", model="claude-sonnet-4-6", tools=tools))
    assert 0 < usage.prompt_tokens - usage.cache_creation_tokens < 20


@pytest.mark.parametrize(("model", "least"), [("claude-haiku-4-5", 4096), ("claude-opus-5", 512)])
async def test_marks__of_too_little_are_not_kept(space: Namespace, model: str, least: int) -> None:
    usage = await used(space, marked("Hi", model=model))
    assert (usage.cache_creation_tokens > 0) == (usage.prompt_tokens > least)


async def test_script__sets_what_it_says_and_the_rest_is_counted(tmp_path: Path) -> None:
    counts = {"cache_creation_tokens": 9, "cached_tokens": 5, "audio_tokens": 3, "rejected_prediction_tokens": 1}
    given = ", ".join(f"{key}: {value}" for key, value in counts.items())
    space = World(tmp_path, rules(f"- reply: {{text: Hi, usage: {{{given}}}}}")).namespace
    for _ in range(2):
        usage = await used(space, asks("Hi"))
        assert {key: getattr(usage, key) for key in counts} == counts
        assert usage.prompt_tokens > 2_000 and usage.completion_tokens == 1


@pytest.mark.parametrize(
    ("dialect", "model", "step", "own"),
    [("mistral", "mistral-large-latest", 16, 0), ("groq", "openai/gpt-oss-120b", 128, 0), ("xai", "grok-4.3", 64, 192)],
)
async def test_vendors__cache_in_steps_of_their_own(
    space: Namespace, dialect: str, model: str, step: int, own: int
) -> None:
    def says(question: str) -> Prompt:
        return replace(asks(question, PREFIX[:3000], model), address={"dialect": dialect})

    first, second = await used(space, says("One?")), await used(space, says("And two, please?"))
    assert first.cached_tokens == own
    assert own + 300 < second.cached_tokens < second.prompt_tokens and second.cached_tokens % step == 0


CONVERSE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize("place", ["system", "messages", "tools"])
@pytest.mark.parametrize("ttl", [None, "1h"])
async def test_marks_of_converse__are_written_then_read(space: Namespace, place: str, ttl: str | None) -> None:
    mark = {"cachePoint": {"type": "default"} | ({"ttl": ttl} if ttl else {})}
    tool = {"toolSpec": {"name": "f", "description": PREFIX, "inputSchema": {"json": {"type": "object"}}}}
    content = [{"text": PREFIX}, mark] if place == "messages" else []

    def says(question: str) -> Prompt:
        body: dict[str, Any] = {"messages": [{"role": "user", "content": [*content, {"text": question}]}]}
        body |= {"system": [{"text": PREFIX}, mark]} if place == "system" else {}
        body |= {"toolConfig": {"tools": [tool, mark]}} if place == "tools" else {}
        return read_converse(body, {}, CONVERSE, stream=False)

    first, second = await used(space, says("One?")), await used(space, says("And two, please?"))
    assert first.cache_creation_tokens > 2_000 and first.cached_tokens == 0
    assert (first.cache_creation_1h_tokens > 0) == (ttl == "1h")
    assert abs(second.cached_tokens - first.cache_creation_tokens) < 10 and second.cache_creation_tokens == 0
    assert 0 < second.prompt_tokens - second.cached_tokens < 100


async def test_marks_of_nova__are_kept_of_a_short_prompt_too_and_to_its_end(space: Namespace) -> None:
    mark = {"cachePoint": {"type": "default"}}
    asked = {"role": "user", "content": [{"text": "Say what a cat is."}, mark]}
    body: dict[str, Any] = {"messages": [asked], "system": [{"text": "Hi"}]}
    schema = {"json": {"type": "object", "properties": {"at": {"type": "string"}}}}
    body["toolConfig"] = {"tools": [{"toolSpec": {"name": "look", "description": "Look.", "inputSchema": schema}}]}
    prompt = read_converse(body, {}, "amazon.nova-lite-v1:0", stream=False)
    first, second = await used(space, prompt), await used(space, prompt)
    later = [asked, *({"role": role, "content": [{"text": "And?"}]} for role in ("assistant", "user"))]
    third = await used(space, read_converse({**body, "messages": later}, {}, "amazon.nova-lite-v1:0", stream=False))
    assert third.cached_tokens == first.cache_creation_tokens < third.prompt_tokens
    assert (first.cached_tokens, first.cache_creation_tokens) == (0, first.prompt_tokens)
    assert (second.cached_tokens, second.cache_creation_tokens) == (second.prompt_tokens, 0)
    short = await used(space, read_converse(body, {}, CONVERSE, stream=False))
    assert (short.cached_tokens, short.cache_creation_tokens) == (0, 0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cached_tokens": 500}, {"prompt_tokens": 508}),
        ({"cached_tokens": 500, "cache_creation_tokens": 2000}, {"prompt_tokens": 2508}),
        ({"cached_tokens": 5}, {"prompt_tokens": 8}),
        ({"cache_creation_1h_tokens": 9}, {"prompt_tokens": 17, "cache_creation_tokens": 9}),
        ({"audio_tokens": 30}, {"prompt_tokens": 30}),
        ({"reasoning_tokens": 40}, {"completion_tokens": 41}),
        ({"prompt_tokens": 5, "cached_tokens": 9}, {"prompt_tokens": 5}),
        ({"completion_tokens": 5, "reasoning_tokens": 9}, {"completion_tokens": 5}),
    ],
)
async def test_script__totals_that_it_does_not_give_have_room_for_their_parts(
    tmp_path: Path, given: dict[str, int], told: dict[str, int]
) -> None:
    counts = ", ".join(f"{key}: {value}" for key, value in given.items())
    space = World(tmp_path, rules(f"- reply: {{text: Hi, usage: {{{counts}}}}}")).namespace
    usage = await used(space, read_prompt({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}, {}))
    assert {key: getattr(usage, key) for key in given | told} == given | told
