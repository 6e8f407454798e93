"""Step 2 for Converse: what AWS refuses, in its words.

The bounds are those of `ConverseRequest` in botocore's service model of `bedrock-runtime`; the
wordings are AWS's own, as its users quote them. AWS passes over members that it does not know, and null is none.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from completions.tokens.models import max_output
from completions.wire.bedrock import bounds, contents
from completions.wire.bedrock.claude_fields import fields_of, lacks_a_beta
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.members import CONTENT, REQUEST, typed
from completions.wire.fields import dicts, mapping

Body = Mapping[str, Any]

ROLES = ("user", "assistant", "system")
CHOICES = ("auto", "any", "tool")
MAX_STOPS, MAX_POINTERS = 2500, 10

ANY_START = re.compile(r"claude-[a-z]+-(?:4-[5-9]|[5-9])")
"""Models that take a conversation which the assistant begins: Claude from Sonnet 4.5 on (recorded in May 2026)."""

CLAUDE = re.compile(r"claude-[a-z]+-[4-9](?:-\d(?!\d))?(?:-20\d{6})?")
"""Anthropic's name within a longer one of Bedrock's."""

BY_SERVER = "server_tool_use"
"""The type of a call that the model's own server has answered in the same turn, as Nova 2's code interpreter does."""


def validate(body: Body, model: str) -> None:
    """Raise `AmazonError` for the first thing that the API would refuse."""
    typed(body, REQUEST)
    bounds.check(body)
    _inference(mapping(body.get("inferenceConfig")), model)
    _tools(body)
    if lacks_a_beta(fields_of(body)):
        raise _invalid("The model returned the following errors: invalid beta flag")
    _pointers(body.get("additionalModelResponseFieldPaths") or ())
    messages = body.get("messages")
    if messages is None:
        raise _violated("messages", "null", "Member must not be null")
    for index, message in enumerate(messages):
        _message(message, index)
        contents.check(message["content"], f"messages.{index}.content", model)
    contents.check_turns(messages)
    contents.check_cache_points(body, model)
    _turns(messages, model)
    _matched(body, messages)


def _inference(given: Body, model: str) -> None:
    where = "inferenceConfig"
    wanted, most = given.get("maxTokens"), _longest(model)
    if wanted is not None and wanted < 1:
        raise _violated(f"{where}.maxTokens", wanted, "Member must have value greater than or equal to 1")
    if wanted is not None and most is not None and wanted > most:
        raise _invalid(
            f"The maximum tokens you requested exceeds the model limit of {most}. Try again with a maximum tokens "
            f"value that is lower than {most}."
        )
    for name in ("temperature", "topP"):
        if (value := given.get(name)) is not None and not 0 <= value <= 1:
            bound = "greater than or equal to 0" if value < 0 else "less than or equal to 1"
            raise _violated(f"{where}.{name}", value, f"Member must have value {bound}")
    stops = given.get("stopSequences") or []
    if len(stops) > MAX_STOPS:
        raise _violated(f"{where}.stopSequences", stops, f"Member must have length less than or equal to {MAX_STOPS}")


def _longest(model: str) -> int | None:
    """Return the most tokens of an answer; Claude from 4 on has as many as at Anthropic, as Sonnet 4.6 has 128,000.

    The table has half of that (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws 424).
    """
    named = CLAUDE.search(model)
    return max(max_output(model) or 0, (named and max_output(named[0])) or 0) or None


def _pointers(given: Sequence[Any]) -> None:
    """Refuse what is no JSON Pointer; one at nothing is passed over."""
    where = "additionalModelResponseFieldPaths"
    if len(given) > MAX_POINTERS:
        raise _violated(where, given, f"Member must have length less than or equal to {MAX_POINTERS}")
    for at, pointer in enumerate(given):
        if not pointer.startswith("/"):
            raise _invalid(f"The JSON Pointer {pointer} at {where}.{at} is not valid: it does not begin with a slash.")


def _tools(body: Body) -> None:
    given = body.get("toolConfig")
    if given is None:
        return
    if not (tools := given.get("tools")):
        value = "null" if tools is None else "[]"
        raise _violated("toolConfig.tools", value, "Member must have length greater than or equal to 1")
    names: set[str] = set()
    for index, tool in enumerate(tools):
        if (spec := tool.get("toolSpec")) is not None:
            names.add(_spec(spec, f"toolConfig.tools.{index + 1}.member.toolSpec"))
    _choice(given.get("toolChoice"), names)


def _spec(spec: Any, where: str) -> str:
    for name in ("name", "inputSchema"):
        if spec.get(name) is None:
            raise _violated(f"{where}.{name}", "null", "Member must not be null")
    typed(spec["inputSchema"].get("json"), dict)
    return str(spec["name"])


def _choice(given: Any, names: set[str]) -> None:
    if given is None:
        return
    if len([kind for kind in CHOICES if given.get(kind) is not None]) != 1:
        raise _invalid(f"The toolChoice field must set one of the following keys: {', '.join(CHOICES)}.")
    if (tool := given.get("tool")) is not None:
        typed(tool.get("name"), str)
        if tool["name"] not in names:
            raise _invalid(f"The tool {tool['name']} in toolConfig.toolChoice is not defined in toolConfig.tools.")


def _message(message: Any, index: int) -> None:
    where = f"messages.{index + 1}.member"
    for name in ("role", "content"):
        if message.get(name) is None:
            raise _violated(f"{where}.{name}", "null", "Member must not be null")
    if message["role"] not in ROLES:
        allowed = ", ".join(ROLES)
        raise _violated(f"{where}.role", message["role"], f"Member must satisfy enum value set: [{allowed}]")
    if not message["content"]:
        raise _invalid(
            f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the "
            "content field and try again."
        )
    for place, block in enumerate(message["content"]):
        _block(block, f"messages.{index}.content.{place}", f"{where}.content.{place + 1}.member")


def _block(block: Any, where: str, member: str) -> None:
    if len([kind for kind in CONTENT if block.get(kind) is not None]) != 1:
        keys = ", ".join(CONTENT)
        raise _invalid(f"ContentBlock object at {where} must set one of the following keys: {keys}.")
    for kind, required in (("toolUse", ("toolUseId", "name")), ("toolResult", ("toolUseId", "content"))):
        if (given := block.get(kind)) is not None:
            for name in required:
                if given.get(name) is None:
                    raise _violated(f"{member}.{kind}.{name}", "null", "Member must not be null")


def _turns(messages: Sequence[Body], model: str) -> None:
    """Refuse a conversation without messages, and for most models one that the assistant begins."""
    if not messages or (messages[0]["role"] == "assistant" and not ANY_START.search(model)):
        raise _invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )


def _matched(body: Body, messages: Sequence[Body]) -> None:
    """Refuse calls without results in the next turn, results without calls, both without tools, and ids that repeat.

    The turn of an id that repeats is counted from one (recorded by vercel/ai, August 2026).
    """
    asked: set[str] = set()
    for index, message in enumerate([*messages, {"content": []}]):  # at the end nothing may be left to answer
        blocks = dicts(message["content"])
        calls, results = _ids(blocks, "toolUse"), _ids(blocks, "toolResult")
        if (calls or results) and not body.get("toolConfig"):
            raise _invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        for kind in ("toolUse", "toolResult"):
            if twice := _repeated(blocks, kind):
                raise _invalid(f"The {kind} blocks at messages.{index + 1}.content contain duplicate Ids: {twice}")
        answered = by_server(blocks)
        results -= answered
        if missing := asked - results:
            listed = ", ".join(sorted(missing))
            raise _invalid(f"Expected toolResult blocks at messages.{index}.content for the following Ids: {listed}")
        if results - asked:
            raise _invalid(
                f"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of "
                "previous turn."
            )
        asked = calls - answered


def _ids(blocks: Sequence[Body], kind: str) -> set[str]:
    return {block[kind]["toolUseId"] for block in blocks if block.get(kind)}


def _repeated(blocks: Sequence[Body], kind: str) -> str:
    counted = Counter(block[kind]["toolUseId"] for block in blocks if block.get(kind))
    return ", ".join(sorted(each for each, times in counted.items() if times > 1))


def by_server(blocks: Sequence[Body]) -> set[str]:
    """Return the ids of calls that the model's own server has answered in the same turn."""
    return {
        str(call.get("toolUseId"))
        for block in blocks
        if (call := mapping(block.get("toolUse"))).get("type") == BY_SERVER
    }


def _violated(where: str, value: Any, rule: str) -> AmazonError:
    shown = value if value == "null" else f"'{value}'"
    return _invalid(f"1 validation error detected: Value {shown} at '{where}' failed to satisfy constraint: {rule}")


def _invalid(message: str) -> AmazonError:
    return AmazonError("ValidationException", message)
