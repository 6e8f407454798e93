"""What a run comes to: the rules that answer it again, in order, and the requests that can be made again."""

import base64
import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from completions.control.recipes import Rule, rule_of
from completions.control.threads import PREVIOUS
from completions.conversation import ParsedExchange, Reply
from completions.journal.quotes import REDACTED
from completions.wire.fields import text
from completions.wire.registry import SOCKET_ONLY_FORMATS

NAMESPACE = re.compile(r"^/ns/[^/]+")

KEPT_HEADERS = ("content-type", "anthropic-version", "anthropic-beta", "openai-beta")
"""Headers that change what a request means; keys need not be there."""

OVERRIDES = "x-mock-"
"""What headers begin with that ask for an error or a fault: the rules have it."""

JSON = "application/json"


class Asked(NamedTuple):
    """An exchange as the journal shows it, and what was said in it."""

    shown: Mapping[str, Any]
    said: ParsedExchange


class Request(NamedTuple):
    """A request to be made again; `body` is decoded JSON, or a text, or bytes."""

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


def read_run(asked: Sequence[Asked]) -> Run:
    """Return what exchanges come to, in their order.

    Each rule answers as often as its exchange came in a row, so whichever comes next finds its own rule first: those
    before it have answered all they had.
    """
    run, named = Run(), set(_named(asked))
    for shown, said in asked:
        if (why := _why_not(shown, said)) is not None:
            run.left_out.append(f"{shown['id']}: {why}")
            continue
        run.requests.append(_request(shown))
        run.statuses.append(shown["status"])
        if not _refused_by_the_api(shown):
            _add(run.rules, _rule(shown, said, named))
        if said.prompt is not None:
            run.questions.append(said.prompt.last_user)
        run.calls += _calls(said.reply)
    return run


def _why_not(shown: Mapping[str, Any], said: ParsedExchange) -> str | None:
    """Return why a request cannot be made again, or None."""
    if said.prompt is None:
        return f"{shown['method']} {shown['path']} is not a request that scripts answer"
    if shown["endpoint"] in SOCKET_ONLY_FORMATS:
        return "a conversation over a WebSocket cannot be repeated with a request"
    if said.cut or shown["request"]["truncated"]:
        return "the journal has only its beginning (JOURNAL_MAX_BODY)"
    if REDACTED in str(shown["request"]["body"]):
        return "the journal hides some of it (JOURNAL_REDACT)"
    return None


def _request(shown: Mapping[str, Any]) -> Request:
    headers, body = shown["request"]["headers"], shown["request"]["body"]
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers and headers[name] != JSON}
    query = "&".join(each for each in shown["query"].split("&") if each and not each.endswith(f"={REDACTED}"))
    path = NAMESPACE.sub("", shown["path"])
    if shown["request"]["encoding"] == "base64":
        body = base64.b64decode(body)
    return Request(f"{path}?{query}" if query else path, kept, body)


def _refused_by_the_api(shown: Mapping[str, Any]) -> bool:
    """Say whether a request was refused for what it is, so that it is refused again without any rule."""
    is_refused = shown["error"] is not None and 400 <= shown["status"] < 500 and shown["status"] != 429
    overridden = any(name.startswith(OVERRIDES) for name in shown["request"]["headers"])
    return is_refused and shown["rule"] is None and not shown["unmatched"] and not overridden


def _add(rules: list[Rule], rule: Rule) -> None:
    """Add a rule that answers once, or have the last one answer once more, if that is the same but for its name."""
    last = rules[-1] if rules else {}
    if _nameless(rule) == {key: value for key, value in _nameless(last).items() if key != "times"}:
        last["times"] += 1
        return
    taken = {each.get("name") for each in rules}
    if rule.get("name") in taken - {None}:
        name = next(name for number in itertools.count(2) if (name := f"{rule['name']} ({number})") not in taken)
        rule = {**rule, "name": name}
    rules.append({**rule, "times": 1})


def _nameless(rule: Rule) -> Rule:
    return {key: value for key, value in rule.items() if key != "name"}


def _named(asked: Sequence[Asked]) -> Iterator[str]:
    """Yield the ids by which requests name earlier answers."""
    for shown, _ in asked:
        body = shown["request"]["body"]
        if isinstance(body, dict):
            yield from filter(None, map(text, map(body.get, PREVIOUS)))


def _rule(shown: Mapping[str, Any], said: ParsedExchange, named: Collection[str]) -> Rule:
    """Return the rule of an exchange: with the answer's id, if a later request names it; vectors are made anew."""
    rule = rule_of(shown, said)
    if said.prompt is not None and said.prompt.task == "embed" and shown["unmatched"] and "reply" in rule:
        return {**rule, "reply": {"auto": True}}
    reply = said.reply
    if reply is None or reply.id not in named or "reply" not in rule:
        return rule
    words = rule["reply"] if isinstance(rule["reply"], Mapping) else {"text": rule["reply"]}
    return {**rule, "reply": {**words, "id": reply.id}}


def _calls(reply: Reply | None) -> Iterator[tuple[str, Any]]:
    """Yield the model's calls as a test expects them: the name and the arguments, if those are an object."""
    for choice in reply.choices if reply is not None else ():
        for call in (call for call in choice.tool_calls if call.kind != "hosted"):
            try:
                arguments = json.loads(call.arguments)
            except ValueError:
                arguments = None
            yield call.name, arguments if isinstance(arguments, dict) else {}
