"""Instances of JSON Schemas, against the `jsonschema` library: real schemas, random ones, and hostile ones."""

import asyncio
import re
import threading
import time
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import reduce
from ipaddress import IPv4Address
from typing import Annotated, Literal, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import AnyUrl, BaseModel, ConfigDict, Field

from completions import budget
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.schemas.document import Work
from completions.script.schemas.formats import FORMATS, STRETCHED
from completions.script.schemas.matching import matches
from completions.script.schemas.patterns import read
from completions.script.schemas.scalars import sense

Json = dict[str, object]


def obj(properties: Json, *optional: str, **more: object) -> Json:
    """Write a strict object's schema: all required but the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def array(items: object, **more: object) -> Json:
    return {"type": "array", "items": items, **more}


def ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
FLAG: Json = {"type": "boolean"}
NULL: Json = {"type": "null"}
STEP = obj({"explanation": TEXT, "output": TEXT})
UI = obj(
    {
        "type": {"type": "string", "enum": ["div", "button", "header", "section", "field", "form"]},
        "label": TEXT,
        "children": array({"$ref": "#"}),
        "attributes": array(obj({"name": TEXT, "value": TEXT})),
    }
)
LINKED = {
    "$defs": {"node": obj({"value": NUMBER, "next": {"anyOf": [ref("node"), NULL]}})},
    **obj({"linked_list": ref("node")}),
}
EXPRESSION = {
    "$defs": {
        "expr": {"anyOf": [ref("add"), ref("neg"), ref("num")]},
        "add": obj({"op": {"const": "add"}, "left": ref("expr"), "right": ref("expr")}),
        "neg": obj({"op": {"const": "neg"}, "of": ref("expr")}),
        "num": obj({"op": {"const": "num"}, "value": NUMBER}),
    },
    **obj({"root": ref("expr")}),
}
EMAIL_PATTERN = r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$"

REAL: dict[str, object] = {
    "weather": obj({"location": TEXT, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "unit"),
    "weather_strict": obj({"location": TEXT, "units": {"type": ["string", "null"], "enum": ["celsius", None]}}),
    "coordinates": obj({"latitude": NUMBER, "longitude": NUMBER}),
    "bounded_coordinates": obj(
        {"lat": {"type": "number", "minimum": -90, "maximum": 90}, "lon": {"minimum": -180, "exclusiveMaximum": 180}}
    ),
    "send_email": obj({"to": {"type": "string", "format": "email"}, "subject": TEXT, "body": TEXT}),
    "knowledge_base": obj(
        {
            "query": TEXT,
            "options": obj(
                {
                    "num_results": WHOLE,
                    "domain_filter": {"type": ["string", "null"]},
                    "sort_by": {"type": ["string", "null"], "enum": ["relevance", "date", "popularity", None]},
                }
            ),
        }
    ),
    "math_steps": obj({"steps": array(STEP), "final_answer": TEXT}),
    "calendar_event": obj({"name": TEXT, "date": TEXT, "participants": array(TEXT)}),
    "paper": obj({"title": TEXT, "authors": array(TEXT), "abstract": TEXT, "keywords": array(TEXT)}),
    "moderation": obj(
        {"is_violating": FLAG, "category": {"type": ["string", "null"]}, "why": {"type": ["string", "null"]}}
    ),
    "ui": UI,
    "linked_list": LINKED,
    "expression": EXPRESSION,
    "query": obj(
        {
            "table_name": {"enum": ["orders", "customers"]},
            "columns": array({"enum": ["id", "status", "expected_date"]}, uniqueItems=True),
            "conditions": array(
                obj(
                    {
                        "column": TEXT,
                        "operator": {"enum": ["=", ">", "<", "<=", ">=", "!="]},
                        "value": {"anyOf": [TEXT, NUMBER, obj({"column_name": TEXT})]},
                    }
                )
            ),
            "order_by": {"enum": ["asc", "desc"]},
        }
    ),
    "union_of_objects": obj(
        {"item": {"anyOf": [obj({"name": TEXT, "age": WHOLE}), obj({"number": TEXT, "street": TEXT})]}}
    ),
    "discriminated": obj(
        {
            "pet": {
                "oneOf": [
                    obj({"kind": {"const": "cat"}, "meows": WHOLE}),
                    obj({"kind": {"const": "dog"}, "barks": FLAG}),
                ]
            }
        }
    ),
    "username": obj(
        {"username": {"type": "string", "pattern": "^@[a-zA-Z0-9_]+$"}, "email": {"pattern": EMAIL_PATTERN}}
    ),
    "phone": {"type": "string", "pattern": r"^\+?[1-9]\d{1,14}$"},
    "card": {"type": "string", "pattern": r"^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14})$"},
    "semver": {"type": "string", "pattern": r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*)))?$"},
    "password": {"type": "string", "pattern": r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{8,}$", "maxLength": 16},
    "slug": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$", "minLength": 30, "maxLength": 40},
    "two_patterns": {"allOf": [{"pattern": "^[a-c]+$"}, {"pattern": "^.{4}$"}, TEXT]},
    "not_a_space": {"type": "string", "pattern": r"^\S.*\S$", "minLength": 4},
    "unanchored": {"type": "string", "pattern": "[0-9]{3}", "minLength": 12},
    "back_reference": {"type": "string", "pattern": r"^(ab|cd)-\1$"},
    "email_at_a_domain": {"type": "string", "format": "email", "pattern": r"@acme\.org$"},
    "address_of_a_file": {"type": "string", "format": "uri", "pattern": r"\.pdf$"},
    "address_in_a_net": {"type": "string", "format": "ipv4", "pattern": r"^10\."},
    "host_in_a_domain": {"type": "string", "format": "hostname", "pattern": r"\.acme\.com$", "maxLength": 20},
    "unicode": {"type": "string", "pattern": "^[\u4e00-\u9fff]{2,4}$"},
    "long_email": {"type": "string", "format": "email", "minLength": 40, "maxLength": 60},
    "short_uri": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0.5, "maximum": 9.99},
    "tenths": array({"type": "number", "multipleOf": 0.1}, minItems=6, uniqueItems=True),
    "two_multiples": {"allOf": [{"type": "integer", "multipleOf": 6}, {"multipleOf": 4, "minimum": 13, "maximum": 30}]},
    "narrow": {"type": "number", "exclusiveMinimum": 0.123, "exclusiveMaximum": 0.1231},
    "negative": {"type": "integer", "maximum": -5},
    "large": {"type": "integer", "minimum": 10**15},
    "tuple": {"type": "array", "prefixItems": [TEXT, WHOLE, FLAG], "items": False, "minItems": 3},
    "fixed_size": array(NUMBER, minItems=4, maxItems=4),
    "all_of_enum": array({"enum": list("abcdefgh")}, minItems=8, uniqueItems=True),
    "booleans": array(FLAG, minItems=2, uniqueItems=True),
    "unique_objects": array(obj({"a": {"enum": [1, 2, 3]}, "b": FLAG}), minItems=6, uniqueItems=True),
    "contains": array(WHOLE, contains={"const": 77}, minItems=3, maxContains=1),
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "named_map": {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "minProperties": 3},
    "pattern_map": {
        "type": "object",
        "patternProperties": {"^x-": TEXT},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "pattern_of_any_name": {"type": "object", "patternProperties": {"^.*$": TEXT}, "minProperties": 2},
    "few": obj(dict.fromkeys("abcdef", TEXT), *"abcdef", minProperties=2, maxProperties=3),
    "inheritance": {
        "allOf": [{**obj({"id": TEXT}), "additionalProperties": True}, {"properties": {"n": WHOLE}, "required": ["n"]}]
    },
    "either_required": obj({"a": TEXT, "b": TEXT}, "a", "b", oneOf=[{"required": ["a"]}, {"required": ["b"]}]),
    "dependent": obj({"card": TEXT, "billing": TEXT}, "card", "billing", dependentRequired={"card": ["billing"]}),
    "dependent_schema": obj(
        {"card": TEXT, "zip": {}}, "zip", dependentSchemas={"card": {"properties": {"zip": TEXT}, "required": ["zip"]}}
    ),
    "condition": obj(
        {"country": {"enum": ["US", "CA"]}, "postal": TEXT},
        **{
            "if": {"properties": {"country": {"const": "US"}}},
            "then": {"properties": {"postal": {"pattern": "^[0-9]{5}$"}}},
        },
        **{"else": {"properties": {"postal": {"pattern": "^[A-Z][0-9][A-Z] [0-9][A-Z][0-9]$"}}}},
    ),
    "not_enum": {"type": "string", "minLength": 1, "not": {"enum": ["amber", "birch"]}},
    "not_required": obj({"a": TEXT, "b": TEXT}, "a", "b", **{"not": {"required": ["a"]}}),
    "nested_anyof": {"anyOf": [{"anyOf": [NULL, array({"anyOf": [WHOLE, TEXT]}, minItems=2)]}, NULL]},
    "any": {},
    "true": True,
    "object": {"type": "object"},
    "no_parameters": {"type": "object", "properties": {}},
    "mixed_enum": {"enum": [None, True, 1.5, "x", {"a": [1]}]},
    "same_in_oneof": {"oneOf": [WHOLE, {"type": ["integer", "string"]}]},
    "escaped_pointer": {"$defs": {"a/b": {"~c": WHOLE}}, **obj({"x": {"$ref": "#/$defs/a~1b/~0c"}})},
    "anchor": {"$defs": {"n": {"$anchor": "name", "type": "integer"}}, **obj({"x": {"$ref": "#name"}})},
    "deep": reduce(lambda inner, _: obj({"inner": inner, "items": array(inner, maxItems=1)}), range(5), TEXT),
    "wide": obj({f"field_{index}": TEXT for index in range(200)}),
    "many_enum": {"enum": [f"value_{index}" for index in range(2000)], "pattern": "_1999$"},
}


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    street: str = Field(min_length=3, max_length=40)
    zip: Annotated[str, Field(pattern=r"^\d{5}(-\d{4})?$")]
    country: Literal["FR", "DE"] | None = None


class Person(BaseModel):
    name: str
    email: Annotated[str, Field(json_schema_extra={"format": "email"})]
    born: date
    seen: datetime | None
    site: AnyUrl
    key: UUID
    host: IPv4Address
    addresses: list[Address] = Field(min_length=1, max_length=3)
    favourite: Color = Color.RED
    friends: "list[Person]" = []
    scores: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    pair: tuple[int, str]
    tags: set[str] = Field(min_length=2)
    price: Annotated[float, Field(gt=0, multiple_of=0.25)]


class Tree(BaseModel):
    value: int
    left: "Tree | None" = None
    right: "Tree | None" = None


MODELS = (Address, Person, Tree)


@pytest.mark.parametrize("seed", ["1", "2", "é\ud800"])
@pytest.mark.parametrize("name", REAL)
def test_instance__is_valid(name: str, seed: str) -> None:
    schema = cast("Json | bool", REAL[name])
    value = instance(schema, seed)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)
    assert value == instance(schema, seed)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_instance__is_what_pydantic_asks_for(model: type[BaseModel], seed: str) -> None:
    value = instance(model.model_json_schema(), seed)
    model.model_validate(value)
    assert value == instance(model.model_json_schema(), seed)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": [TEXT, WHOLE], "additionalItems": False, "minItems": 2},
        {"definitions": {"n": WHOLE}, **obj({"x": {"$ref": "#/definitions/n"}})},
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"], "dependencies": {"a": ["b"]}},
        {"type": "object", "required": ["a"], "dependencies": {"a": {"required": ["c"], "properties": {"c": FLAG}}}},
    ],
)
def test_instance__is_valid_in_draft_7(schema: Json) -> None:
    Draft7Validator(schema).validate(instance(schema, "seed"))


@pytest.mark.parametrize(
    ("kind", "description", "bounds"),
    [
        ({"type": "integer"}, "{minimum: 3, exclusiveMaximum: 5}", {"minimum": 3, "exclusiveMaximum": 5}),
        ({"type": "integer"}, "Of ten.\n\n{default: None, multipleOf: 7}", {"multipleOf": 7}),
        (
            {"type": "number"},
            "Note: minimum value: 0.5, must be a multiple of 0.5.",
            {"minimum": 0.5, "multipleOf": 0.5},
        ),
        ({"type": "number"}, "From to. Note: exclusive minimum value: 90.", {"exclusiveMinimum": 90}),
        ({"type": "string"}, "{minLength: 30, pattern: ^a+, b$}", {"minLength": 30, "pattern": "^a+, b$"}),
        ({"type": "string"}, 'A.\n\n{pattern: "^\\\\d{3}$", maxLength: 9}', {"pattern": r"^\d{3}$"}),
        ({"type": "array", "items": FLAG}, "{minItems: 9, uniqueItems: False}", {"minItems": 9}),
        (
            {"type": "array", "items": FLAG},
            "Note: minimum number of items: 7, maximum number of items: 7.",
            {"minItems": 7},
        ),
    ],
)
def test_instance__keeps_to_the_bounds_that_sdks_of_anthropic_describe(
    kind: Json, description: str, bounds: Json
) -> None:
    for seed in "abcd":
        Draft202012Validator({**kind, **bounds}).validate(instance({**kind, "description": description}, seed))


@pytest.mark.parametrize("low", [1 - 2**53, -(2**31), -(10**4)])
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_instance__is_small_where_a_bound_is_far_below_zero(kind: str, low: int) -> None:
    """zod bounds each integer so."""
    for seed in map(str, range(20)):
        for high, smallest in ((-low, 0), (0, -100)):
            value = instance({"type": kind, "minimum": low, "exclusiveMaximum": high}, seed)
            assert isinstance(value, int | float)
            assert smallest < value < smallest + 100


def test_instance__passes_over_described_bounds_that_nothing_fulfils() -> None:
    assert instance({"type": "integer", "maximum": 2, "description": "{minimum: 3}"}, "a") in (0, 1, 2)


@pytest.mark.parametrize(
    "said", ["{minimum: a}", "{least: 3}", "{}", "}", "Note: maximum value: much.", "a {minimum: 3}"]
)
def test_instance__takes_other_descriptions_for_words(said: str) -> None:
    assert instance({"type": "integer", "description": said}, "a") == instance({"type": "integer"}, "a")


def test_instance__varies_with_the_seed() -> None:
    assert len({str(instance(cast("Json", REAL["math_steps"]), str(seed))) for seed in range(20)}) > 10


def test_instance__looks_sensible() -> None:
    event = instance(cast("Json", REAL["calendar_event"]), "seed")
    assert isinstance(event, dict)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", event["date"])
    assert 1 <= len(event["participants"]) <= 3
    assert list(event) == ["name", "date", "participants"], "in the schema's order"
    assert isinstance(place := instance(obj({"user_city": TEXT}), "seed"), dict)
    assert place["user_city"] in ("Paris", "Tokyo", "Berlin", "Lisbon")


def test_instance__names_are_words_where_a_pattern_takes_any() -> None:
    made = [instance({"type": "object", "patternProperties": {"^(.*)$": TEXT}}, seed) for seed in "abcdef"]
    names = {name for each in made for name in cast(Json, each)}
    assert names and all(re.fullmatch(r"[a-z]{3,}", name) for name in names)


def test_instance__runs_its_code_and_passes() -> None:
    languages = {"type": "string", "enum": ["ruby", "python", "shell"]}
    schema = obj({"language": languages, "code": {"type": "string"}, "pass": {"type": "boolean"}})
    made = [cast("Json", instance(schema, str(seed))) for seed in range(10)]
    assert {(each["language"], each["pass"]) for each in made} == {("python", True)}


def test_instance__recursion_stays_small() -> None:
    for name in ("linked_list", "ui", "expression"):
        assert all(len(str(instance(cast("Json", REAL[name]), str(seed)))) < 20_000 for seed in range(20))


def chained(count: int, link: object, end: object) -> Json:
    """Write a chain of definitions, each of which names the next twice."""
    text = {f"a{index}": eval_link(link, f"#/$defs/a{index + 1}") for index in range(count)}
    return {"$ref": "#/$defs/a0", "$defs": {**text, f"a{count}": end}}


def eval_link(link: object, target: str) -> object:
    if isinstance(link, dict):
        return {key: target if key == "$ref" else eval_link(value, target) for key, value in link.items()}
    return [eval_link(item, target) for item in link] if isinstance(link, list) else link


ANY_REF: Json = {"$ref": ""}
TWICE = obj({"x": ANY_REF, "y": ANY_REF})
HOSTILE: dict[str, object] = {
    "false": False,
    "type_and_enum": {"type": "string", "enum": [1]},
    "crossed_bounds": {"type": "integer", "minimum": 5, "maximum": 4},
    "no_integer_between": {"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 5},
    "not_anything": {"not": {}},
    "one_of_twice": {"oneOf": [TEXT, TEXT]},
    "three_booleans": array(FLAG, minItems=3, uniqueItems=True),
    "forbidden_but_required": {"type": "object", "required": ["a"], "additionalProperties": False},
    "item_of_nothing": {"type": "array", "minItems": 1, "items": False},
    "short_pattern": obj({"a": obj({"b": {"type": "string", "pattern": "^.{9}$", "maxLength": 3}})}),
    "no_pattern": {"type": "string", "pattern": "(["},
    "empty_class": {"type": "string", "pattern": "^[^\\s\\S]$"},
    "no_group": {"type": "string", "pattern": "^\\2$"},
    "circle": {"$ref": "#"},
    "circle_of_two": {"$ref": "#/$defs/a", "$defs": {"a": ref("b"), "b": ref("a")}},
    "remote": {"$ref": "https://example.com/schema.json"},
    "missing": {"$ref": "#/$defs/none"},
    "far_item": {"anyOf": [TEXT], "$ref": f"#/anyOf/{'9' * 5000}"},
    "endless_list": {"$defs": {"n": obj({"next": ref("n")})}, "$ref": "#/$defs/n"},
    "endless_tree": {"$defs": {"n": obj({"l": ref("n"), "r": ref("n")})}, "$ref": "#/$defs/n"},
    "huge_array": array(TEXT, minItems=10**9),
    "huge_object": {"type": "object", "minProperties": 10**9},
    "huge_text": {"type": "string", "minLength": 10**9},
    "huge_pattern": {"type": "string", "pattern": "^((((a{1000}){1000}){1000}){1000})$"},
    "long_pattern": {"type": "string", "pattern": "a" * 5000},
    "nested_pattern": {"type": "string", "pattern": "(" * 900 + "a" + ")" * 900, "maxLength": 0},
    "catastrophic": {"type": "string", "pattern": "^(a+)+$", "not": {"pattern": "^(a|aa)+$"}},
    "catastrophic_twice": {"allOf": [TEXT, {"pattern": "^(([a-z]+)*)*!$"}, {"pattern": "^(([a-z]*)+)+$"}]},
    "doubling_objects": chained(30, TWICE, TEXT),
    "doubling_branches": chained(30, {"anyOf": [ANY_REF, ANY_REF]}, {"type": "string", "enum": [1]}),
    "doubling_checks": chained(30, {"oneOf": [ANY_REF, ANY_REF]}, TEXT),
    "deep_all_of": reduce(lambda inner, _: {"allOf": [inner]}, range(400), TEXT),
    "deep_arrays": reduce(lambda inner, _: array(inner, minItems=1), range(400), TEXT),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_instance__hostile_schemas_fail_soon(name: str) -> None:
    started = time.process_time()
    with pytest.raises(Unsatisfiable):
        instance(cast("Json | bool", HOSTILE[name]), "seed")
    assert time.process_time() - started < 5, "some tenths of a second, on a quiet machine and not measured"


def test_instance__leaves_the_loop_and_ends_when_its_time_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_in: list[str] = []

    def work() -> object:
        asked_in.append(threading.current_thread().name)
        return instance(obj({"a": TEXT, "b": WHOLE}), "seed")

    assert asyncio.run(budget.run(work)) and asked_in == ["MainThread"]
    monkeypatch.setattr(budget, "LOOP_SECONDS", 0)
    assert asyncio.run(budget.run(work)) and asked_in[2].startswith("work-")
    monkeypatch.setattr(budget, "THREAD_SECONDS", 0)
    with pytest.raises(Unsatisfiable, match="in the time that an answer has"):
        asyncio.run(budget.run(work))


def test_instance__has_all_that_a_long_chain_of_names_needs() -> None:
    needs = {f"a{i}": [f"a{i + 1}", f"b{i}"] for i in reversed(range(400))}
    made = instance({"type": "object", "required": ["a0"], "dependentRequired": needs}, "seed")
    assert set(cast("dict[str, object]", made)) >= needs.keys() | {f"b{i}" for i in range(400)}


@pytest.mark.parametrize("named", ["java.lang.String", ["java.lang.String", "any"]])
def test_instance__of_a_type_that_json_has_not_is_anything(named: str | list[str]) -> None:
    schema = {"type": "object", "properties": {"place": {"type": named}}, "required": ["place"]}
    assert "place" in cast("dict[str, object]", instance(cast("Json", schema), "seed"))
    assert instance({"type": ["java.lang.String", "boolean"]}, "seed") in (True, False)


def test_unsatisfiable__names_the_place() -> None:
    with pytest.raises(Unsatisfiable, match=r"^\$\.a\.b: the pattern takes 9 characters") as caught:
        instance(cast("Json", HOSTILE["short_pattern"]), "seed")
    assert caught.value.path == "$.a.b"


# Random schemas. The formats are those that `jsonschema` checks without further packages.

NAMES = st.sampled_from(["a", "b", "name", "city", "x_1"])
SOME_NAMES = st.lists(NAMES, unique=True, max_size=3)
BOUND = st.one_of(st.integers(-50, 50), st.sampled_from([0.1, 0.25, 1.5, -3.3, 1e6]))
PATTERNS = [
    "^[a-z]{2,5}$",
    r"\d+",
    "^(foo|bar)-[0-9]{3}$",
    "[A-F0-9]",
    r"^\S+$",
    "^.{3,7}$",
    "^a*b+c?$",
    "x",
    "^(?!ab)[a-c]+$",
]
FORMATTED = ["date", "uuid", "ipv4", "ipv6"]

STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 6),
        "maxLength": st.integers(3, 30),
        "pattern": st.sampled_from(PATTERNS),
        "format": st.sampled_from(FORMATTED),
    },
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), BOUND),
        "multipleOf": st.sampled_from([1, 2, 5, 7, 0.1, 0.25, 0.01, 1.5]),
    },
)
OTHERS: list[object] = [FLAG, NULL, {}, True, {"const": "k"}, {"enum": ["a", 1, None, True]}, {"enum": [[1], {"a": 2}]}]
OTHERS += [{"type": ["string", "null"]}, {"type": ["integer", "string"]}, ref("d"), ref("tree")]
DEFINITIONS: Json = {
    "d": {"type": "string", "minLength": 2},
    "tree": obj({"v": WHOLE, "kids": array(ref("tree")), "next": {"anyOf": [ref("tree"), NULL]}}, "kids"),
}


def grown(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    several = st.lists(inner, min_size=1, max_size=3)
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=4)},
        optional={
            "required": SOME_NAMES,
            "additionalProperties": st.one_of(st.booleans(), inner),
            "minProperties": st.integers(0, 3),
            "maxProperties": st.integers(1, 6),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", r"_\d$", "^s_"]), inner, max_size=1),
            "propertyNames": st.sampled_from([{"pattern": "^[a-z_0-9]+$"}, {"maxLength": 8}]),
            "dependentRequired": st.dictionaries(NAMES, SOME_NAMES, max_size=1),
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "items": inner,
            "prefixItems": several,
            "minItems": st.integers(0, 4),
            "maxItems": st.integers(1, 6),
            "uniqueItems": st.booleans(),
            "contains": inner,
            "minContains": st.integers(0, 2),
            "maxContains": st.integers(1, 3),
        },
    )
    mixed = [st.fixed_dictionaries({key: several}) for key in ("anyOf", "oneOf", "allOf")]
    branched = st.one_of(
        *mixed,
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    )
    return st.one_of(objects, arrays, branched, st.builds(lambda left, right: {**left, **right}, objects, branched))


SCHEMAS = st.recursive(st.one_of(STRINGS, NUMBERS, st.sampled_from(OTHERS)), grown, max_leaves=8)


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS)
def test_instance__is_valid_for_random_schemas(schema: object) -> None:
    """Schemas at random contradict themselves often; how often is asked by the next test."""
    full: Json = {**schema, "$defs": DEFINITIONS} if isinstance(schema, Mapping) else {}
    try:
        value = instance(full, "seed")
    except Unsatisfiable:
        return
    Draft202012Validator(full, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


SAMPLES: list[object] = [
    "",
    "a",
    "b",
    "k",
    "foo-123",
    "abc",
    "2025-01-01",
    "x",
    "A1",
    None,
    True,
    0,
    1,
    2,
    5,
    7,
    10,
    35,
]
SAMPLES += [
    0.1,
    0.25,
    1.5,
    -3.3,
    -50,
    50,
    1e6,
    [1],
    {"a": 2},
    [],
    {},
    {"a": 1, "b": "abc"},
    ["a", 1],
    {"v": 1, "next": None},
]


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS)
@example({"not": {"not": {"const": "k"}}})
def test_unsatisfiable__is_not_said_of_what_simple_values_satisfy(schema: object) -> None:
    full: Json = {**schema, "$defs": DEFINITIONS} if isinstance(schema, Mapping) else {}
    try:
        instance(full, "seed")
    except Unsatisfiable:
        validator = Draft202012Validator(full, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert not any(validator.is_valid(sample) for sample in SAMPLES)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^a+$", "aaa", "ab"),
        ("b", "abc", "ac"),
        (r"\bcat\b", "a cat!", "concat"),
        (r"^\d{2,3}$", "123", "١٢"),
        ("^[^a-c]+$", "xyz", "xa"),
        (r"^(?:a|b(?=c))c?$", "bc", "b"),
        (r"(?<!x)y", "ay", "xy"),
        (r"(?<=\$)\d", "$5", "5"),
        (r"^\u0041\x42\cJ$", "AB\n", "AB"),
        (r"^\p{L}+$", "éß漢", "a1"),
        (r"^(?<w>a+)-\k<w>$", "aa-aa", "aa_aa"),
        (r"^[\w.-]+$", "a.b-c_d", "a b"),
        (r"^[\]\-a]+$", "]-a", "b"),
        ("^a{2}{$", "aa{", "aa"),
        (r"\Aab\Z", "ab", "abc"),
        ("^(a|b|)+c$", "abbac", "abba"),
        ("^.$", "🦜", "\n"),
    ],
)
def test_matches__as_ecma_has_it(pattern: str, good: str, bad: str) -> None:
    assert matches(read(pattern), good, Work())
    assert not matches(read(pattern), bad, Work())


@given(
    st.text("abc", max_size=12),
    st.sampled_from(["^(a|ab)(c|bcd)*$", "(a*)*b", "^a?b{1,2}(c|a)+$", "^(?!ab).*c", "ab|c$"]),
)
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_matches__as_python_does(text: str, pattern: str) -> None:
    assert matches(read(pattern), text, Work()) == bool(re.search(pattern, text))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("seed", ["1", "2"])
def test_format__fits_its_own_check_and_no_space(name: str, seed: str) -> None:
    text = instance({"type": "string", "format": name}, seed)
    assert isinstance(text, str) and FORMATS[name].fits(text)
    assert FORMATS[name].fits("a b \n") == (name in ("regex", "byte"))


@pytest.mark.parametrize("name", STRETCHED)
def test_format__reaches_any_length(name: str) -> None:
    text = instance({"type": "string", "format": name, "minLength": 45, "maxLength": 50}, "seed")
    assert isinstance(text, str) and 45 <= len(text) <= 50 and FORMATS[name].fits(text)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Documents are relevant to the question, 'yes' or 'no'", ["yes"]),
        ("Relevance score: 'yes' if relevant, or 'no' if not relevant", ["yes"]),
        ("one of: low, medium, high", ["low", "medium", "high"]),
        ("Must be `card` or `cash`", ["card", "cash"]),
        ("Priority level: P0, P1 or P2", ["P0", "P1", "P2"]),
        ("CORRECT / INCORRECT", ["CORRECT"]),
        ("Status (open/closed)", ["open", "closed"]),
        ("true or false", ["true"]),
        ("The SQL query to run", ["SELECT 1 AS total"]),
        ("Language code, e.g. 'en' or 'fr'", None),
        ("Either a name or a path", None),
        ("Name or email", None),
        ("A date (MM/DD/YYYY)", None),
        ("A place in the path/to/it form", None),
    ],
)
def test_instance__is_one_of_the_values_that_a_description_lists(description: str, expected: list[str] | None) -> None:
    made = instance({"type": "string", "description": description}, "seed")
    words = {word.strip("'()") for word in re.split(r"[\s/]", description)}
    assert made in expected if expected else made not in words


@pytest.mark.parametrize(
    ("kind", "description", "low", "high"),
    [
        ("integer", "A score from 1 to 5", 1, 5),
        ("number", "Confidence, between 0 and 1", 0, 1),
        ("integer", "The grade (0-100)", 0, 100),
        ("integer", "1-10", 1, 10),
        ("number", "Rating on a scale of 0.0 to 1.0", 0, 1),
        ("integer", "The year, between 1900 and 2100", 1900, 2100),
    ],
)
def test_instance__is_of_the_range_that_a_description_tells(kind: str, description: str, low: int, high: int) -> None:
    for seed in "abcdefgh":
        made = instance({"type": kind, "description": description}, seed)
        assert isinstance(made, (int, float)) and low <= made <= high


def test_instance__says_yes_and_ends_the_work_when_it_is_over() -> None:
    assert {instance({"enum": ["no", "yes"]}, seed) for seed in "abcdefgh"} == {"yes"}
    steps = {"enum": ["FINISH", "coder"]}
    assert {instance(steps, seed) for seed in "abcdefgh"} == {"coder"}
    assert {instance(steps, seed, is_over=True) for seed in "abcdefgh"} == {"FINISH"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *dict.fromkeys(("plan_update", "candidates", "capacity", "statement", "community"), "").items(),
        ("username", "username"),
        ("birthdate", "date"),
        ("filepath", "path"),
        ("userCity", "city"),
    ],
)
def test_sense__is_of_a_word_and_not_of_any_letters_in_it(name: str, expected: str) -> None:
    assert sense(name) == expected


@pytest.mark.parametrize("name", ["age", "id", "userId", "max_days", "pageSize"])
def test_instance__has_a_whole_number_where_the_name_is_of_one(name: str) -> None:
    for seed in "abcdefgh":
        assert isinstance(cast(dict[str, float], instance(obj({name: NUMBER}, name), seed))[name], int)
        low = {**NUMBER, "maximum": 0.5}
        assert cast(dict[str, float], instance(obj({name: low}, name), seed))[name] <= 0.5


def test_instance__has_a_share_where_the_name_is_of_one() -> None:
    for seed in "abcdefgh":
        made = cast(dict[str, float], instance(obj({"confidence": NUMBER}, "confidence"), seed))
        assert 0.5 < made["confidence"] < 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *dict.fromkeys(("pass", "is_safe", "isValid", "score", "done", "supported-by-text", "on"), True).items(),
        *dict.fromkeys(("flagged", "is_unsafe", "isHarmful", "not_relevant", "needs_more", "force"), False).items(),
    ],
)
def test_instance__lets_what_is_judged_pass_and_ends_what_goes_on(name: str, value: bool) -> None:
    assert [instance(obj({name: FLAG}, name), seed) for seed in "abcdefgh"] == [{name: value}] * 8


def test_instance__has_either_boolean_in_a_list_of_objects() -> None:
    made = [instance(array(obj({"chosen": FLAG}), minItems=8), seed) for seed in "abcd"]
    assert {item["chosen"] for items in made for item in cast(list[dict[str, bool]], items)} == {True, False}


@pytest.mark.parametrize(
    ("description", "pattern"),
    [
        ("A date as YYYY-MM-DD", r"\d{4}-\d\d-\d\d"),
        ("When, in ISO 8601 date and time", r"\S+T\S+"),
        ("As HH:MM", r"\d\d:\d\d"),
        ("The id. It must follow the format of 'number-number'.", r"\d+-\d+"),
        ("A code, for example, 'AB-76' or 'AC-21'", r"A[BC]-\d\d"),
    ],
)
def test_instance__is_written_as_a_description_says(description: str, pattern: str) -> None:
    assert re.fullmatch(pattern, str(instance({"type": "string", "description": description}, "seed")))


def test_instance__is_the_value_that_was_said() -> None:
    route = {"enum": ["poem", "story", "joke"]}
    assert {instance(route, seed, "Write me a joke about cats") for seed in "abcdefgh"} == {"joke"}
    verdict = {"enum": ["not funny", "funny"]}
    assert {instance(verdict, seed, "This is not funny") for seed in "abcdefgh"} == {"funny"}
