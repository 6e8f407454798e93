"""A run for export: the rules that answer it again, in order, and the requests that can be repeated."""

import base64
import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from completions.control.exchange_rules import Rule, rule_of
from completions.control.threads import PREVIOUS_ID_FIELDS
from completions.conversation import ParsedExchange, Reply
from completions.journal.quotes import REDACTED
from completions.wire.fields import text
from completions.wire.registry import SOCKET_ONLY_FORMATS

NAMESPACE = re.compile(r"^/ns/[^/]+")

RELEVANT_HEADERS = ("content-type", "anthropic-version", "anthropic-beta", "openai-beta")
"""Headers that change the meaning of a request; keys are unnecessary."""

OVERRIDES = "x-mock-"
"""The prefix of headers that request an error or a fault, which the rules have instead."""

JSON = "application/json"


class ReadExchange(NamedTuple):
    """An exchange as the journal shows it, and its parsed request and answer."""

    exchange: Mapping[str, Any]
    parsed: ParsedExchange


class Request(NamedTuple):
    """A request that is repeated; `body` is decoded JSON, or a text, or bytes."""

    address: str
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Run:
    """The run: its rules, its requests with their statuses, the model's calls, and why some requests are left out."""

    rules: list[Rule] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_run(exchanges: Sequence[ReadExchange]) -> Run:
    """Return the run of exchanges, which are in their order.

    Each rule answers as often as its exchange occurred in a row, so that the next request finds its own rule first: the
    rules before it are used up.
    """
    run, named_ids = Run(), set(_ids_named(exchanges))
    for exchange, parsed in exchanges:
        if (why := _why_left_out(exchange, parsed)) is not None:
            run.left_out.append(f"{exchange['id']}: {why}")
            continue
        run.requests.append(_request(exchange))
        run.statuses.append(exchange["status"])
        if not _is_refused_by_api(exchange):
            _add(run.rules, _rule(exchange, parsed, named_ids))
        if parsed.prompt is not None:
            run.questions.append(parsed.prompt.last_user)
        run.calls += _calls(parsed.reply)
    return run


def _why_left_out(exchange: Mapping[str, Any], parsed: ParsedExchange) -> str | None:
    """Return why a request cannot be repeated, or None."""
    if parsed.prompt is None:
        return f"{exchange['method']} {exchange['path']} is not a request that scripts answer"
    if exchange["endpoint"] in SOCKET_ONLY_FORMATS:
        return "a conversation over a WebSocket cannot be repeated with a request"
    if parsed.cut or exchange["request"]["truncated"]:
        return "the journal has only its beginning (JOURNAL_MAX_BODY)"
    if REDACTED in str(exchange["request"]["body"]):
        return "the journal hides some of it (JOURNAL_REDACT)"
    return None


def _request(exchange: Mapping[str, Any]) -> Request:
    headers, body = exchange["request"]["headers"], exchange["request"]["body"]
    request_headers = {name: headers[name] for name in RELEVANT_HEADERS if name in headers and headers[name] != JSON}
    query = "&".join(each for each in exchange["query"].split("&") if each and not each.endswith(f"={REDACTED}"))
    path = NAMESPACE.sub("", exchange["path"])
    if exchange["request"]["encoding"] == "base64":
        body = base64.b64decode(body)
    return Request(f"{path}?{query}" if query else path, request_headers, body)


def _is_refused_by_api(exchange: Mapping[str, Any]) -> bool:
    """Return whether a request itself is invalid, so that it is refused again without any rule."""
    is_refused = exchange["error"] is not None and 400 <= exchange["status"] < 500 and exchange["status"] != 429
    has_overrides = any(name.startswith(OVERRIDES) for name in exchange["request"]["headers"])
    return is_refused and exchange["rule"] is None and not exchange["unmatched"] and not has_overrides


def _add(rules: list[Rule], rule: Rule) -> None:
    """Add a rule that answers once, or increment `times` of the last one, if that differs only in its name."""
    last = rules[-1] if rules else {}
    if _without_name(rule) == {key: value for key, value in _without_name(last).items() if key != "times"}:
        last["times"] += 1
        return
    names = {each.get("name") for each in rules}
    if rule.get("name") in names - {None}:
        name = next(name for number in itertools.count(2) if (name := f"{rule['name']} ({number})") not in names)
        rule = {**rule, "name": name}
    rules.append({**rule, "times": 1})


def _without_name(rule: Rule) -> Rule:
    return {key: value for key, value in rule.items() if key != "name"}


def _ids_named(exchanges: Sequence[ReadExchange]) -> Iterator[str]:
    """Yield the ids of earlier answers in requests."""
    for exchange, _ in exchanges:
        body = exchange["request"]["body"]
        if isinstance(body, dict):
            yield from filter(None, map(text, map(body.get, PREVIOUS_ID_FIELDS)))


def _rule(exchange: Mapping[str, Any], parsed: ParsedExchange, named_ids: Collection[str]) -> Rule:
    """Return the rule of an exchange, with the answer's id if a later request names it; vectors are generated again."""
    rule = rule_of(exchange, parsed)
    if parsed.prompt is not None and parsed.prompt.task == "embed" and exchange["unmatched"] and "reply" in rule:
        return {**rule, "reply": {"auto": True}}
    reply = parsed.reply
    if reply is None or reply.id not in named_ids or "reply" not in rule:
        return rule
    reply_document = rule["reply"] if isinstance(rule["reply"], Mapping) else {"text": rule["reply"]}
    return {**rule, "reply": {**reply_document, "id": reply.id}}


def _calls(reply: Reply | None) -> Iterator[tuple[str, Any]]:
    """Yield the model's calls as a test expects them: the name and the arguments, if those are an object."""
    for choice in reply.choices if reply is not None else ():
        for call in (call for call in choice.tool_calls if call.kind != "hosted"):
            try:
                arguments = json.loads(call.arguments)
            except ValueError:
                arguments = None
            yield call.name, arguments if isinstance(arguments, dict) else {}
