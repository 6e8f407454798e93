"""Fixtures of other mocks: aimock's, and mock-llm's rules."""

import json
import re
from typing import Any

from completions.management.importing.exchange import NotImportable, Rule
from completions.script.reply.literal import literal

Document = dict[str, Any]

CONDITIONS = {"userMessage": "last_user", "model": "model", "toolName": "tools", "responseFormat": "response_format"}
"""aimock's conditions, and their names in scripts (https://github.com/CopilotKit/aimock, "write fixtures")."""


def aimock(each: Document) -> Rule:
    """Read a fixture of aimock's: `match` and `response`."""
    match: Rule = {}
    for name, value in each["match"].items():
        if name not in CONDITIONS or not isinstance(value, str):
            raise NotImportable(f"the condition `{name}` has no counterpart")
        match[CONDITIONS[name]] = value if name != "userMessage" else {"contains": value}
    return {"match": match, **_answer(each["response"])}


def _answer(response: Document) -> Rule:
    if "error" in response:
        error = response["error"]
        facts = {name: error[name] for name in ("message", "type", "code") if isinstance(error.get(name), str)}
        return {"error": {"status": int(response.get("status", 500)), **facts}}
    reply: Rule = {}
    if isinstance(response.get("content"), str):
        reply["text"] = literal(response["content"])
    if isinstance(response.get("reasoning"), str):
        reply["reasoning"] = literal(response["reasoning"])
    if response.get("toolCalls"):
        reply["tool_calls"] = [_call(call) for call in response["toolCalls"]]
    if not reply:
        raise NotImportable(f"the response has no content, toolCalls or error, but {', '.join(response)}")
    return {"reply": reply}


def _call(call: Document) -> Rule:
    arguments = call.get("arguments", "{}")
    value = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {"name": call["name"], "arguments": json.loads(json.dumps(value))}


def mock_llm(each: Document) -> Rule:
    """Read a rule of mock-llm's: a JMESPath `match` and a `response`."""
    response, match = each["response"], str(each["match"])
    if "{{" in str(response["content"]):
        raise NotImportable("its response has a Handlebars template")
    condition: Rule = {} if match == "@" else {"expr": match}
    path = re.sub(r"[\\^$*.]+$", "", str(each.get("path", "/v1/chat/completions")))
    reply = {"response": {"path": path, "status": int(response.get("status", 200)), "body": str(response["content"])}}
    return {"match": condition, "reply": reply}
