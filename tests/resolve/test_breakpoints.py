"""The prompt cache of OpenAI's models since GPT-5.6: where it ends, what is written, and what is read again."""

from typing import Any

import pytest

from completions.conversation import Prompt
from completions.state.namespaces import Namespace
from completions.wire.openai.cache_points import UNCACHED, looked_up_and_written
from completions.wire.openai.chat.format import read_prompt as read_chat
from completions.wire.openai.responses.prompt import read_prompt as read_response
from tests.scripts import used

MODEL = "gpt-5.6-sol"
RULES = " ".join(f"Rule {number} of this house is plain and must be kept." for number in range(200))
EXPLICIT: Any = {"prompt_cache_options": {"mode": "explicit"}}
TOOLS = [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]


async def cached(space: Namespace, prompt: Prompt) -> tuple[int, int]:
    usage = await used(space, prompt)
    return usage.cached_tokens, usage.cache_creation_tokens


def said(role: str, *texts: str, marked: int = -1, **mark: Any) -> dict[str, Any]:
    parts = [{"type": "input_text", "text": text} for text in texts]
    marks = {"prompt_cache_breakpoint": {"mode": "explicit", **mark}}
    return {"role": role, "content": [part | (marks if at == marked else {}) for at, part in enumerate(parts)]}


def asks(*items: dict[str, Any], model: str = MODEL, **more: Any) -> Prompt:
    return read_response({"model": model, "input": list(items), **more}, {})


START = (said("developer", RULES), said("user", "Hi"))


async def test_prompt__is_written_whole_but_for_what_begins_the_answer(space: Namespace) -> None:
    first = await used(space, asks(*START))
    assert (first.cached_tokens, first.cache_creation_tokens) == (0, first.prompt_tokens - UNCACHED)


async def test_conversation_that_grows__reads_just_what_was_written(space: Namespace) -> None:
    turns = [*START]
    written = 0
    for answer, question in (("Hello.", "And now?"), ("Nothing.", "Nothing at all?"), ("No.", "Why?")):
        usage = await used(space, asks(*turns))
        assert usage.cached_tokens == written
        assert usage.cached_tokens + usage.cache_creation_tokens == usage.prompt_tokens - UNCACHED
        written = usage.prompt_tokens - UNCACHED
        turns += [said("assistant", answer), said("user", question)]
    assert await cached(space, asks(*turns[:-2])) == (written, 0)


async def test_results_of_calls__end_the_cache_once_all_are_there(space: Namespace) -> None:
    calls = [{"type": "function_call", "call_id": name, "name": "look", "arguments": "{}"} for name in "ab"]
    results = [{"type": "function_call_output", "call_id": name, "output": "Fine."} for name in "ab"]
    first = await used(space, asks(*START, *calls, *results, tools=TOOLS))
    assert first.cache_creation_tokens == first.prompt_tokens - UNCACHED
    assert (await cached(space, asks(*START, *calls, results[0], tools=TOOLS)))[0] == 0
    more = await used(space, asks(*START, *calls, *results, said("assistant", "So."), said("user", "?"), tools=TOOLS))
    assert more.cached_tokens == first.prompt_tokens - UNCACHED


async def test_chat__is_cached_likewise(space: Namespace) -> None:
    messages = [{"role": "developer", "content": RULES}, {"role": "user", "content": "Hi"}]
    body: dict[str, Any] = {"model": f"openai/{MODEL}", "messages": messages}
    written = (await used(space, read_chat(body, {}))).cache_creation_tokens
    answer = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "More?"}]
    assert (await cached(space, read_chat({**body, "messages": [*messages, *answer]}, {})))[0] == written > 2_000


async def test_beginning_that_prompts_share__is_not_cached_without_a_mark(space: Namespace) -> None:
    """The guide tells this as what surprises most."""
    await used(space, asks(*START))
    assert (await cached(space, asks(START[0], said("user", "Ho"))))[0] == 0
    marked = said("developer", RULES, marked=0)
    await used(space, asks(marked, said("user", "Hi")))
    read, written = await cached(space, asks(marked, said("user", "Hey")))
    assert read > 2_000 and 0 < written < 20


@pytest.mark.parametrize("role", ["developer", "user"])
async def test_mark__ends_the_cache_within_a_message(space: Namespace, role: str) -> None:
    first = await used(space, asks(said(role, RULES, "It is noon.", marked=0), said("user", "Hi"), **EXPLICIT))
    second = await used(space, asks(said(role, RULES, "It is later.", marked=0), said("user", "Ho"), **EXPLICIT))
    assert 2_000 < first.cache_creation_tokens < first.prompt_tokens - 5
    assert (second.cached_tokens, second.cache_creation_tokens) == (first.cache_creation_tokens, 0)


async def test_explicit_mode__caches_nothing_else(space: Namespace) -> None:
    assert await cached(space, asks(*START, **EXPLICIT)) == (0, 0)
    await used(space, asks(*START))
    assert await cached(space, asks(*START, **EXPLICIT)) == (0, 0)
    read, written = await cached(space, asks(START[0], said("user", "Hi", marked=0), **EXPLICIT))
    assert read > 2_000 and written == 0  # where the one ends by itself, the other has a mark


@pytest.mark.parametrize(("options", "written"), [({}, 3), (EXPLICIT, 4)])
async def test_places__are_written_up_to_four(options: dict[str, Any], written: int) -> None:
    marked = [said("developer", f"{RULES} {number}", marked=0) for number in range(6)]
    found = []
    for count in range(1, 7):
        space = Namespace("test", "auto")
        await used(space, asks(*marked, said("user", "Hi"), **options))
        found.append((await cached(space, asks(*marked[:count], **EXPLICIT)))[0] > 0)
    assert found == [False] * (6 - written) + [True] * written


@pytest.mark.parametrize(
    "other",
    [
        {"prompt_cache_key": "another"},
        {"tools": TOOLS},
        {"parallel_tool_calls": False},
        {"text": {"format": {"type": "json_object"}}},
        {"text": {"verbosity": "low"}},
        {"reasoning": {"effort": "high"}},
        {"service_tier": "flex"},
        {"model": "gpt-5.6-luna"},
    ],
)
async def test_other_settings__have_a_cache_of_their_own(space: Namespace, other: dict[str, Any]) -> None:
    await used(space, asks(*START))
    assert (await cached(space, asks(*START, **other)))[0] == 0
    assert (await cached(space, asks(*START, **other)))[0] > 2_000


async def test_settings__that_are_said_as_they_are_anyway_change_nothing(space: Namespace) -> None:
    await used(space, asks(*START))
    usual: dict[str, Any] = {"text": {"format": {"type": "text"}, "verbosity": "medium"}, "service_tier": "auto"}
    assert (await cached(space, asks(*START, **usual, tool_choice="none", max_output_tokens=50)))[1] == 0


@pytest.mark.parametrize(
    ("items", "options", "minutes"),
    [
        (START, {}, 30),
        (START, {"ttl": "12h"}, 720),
        ((said("developer", RULES, marked=0, ttl="12h"), said("user", "Hi")), {"mode": "explicit"}, 720),
        ((said("developer", RULES, marked=0), said("user", "Hi")), {"mode": "explicit", "ttl": "30m"}, 30),
    ],
)
def test_cache__lives_as_long_as_is_said(items: tuple[Any, ...], options: dict[str, str], minutes: int) -> None:
    _, written = looked_up_and_written(asks(*items, prompt_cache_options=options))
    assert [point.seconds for point in written] == [minutes * 60]


@pytest.mark.parametrize("model", ["gpt-5.6", "gpt-5.5"])
async def test_short_prompt__is_not_cached(space: Namespace, model: str) -> None:
    for _ in range(2):
        assert await cached(space, asks(said("user", "Rule. " * 400), model=model)) == (0, 0)


async def test_models_before__are_read_in_steps_and_tell_no_writes(space: Namespace) -> None:
    await used(space, asks(*START, model="gpt-5.5"))
    read, written = await cached(space, asks(START[0], said("user", "Ho"), model="gpt-5.5"))
    assert read > 2_000 and read % 128 == 0 and written == 0
