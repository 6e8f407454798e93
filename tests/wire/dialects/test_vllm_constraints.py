"""vLLM's `structured_outputs`: the form of an answer, what `auto` says then, and what is refused."""

import json
import re
from typing import Any

import pytest

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.script.auto.answer import auto
from completions.tokens.prompt import prompt_tokens
from completions.wire import registry

CITY = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
WIRE = registry.CHAT_DIALECTS["vllm"]


def asked(constraint: Any, *, validate: bool = True) -> Prompt:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "structured_outputs": constraint}
    return WIRE.parse(json.dumps(body).encode(), {}, validate=validate, route={})


@pytest.mark.parametrize(
    ("constraint", "pattern"),
    [
        ({"json": CITY}, r'\{"name":".+"\}'),
        ({"json": json.dumps(CITY)}, r'\{"name":".+"\}'),
        ({"json_object": True}, r"\{.+\}"),
        ({"regex": "(good|bad)"}, "good|bad"),
        ({"regex": r"[0-9]{3}", "whitespace_pattern": None, "disable_fallback": True}, "[0-9]{3}"),
        ({"choice": ["good", "bad"]}, "good|bad"),
        (None, r"Hello\..+"),
        ({"grammar": 'root ::= "a"'}, r"Hello\..+"),
    ],
)
def test_auto__says_what_may_be_said(constraint: Any, pattern: str) -> None:
    assert re.fullmatch(pattern, auto(asked(constraint))[0].text or "")


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ({}, "You must use one kind of structured outputs constraint"),
        ({"json": CITY, "regex": "a"}, "You can only use one kind of constraints"),
        ({"json": CITY, "grammar": "a"}, "You can only use one kind of structured outputs constraint"),
        ({"choice": "good"}, "body.structured_outputs.choice"),
        ("good", "body.structured_outputs"),
    ],
)
def test_constraint__refused(constraint: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said) as refused:
        asked(constraint)
    assert refused.value.status == 400
    assert asked(constraint, validate=False)


def test_guided_json__is_ignored_as_by_the_server() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "guided_json": CITY}
    assert WIRE.parse(json.dumps(body).encode(), {}, validate=True, route={}).response_format.kind == "text"


def test_usage__is_that_without_a_form() -> None:
    plain = prompt_tokens(asked(None))
    assert plain == prompt_tokens(asked({"json": CITY})) == prompt_tokens(asked({"regex": "[0-9]{3}"}))
