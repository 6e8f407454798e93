"""What messages tell of their cost and their place, by model and request, as recorded from 2025-09 to 2026-08."""

from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.tokens.prompt import prompt_tokens
from completions.wire.anthropic.messages import AnthropicMessages

WIRE = AnthropicMessages()
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FIRST = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
APPLIED: dict[str, Any] = {"applied_edits": []}


def told(
    model: str, choice: Choice | None = None, usage: Usage | None = None, betas: str = "", **asked: Any
) -> list[dict[str, Any]]:
    """Return the message, the start of its stream, and the event that ends it."""
    body = {"model": model, "max_tokens": 2000, "messages": [{"role": "user", "content": "Hello"}], **asked}
    prompt = WIRE.parse(orjson.dumps(body), {"anthropic-beta": betas} if betas else {}, validate=False)
    reply = Reply((choice or Choice("Hi"),), model=model, usage=usage or Usage(9, 2), serial="s")
    events = [orjson.loads(event.data) for event in WIRE.events(reply, prompt)]
    return [WIRE.document(reply, prompt), events[0]["message"], events[-2]]


@pytest.mark.parametrize(
    ("model", "place", "details"),
    [
        ("claude-sonnet-4-20250514", "not_available", False),
        ("claude-opus-4-1-20250805", "not_available", False),
        ("claude-haiku-4-5", "not_available", False),
        ("claude-sonnet-4-5-20250929", "not_available", False),
        ("claude-opus-4-6", "global", False),
        ("claude-sonnet-4-6", "global", False),
        ("claude-opus-4-7", "global", True),
        ("claude-opus-4-8", "global", True),
        ("claude-fable-5", "global", True),
        ("claude-sonnet-5", "global", True),
        ("another-model", "global", False),
    ],
)
def test_model__tells_where_it_runs_and_what_it_thinks(model: str, place: str, details: bool) -> None:
    message, start, end = told(model)
    assert (message["usage"]["inference_geo"], start["usage"]["inference_geo"]) == (place, place)
    assert ["output_tokens_details" in each["usage"] for each in (message, start, end)] == [details, False, details]


def test_usage__tells_the_place_and_the_speed_that_were_asked_for() -> None:
    message, start, end = told("claude-opus-5-5", inference_geo="us", speed="fast")
    for usage in (message["usage"], start["usage"]):
        assert (usage["inference_geo"], usage["speed"]) == ("us", "fast")
    assert {"inference_geo", "speed"}.isdisjoint(end["usage"])
    assert "speed" not in told("claude-opus-5-5", speed=None)[0]["usage"]


@pytest.mark.parametrize(
    ("model", "said", "made"),
    [
        ("claude-fable-5-1", Choice(refusal="No."), {"inference_geo": "not_available"}),
        ("claude-fable-5-1", Choice("Hi"), {"service_tier": "standard", "inference_geo": "global"}),
        ("claude-sonnet-5", Choice(refusal="No."), {"service_tier": "standard", "inference_geo": "global"}),
    ],
)
def test_refusal__before_a_word_was_said_costs_no_words_and_tells_of_no_tier(
    model: str, said: Choice, made: dict[str, str]
) -> None:
    message, start, end = told(model, said)
    for usage in (message["usage"], start["usage"], end["usage"]):
        assert (usage["output_tokens"] == 0) is ("service_tier" not in made)
    for usage in (message["usage"], start["usage"]):
        assert {key: usage[key] for key in ("service_tier", "inference_geo") if key in usage} == made


@pytest.mark.parametrize(
    ("model", "caches"),
    [("claude-3-opus-20240229", False), ("claude-2.1", False), ("claude-3-7-sonnet-20250219", True)],
)
def test_model__that_has_gone_tells_what_was_told_in_its_days(model: str, caches: bool) -> None:
    called = Choice(finish_reason="tool_calls", tool_calls=(ToolCall("look", "{}"),))
    message, start, end = told(model, called)
    for each in (message, start, end["delta"]):
        assert "stop_details" not in each and "caller" not in str(each)
    for each in (message, start):
        assert "inference_geo" not in each["usage"]
        assert ("cache_read_input_tokens" in each["usage"]) is ("service_tier" in each["usage"]) is caches
    assert ("input_tokens" in end["usage"]) is caches
    assert told(model, Choice(refusal="No."))[0]["stop_details"]["explanation"] == "No."
    used = told(model, usage=Usage(9, 2, cached_tokens=4))[0]["usage"]
    assert (used["input_tokens"], used["cache_read_input_tokens"]) == (5, 4)


@pytest.mark.parametrize(("edit", "steps"), [("clear_tool_uses_20250919", False), ("compact_20260112", True)])
def test_edits__that_are_asked_for_are_told_of(edit: str, steps: bool) -> None:
    message, start, end = told("claude-sonnet-4-6", context_management={"edits": [{"type": edit}]})
    assert [each.get("context_management") for each in (message, start, end)] == [APPLIED, None, APPLIED]
    assert [*message][-1] == [*end][-1] == "context_management"
    assert ["iterations" in each["usage"] for each in (message, start, end)] == [steps, False, steps]
    for usage in (message["usage"], end["usage"]) if steps else ():
        (step,) = usage["iterations"]
        at = [*usage].index("iterations")
        assert (usage is end["usage"] and at == len(usage) - 1) or [*usage][at + 1] == "output_tokens"
        assert (step["type"], step["input_tokens"], step["output_tokens"]) == ("message", 9, 2)
    assert "context_management" not in told("claude-sonnet-4-6", context_management=None)[0]


def test_edits__are_told_of_where_their_beta_alone_is_asked_for() -> None:
    message, start, end = told("claude-opus-5", betas="files-api-2025-04-14,context-management-2025-06-27")
    assert [each.get("context_management") for each in (message, start, end)] == [APPLIED, None, APPLIED]
    assert "context_management" not in told("claude-opus-5", betas="files-api-2025-04-14")[0]


SKILL = {"type": "anthropic", "skill_id": "xlsx"}


@pytest.mark.parametrize(
    ("name", "asked", "given", "skills"),
    [
        ("code_execution", None, None, None),
        ("bash_code_execution", "container_1", "container_1", None),
        ("code_execution", {"id": "container_2"}, "container_2", None),
        ("code_execution", {"skills": [SKILL | {"version": "latest"}]}, None, [SKILL | {"version": "20260803"}]),
    ],
)
def test_container__is_told_where_code_has_run(name: str, asked: Any, given: str | None, skills: Any) -> None:
    tools = [{"type": "code_execution_20250825", "name": "code_execution"}]
    ran = Choice("4", tool_calls=(ToolCall(name, "{}", result="{}"),))
    message, start, end = told("claude-sonnet-4-6", ran, tools=tools, container=asked)
    made = message["container"]
    assert [*message][4:7] == ["content", "container", "stop_reason"] and start["container"] is None
    assert end["delta"]["container"] == made and [*end["delta"]][-1] == "container"
    assert made["id"] == given or (given is None and made["id"].startswith("container_01"))
    assert ("abort_reason" in message["content"][-1]["content"]) is (name == "code_execution"), "not of commands"
    assert made["expires_at"] == "1970-01-01T00:05:00.000000Z" and made.get("skills") == skills
    unused = told("claude-sonnet-4-6", tools=tools, container=asked, tool_choice={"type": "none"})
    for other in (told("claude-sonnet-4-6", ran), unused):
        assert other[0]["container"] is other[2]["delta"]["container"] is None


@pytest.mark.parametrize("asked", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}])
def test_thoughts__are_counted_where_they_are_asked_for(asked: dict[str, Any]) -> None:
    message, _, end = told("claude-sonnet-4-5", thinking=asked)
    assert message["usage"]["output_tokens_details"] == end["usage"]["output_tokens_details"] == {"thinking_tokens": 0}
    assert "output_tokens_details" not in told("claude-sonnet-4-5", thinking={"type": "disabled"})[0]["usage"]
    assert "output_tokens_details" in told("claude-sonnet-4-5", usage=Usage(9, 5, reasoning_tokens=3))[0]["usage"]


def test_tools_of_the_api__are_counted_where_they_were_called() -> None:
    calls = Choice("Hi", tool_calls=(ToolCall("web_search", "{}"), ToolCall("web_search", "{}")))
    message, start, end = told("claude-sonnet-4-5", calls, tools=[SEARCH])
    counted = {"web_search_requests": 2, "web_fetch_requests": 0}
    assert message["usage"]["server_tool_use"] == end["usage"]["server_tool_use"] == counted
    assert "server_tool_use" not in start["usage"]
    unused = told("claude-sonnet-4-5", tools=[SEARCH], tool_choice={"type": "none"})
    assert "server_tool_use" not in unused[0]["usage"]


@pytest.mark.parametrize(
    ("tool", "asked", "cost"),
    [
        ("code_execution_20260521", "Compute 123456789 * 987654321 exactly. Reply with just the number.", 2268),
        ("web_fetch_20260318", "Fetch https://www.example.com/ and quote the first sentence of the page", 3830),
        ("web_search_20260318", "What is the current weather in San Francisco?", 4491),
    ],
)
def test_tools_of_the_api__that_run_code_cost_what_was_recorded(tool: str, asked: str, cost: int) -> None:
    """Of Sonnet 4.6, in August 2026; a search of Haiku 4.5 costs as little as it did."""

    def tokens(model: str) -> int:
        offered = [{"type": tool, "name": tool.rpartition("_")[0]}]
        body = {"model": model, "messages": [{"role": "user", "content": asked}], "tools": offered}
        return prompt_tokens(WIRE.parse(orjson.dumps(body), {}, validate=False))

    assert abs(tokens("claude-sonnet-4-6") - cost) < 20
    assert abs(tokens("claude-haiku-4-5") - cost) > 500


@pytest.mark.parametrize(
    ("tools", "cost"),
    [(("fetch_20250910",), 1040), (("search_20250305",), 2218), (("search_20250305", "fetch_20250910"), 2718)],
)
def test_tools_that_read_the_web__cost_what_was_recorded(tools: tuple[str, ...], cost: int) -> None:
    """Fetching alone was recorded of Haiku 4.5, in February 2026; what it has in common with search counts once."""
    offered = [{"type": f"web_{tool}", "name": f"web_{tool.partition('_')[0]}"} for tool in tools]
    body = {"model": "claude-haiku-4-5-20251001", "tools": offered, "messages": [{"role": "user", "content": FETCH}]}
    assert abs(prompt_tokens(WIRE.parse(orjson.dumps(body), {}, validate=False)) - cost) < 5


FETCH = "Tell me what is written on https://perdu.com"


def test_keys__have_the_order_of_the_api() -> None:
    message, start, end = told("claude-opus-4-8", Choice(tool_calls=(ToolCall("web_search", "{}"),)), tools=[SEARCH])
    ending = ["stop_reason", "stop_sequence", "stop_details"]
    usual = ["model", "id", "type", "role", "content", "container", *ending, "usage", "diagnostics"]
    placed = ["output_tokens", "output_tokens_details", "service_tier", "inference_geo", "server_tool_use"]
    assert list(message) == list(start) == usual and message["diagnostics"] is start["diagnostics"] is None
    assert list(end["delta"]) == [*ending, "container"]
    assert not {"container", "diagnostics"} & {*told("claude-3-opus-20240229")[0]}
    assert list(message["usage"]) == [*FIRST, "cache_creation", *placed]
    assert list(end["usage"]) == [*FIRST, "output_tokens", "output_tokens_details", "server_tool_use"]


def test_refusal__comes_with_a_credit_for_another_model_in_the_beta_that_brings_it() -> None:
    beta, refused = "fallback-credit-2026-07-01", Choice("I", refusal="No.")
    message, _, end = told("claude-opus-5", refused, betas=beta)
    details = message["stop_details"]
    assert end["delta"]["stop_details"] == details and details["fallback_has_prefill_claim"] is True
    assert (
        told("claude-opus-5", Choice(refusal="No."), betas=beta)[0]["stop_details"]["fallback_has_prefill_claim"]
        is False
    )
    assert "fallback_credit_token" not in told("claude-opus-5", refused)[0]["stop_details"]
    token = details["fallback_credit_token"]
    spent = {"type": "not_applied", "reason": "invalid_target_model"}
    for model, given, status in [
        ("claude-opus-5", {"token": token, "mode": "best_effort"}, spent),
        ("claude-opus-4-8", {"token": token}, {"type": "redeemed"}),
        ("claude-opus-4-8", token, {"type": "redeemed"}),
    ]:
        usage = told(model, betas=beta, fallback_credit_token=given)[0]["usage"]
        assert usage["fallback_credit"] == {"status": status}
    assert "fallback_credit" not in message["usage"]
