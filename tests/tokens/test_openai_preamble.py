"""What stands before a conversation with OpenAI's models: what recordings of its chat show of tools and schemas."""

from typing import Any

import orjson
import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolCall, ToolChoice
from completions.tokens import text as tokens
from completions.tokens.prompt import prompt_tokens
from completions.tokens.typescript import functions
from completions.wire.openai.responses.format import Responses

GREET = Tool("greet", "Says hello to a guest.", {"type": "object", "properties": {"guest": {"type": "string"}}})
GUEST = {"type": "object", "properties": {"guest": {"type": "string"}}, "required": ["guest"]}
FORM = ResponseFormat("json_schema", "Guest", GUEST, strict=True)
USER = Message("user", "Who comes?")


def counted(*messages: Message, model: str = "gpt-4o", **fields: Any) -> int:
    return prompt_tokens(Prompt(model=model, messages=messages or (USER,), **fields))


def more(*messages: Message, model: str = "gpt-4o", **fields: Any) -> int:
    return counted(*messages, model=model, **fields) - counted(*messages, model=model)


@pytest.mark.parametrize("asked", [{"tools": (GREET,)}, {"response_format": FORM}])
def test_preamble__joins_the_mark_that_ends_a_system_message(asked: dict[str, Any]) -> None:
    joined, apart = (more(Message("system", text), USER, **asked) for text in ("Be polite.", "Be polite"))
    assert apart == joined + 1
    alike = [more(Message("system", text), USER, model="gpt-5-mini", **asked) for text in ("Be polite.", "Be polite")]
    assert alike[0] == alike[1]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-mini"])
def test_schema__without_a_system_message_makes_one(model: str) -> None:
    instructed = more(Message("system", "Be polite."), USER, model=model, response_format=FORM)
    assert more(model=model, response_format=FORM) == instructed + 4


def test_schema__after_tools_has_less_around_it() -> None:
    both = more(tools=(GREET,), response_format=FORM)
    assert both == more(tools=(GREET,)) + more(response_format=FORM) - 7


HELD = {"minimum": 1, "maximum": 9, "exclusiveMinimum": 0, "exclusiveMaximum": 10, "multipleOf": 2, "default": 4}


@pytest.mark.parametrize(
    "shown",
    [{"type": "integer", **HELD}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}],
)
def test_schema__hides_what_the_api_holds_an_answer_to(shown: dict[str, Any]) -> None:
    hidden = {key: value for key, value in shown.items() if key in ("type", "items")}
    standard = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schemas = standard | {"properties": {"n": shown}}, {"properties": {"n": hidden}}
    forms = [ResponseFormat("json_schema", "seats", schema) for schema in schemas]
    assert counted(response_format=forms[0]) == counted(response_format=forms[1])


def test_schema__hides_no_property_of_such_a_name() -> None:
    named: list[dict[str, Any]] = [{"maximum": {}}, {}]
    forms = [ResponseFormat("json_schema", "n", {"properties": names}) for names in named]
    assert counted(response_format=forms[0]) > counted(response_format=forms[1])


def test_choice__of_one_function_is_told_to_models_that_do_not_reason() -> None:
    chosen = ToolChoice("required", ("greet",))
    offered: dict[str, Any] = {"tools": (GREET,)}
    for form in ("chat", "responses"):
        asked = offered | {"format": form}
        assert counted(**asked, tool_choice=chosen) == counted(**asked) + 7 + tokens.count("greet")
    assert counted(**offered, tool_choice=ToolChoice("required")) == counted(**offered)
    assert counted(model="gpt-5", **offered, tool_choice=chosen) == counted(model="gpt-5", **offered)


def test_first_models_that_reason__are_shown_functions_as_those_that_do_not() -> None:
    assert more(model="o3-mini", tools=(GREET,)) == more(tools=(GREET,)) < more(model="gpt-5", tools=(GREET,))
    turn = (
        USER,
        Message("assistant", tool_calls=(ToolCall("greet", "{}", "1"),)),
        Message("tool", "Ann", tool_call_id="1"),
    )
    assert counted(*turn, model="gpt-5") - counted(model="gpt-5") > counted(*turn, model="o3-mini") - counted(
        model="o3-mini"
    )


def test_what_gpt_5_said__is_marked_as_final() -> None:
    said = Message("assistant", "Ann")
    early, later = (counted(USER, said, model=model) - counted(model=model) for model in ("o3-mini", "gpt-5-nano"))
    assert later == early + 2


def test_calls_at_once__are_one_call_on_chat_alone() -> None:
    greet, wave = ToolCall("greet", "{}", "1"), ToolCall("wave", "{}", "2")
    results = (Message("tool", "Ann", tool_call_id="1"), Message("tool", "Bob", tool_call_id="2"))
    at_once = (USER, Message("assistant", tool_calls=(greet, wave)), *results)
    in_turn = (USER, *(Message("assistant", tool_calls=(call,)) for call in (greet, wave)), *results)
    assert counted(*at_once, format="responses") == counted(*in_turn, format="responses")
    assert counted(*at_once, format="chat") != counted(*in_turn, format="chat")


def test_open_models__read_tools_and_calls_as_groq_writes_them() -> None:
    """The figures are those of Groq's recordings of February to October 2026."""
    model, system = "openai/gpt-oss-20b", Message("system", "Be polite.")
    assert more(model=model, tools=(GREET,)) == 85 - 65 + tokens.count(functions((GREET,), by_groq=True), model)
    assert more(system, USER, model=model, tools=(GREET,)) == more(model=model, tools=(GREET,)) - 1
    form = ResponseFormat("json_object")
    assert more(system, USER, model=model, response_format=form) == 27 == more(model=model, response_format=form) + 3
    call = Message("assistant", "Let me see.", tool_calls=(ToolCall("get_guest", '{"seat": 3}', "1"),))
    called = counted(USER, call, model=model)
    assert called == counted(model=model) + 8 + tokens.count("=get_guest", model) + tokens.count('{"seat":3}', model)
    result = Message("tool", "Ada", tool_call_id="1")
    assert counted(USER, call, result, model=model) == called + 6 + tokens.count("functions.get_guest", model) + 1
    thought = {"role": "assistant", "reasoning": "Who sits there?", "tool_calls": [{}]}
    body = {"messages": [{"role": "user"}, thought, {"role": "tool"}]}
    assert counted(USER, call, model=model, body=body) == called + 6 + tokens.count("Who sits there?", model)
    body["messages"].append({"role": "user"})
    assert counted(USER, call, model=model, body=body) == called


def test_computer__costs_more_than_a_function() -> None:
    asked = {"model": "gpt-6-luna", "input": "Take a screenshot of the current page.", "tools": [{"type": "computer"}]}
    prompt = Responses().parse(orjson.dumps(asked), {}, validate=True)
    assert prompt_tokens(prompt) == 825, "as recorded in October 2026"


@pytest.mark.parametrize(("model", "more"), [("gpt-4o-mini", 0), ("gpt-4.1-mini", -6)])
def test_openrouter__asks_gpt_4o_at_chat_and_the_others_at_responses(model: str, more: int) -> None:
    address = {"dialect": "openrouter"}
    own, routed = (
        counted(model=name, tools=(GREET,), address=at) for name, at in ((model, {}), (f"openai/{model}", address))
    )
    assert routed == own + more, "exact for gpt-4o-mini in October 2026"
