"""Rules from exchanges, as YAML for a script: the same question gets the same answer."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from completions.control.exchanges import require_exchange
from completions.control.operation import Call, Parameter
from completions.control.verbatim import verbatim_rule
from completions.conversation import ParsedExchange, Prompt
from completions.exceptions import RequestError
from completions.journal.quotes import REDACTED
from completions.resolve.distort import CHANGES as DISTORTIONS
from completions.script.reply.as_written import choice_as_written
from completions.script.reply.errors import plain
from completions.script.reply.literal import literal
from completions.script.text.node import shortened
from completions.script.text.yaml_text import yaml_text
from completions.views.http import ExchangeResponse, FastJsonResponse

Rule = dict[str, Any]

MAX_COMPARED = 500
"""The most characters of a text that a rule compares whole; of a longer one it compares the beginning."""

MAX_NAME = 40
"""The most characters of a message in a rule's name."""

PLACEHOLDER_REPLY = "What should be answered?"
"""The reply of a rule for an unmatched request, or for an unreadable answer; its author fills it in."""


VERBATIM = (Parameter("verbatim", "Whether the rule answers byte for byte as recorded.", bool, False),)


async def get_rule_of(call: Call) -> ExchangeResponse:
    """Make a rule of an exchange, which answers the same to the same; a 409 where no rule could."""
    exchange, parsed, traffic = await require_exchange(call)
    rule = rule_of(exchange, parsed)
    if call.query["verbatim"] and parsed.prompt is not None:
        name_entry = {"name": rule["name"]} if "name" in rule else {}
        rule = {**name_entry, **await asyncio.to_thread(verbatim_rule, exchange, parsed.prompt, traffic)}
    as_json: Rule = json.loads(json.dumps(rule))  # JSON, in which the milliseconds of pieces are texts
    return FastJsonResponse({"rule": as_json, "text": yaml_text([rule])})


def rule_of(exchange: Mapping[str, Any], parsed: ParsedExchange) -> Rule:
    """Return the rule; raise `RequestError` for a request that rules cannot answer."""
    prompt = parsed.prompt
    if prompt is None:
        raise RequestError(
            f"No rule can answer {exchange['method']} {exchange['path'][:200]}: it is not a request that scripts "
            "answer, or its body cannot be read.",
            status=409,
            code="no_rule_possible",
        )
    question = exchange["summary"] if parsed.cut else prompt.last_user
    name = " ".join(question.split())
    name_entry = {"name": shortened(name, MAX_NAME)} if name else {}
    match = _match_of_cut(prompt, question) if parsed.cut else _match(prompt)
    fault_entry = {"fault": fault} if (fault := _fault(exchange)) else {}
    return {**name_entry, "match": match, **_answer(exchange, parsed, prompt), **fault_entry}


def _match(prompt: Prompt) -> dict[str, Any]:
    """Return a match that distinguishes this request from others; it always holds for the request itself."""
    match: dict[str, Any] = {}
    if REDACTED not in prompt.last_user:
        match["last_user"] = _text_condition(prompt.last_user) if prompt.last_user else {"exists": False}
    if prompt.task != "generate":
        match["format"] = prompt.format
    elif (result := prompt.tool_result) is not None:
        name_entry = {"name": result.name} if result.name else {}
        text = (
            _text_condition(result.text)
            if result.text and REDACTED not in result.text
            else {"exists": bool(result.text)}
        )
        match["tool_result"] = name_entry | text
    if prompt.turn:
        match["turn"] = prompt.turn
    return match or _match_of_model(prompt)


def _match_of_model(prompt: Prompt) -> dict[str, Any]:
    return {"model": {"eq": prompt.model}} if prompt.model else {"format": prompt.format}


def _text_condition(text: str) -> dict[str, str]:
    return {"startswith": text[:MAX_COMPARED]} if len(text) > MAX_COMPARED else {"eq": text}


def _match_of_cut(prompt: Prompt, summary: str) -> dict[str, Any]:
    """Return a match by the summary, whose spaces differ from the message's, for an incomplete request."""
    words = [re.escape(word) for word in summary.split()]
    if not words or REDACTED in summary:
        return _match_of_model(prompt)
    field = "last_user" if any(message.role == "user" for message in prompt.messages) else "any_message"
    return {field: {"regex": r"^\s*" + r"\s+".join(words)}}


def _fault(exchange: Mapping[str, Any]) -> Any:
    """Return the fault, or the list of faults, in a script's form; without those in the reply's content."""
    names, parameters = (exchange["fault"] or "").split(", "), exchange["fault_parameters"] or {}
    listed: list[Any] = []
    for at, name in enumerate(names, 1):
        numbered = {key.partition(".")[2]: each for key, each in parameters.items() if key.startswith(f"{at}.")}
        fault_parameters = parameters if len(names) == 1 else numbered
        if name and name not in DISTORTIONS:
            listed.append({name: fault_parameters} if fault_parameters else name)
    return listed[0] if len(listed) == 1 else listed


def _answer(exchange: Mapping[str, Any], parsed: ParsedExchange, prompt: Prompt) -> Rule:
    error = exchange["error"]
    if error is not None and error["code"] == "no_rule_matched":
        return {"reply": PLACEHOLDER_REPLY}
    if error is not None:
        before = (
            _reply_before_error(parsed) if exchange["status"] < 400 and exchange["fault"] != "json_error_200" else {}
        )
        return before | {"error": _error(error, parsed, prompt) | _retry(exchange["response"]["headers"])}
    if parsed.reply is None or not parsed.reply.choices or prompt.task in ("count", "state"):
        return {"reply": {"auto": True} | _usage(parsed, prompt)}
    choices = [choice_as_written(choice) for choice in parsed.reply.choices]
    facts = {"model": parsed.reply.model} if _has_other_model(parsed, prompt) else {}
    if not all(choices):
        return {"reply": PLACEHOLDER_REPLY}
    if len(choices) > 1:
        return {"reply": {"choices": choices} | facts}
    only = choices[0] | facts
    return {"reply": only["text"] if only.keys() == {"text"} else only}


def _reply_before_error(parsed: ParsedExchange) -> Rule:
    """Return the reply of a stream before its error."""
    choice = choice_as_written(parsed.reply.choices[0]) if parsed.reply is not None and parsed.reply.choices else None
    return {"reply": choice} if choice else {}


def _has_other_model(parsed: ParsedExchange, prompt: Prompt) -> bool:
    """Return whether the answer names another model than the request."""
    model = parsed.reply.model if parsed.reply else None
    return prompt.task == "generate" and bool(model) and model != prompt.model


def _usage(parsed: ParsedExchange, prompt: Prompt) -> dict[str, Any]:
    """Return the count, if the answer is only a count."""
    if prompt.task != "count" or parsed.reply is None or parsed.reply.usage is None:
        return {}
    return {"usage": {"prompt_tokens": parsed.reply.usage.prompt_tokens, "completion_tokens": 0}}


def _error(error: Mapping[str, Any], parsed: ParsedExchange, prompt: Prompt) -> dict[str, Any]:
    """Return an error without its default values, such as the message, which each format has in its own words."""
    status, code = min(max(int(error["status"]), 400), 599), error["code"]
    facts = {"code": code} if code and code != plain(status, {})(prompt).code else {}
    default_error = plain(status, facts)(prompt)
    if error["type"] and error["type"] != default_error.type:
        facts["type"] = error["type"]
    if parsed.error is not None and parsed.error.param:
        facts["param"] = parsed.error.param
    return {"status": status, **facts} | (
        {} if error["message"] == default_error.message else {"message": literal(error["message"])}
    )


def _retry(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of an error's retry headers."""
    settings: dict[str, Any] = {}
    if _is_number(headers.get("retry-after-ms", "")):
        settings["retry_after_ms"] = int(headers["retry-after-ms"])
    elif (seconds := headers.get("retry-after")) is not None:
        settings["retry_after"] = int(seconds) if _is_number(seconds) else seconds
    if (should := headers.get("x-should-retry")) is not None:
        settings["should_retry"] = should == "true"
    return settings


def _is_number(text: str) -> bool:
    """Return whether a text is a whole number of at most nine digits."""
    return text.isdecimal() and len(text) < 10
