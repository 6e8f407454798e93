"""The rule that an exchange makes: the same question gets the same answer, as YAML for a script."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from completions.control.exchanges import found_exchange
from completions.control.formats import format_at
from completions.control.operation import Call
from completions.control.readback import Said, read_back
from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.views.http import FastJsonResponse, Recorded

Rule = dict[str, Any]

LONGEST = 500
"""Characters of a text that a rule compares whole; of a longer one its beginning."""

NAMED = 40
"""Characters of a message that make a rule's name."""

OPENERS = {"{{": "openvariable", "{%": "openblock", "{#": "opencomment"}


async def get_rule_of(call: Call) -> Recorded:
    """Make a rule of an exchange, which answers the same to the same."""
    shown = await found_exchange(call)
    rule = _rule(shown)
    return FastJsonResponse({"rule": rule, "text": yaml.dump([rule], Dumper=Dumper, **STYLE)})


def _rule(shown: Mapping[str, Any]) -> Rule:
    prompt = _prompt(shown)
    asked = prompt.last_user if prompt is not None else shown["summary"]
    name = " ".join(asked.split())
    rule: Rule = {"name": name if len(name) <= NAMED else f"{name[: NAMED - 1]}…"} if name else {}
    if match := _match(prompt, asked, cut=prompt is None):
        rule["match"] = match
    if shown["error"] is not None:
        return rule | {"error": _error(shown["error"])}
    choices = [_choice(said) for said in read_back(shown["response"])]
    if not choices:
        return rule | {"reply": {"auto": True}}
    if len(choices) > 1:
        return rule | {"reply": {"choices": choices}}
    only = choices[0]
    return rule | {"reply": only["text"] if only.keys() == {"text"} else only}


def _prompt(shown: Mapping[str, Any]) -> Prompt | None:
    """Read the request again; None where the journal has not all of it, or its format takes it no more."""
    body, found = shown["request"]["body"], format_at(shown["path"])
    if found is None or not isinstance(body, dict):
        return None
    wire, route = found
    headers = {name.lower(): value for name, value in shown["request"]["headers"].items()}
    try:
        return wire.parse(json.dumps(body).encode(), headers, validate=False, route=route)
    except RequestError:
        return None


def _match(prompt: Prompt | None, asked: str, *, cut: bool) -> dict[str, Any]:
    match: dict[str, Any] = {}
    if asked:
        long = cut or len(asked) > LONGEST
        match["last_user"] = {"startswith": asked[:LONGEST]} if long else {"eq": asked}
    if prompt is None:
        return match
    if prompt.task != "generate":
        match["format"] = prompt.format
    elif prompt.tool_result is not None:
        match["tool_result"] = {"name": prompt.tool_result.name, "exists": True}
    if prompt.turn:
        match["turn"] = prompt.turn
    return match


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    status = min(max(int(error["status"]), 400), 599)
    facts = {name: error[name] for name in ("type", "code") if error[name]}
    return {"status": status, **facts, "message": literal(error["message"])}


def _choice(said: Said) -> dict[str, Any]:
    found: dict[str, Any] = {name: literal(getattr(said, name)) for name in TEXTS if getattr(said, name)}
    if said.calls:
        found["tool_calls"] = [_call(name, arguments) for name, arguments in said.calls.values()]
    return found | ({"finish_reason": said.cut} if said.cut else {})


TEXTS = ("reasoning", "text", "refusal")


def _call(name: str, arguments: str) -> dict[str, Any]:
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        given = arguments
    return {"name": literal(name), "arguments": _filled(given) if isinstance(given, dict) else literal(arguments)}


def _filled(value: object) -> object:
    match value:
        case str():
            return literal(value)
        case dict():
            return {key: _filled(child) for key, child in value.items()}
        case list():
            return [_filled(child) for child in value]
    return value


def literal(text: str) -> str:
    """Return a text that a script says as it stands, though it has a template's signs in it."""
    if "{{" not in text and "{%" not in text:
        return text
    return re.sub(r"{[{%#]", lambda found: f"{{% templatetag {OPENERS[found[0]]} %}}", text)


class Dumper(yaml.SafeDumper):
    """YAML as a person writes it: lists are indented, and texts of many lines stand as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists within mappings too."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True


def _string(dumper: Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, _string)

STYLE: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 100}
