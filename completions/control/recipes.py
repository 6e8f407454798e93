"""Make a rule from an exchange, as YAML for a script: the same question gets the same answer."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from completions.control.exchanges import found_exchange
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
"""The most characters of a text that a rule compares as a whole; of a longer one it compares the beginning."""

MAX_NAME = 40
"""The most characters of a message in a rule's name."""

UNANSWERED = "What should be answered?"
"""The reply of a rule for what no rule matched, or of whose answer no word is known; its author fills it in."""


VERBATIM = (Parameter("verbatim", "Whether the rule answers byte for byte as recorded.", bool, False),)


async def get_rule_of(call: Call) -> ExchangeResponse:
    """Make a rule of an exchange, which answers the same to the same; a 409 where no rule could."""
    shown, said, traffic = await found_exchange(call)
    rule = rule_of(shown, said)
    if call.query["verbatim"] and said.prompt is not None:
        named = {"name": rule["name"]} if "name" in rule else {}
        rule = {**named, **await asyncio.to_thread(verbatim_rule, shown, said.prompt, traffic)}
    as_json: Rule = json.loads(json.dumps(rule))  # in which the milliseconds before pieces are texts
    return FastJsonResponse({"rule": as_json, "text": yaml_text([rule])})


def rule_of(shown: Mapping[str, Any], said: ParsedExchange) -> Rule:
    """Return the rule; raise `RequestError` for a request to which no rule applies."""
    prompt = said.prompt
    if prompt is None:
        raise RequestError(
            f"No rule can answer {shown['method']} {shown['path'][:200]}: it is not a request that scripts answer, or "
            "its body cannot be read.",
            status=409,
            code="no_rule_possible",
        )
    asked = shown["summary"] if said.cut else prompt.last_user
    name = " ".join(asked.split())
    named = {"name": shortened(name, MAX_NAME)} if name else {}
    match = _match_of_cut(prompt, asked) if said.cut else _match(prompt)
    fault = {"fault": struck} if (struck := _fault(shown)) else {}
    return {**named, "match": match, **_answer(shown, said, prompt), **fault}


def _match(prompt: Prompt) -> dict[str, Any]:
    """Return a match that distinguishes this request from others; it always holds for the request itself."""
    match: dict[str, Any] = {}
    if REDACTED not in prompt.last_user:
        match["last_user"] = _same(prompt.last_user) if prompt.last_user else {"exists": False}
    if prompt.task != "generate":
        match["format"] = prompt.format
    elif (result := prompt.tool_result) is not None:
        known = {"name": result.name} if result.name else {}
        text = _same(result.text) if result.text and REDACTED not in result.text else {"exists": bool(result.text)}
        match["tool_result"] = known | text
    if prompt.turn:
        match["turn"] = prompt.turn
    return match or _match_of_model(prompt)


def _match_of_model(prompt: Prompt) -> dict[str, Any]:
    return {"model": {"eq": prompt.model}} if prompt.model else {"format": prompt.format}


def _same(text: str) -> dict[str, str]:
    return {"startswith": text[:MAX_COMPARED]} if len(text) > MAX_COMPARED else {"eq": text}


def _match_of_cut(prompt: Prompt, summary: str) -> dict[str, Any]:
    """Return a match by the summary, whose spaces are not those of the message, for a request that is not all there."""
    words = [re.escape(word) for word in summary.split()]
    if not words or REDACTED in summary:
        return _match_of_model(prompt)
    field = "last_user" if any(message.role == "user" for message in prompt.messages) else "any_message"
    return {field: {"regex": r"^\s*" + r"\s+".join(words)}}


def _fault(shown: Mapping[str, Any]) -> Any:
    """Return the fault, or the list of faults, as a script has it; without those of the words, which are said."""
    names, parameters = (shown["fault"] or "").split(", "), shown["fault_parameters"] or {}
    listed: list[Any] = []
    for at, name in enumerate(names, 1):
        numbered = {key.partition(".")[2]: each for key, each in parameters.items() if key.startswith(f"{at}.")}
        own = parameters if len(names) == 1 else numbered
        if name and name not in DISTORTIONS:
            listed.append({name: own} if own else name)
    return listed[0] if len(listed) == 1 else listed


def _answer(shown: Mapping[str, Any], said: ParsedExchange, prompt: Prompt) -> Rule:
    error = shown["error"]
    if error is not None and error["code"] == "no_rule_matched":
        return {"reply": UNANSWERED}
    if error is not None:
        before = _before(said) if shown["status"] < 400 and shown["fault"] != "json_error_200" else {}
        return before | {"error": _error(error, said, prompt) | _retry(shown["response"]["headers"])}
    if said.reply is None or not said.reply.choices or prompt.task in ("count", "state"):
        return {"reply": {"auto": True} | _usage(said, prompt)}
    choices = [choice_as_written(choice) for choice in said.reply.choices]
    facts = {"model": said.reply.model} if _renamed(said, prompt) else {}
    if not all(choices):
        return {"reply": UNANSWERED}
    if len(choices) > 1:
        return {"reply": {"choices": choices} | facts}
    only = choices[0] | facts
    return {"reply": only["text"] if only.keys() == {"text"} else only}


def _before(said: ParsedExchange) -> Rule:
    """Return what a stream said before its error."""
    choice = choice_as_written(said.reply.choices[0]) if said.reply is not None and said.reply.choices else None
    return {"reply": choice} if choice else {}


def _renamed(said: ParsedExchange, prompt: Prompt) -> bool:
    """Tell whether the answer names another model than the request."""
    model = said.reply.model if said.reply else None
    return prompt.task == "generate" and bool(model) and model != prompt.model


def _usage(said: ParsedExchange, prompt: Prompt) -> dict[str, Any]:
    """Return the count, if the answer is only a count."""
    if prompt.task != "count" or said.reply is None or said.reply.usage is None:
        return {}
    return {"usage": {"prompt_tokens": said.reply.usage.prompt_tokens, "completion_tokens": 0}}


def _error(error: Mapping[str, Any], said: ParsedExchange, prompt: Prompt) -> dict[str, Any]:
    """Return an error without what is usual of it, such as its message: each format has its own words for that."""
    status, code = min(max(int(error["status"]), 400), 599), error["code"]
    facts = {"code": code} if code and code != plain(status, {})(prompt).code else {}
    usual = plain(status, facts)(prompt)
    if error["type"] and error["type"] != usual.type:
        facts["type"] = error["type"]
    if said.error is not None and said.error.param:
        facts["param"] = said.error.param
    return {"status": status, **facts} | (
        {} if error["message"] == usual.message else {"message": literal(error["message"])}
    )


def _retry(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what an error's headers say about retrying."""
    found: dict[str, Any] = {}
    if _is_number(headers.get("retry-after-ms", "")):
        found["retry_after_ms"] = int(headers["retry-after-ms"])
    elif (seconds := headers.get("retry-after")) is not None:
        found["retry_after"] = int(seconds) if _is_number(seconds) else seconds
    if (should := headers.get("x-should-retry")) is not None:
        found["should_retry"] = should == "true"
    return found


def _is_number(text: str) -> bool:
    """Say whether a text is a whole number, of no more digits than one can need."""
    return text.isdecimal() and len(text) < 10
