"""The operations on drafts: checking a script without using it, and trying a request without sending it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from completions import budget
from completions.conf import conf
from completions.control.operation import Call
from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError, ScriptError
from completions.resolve.ask import TextHeaders, ask
from completions.resolve.keys import key_in
from completions.resolve.overrides import check_names
from completions.resolve.rehearsal import Rehearsal, Step, rehearse
from completions.script.review import doubts
from completions.script.rules import Script
from completions.script.text.node import Node
from completions.state.namespaces import Namespace
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.wire.registry import format_at

CHAT = "/v1/chat/completions"

REFUSED: Mapping[str, Any] = {"rule": None, "refused": True, "reply": None, "faults": [], "rules": []}
"""The answer, without the error, for a request that is refused before any rule is tried."""


async def lint_script(call: Call) -> ExchangeResponse:
    """Say what is wrong with a script, and what is doubtful, without using it."""
    fields = call.body.node.fields(required=("text",))
    try:
        script = await _draft(await call.space(), fields["text"].as_(str))
    except ScriptError as exc:
        return FastJsonResponse({"rules": None, "problems": [_error_of(each) for each in (exc, *exc.others)]})
    script_doubts = await budget.in_thread(doubts, script)
    warnings = [_problem("warning", doubt.message, doubt.line) for doubt in script_doubts]
    return FastJsonResponse({"rules": len(script.rules), "problems": warnings})


async def try_request(call: Call) -> ExchangeResponse:
    """Say which rule would answer a request, what, and why the others would not; nothing is counted.

    A request without a key is taken for one with a key that the script takes.
    """
    fields = call.body.node.fields(required=("request",), optional=("request", "path", "headers", "text"))
    space = await call.space()
    script = await _draft(space, fields["text"].as_(str)) if "text" in fields else space.script
    try:
        prompt = await _prompt(space, script, fields)
        result = await rehearse(script, prompt, {} if "text" in fields else await space.uses())
    except RequestError as exc:
        return FastJsonResponse({**REFUSED, "error": _error(exc)})
    return FastJsonResponse(_answer(result))


async def _draft(space: Namespace, text: str) -> Script:
    """Return the script of a text in a namespace, with its pushed rules; read in a thread."""
    return await budget.in_thread(space.builder.draft, text, space.pushed)


async def _prompt(space: Namespace, script: Script, fields: Mapping[str, Node]) -> Prompt:
    path, _, query = (fields["path"].as_(str) if "path" in fields else CHAT).partition("?")
    match = format_at(path)
    if match is None:
        raise RequestError(f"Invalid URL (POST {path[:200]})", status=404)
    wire, route = match
    header_nodes = fields["headers"].entries() if "headers" in fields else {}
    check_names(map(str.lower, header_nodes))
    headers = {name.lower().encode(): node.as_(str).encode("latin-1", "replace") for name, node in header_nodes.items()}
    if (keys := script.keys or conf.API_KEYS) and not key_in(TextHeaders(headers)):
        headers[b"authorization"] = f"Bearer {next(iter(keys))}".encode()
    body = json.dumps(fields["request"].as_(dict)).encode()
    return await ask(space, wire, headers, body, {**dict(parse_qsl(query)), **route}, script=script)


def _answer(result: Rehearsal) -> dict[str, Any]:
    rule, outcome = result.rule.name if result.rule is not None else None, result.outcome
    faults = [{"name": fault.name, "parameters": dict(fault.parameters)} for fault in outcome.faults]
    reply = None if outcome.reply is None else _reply(outcome.reply)
    error = None if outcome.error is None else _error(outcome.error)
    rules = list(map(_step, result.steps))
    return {"rule": rule, "refused": False, "reply": reply, "error": error, "faults": faults, "rules": rules}


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.rule.name, "line": step.rule.line or None, "fits": step.fits, "why": step.why}


def _reply(reply: Reply) -> dict[str, Any]:
    return {"model": reply.model, "choices": list(map(_choice, reply.choices))}


def _choice(choice: Choice) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in choice.tool_calls]
    return {"text": choice.text, "refusal": choice.refusal, "reasoning": choice.reasoning, "tool_calls": calls}


def _error(exc: RequestError) -> dict[str, Any]:
    return {"status": exc.status, "type": exc.type, "code": exc.code, "message": exc.message}


def _error_of(exc: ScriptError) -> dict[str, Any]:
    return _problem("error", exc.message, exc.line, exc.field) | {"column": exc.column}


def _problem(kind: str, message: str, line: int | None, field: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "message": message, "line": line or None, "column": None, "field": field}
