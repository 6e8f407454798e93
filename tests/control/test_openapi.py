"""The OpenAPI document: it is valid, and every operation in it answers as it says."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pytest_django import Settings

from completions.control.openapi import document
from completions.control.table import OPERATIONS
from completions.receive.handler import Handler
from tests.asgi import call
from tests.control.client import ask, control, told
from tests.scripts import rules

DOCUMENT = document(OPERATIONS)


async def test_document__is_valid_openapi() -> None:
    validate(await told("GET", "openapi.json"))
    assert DOCUMENT["openapi"] == "3.1.1"


def test_document__has_every_operation_by_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z].*\.", operation.summary) for operation in OPERATIONS)


def test_document__has_every_shape_that_it_refers_to() -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    shapes = DOCUMENT["components"]["schemas"].keys()
    assert named <= shapes
    assert shapes - named <= {"defaults", "version"}, "and none that it does not use"


STEPS = (
    ("GET", "script", ""),
    ("PUT", "script", rules("- {name: a, match: {last_user: a}, replies: [A, B]}")),
    ("POST", "rules", "{name: once, match: {last_user: once}, reply: Once., times: 1}"),
    ("POST", "rules", "[{name: on, match: {last_user: on}, fault: disconnect, reply: On}]"),
    ("GET", "rules", ""),
    ("POST", "script/lint", '{"text": "version: 1"}'),
    ("POST", "script/lint", '{"text": "{version: 1, rules: [{reply: a}, {reply: b}]}"}'),
    ("POST", "script/try", '{"request": {"model": "m", "messages": [{"role": "user", "content": "once"}]}}'),
    ("POST", "script/try", '{"request": {"model": "m"}}'),
    ("DELETE", "rules/once", ""),
    ("DELETE", "rules/once", ""),
    ("DELETE", "rules", ""),
    ("GET", "chaos", ""),
    ("PUT", "chaos", "{rate: 0.5, of: [reset]}"),
    ("DELETE", "chaos", ""),
    ("GET", "scenario", ""),
    ("PUT", "scenario", "{name: slow_start, speed: 1000000}"),
    ("DELETE", "scenario", ""),
    ("GET", "limits", ""),
    ("PUT", "limits", "[{rpm: 100}]"),
    ("GET", "script", ""),
    ("DELETE", "limits", ""),
    ("DELETE", "script", ""),
    ("PUT", "script", "version: 1"),
    ("GET", "recording", ""),
    ("PUT", "recording", "{mode: none}"),
    ("PUT", "recording", "null"),
    ("DELETE", "recording", ""),
    ("GET", "gates", ""),
    ("POST", "gates/door/release", ""),
    ("GET", "exchanges", ""),
    ("GET", "exchanges/count", ""),
    ("GET", "exchanges/wait?count=2", ""),
    ("GET", "exchanges/wait?count=50&timeout_ms=0", ""),
    ("GET", "exchanges/pytest", ""),
    ("GET", "exchanges/ID", ""),
    ("GET", "exchanges/ID/rule", ""),
    ("GET", "exchanges/req_none/rule", ""),
    ("GET", "figures", ""),
    ("GET", "hits", ""),
    ("GET", "exchanges/req_none", ""),
    ("GET", "unmatched", ""),
    ("GET", "threads", ""),
    ("GET", "runs", ""),
    ("GET", "verdict", ""),
    ("DELETE", "exchanges?model=gpt-4o", ""),
    ("GET", "namespaces", ""),
    ("DELETE", "namespaces/red", ""),
    ("POST", "namespaces/red/retire", ""),
    ("POST", "namespaces/red/select", ""),
    ("POST", "namespaces/default/select", ""),
    ("GET", "openapi.json", ""),
    ("GET", "metrics", ""),
    ("GET", "health", ""),
    ("GET", "ready", ""),
    ("POST", "reset", ""),
)


@pytest.mark.usefixtures("world")
async def test_answers__are_what_the_document_says() -> None:
    asked = [await ask(text) for text in ("refund", "nothing", "break")]
    left = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"}
    left.remove(("/_mock/exchanges/events", "get"))  # has no end: `test_events.py`
    for method, address, body in STEPS:
        address = address.replace("ID", asked[1].headers["x-request-id"])
        answer = await control(method, address, body)
        template = _template(address.partition("?")[0])
        said = DOCUMENT["paths"][template][method.lower()]["responses"][str(answer.status)]["content"]
        ((media_type, content),) = said.items()
        assert answer.headers["content-type"].startswith(media_type)
        if media_type == "application/json":
            _check(content["schema"], json.loads(answer.body))
        left.discard((template, method.lower()))
    assert not left, "operations that this test has not tried"


TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "v1/chat/completions": ("generate", {"messages": [{"role": "user", "content": "refund"}]}),
    "v1/embeddings": ("embed", {"input": "a"}),
    "v1/moderations": ("moderate", {"input": "a"}),
    "v1/audio/speech": ("speak", {"model": "tts-1", "input": "a", "voice": "alloy"}),
    "v1/images/generations": ("draw", {"model": "dall-e-2", "prompt": "a"}),
    "v1/responses/compact": ("compact", {"input": "refund"}),
    "v1/responses/input_tokens": ("count", {"input": "a"}),
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("address", TASKS)
async def test_exchange__of_each_task_is_what_the_document_says(address: str) -> None:
    task, body = TASKS[address]
    asked = await call(Handler(), "POST", f"/{address}", json.dumps({"model": "gpt-4o", **body}).encode())
    shown = await told("GET", f"exchanges/{asked.headers['x-request-id']}")
    assert shown["said"]["task"] == task
    _check({"$ref": "#/components/schemas/exchange_in_full"}, shown)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("changed", [{"JOURNAL": False}, {"ADMIN_TOKEN": "t"}, {"MAX_BODY_BYTES": 1}])
async def test_refusals__have_a_status_that_the_document_names(changed: dict[str, Any], settings: Settings) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    for method, address, body in STEPS:
        address = address.replace("ID", "req_1").replace("wait?count=2", "wait?count=2&timeout_ms=0")
        answer = await control(method, address, body)
        said = DOCUMENT["paths"][_template(address.partition("?")[0])][method.lower()]
        assert str(answer.status) in said["responses"], (method, address)


@pytest.mark.parametrize(
    ("shape", "value", "fits"),
    [
        ("rule_or_rules", {"reply": "a"}, True),
        ("rule_or_rules", [{"reply": "a"}], True),
        ("rule_or_rules", [], False),
        ("rule_or_rules", {"rply": "a"}, False),
        ("chaos_or_null", None, True),
        ("chaos_or_null", {"rate": 2, "of": ["reset"]}, False),
        ("limits_or_null", {"rpm": 1}, True),
        ("limits_or_null", {"rpm": "1"}, False),
        ("script", {"version": 1, "rules": [{"reply": "a"}]}, True),
        ("script", {"version": 1}, False),
    ],
)
def test_bodies__by_their_shapes(shape: str, value: Any, fits: bool) -> None:
    assert Draft202012Validator(_whole({"$ref": f"#/components/schemas/{shape}"})).is_valid(value) is fits


def _template(path: str) -> str:
    """Return the document's path for an address: the same one, or the one with parts that fits."""
    whole = f"/_mock/{path}"
    fitting = [each for each in DOCUMENT["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), whole)]
    assert fitting, whole
    return str(whole if whole in fitting else fitting[0])


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": DOCUMENT["components"]}


def _check(schema: dict[str, Any], value: Any) -> None:
    errors = [error.message for error in Draft202012Validator(_whole(schema)).iter_errors(value)]
    assert not errors, (schema, value)
