"""The shapes of the control API's bodies and answers, as JSON Schemas by name; scripts have their own grammar."""

from collections.abc import Mapping
from typing import Any, get_args

from completions.conversation import Task, TextKind
from completions.journal.queries import COUNTED_COLUMNS
from completions.script.grammar import schema
from completions.wire.readback import CallKind

Schema = Mapping[str, Any]

COMPONENTS = "#/components/schemas/"

ERROR_OF_RULE = "error_of_rule"
"""The name of a script's `error` here, where `error` is the control API's envelope."""

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
ANY_OBJECT: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """Return a reference to a shape."""
    return {"$ref": f"{COMPONENTS}{name}"}


def shapes() -> dict[str, Schema]:
    """Return all shapes by name."""
    return {**_scripts(), **_answers(), **_exchanges(), **_drafts(), **_figures(), **_scenario()}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _with_warnings(shape: Schema) -> Schema:
    """Add the warnings about a pushed body, which an answer has only if there are any."""
    return {**shape, "properties": {**shape["properties"], "warnings": _list(TEXT)}}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _or_null(shape: Schema) -> Schema:
    return {"anyOf": [shape, {"type": "null"}]}


def _scripts() -> dict[str, Schema]:
    """Return the grammar's definitions, and the bodies that consist of them."""
    script: dict[str, Any] = _with_moved_references(dict(schema()))
    definitions: dict[str, Schema] = script.pop("$defs")
    definitions[ERROR_OF_RULE] = definitions.pop("error")
    script.pop("$schema")
    rule = definitions["rules"]["items"]
    return {
        **definitions,
        "script": script,
        "rule": rule,
        "rules": {**definitions["rules"], "items": ref("rule")},
        "rule_or_rules": {"anyOf": [ref("rule"), {**ref("rules"), "minItems": 1}]},
        "chaos_or_null": _or_null(ref("chaos")),
        "limits_or_null": _or_null(ref("limits")),
        "started_or_null": _or_null(ref("started")),
        "recording_or_null": _or_null(ref("recording")),
    }


def _with_moved_references(value: Any) -> Any:
    """Return a schema with its references changed to the place of the document's definitions."""
    if isinstance(value, dict):
        return {key: _with_moved_references(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_moved_references(child) for child in value]
    if value == "#/$defs/error":
        return f"{COMPONENTS}{ERROR_OF_RULE}"
    return value.replace("#/$defs/", COMPONENTS) if isinstance(value, str) else value


def _scenario() -> dict[str, Schema]:
    """Return the shape of the running scenario, and of the names of all scenarios."""
    times = {"started_at": NUMBER, "seconds": NUMBER, "speed": NUMBER}
    running = _object(name=TEXT, stage=TEXT, stages=_list(TEXT), repeat=FLAG, counted=FLAG, **times)
    names = dict.fromkeys(("known", "own"), _list(TEXT))
    return {"scenario_state": _with_warnings(_object(scenario=_or_null(running), **names, pushed=FLAG))}


def _recording() -> Schema:
    """Return the shape of a recording's settings."""
    facts = {"folder": TEXT, "mode": TEXT, "records": FLAG, "upstream": _or_null(TEXT), "ignore": _list(TEXT)}
    return _object(**facts, requests=COUNT)


READINESS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(("status", "script", "problem", "state", "journal"), TEXT),
    "required": ["status", "script"],
}


def _script_answers() -> dict[str, Schema]:
    """Return the shapes of answers on the script and on pushed rules."""
    facts = {
        "name": TEXT,
        "line": _or_null(COUNT),
        "pushed": {"enum": ["before", "after", None]},
        "times": _or_null(COUNT),
        "answers": COUNT,
        "uses": _or_null(COUNT),
    }
    return {
        "state": _with_warnings(
            _object(
                namespace=TEXT,
                source=TEXT,
                text=TEXT,
                pushed=FLAG,
                models=_list(TEXT),
                rules=_list(_object(**facts)),
                chaos=ref("chaos_or_null"),
                limits=ref("limits_or_null"),
                problem=_or_null(TEXT),
            )
        ),
        "pushed_rules": _object(rules=_list(_object(**facts, rule=ref("rule")))),
        "names": _with_warnings(_object(rules=_list(TEXT))),
        "removed": _object(removed=_list(TEXT)),
        "chaos_state": _with_warnings(_object(chaos=ref("chaos_or_null"), pushed=FLAG)),
        "limits_state": _with_warnings(_object(limits=ref("limits_or_null"), pushed=FLAG)),
    }


def _answers() -> dict[str, Schema]:
    return {
        **_script_answers(),
        "recording_state": _with_warnings(_object(recording=_or_null(_recording()), root=_or_null(TEXT), pushed=FLAG)),
        "gates": _object(gates=_map(COUNT)),
        "release": _object(gate=TEXT, released=COUNT, rules=_list(TEXT)),
        "reset": _object(namespace=TEXT, deleted=COUNT),
        "namespaces": _object(namespaces=_list(TEXT), selected=TEXT),
        "selection": _object(namespace=TEXT),
        "namespace_removed": _object(namespace=TEXT, removed=FLAG, deleted=COUNT),
        "health": _object(status={"const": "ok"}),
        "readiness": READINESS,
        "document": ANY_OBJECT,
        "failure": _object(message=TEXT, type=TEXT, param=_or_null(TEXT), code=_or_null(TEXT)),
        "error": _object(error=ref("failure")),
    }


NAMES_OR_NULL = ("endpoint", "model", "rule", "upstream", "cassette", "stage", "connection", "fault", "idempotency_key")
"""The facts of an exchange that may be null."""


def _exchanges() -> dict[str, Schema]:
    """Return the shapes of exchanges, as `journal/documents.py` makes them."""
    error = _object(status=COUNT, type=TEXT, code=_or_null(TEXT), message=TEXT)
    misses = _list(_object(rule=TEXT, why=TEXT))
    brief = {
        "id": TEXT,
        "namespace": TEXT,
        "time": TIME,
        **dict.fromkeys(("method", "path", "query", "summary", "fingerprint"), TEXT),
        **{name: _or_null(TEXT) for name in NAMES_OR_NULL},
        **dict.fromkeys(("stream", "unmatched", "client_left"), FLAG),
        **dict.fromkeys(("status", "retry", "chunks", "bytes"), COUNT),
        **{name: _or_null(NUMBER) for name in ("cost_usd", "ttft_ms", "tokens_sent", "connection_ms")},
        "duration_ms": NUMBER,
        "near_misses": misses,
        "fault_parameters": _or_null(_map(NUMBER)),
        "ineffective": _list(_object(what=TEXT, why=TEXT)),
        "error": _or_null(error),
        "tokens": _or_null(_object(prompt=COUNT, completion=COUNT, total=COUNT)),
    }
    miss = {name: brief[name] for name in ("id", "time", "model", "summary", "near_misses")}
    exchanges = _list(ref("exchange"))
    return {
        "exchange": _object(**brief),
        "exchange_in_full": _object(**brief, request=ANY_OBJECT, response=ANY_OBJECT, said=ref("said")),
        "said": _conversation(),
        "page": _object(exchanges=exchanges, more=FLAG, unread=COUNT),
        "list": _object(exchanges=exchanges, unread=COUNT),
        "too_few": _object(error=ref("failure"), exchanges=exchanges, unread=COUNT),
        "deleted": _object(deleted=COUNT),
        "totals": _object(count=COUNT, unread=COUNT, **{f"by_{name}": _map(COUNT) for name in COUNTED_COLUMNS}),
        "threads": _object(threads=_list(_thread(brief)), more=FLAG),
        "verdict": _verdict(),
        "misses": _object(unmatched=_list(_object(**miss))),
    }


def _verdict() -> Schema:
    """Return the shape of a verdict on a client, as `verdicts/operation.py` makes it."""
    findings = _list(_object(rule=TEXT, message=TEXT, guide=TEXT, evidence=_list(TEXT)))
    facts = dict.fromkeys(("requests", "calls", "retries", "answered"), COUNT)
    return _object(**facts, score=_or_null(COUNT), given_up=_list(TEXT), findings=findings, text=TEXT)


def _thread(brief: Mapping[str, Schema]) -> Schema:
    """Return the shape of a thread, as `threads.py` makes it."""
    calls = _list(_object(name=TEXT, arguments=TEXT))
    tokens = _object(prompt=COUNT, completion=COUNT, total=COUNT)
    turn = _object(**brief, at_ms=NUMBER, answer=TEXT, tool_calls=calls)
    facts = {"id": TEXT, "asked": TEXT, "time": TIME, "duration_ms": NUMBER, "cost_usd": NUMBER}
    return _object(**facts, tokens=tokens, turns=_list(turn))


def _conversation() -> Schema:
    """Return the shape of a conversation, as `conversations.py` makes it."""
    call = _object(id=TEXT, name=TEXT, arguments=TEXT, kind={"enum": [*get_args(CallKind)]})
    texts = {name: _or_null(TEXT) for name in ("text", "refusal", "reasoning", "finish_reason")}
    message = _object(
        role=TEXT,
        text=TEXT,
        name=_or_null(TEXT),
        tool_calls=_list(call),
        tool_call_id=_or_null(TEXT),
        parts=_list(_object(kind={"enum": ["image", "audio", "file"]}, source=TEXT)),
    )
    choice = _object(
        **texts,
        tool_calls=_list(call),
        blocks=_list(_object(kind={"enum": ["text", "reasoning", "refusal", "call"]}, text=TEXT, call=_or_null(call))),
        annotations=_list(ANY_OBJECT),
        embedding=_or_null(_object(dimensions=COUNT, first=_list({"type": "number"}))),
        moderation=_or_null(_object(flagged=_or_null(FLAG), scores=_map(NUMBER))),
        scores=_or_null(_list({"type": "number"})),
        pieces=_list(_object(kind={"enum": [*get_args(TextKind)]}, text=TEXT, at_ms=NUMBER, event=COUNT)),
    )
    return _object(
        format=_or_null(TEXT),
        task={"enum": [*get_args(Task), None]},
        prompt=TEXT,
        answer=TEXT,
        cut=FLAG,
        messages=_list(message),
        choices=_list(choice),
        usage=_or_null(_map(COUNT)),
        warnings=_list(TEXT),
        error=_or_null(_object(message=TEXT, **{name: _or_null(TEXT) for name in ("type", "code", "param")})),
    )


def _drafts() -> dict[str, Schema]:
    """Return the shapes of the operations on drafts."""
    error = _object(status=COUNT, type=TEXT, code=_or_null(TEXT), message=TEXT)
    call = _object(name=TEXT, arguments=TEXT)
    choice = _object(**{name: _or_null(TEXT) for name in ("text", "refusal", "reasoning")}, tool_calls=_list(call))
    step = _object(name=TEXT, line=_or_null(COUNT), fits=FLAG, why=_or_null(TEXT))
    problem = _object(
        kind={"enum": ["error", "warning"]},
        message=TEXT,
        line=_or_null(COUNT),
        column=_or_null(COUNT),
        field=_or_null(TEXT),
    )
    more = {"path": {**TEXT, "default": "/v1/chat/completions"}, "headers": _map(TEXT), "text": TEXT}
    return {
        "draft": {**_object(text=TEXT), "additionalProperties": False},
        "lint": _object(rules=_or_null(COUNT), problems=_list(problem)),
        "trial": {
            "type": "object",
            "properties": {"request": ANY_OBJECT, **more},
            "required": ["request"],
            "additionalProperties": False,
        },
        "trial_answer": _object(
            rule=_or_null(TEXT),
            refused=FLAG,
            reply=_or_null(_object(model=_or_null(TEXT), choices=_list(choice))),
            error=_or_null(error),
            faults=_list(_object(name=TEXT, parameters=_map(NUMBER))),
            rules=_list(step),
        ),
        "draft_rule": _object(rule=ref("rule"), text=TEXT),
    }


def _figures() -> dict[str, Schema]:
    """Return the shapes of figures, as `journal/figures.py` makes them."""
    counts = ("requests", "errors", "faults", "unmatched", "prompt_tokens", "completion_tokens")
    percentiles = _object(p50=_or_null(NUMBER), p95=_or_null(NUMBER))
    sums = {**dict.fromkeys(counts, COUNT), "cost_usd": NUMBER, "ttft_ms": percentiles, "itl_ms": percentiles}
    return {
        "figures": _object(
            step_s=_or_null(COUNT),
            steps=_list(_object(time=TIME, **sums)),
            by_model=_list(_object(model=TEXT, **sums)),
            by_rule=_list(_object(rule=TEXT, **sums)),
        ),
        "runs": _object(
            runs=_list(_object(namespace=TEXT, first=TIME, last=TIME, cost_usd=NUMBER, **dict.fromkeys(counts, COUNT)))
        ),
        "hits": _object(hits=_list(_object(rule=_or_null(TEXT), count=COUNT, last=TIME))),
    }
