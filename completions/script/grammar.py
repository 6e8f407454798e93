"""The grammar of scripts as a JSON Schema for editors, generated from the loader's tables."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from completions.conversation import NAMES
from completions.faults import AFTER, FAULTS, MAX_MS, MAX_NUMBER, Parameter
from completions.script import cassette_keys, language, prompts
from completions.script.language import Keys
from completions.script.match.fields import EXPR, FIELDS, LOOKUPS_OF, STRUCTURED_FIELDS, TOOL_RESULT, Field, Kind
from completions.script.match.lookups import LOOKUPS
from completions.script.reply.errors import MAX_RETRY_SECONDS
from completions.tokens.capabilities import EFFORTS, FEATURES

Schema = Mapping[str, object]

SCALARS: Schema = {"type": ["string", "number", "boolean"]}
TEXT: Schema = {"type": "string"}
BYTES: Schema = {
    "type": "object",
    "properties": {"base64": {**TEXT, "description": language.BYTES["base64"].help}},
    "required": ["base64"],
    "additionalProperties": False,
}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
LOGPROB: Schema = {"type": "number", "maximum": 0}
STATUS: Schema = {"type": "integer", "minimum": language.STATUSES.start, "maximum": language.STATUSES.stop - 1}

KINDS: dict[str, Schema] = {
    "version": {"const": language.VERSION},
    "text": TEXT,
    "scalar": SCALARS,
    "text_or_null": {"type": ["string", "null"]},
    "scalar_or_null": {"type": ["string", "number", "boolean", "null"]},
    "flag": {"type": "boolean"},
    "true": {"const": True},
    "codings": {"anyOf": [{"enum": [*language.CODINGS]}, {"type": "array", "items": {"enum": [*language.CODINGS]}}]},
    "dataset_by": {"enum": list(language.DATASET_BY)},
    "number": {"type": "number", "minimum": 0, "maximum": MAX_MS},
    "tps": {"type": "number", "minimum": language.MIN_TPS, "maximum": MAX_NUMBER},
    "apply": {"enum": list(language.APPLIES)},
    "jitter_kind": {"enum": list(language.JITTERS)},
    "model": {"type": "string", "pattern": "^[^/]+/."},
    "cassette_mode": {"enum": list(cassette_keys.CASSETTE_MODES)},
    "seed": SCALARS,
    "count": COUNT,
    "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 10**9},
    "speed": {"type": "number", "minimum": language.MIN_SPEED, "maximum": language.MAX_SPEED},
    "tokens": {"type": "integer", "minimum": 1, "maximum": language.MAX_TEXT_TOKENS},
    "length_kind": {"enum": list(language.JITTERS[1:])},
    "used": {"type": "integer", "minimum": 0, "maximum": language.MAX_USED},
    "epoch": {"type": "integer", "minimum": 0, "maximum": language.LATEST_SECOND},
    "positive": {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
    "status": STATUS,
    "any_status": {"type": "integer", "minimum": 200, "maximum": 599},
    "pieces": {"type": "array", "items": {"type": "object", "minProperties": 1, "maxProperties": 1}},
    "rate": {"type": "number", "minimum": 0, "maximum": 1},
    "names": {"type": "array", "items": SCALARS},
    "name_or_names": {"anyOf": [SCALARS, {"type": "array", "items": SCALARS}]},
    "retry_after": {"anyOf": [{"type": "number", "minimum": 0, "maximum": MAX_RETRY_SECONDS}, TEXT]},
    "retry_after_date": {"type": "number", "minimum": 0, "maximum": MAX_RETRY_SECONDS},
    "logprobs": {"anyOf": [LOGPROB, {"type": "array", "items": LOGPROB, "minItems": 1}]},
    "vector": {"type": "array", "items": {"type": "number"}, "minItems": 1},
    "dialect": {"enum": NAMES["dialect"]},
    "efforts": {"type": "array", "items": {"enum": list(EFFORTS)}, "minItems": 1},
    "supports": {
        "type": "object",
        "properties": {name: {"type": "boolean", "description": told} for name, told in FEATURES.items()},
        "additionalProperties": False,
    },
    "finish_reason": {"enum": list(language.FINISH_REASONS)},
    "call_type": {"enum": list(language.CALL_TYPES)},
    "callable": {"type": "string", "pattern": "^[^:]+:[^:]+$"},
    "url": {"type": "string", "pattern": "^https?://[^/]"},
    "arguments": {"type": ["object", "string"]},
    "made_files": {"type": "object", "additionalProperties": {"anyOf": [TEXT, BYTES]}},
    "objects": {"type": "array", "items": {"type": "object"}},
    "prompt_role": {"enum": list(prompts.ROLES)},
    "any_object": {"type": "object", "propertyNames": {"not": {"enum": list(prompts.REQUEST_ONLY)}}},
    "headers": {"type": "object", "additionalProperties": SCALARS},
    "body": {
        "type": "object",
        "anyOf": [
            {"required": ["id", "object", "created", "choices", "usage"]},
            {"required": ["type", "role", "content", "usage"], "properties": {"type": {"const": "message"}}},
            {"required": ["object", "output"], "properties": {"object": {"const": "response"}}},
            {"required": ["candidates"]},
        ],
    },
    "comment": {"type": ["string", "number", "boolean"]},
    "json": {},
}
"""The schemas of values; any other kind is a separate definition."""

STRICT_WITH_FALLBACK: Schema = {"required": ["strict", "fallback"], "properties": {"strict": {"const": True}}}


ONE_ANSWER: Schema = {"oneOf": [{"required": [key]} for key in language.ANSWERS]}
REPLY_BEFORE_ERROR: Schema = {"required": ["reply", "error", "fault"], "not": {"required": ["replies"]}}
"""A rule with a reply for its streams before the error with which a fault ends them."""


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def _mapping(keys: Keys, **more: object) -> Schema:
    properties = {name: {**KINDS.get(key.kind, _ref(key.kind)), "description": key.help} for name, key in keys.items()}
    required = [name for name, key in keys.items() if key.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def _exclusive(keys: Iterable[str]) -> list[Schema]:
    """At most one of these keys is given."""
    return [{"not": {"required": list(pair)}} for pair in combinations(keys, 2)]


def _one_of(keys: Iterable[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]


def _answer(keys: Keys) -> Schema:
    """A reply, or one choice of it: at most one source, some content, and only facts with whole sources."""
    without_blocks: Schema = {"not": {"anyOf": _one_of(language.IN_BLOCKS)}}
    allowed_with: list[tuple[str, Sequence[str]]] = [(source, (*language.FACTS, "events")) for source in language.WHOLE]
    allowed_with += [
        ("dataset", language.BESIDE_DATASET),
        ("body", ("events",)),
        *((key, ()) for key in language.ALONE),
    ]
    only_events = [{"required": ["events"], "maxProperties": 1}] if "events" in keys else []
    return _mapping(
        keys,
        allOf=_exclusive(key for key in language.SOURCES if key in keys),
        anyOf=[*_one_of(key for key in language.CONTENT if key in keys), *only_events],
        dependentSchemas={"blocks": without_blocks}
        | {key: {"propertyNames": {"enum": [key, *facts]}} for key, facts in allowed_with if key in keys},
    )


def _operand(name: str, kind: Kind, closed: str = "") -> Schema:
    """Return the schema of a lookup's operand; for equality, one of the closed list, if there is one."""
    same: dict[Kind, Schema] = {"number": {"type": "number"}, "flag": {"type": "boolean"}, "any": {}}
    item = {"enum": NAMES[closed]} if closed and name in ("eq", "in") else same.get(kind, SCALARS)
    operands: dict[str, Schema] = {
        "regex": TEXT,
        "number": {"type": "number"},
        "flag": {"type": "boolean"},
        "list": {"type": "array", "items": item},
    }
    return operands.get(LOOKUPS[name].operand, item)


def _condition(kind: Kind, more: Mapping[str, Schema] | None = None, closed: str = "") -> Schema:
    """A bare value, a list of values, null for a missing value, or lookups, which can be combined."""
    condition = _ref(f"{closed or kind}_condition")
    lookups = {name: _operand(name, kind, closed) for name in LOOKUPS_OF[kind]}
    combined = {"all": _list_of(condition), "any": _list_of(condition), "not": condition}
    mapping = {"type": "object", "properties": {**lookups, **combined, **(more or {})}, "additionalProperties": False}
    bare = _operand("eq", kind, closed) if kind != "any" else {"type": ["string", "number", "boolean"]}
    if closed:
        bare = {"anyOf": [bare, {"type": "string", "pattern": "^/[\\s\\S]+/[ims]*$"}]}
    nothing = [{"type": "null"}] if "exists" in LOOKUPS_OF[kind] else []
    return {"anyOf": [mapping, bare, {"type": "array", "items": _operand("eq", kind, closed)}, *nothing]}


def _field(field: Field) -> Schema:
    condition = _ref(f"{field.name if field.closed else field.kind}_condition")
    shape: Schema = {"type": "object", "additionalProperties": condition} if field.keyed else condition
    return {**shape, "description": field.help}


def _match() -> Schema:
    sides = {name: _field(field) for name, field in TOOL_RESULT.items()}
    structured = {
        "tool_result": {**_condition("text", sides), "description": STRUCTURED_FIELDS["tool_result"]},
        "expr": {"anyOf": [TEXT, _field(EXPR)], "description": STRUCTURED_FIELDS["expr"]},
    }
    fields = {name: _field(field) for name, field in FIELDS.items()}
    combined = _mapping(language.COMBINERS)["properties"]
    assert isinstance(combined, dict)
    structured["request"] = {"type": "object", "description": STRUCTURED_FIELDS["request"]}
    return {"type": "object", "properties": {**fields, **structured, **combined}, "additionalProperties": False}


def _parameter(parameter: Parameter) -> Schema:
    kind = "integer" if parameter.whole else "number"
    return {"type": kind, "minimum": parameter.minimum, "maximum": parameter.maximum, "description": parameter.help}


def _fault() -> Schema:
    """A fault's name, or one name with its parameters."""
    both: Schema = {"not": {"required": list(AFTER)}}
    shapes = {
        name: {
            "type": "object",
            "properties": {key: _parameter(each) for key, each in spec.parameters.items()},
            "additionalProperties": False,
            "description": spec.help,
            **(both if spec.parameters.keys() >= AFTER.keys() else {}),
        }
        for name, spec in FAULTS.items()
    }
    one = {"type": "object", "properties": shapes, "additionalProperties": False}
    return {"anyOf": [{"enum": list(FAULTS)}, {**one, "minProperties": 1, "maxProperties": 1}]}


def _error() -> Schema:
    """An error with a status, or with the name of one."""
    named: Schema = {"required": ["code"], "properties": {"code": {"enum": list(language.NAMED_ERRORS)}}}
    once = _exclusive(("retry_after", "retry_after_date"))
    return _mapping(language.ERROR, allOf=once, anyOf=[{"required": ["status"]}, named])


def _models() -> Schema:
    """Return the schema of the models there are: those that are known, any, or a list."""
    return {
        "anyOf": [
            {"enum": [language.KNOWN, language.ANY]},
            {"type": "array", "items": {"anyOf": [SCALARS, _mapping(language.MODEL)]}},
        ]
    }


def _prompts() -> dict[str, Schema]:
    """Return the schema of prompt templates: each is one, or a list of its versions."""
    one = _mapping(prompts.PROMPT)
    return {
        "prompts": {"type": "object", "additionalProperties": {"anyOf": [one, _list_of(one)]}},
        "prompt_messages": _list_of(_mapping(prompts.MESSAGE)),
    }


def _scenario_parts() -> dict[str, Schema]:
    stages = _list_of(_mapping(language.STAGE, allOf=_exclusive(("seconds", "requests"))))
    one: Schema = {"anyOf": [_ref("stages"), _mapping(language.SCENARIO)]}
    running = _mapping(language.STARTED, oneOf=_one_of(("name", "stages")))
    return {
        "stages": stages,
        "scenarios": {"type": "object", "additionalProperties": one},
        "started": {"anyOf": [TEXT, _ref("stages"), running]},
    }


def _reply_parts() -> dict[str, Schema]:
    """Return the schemas of the parts of a reply."""
    call = _mapping(language.TOOL_CALL)
    return {
        "auto": {"anyOf": [{"const": True}, _mapping(language.AUTO)]},
        "length": {"anyOf": [KINDS["tokens"], _mapping(language.LENGTH)]},
        "blocks": _list_of({"anyOf": [TEXT, _mapping(language.BLOCK, minProperties=1, maxProperties=1)]}),
        "tool_call": call,
        "tool_calls": {"anyOf": [call, _list_of(call)]},
        "events": _list_of({"anyOf": [TEXT, _mapping(language.EVENT, minProperties=1)]}),
        "choices": _list_of({"anyOf": [TEXT, _answer(language.CHOICE)]}),
        "callback": {"anyOf": [KINDS["url"], _mapping(language.CALLBACK)]},
        "dataset": {"anyOf": [TEXT, _mapping(language.DATASET)]},
        "failure": _mapping(language.FAILURE),
        "usage": _mapping(language.USAGE),
        "moderation": _mapping(language.MODERATION),
        "categories": _mapping(language.SCORES),
    }


def _pacing() -> Schema:
    keys = _mapping(language.PACING, allOf=_exclusive(("tps", "itl_ms")))
    return {"anyOf": [{"enum": [language.RECORDED, 0]}, keys]}


def _cassette_parts() -> dict[str, Schema]:
    """Answers of other servers, and their origin."""
    return {
        "response": _mapping(cassette_keys.RESPONSE),
        "recorded": _mapping(cassette_keys.ORIGIN),
        "upstream": {"anyOf": [KINDS["url"], _mapping(cassette_keys.UPSTREAM, anyOf=_one_of(("url", "litellm")))]},
        "recording": _mapping(cassette_keys.RECORDING),
    }


def schema() -> Schema:
    """Return the schema of a script."""
    error_item = {"type": "object", "properties": {"error": _ref("error")}, "additionalProperties": False}
    error_item = {**error_item, "required": ["error"]}
    answer: Schema = {"anyOf": [_ref("reply"), error_item]}
    definitions: dict[str, Schema] = {
        "defaults": _mapping(language.DEFAULTS, **{"not": STRICT_WITH_FALLBACK}),
        "models": _models(),
        "pacing": _pacing(),
        "load": {"anyOf": [{"const": language.NONE}, _mapping(language.LOAD, minProperties=1)]},
        "hold": {"anyOf": [SCALARS, _mapping(language.HOLD)]},
        "jitter": {"anyOf": [KINDS["jitter_kind"], _mapping(language.JITTER)]},
        "limits": {"anyOf": [_mapping(language.LIMITS), {"type": "array", "items": _mapping(language.LIMITS)}]},
        "quota": _mapping(language.QUOTA, minProperties=1),
        "rules": {"type": "array", "items": _mapping(language.RULE, anyOf=[ONE_ANSWER, REPLY_BEFORE_ERROR])},
        "fault": {"anyOf": [_ref("one_fault"), _list_of(_ref("one_fault"))]},
        "one_fault": _fault(),
        "chaos": _mapping(language.CHAOS),
        "strikes": _list_of({"anyOf": [_ref("fault"), error_item]}),
        "match": _match(),
        "matches": _list_of(_ref("match")),
        "reply": {"anyOf": [TEXT, _answer(language.REPLY)]},
        "replies": _list_of(answer),
        "fallback": answer,
        "error": {"anyOf": [STATUS, {"enum": list(language.NAMED_ERRORS)}, _error()]},
    }
    definitions |= _reply_parts() | _scenario_parts() | _cassette_parts() | _prompts()
    definitions |= {f"{kind}_condition": _condition(kind) for kind in LOOKUPS_OF}
    closed = [field for field in FIELDS.values() if field.closed]
    definitions |= {f"{field.name}_condition": _condition(field.kind, closed=field.name) for field in closed}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A script of the mock"}
    return {**head, **_mapping(language.SCRIPT), "$defs": definitions}
