"""Fields of vLLM that are one of several types: each member's findings are told, as pydantic has them."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from completions.exceptions import RequestError
from completions.wire.dialects import unions
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.vllm_rules import UNIONS

USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "look"}}
Token = Annotated[int, Field(ge=0)]


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]


class StructuralTagResponseFormat(BaseModel):
    type: Literal["structural_tag"]
    format: Any


class LegacyStructuralTagResponseFormat(BaseModel):
    type: Literal["structural_tag"]
    structures: list[Any]
    triggers: list[str]


class Request(BaseModel):
    stop: str | list[str] | None = None
    prompt: list[Token] | list[list[Token]] | str | list[str] | None = None
    response_format: ResponseFormat | StructuralTagResponseFormat | LegacyStructuralTagResponseFormat | None = None


GIVEN: dict[str, list[Any]] = {
    "stop": [5, {}, ["a", 5], [None], "a", ["a"], [], None],
    "prompt": [5, {}, [1, "a"], [[-1], 2], [[1], [2.5]], ["a", 1], True, "a", [1, "2"], [[1]], None],
    "response_format": ["x", 5, [], {}, {"type": "xml"}, {"type": "structural_tag"}, {"type": "text"}, None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GIVEN.items() for value in values])
def test_findings__are_pydantic_s(name: str, value: Any) -> None:
    found = unions.findings_of(value, UNIONS[name])
    try:
        Request.model_validate({name: value})
        expected = []
    except ValidationError as exc:
        expected = exc.errors(include_url=False)
    told = [(finding.kind, finding.message, finding.value, finding.context) for finding in found]
    assert told == [(each["type"], each["msg"], each["input"], each.get("ctx", {})) for each in expected]
    assert [finding.path for finding in found] == [list(each["loc"][2:]) for each in expected]


def refused(**more: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        VLLM().check_chat({"model": "m", "messages": [USER], **more})
    return caught.value


def test_vllm__tells_all_findings_of_a_union() -> None:
    error = refused(stop=5)
    assert error.message == (
        "2 validation errors:\n"
        "  {'type': 'string_type', 'loc': 'body.stop', 'msg': 'Input should be a valid string', 'input': '5'}\n"
        "  {'type': 'list_type', 'loc': 'body.stop', 'msg': 'Input should be a valid list', 'input': '5'}"
    )
    assert (error.type, error.param) == ("Bad Request", "body.stop")
    assert refused(response_format={}).message.startswith("6 validation errors:\n  {'type': 'missing'")


def test_vllm__tells_so_many_findings_and_no_more() -> None:
    with pytest.raises(RequestError) as caught:
        VLLM().check_completion({"model": "m", "prompt": [None] * 20})
    first, *told, last = caught.value.message.split("\n  ")
    assert (first, len(told), last) == ("61 validation errors:", 10, "...and 51 more errors")


@pytest.mark.parametrize(
    ("choice", "said", "param"),
    [
        ("maybe", 'Invalid value for `tool_choice`: maybe! Only named tools, "none", "auto" or', "tool_choice"),
        (5, "Invalid value for `tool_choice`: 5! ", "tool_choice"),
        ({"type": "function"}, "Invalid value for `function`: `None` in `tool_choice`! ", "tool_choice.function"),
        ({"function": {}}, "Expected field `name` in `function` in `tool_choice`! ", "tool_choice.function.name"),
        (
            {"function": {"name": ""}},
            "Invalid `name` in `function`: `` in `tool_choice`! ",
            "tool_choice.function.name",
        ),
        ({"function": {"name": "else"}}, "does not match any of the specified `tools`", "tool_choice"),
    ],
)
def test_vllm__looks_at_a_choice_before_the_types(choice: Any, said: str, param: str) -> None:
    error = refused(tool_choice=choice, tools=[TOOL], temperature=[])
    assert said in error.message and error.param == param
    assert "`tools` must be set" in refused(tool_choice=choice).message
    VLLM().check_chat({"model": "m", "messages": [USER], "tools": [TOOL], "tool_choice": TOOL})
