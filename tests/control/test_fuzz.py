"""Whatever is asked of the control API: an answer that its OpenAPI document names, never a 5xx nor a traceback.

Requests are made of that document: fitting ones, and ones with something else at any place.
"""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.control.openapi import document
from completions.control.table import OPERATIONS
from completions.receive.handler import Handler
from tests.asgi import call
from tests.fuzzing import quiet

DOCUMENT = document(OPERATIONS)
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
ENDLESS = ("get", "/_mock/exchanges/events")
ASKED = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method != "parameters" and (method, path) != ENDLESS
]

DEPTH = 6
"""References and values inside one another that a made value has."""

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "a", "default", "req_1", "counted", "/a/i", "{{ prompt.model }}", "{% if %}", "json:loads"]),
    st.sampled_from(["2026-01-31", "null", "\x00", "é\u2028\U0001f381", "../..", "a" * 300, "http://[::1", "1e999"]),
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def values(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values that fit a schema, most of the time."""
    if depth > DEPTH or not isinstance(schema, Mapping):
        return JUNK
    return st.integers(0, 11).flatmap(lambda dice: JUNK if dice == 0 else _fitting(schema, depth + 1))


def _fitting(schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _fitting(SCHEMAS[schema["$ref"].rpartition("/")[2]], depth)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return st.one_of([values(each, depth) for each in schema[several]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type", "object" if "properties" in schema else None)
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return _objects(schema, depth)
        case "array":
            return st.lists(values(schema.get("items"), depth), max_size=3)
        case "integer":
            return st.integers(schema.get("minimum", -3), schema.get("maximum", 10**6))
        case "number":
            return st.floats(schema.get("minimum", -3), schema.get("maximum", 10**6))
        case "boolean":
            return st.booleans()
        case "string":
            return TEXTS
        case "null":
            return st.none()
    return JUNK


def _objects(schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    fitting = {name: values(properties.get(name), depth) for name in (*required, *properties)}
    needed = st.fixed_dictionaries({name: fitting[name] for name in required})
    parts: list[st.SearchStrategy[dict[str, Any]]] = [needed]
    if others := [name for name in properties if name not in required]:
        chosen = st.lists(st.sampled_from(others), max_size=3, unique=True)
        parts.append(chosen.flatmap(lambda names: st.fixed_dictionaries({name: fitting[name] for name in names})))
    if schema.get("additionalProperties") is not False:
        parts.append(st.dictionaries(TEXTS, JUNK, max_size=1))
    return st.tuples(*parts).map(lambda found: {name: value for part in found for name, value in part.items()})


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, Any], str]:
    """Make a request: its operation, its path, its query, its body."""
    method, template = draw(st.sampled_from(ASKED))
    operation, query, parts = DOCUMENT["paths"][template][method], {}, {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parts[parameter["name"]] = draw(TEXTS.filter(bool))
        elif draw(st.integers(0, 3)) == 0:
            query[parameter["name"]] = draw(values(parameter["schema"]))
    if draw(st.integers(0, 9)) == 0:
        query[draw(TEXTS)] = draw(TEXTS)
    if template.endswith("/wait"):
        query["timeout_ms"] = draw(st.sampled_from([0, 1, -1, "soon"]))
    path = re.sub(r"{(\w+)}", lambda found: quote(str(parts[found[1]])), template)
    return method, template, {"path": path, "query": query}, draw(_bodies(operation))


def _bodies(operation: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if "requestBody" not in operation:
        return st.just("")
    content = operation["requestBody"]["content"].values()
    fitting = values(next(iter(content))["schema"]).map(lambda value: json.dumps(value, default=str))
    return st.one_of(fitting, fitting, fitting, TEXTS, st.sampled_from(["[" * 200, "a: &a [*a]", "{", "\ufeff{}"]))


class Kept(logging.Handler):
    """Keeps what is logged; caplog would keep that of all examples."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


@pytest.mark.usefixtures("world")
@quiet
@given(requests())
def test_control__answers_as_its_document_says(request: tuple[str, str, dict[str, Any], str]) -> None:
    method, template, address, body = request
    query = urlencode({name: _text(value) for name, value in address["query"].items()}).encode()
    handler = Kept(logging.ERROR)
    logger = logging.getLogger("completions")
    logger.addHandler(handler)
    try:
        path = unquote(address["path"])
        answer = asyncio.run(call(Handler(), method.upper(), path, body.encode("utf-8", "replace"), query=query))
    finally:
        logger.removeHandler(handler)
    assert answer.status < 500, answer.body
    assert [record for record in handler.records if record.exc_info] == []
    assert str(answer.status) in DOCUMENT["paths"][template][method]["responses"] or "/" in unquote(address["path"])[7:]
    if answer.status >= 400:
        assert set(json.loads(answer.body)["error"]) == {"message", "type", "param", "code"}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
