"""Fixtures of other mocks, which say what to answer to whom: aimock's, and mock-llm's rules."""

import json
import re
from typing import Any

from completions.management.importing.exchange import Found, NotTaken, Rule
from completions.script.literal import literal

Document = dict[str, Any]

CONDITIONS = {"userMessage": "last_user", "model": "model", "toolName": "tools", "responseFormat": "response_format"}
"""aimock's conditions, and what scripts call them (https://github.com/CopilotKit/aimock, "write fixtures")."""


def aimock(document: Document) -> Found:
    """Read aimock's fixtures: `match` and `response`."""
    found = Found("aimock")
    _take(found, "fixture", document["fixtures"], _fixture)
    return found


def _take(found: Found, word: str, entries: list[Document], read: Any) -> None:
    for at, each in enumerate(entries):
        try:
            found.rules.append(read(each))
        except NotTaken as exc:
            found.left.append(f"{word} {at}: {exc}")
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            found.left.append(f"{word} {at}: it is not as expected ({type(exc).__name__}: {exc})")


def _fixture(each: Document) -> Rule:
    match: Rule = {}
    for name, value in each["match"].items():
        if name not in CONDITIONS or not isinstance(value, str):
            raise NotTaken(f"the condition `{name}` has no counterpart")
        match[CONDITIONS[name]] = value if name != "userMessage" else {"contains": value}
    return {"match": match, **_answer(each["response"])}


def _answer(said: Document) -> Rule:
    if "error" in said:
        error = said["error"]
        facts = {name: error[name] for name in ("message", "type", "code") if isinstance(error.get(name), str)}
        return {"error": {"status": int(said.get("status", 500)), **facts}}
    reply: Rule = {}
    if isinstance(said.get("content"), str):
        reply["text"] = literal(said["content"])
    if isinstance(said.get("reasoning"), str):
        reply["reasoning"] = literal(said["reasoning"])
    if said.get("toolCalls"):
        reply["tool_calls"] = [_call(call) for call in said["toolCalls"]]
    if not reply:
        raise NotTaken(f"the response has none of content, toolCalls and error, but {', '.join(said)}")
    return {"reply": reply}


def _call(call: Document) -> Rule:
    arguments = call.get("arguments", "{}")
    given = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {"name": call["name"], "arguments": json.loads(json.dumps(given))}


def mock_llm(document: Document) -> Found:
    """Read mock-llm's rules: a JMESPath `match` and a `response`, of which the last that matches answers."""
    found = Found("mock-llm")
    _take(found, "rule", document["rules"][::-1], _rule)
    return found


def _rule(each: Document) -> Rule:
    response, match = each["response"], str(each["match"])
    if "{{" in str(response["content"]):
        raise NotTaken("its response has a Handlebars template")
    condition: Rule = {} if match == "@" else {"expr": match}
    path = re.sub(r"[\\^$*.]+$", "", str(each.get("path", "/v1/chat/completions")))
    reply = {"response": {"path": path, "status": int(response.get("status", 200)), "body": str(response["content"])}}
    return {"match": condition, "reply": reply}
