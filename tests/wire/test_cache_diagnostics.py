"""Why the prompt cache was missed, as the SDKs of OpenAI and Anthropic read it."""

import time
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import Message

from completions.state.namespaces import Namespace
from completions.wire import fingerprints
from tests.leaky import LEAKY

pytestmark = LEAKY

SCRIPT = "{version: 1, rules: [{reply: OK.}]}"
RULES = " ".join(f"Rule {number} of this house is plain and must be kept." for number in range(200))
MODEL, CLAUDE = "gpt-6-astra", "claude-opus-5-5"


def tool(name: str) -> Any:
    return {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}, "strict": False}


def respond(client: openai.OpenAI, compared: str | None = None, **more: Any) -> Any:
    options: Any = {} if compared is None else {"comparison_response_id": compared}
    asked: Any = {"model": MODEL, "instructions": RULES, "input": "Reply with exactly OK.", "tools": [tool("get_time")]}
    made = client.responses.create(**{**asked, **more}, prompt_cache_options=options)
    assert made.prompt_cache_options is None or made.prompt_cache_options.comparison_response_id == compared
    return made


def told(response: Any) -> dict[str, Any]:
    return dict(response.prompt_cache_diagnostics.model_dump(exclude_none=True))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"model": "gpt-5.6"}, "model_changed"),
        ({"prompt_cache_key": "other"}, "prompt_cache_key_changed"),
        ({"service_tier": "flex"}, "service_tier_changed"),
        ({"tools": [tool("get_date")]}, "tools_changed"),
        ({"tools": []}, "tools_changed"),
        ({"text": {"format": {"type": "json_object"}}, "input": "Reply with JSON."}, "text_format_changed"),
        ({"reasoning": {"effort": "high"}}, "reasoning_effort_changed"),
        ({"text": {"verbosity": "low"}}, "verbosity_changed"),
        ({"instructions": f"It is noon. {RULES}"}, "input_changed"),
        ({"model": "gpt-5.6", "instructions": "Brief.", "input": RULES}, "model_changed"),  # the first is told
    ],
)
def test_response__tells_what_has_changed(gpt: openai.OpenAI, more: dict[str, Any], reason: str) -> None:
    first = respond(gpt)
    lost = first.usage.input_tokens - 3
    counts = {"cache_missed_tokens": lost, "comparison_reusable_tokens": lost}
    assert told(respond(gpt, first.id, **more)) == {"type": "cache_miss", "reason": reason, **counts}


def test_response__tells_how_much_is_lost_where_the_end_has_changed(gpt: openai.OpenAI) -> None:
    found = told(respond(gpt, respond(gpt).id, input="Say something else."))
    assert (found["reason"], 0 < found["cache_missed_tokens"] < 20) == ("input_changed", True)


@pytest.mark.parametrize("stored", [True, False])
def test_response__tells_of_a_conversation_that_grows(gpt: openai.OpenAI, stored: bool) -> None:
    first = respond(gpt, store=stored)
    said = {"role": "user", "content": "Reply with exactly OK."}
    second = respond(gpt, first.id, input=[said, *first.output, {"role": "user", "content": "And now?"}], store=stored)
    assert told(second) == {"type": "cache_hit"}
    if stored:
        assert told(respond(gpt, second.id, input="More?", previous_response_id=second.id)) == {"type": "cache_hit"}


def test_response__tells_that_the_conversation_was_compacted(gpt: openai.OpenAI) -> None:
    first = respond(gpt)
    shorter = gpt.responses.compact(model=MODEL, input=[{"role": "user", "content": "Reply with exactly OK."}])
    items: Any = [item.model_dump(exclude_none=True, warnings=False) for item in shorter.output]
    found = told(respond(gpt, first.id, input=[*items, {"role": "user", "content": "?"}]))
    assert found["reason"] == "context_compacted"


def test_response__tells_why_nothing_is_compared(gpt: openai.OpenAI) -> None:
    assert told(respond(gpt, "resp_unknown")) == {"type": "comparison_response_not_found"}
    first = respond(gpt)
    assert told(respond(gpt, first.id, model="gpt-5.5")) == {"type": "unavailable"}
    assert told(respond(gpt, first.id, instructions="Be brief.")) == {"type": "unavailable"}
    assert told(respond(gpt, respond(gpt, instructions="Be brief.").id)) == {"type": "unavailable"}
    assert respond(gpt).prompt_cache_diagnostics is None


def test_stream__tells_it_when_the_response_is_complete(gpt: openai.OpenAI) -> None:
    first = respond(gpt)
    asked: Any = {"model": MODEL, "instructions": RULES, "input": "Reply with exactly OK."}
    events = gpt.responses.create(**asked, stream=True, prompt_cache_options={"comparison_response_id": first.id})
    found = {event.type: event.response.prompt_cache_diagnostics for event in events if hasattr(event, "response")}
    assert [*found] == ["response.created", "response.in_progress", "response.completed"]
    assert [each and each.type for each in found.values()] == [None, None, "cache_miss"]


def test_prewarming__writes_the_cache_and_says_nothing(gpt: openai.OpenAI) -> None:
    options: Any = {"prewarm": True}
    start: Any = [{"role": "developer", "content": RULES}]
    warm = gpt.responses.create(model=MODEL, input=start, prompt_cache_options=options)
    assert warm.usage is not None and (warm.output, warm.status, warm.usage.output_tokens) == ([], "completed", 0)
    assert warm.usage.input_tokens_details.cache_write_tokens == warm.usage.input_tokens - 3
    asked = gpt.responses.create(model=MODEL, input=[*start, {"role": "user", "content": "Hi"}])
    assert asked.usage is not None and asked.output_text == "OK."
    assert asked.usage.input_tokens_details.cached_tokens == warm.usage.input_tokens - 3


FIRST: list[Any] = [{"role": "user", "content": "Hello."}]
MORE: list[Any] = [*FIRST, {"role": "assistant", "content": "OK."}, {"role": "user", "content": "And now?"}]
LOOK: Any = {"name": "look", "input_schema": {"type": "object", "properties": {}}}


def ask(client: anthropic.Anthropic, previous: str | None = None, **more: Any) -> Message:
    asked: dict[str, Any] = {"model": CLAUDE, "max_tokens": 100, "system": "Be brief, and kind.", "messages": FIRST}
    made: Message = client.messages.create(**{**asked, "diagnostics": {"previous_message_id": previous}, **more})
    return made


def reason(message: Message) -> dict[str, Any] | None:
    if (found := message.diagnostics) is None:
        return None
    assert found.cache_miss_reason is not None
    return found.cache_miss_reason.model_dump()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"model": "claude-sonnet-4-6"}, "model_changed"),
        ({"tools": [LOOK]}, "tools_changed"),
        ({"system": "Be brief. It is noon."}, "system_changed"),
        ({"system": "Be brief. It is noon.", "tools": [LOOK]}, "tools_changed"),  # they stand first
        ({"messages": FIRST}, "messages_changed"),
        ({"messages": [{"role": "user", "content": "Hello!"}, *MORE[1:]]}, "messages_changed"),
        ({"messages": [*MORE[:-1], {"role": "user", "content": "Now?"}]}, "messages_changed"),
    ],
)
def test_message__tells_what_has_changed(claude: anthropic.Anthropic, more: dict[str, Any], kind: str) -> None:
    first = ask(claude, messages=MORE)
    found = reason(ask(claude, first.id, **{"messages": MORE, **more}))
    assert found is not None and found["type"] == kind and 0 < found["cache_missed_input_tokens"] < 100


def test_message__tells_more_tokens_the_earlier_the_change(claude: anthropic.Anthropic) -> None:
    first = ask(claude, messages=MORE, tools=[LOOK])
    changes: list[dict[str, Any]] = [{"tools": []}, {"system": "Be."}, {"messages": FIRST}]
    lost = [reason(ask(claude, first.id, **{"messages": MORE, "tools": [LOOK], **change})) for change in changes]
    sizes = [each["cache_missed_input_tokens"] for each in lost if each is not None]
    assert sizes == sorted(sizes, reverse=True) and len({*sizes}) == 3


@pytest.mark.parametrize(
    "more",
    [
        {"thinking": {"type": "adaptive"}},
        {"extra_headers": {"anthropic-beta": "context-1m-2025-08-07"}},
        {"output_config": {"effort": "low"}, "messages": FIRST},
    ],
)
def test_message__tells_no_reason_where_another_parameter_differs(
    claude: anthropic.Anthropic, more: dict[str, Any]
) -> None:
    first = ask(claude, messages=MORE)
    assert reason(ask(claude, first.id, **{"messages": MORE, **more})) == {"type": "unavailable"}


@pytest.mark.parametrize(
    "more",
    [
        {"messages": MORE},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]},
        {"system": [{"type": "text", "text": "Be brief, and kind.", "cache_control": {"type": "ephemeral"}}]},
        {"max_tokens": 50, "temperature": None, "metadata": {"user_id": "me"}, "tools": []},
    ],
)
def test_message__tells_nothing_where_all_is_there_again(claude: anthropic.Anthropic, more: dict[str, Any]) -> None:
    first = ask(claude)
    given = {key: value for key, value in more.items() if value is not None}
    assert reason(first) is None and reason(ask(claude, first.id, **given)) is None


def test_message__is_compared_only_if_it_took_part(claude: anthropic.Anthropic) -> None:
    missing = {"type": "previous_message_not_found"}
    assert reason(ask(claude, "msg_unknown")) == missing
    apart = claude.messages.create(model=CLAUDE, max_tokens=100, messages=FIRST)
    assert apart.diagnostics is None and reason(ask(claude, apart.id)) == missing


def test_stream__tells_it_at_its_start(claude: anthropic.Anthropic) -> None:
    first = ask(claude)
    asked: Any = {"model": CLAUDE, "max_tokens": 100, "system": "Other.", "messages": FIRST}
    events = claude.messages.create(**asked, diagnostics={"previous_message_id": first.id}, stream=True)
    start = next(iter(events))
    assert start.type == "message_start" and (found := reason(start.message)) and found["type"] == "system_changed"


def test_thread__is_compared_with_all_that_is_held(claude: anthropic.Anthropic) -> None:
    beta: Any = {"extra_headers": {"anthropic-beta": "message-threads-2026-08-12"}}
    first = ask(claude, extra_body={"thread": {"type": "create"}}, **beta)
    going_on: Any = {"thread": {"type": "continue", "previous_message_id": first.id}}
    more: Any = [{"role": "user", "content": "And now?"}]
    assert reason(ask(claude, first.id, messages=more, extra_body=going_on, **beta)) is None


async def test_fingerprints__are_gone_after_an_hour() -> None:
    records = Namespace("test", "mock").records
    kept = fingerprints.to_store("msg_1", fingerprints.fingerprint({}, []), ends=time.time() - fingerprints.LIFE)
    assert kept.document["expires"] <= time.time()
    assert await records.get(kept.kind, kept.name) is None
