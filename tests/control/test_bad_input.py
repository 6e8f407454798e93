"""What the control API refuses: each answer is an envelope that names the field, and nothing changes."""

import json
from urllib.parse import urlencode

import pytest

from completions.control.body import MAX_BYTES
from completions.control.operation import Operation
from completions.control.table import OPERATIONS
from completions.receive.handler import Handler
from tests.asgi import call
from tests.control.client import control, told

pytestmark = pytest.mark.usefixtures("world")

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

RULE = "{reply: Hi}"


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "param", "message"),
    [
        ("PUT", "script", {}, "", None, "pushed: is empty."),
        ("PUT", "script", {}, "a: [", None, "pushed:1: is not YAML"),
        ("PUT", "script", {}, "rules: []", None, "pushed:1: the script lacks `version`."),
        ("PUT", "script", {}, "version: 1\nrules:\n- {rply: a}", "rules[0].rply", "`rules[0].rply` is not known"),
        ("PUT", "script", {}, "version: 2\nrules: [{reply: a}]", "version", "must be 1"),
        ("PUT", "script", {"place": "before"}, "x", "place", "`place` is not a query parameter here; there are none."),
        ("PUT", "script", {}, BOMB, None, "has more than 200000 values"),
        ("PUT", "script", {}, "--- {a: 1}\n--- {b: 1}", None, "single document in the stream, but found"),
        ("PUT", "script", {}, "a: &a [*a]", None, "is inside the value that it refers to"),
        ("PUT", "script", {}, "[" * 5000, None, "nested too deeply"),
        ("POST", "rules", {}, "", None, "pushed: is empty."),
        ("POST", "rules", {}, "5", "rule", "must be a mapping"),
        ("POST", "rules", {}, "[]", "rule", "must have at least one rule"),
        ("POST", "rules", {}, "{match: {}}", "rule", "has no answer"),
        ("POST", "rules", {}, "[{reply: a}, {rply: b}]", "rule[1].rply", "is not known here"),
        ("POST", "rules", {}, '{"reply": "a",\n "times": 0}', "rule.times", "pushed:2: `rule.times` must be"),
        ("POST", "rules", {}, "{name: counted, reply: a}", "rule", "has the same name as another rule, 'counted'"),
        ("POST", "rules", {}, "[{name: a, reply: a}, {name: a, reply: b}]", "rule[1]", "has the same name as"),
        ("POST", "rules", {"place": "middle"}, RULE, "place", "`place` must be one of before, next, after"),
        ("POST", "rules", {"plac": "before"}, RULE, "plac", "allowed: place. Did you mean `place`?"),
        ("POST", "rules", [("place", "before"), ("place", "after")], RULE, "place", "`place` is given twice."),
        ("PUT", "chaos", {}, "{rate: 2, of: [reset]}", "chaos.rate", "must be a number from 0 to 1"),
        ("PUT", "chaos", {}, "{of: [reset]}", "chaos", "lacks `rate`"),
        ("PUT", "chaos", {}, "{rate: 1, of: [resett]}", "chaos.of[0]", "Did you mean `reset`?"),
        ("PUT", "limits", {}, "{rpm: many}", "limits.rpm", "must be a whole number"),
        ("PUT", "limits", {}, "{rmp: 1}", "limits.rmp", "Did you mean `rpm`?"),
        ("GET", "exchanges", {"limit": "0"}, "", "limit", "must be a whole number from 1 to 1000, not '0'."),
        ("GET", "exchanges", {"limit": "1001"}, "", "limit", "a whole number from 1 to 1000"),
        ("GET", "exchanges", {"limit": "9" * 5000}, "", "limit", "a whole number from 1 to 1000"),
        ("GET", "exchanges", {"limit": "²"}, "", "limit", "a whole number from 1 to 1000"),
        ("GET", "exchanges", {"status": "-1"}, "", "status", "a whole number from 0 to 599"),
        ("GET", "exchanges", {"unmatched": "yes"}, "", "unmatched", "must be true or false, not 'yes'."),
        ("GET", "exchanges", {"modl": "x"}, "", "modl", "Did you mean `model`?"),
        ("GET", "exchanges", {"model": "a\0b"}, "", "model", "must be a text"),
        ("GET", "exchanges", {"endpoint": "Chat"}, "", "endpoint", "'Chat'. Did you mean `chat`?"),
        ("DELETE", "exchanges", {"endpoint": "openai"}, "", "endpoint", "must be one of anthropic, chat, cohere, "),
        ("GET", "hits", {"method": "post"}, "", "method", "must be one of CONNECT, DELETE, GET, "),
        ("GET", "exchanges/count", {"match": "{format: Chat}"}, "", "match.format", "Did you mean `chat`?"),
        ("GET", "exchanges", {"match": "{format: batch}"}, "", "match.format", "that can be matched have anthropic, "),
        ("GET", "exchanges", {"match": "{any: [{format: {startswith: file}}]}"}, "", "match.format", "has this format"),
        ("POST", "rules", {}, "{match: {format: Chat}, reply: a}", "rule.match.format", "must be one of anthropic, "),
        ("GET", "exchanges", {"since": "yesterday"}, "", "since", "`since` takes a request's id or a time"),
        ("GET", "exchanges", {"since": "0001-01-01T00:00:00+23:59"}, "", "since", "a request's id or a time"),
        ("GET", "exchanges", {"until": "9999-12-31T23:59:59-23:59"}, "", "until", "`until` takes a time in ISO 8601"),
        ("GET", "exchanges", {"before": "req_1"}, "", "before", "`before` takes a request's id"),
        ("GET", "exchanges", [(f"x{i}", "1") for i in range(2000)], "", None, "too many query parameters"),
        ("DELETE", "exchanges", {"limit": "1"}, "", "limit", "is not a query parameter here"),
        ("GET", "exchanges/count", {"count": "1"}, "", "count", "is not a query parameter here"),
        ("GET", "exchanges/wait", {"count": "0"}, "", "count", "a whole number from 1 to 1000"),
        ("GET", "exchanges/wait", {"timeout_ms": "600001"}, "", "timeout_ms", "from 0 to 600000"),
        ("GET", "exchanges/wait", {"timeout_ms": "0" * 19 + "600001"}, "", "timeout_ms", "from 0 to 600000"),
        ("GET", "exchanges/wait", {"timeout_ms": "0" * 19 + "9" * 5000}, "", "timeout_ms", "from 0 to 600000"),
        ("GET", "unmatched", {"status": "404"}, "", "status", "allowed: limit, before."),
        ("POST", "reset", {"all": "1"}, "", "all", "is not a query parameter here"),
        ("POST", "reset", {}, "{keep: rules}", None, "This takes no body and no query parameter."),
        ("DELETE", "exchanges", {}, '{"model": "m"}', None, "what it takes are query parameters: model, rule, "),
        ("POST", "namespaces/x/retire", {}, "remove=true", None, "what it takes are query parameters: remove."),
    ],
)  # fmt: skip  # a table by hand
async def test_refusal__names_the_field(
    method: str, path: str, query: dict[str, str], body: str, param: str | None, message: str
) -> None:
    before = await told("GET", "script")
    answer = await call(Handler(), method, f"/_mock/{path}", body.encode(), query=urlencode(query).encode())
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["param"]) == (400, param), error
    assert message in error["message"]
    assert await told("GET", "script") == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("DELETE", "rules/none", "", 404, "rule_not_found"),
        ("DELETE", "namespaces/a b", "", 400, "invalid_namespace"),
        ("GET", "exchanges?since=yesterday", "", 400, "invalid_parameter"),
        ("GET", "exchanges?before=req_1", "", 400, "invalid_parameter"),
        ("GET", "exchanges?until=9999-12-31T23:59:59-23:59", "", 400, "invalid_parameter"),
        ("DELETE", "rules/counted", "", 404, "rule_not_found"),
        ("GET", "exchanges/none", "", 404, "exchange_not_found"),
        ("GET", "nothing", "", 404, None),
        ("POST", "script", "x", 405, "method_not_supported"),
        ("GET", "reset", "", 405, "method_not_supported"),
        ("PATCH", "chaos", "{}", 405, "method_not_supported"),
        ("OPTIONS", "rules", "", 405, "method_not_supported"),
        ("PUT", "script", "#" * (MAX_BYTES + 1), 413, "request_too_large"),
    ],
)
async def test_refusal__by_status(method: str, path: str, body: str, status: int, code: str | None) -> None:
    answer = await control(method, path, body)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)


async def test_refusal__a_body_that_is_not_utf8() -> None:
    answer = await call(Handler(), "PUT", "/_mock/script", b"a: \xff")
    assert (answer.status, b"not UTF-8: byte 0xff at position 3" in answer.body) == (400, True)


@pytest.mark.parametrize("body", ["{}", "null", "\n"])
async def test_body__that_says_nothing_is_no_error(body: str) -> None:
    assert (await control("POST", "reset", body)).status == 200


async def test_methods__are_told() -> None:
    assert (await control("PATCH", "rules")).headers["allow"] == "GET, POST, DELETE, HEAD"


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.body], ids=lambda each: each.name)
@pytest.mark.parametrize(
    "body", ["", "a: b: c", "\0", "{", "- 1", "5", "true", '"text"', "!!python/object:os.system {}"]
)
async def test_body__of_any_operation_that_is_wrong(operation: Operation, body: str) -> None:
    answer = await control(operation.method, operation.path, body)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "invalid_script")


@pytest.mark.parametrize("space", ["a b", "é", "x" * 129, ".", ".."])
async def test_namespace__that_cannot_be(space: str) -> None:
    answer = await control("GET", "script", space=space)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "invalid_namespace")
