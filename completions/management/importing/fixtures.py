"""Fixtures of other mocks, which say what to answer to whom: aimock's, and mock-llm's rules."""

import json
import re
from typing import Any

from completions.management.importing.exchange import NotTaken, Rule
from completions.script.reply.literal import literal

Document = dict[str, Any]

CONDITIONS = {"userMessage": "last_user", "model": "model", "toolName": "tools", "responseFormat": "response_format"}
"""aimock's conditions, and what scripts call them (https://github.com/CopilotKit/aimock, "write fixtures")."""


def aimock(each: Document) -> Rule:
    """Read a fixture of aimock's: `match` and `response`."""
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
        raise NotTaken(f"the response has no content, toolCalls or error, but {', '.join(said)}")
    return {"reply": reply}


def _call(call: Document) -> Rule:
    arguments = call.get("arguments", "{}")
    given = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {"name": call["name"], "arguments": json.loads(json.dumps(given))}


def mock_llm(each: Document) -> Rule:
    """Read a rule of mock-llm's: a JMESPath `match` and a `response`."""
    response, match = each["response"], str(each["match"])
    if "{{" in str(response["content"]):
        raise NotTaken("its response has a Handlebars template")
    condition: Rule = {} if match == "@" else {"expr": match}
    path = re.sub(r"[\\^$*.]+$", "", str(each.get("path", "/v1/chat/completions")))
    reply = {"response": {"path": path, "status": int(response.get("status", 200)), "body": str(response["content"])}}
    return {"match": condition, "reply": reply}
