"""Step 2 for Converse: the rules for a request, with AWS's error messages.

The bounds are those of `ConverseRequest` in botocore's service model of `bedrock-runtime`; the messages are quoted by
AWS's users. AWS ignores unknown members, and null counts as absent.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from completions.tokens.models import max_output
from completions.wire.bedrock import bounds, contents
from completions.wire.bedrock.claude_fields import has_unsupported_beta, request_fields
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.members import CONTENT, REQUEST, check_type
from completions.wire.fields import dicts, mapping

Body = Mapping[str, Any]

ROLES = ("user", "assistant", "system")
TOOL_CHOICES = ("auto", "any", "tool")
MAX_STOP_SEQUENCES, MAX_POINTERS = 2500, 10

MODELS_WITH_ASSISTANT_FIRST = re.compile(r"claude-[a-z]+-(?:4-[5-9]|[5-9])")
"""Models whose conversations may begin with the assistant: Claude from Sonnet 4.5 on (recorded in May 2026)."""

CLAUDE_NAME = re.compile(r"claude-[a-z]+-[4-9](?:-\d(?!\d))?(?:-20\d{6})?")
"""Anthropic's name within Bedrock's name of a model."""

SERVER_TOOL_USE = "server_tool_use"
"""The type of a call whose result is from the model's server, in the same turn, as of Nova 2's code interpreter."""


def validate(body: Body, model: str) -> None:
    """Raise `AmazonError` for the first thing that the API would refuse."""
    check_type(body, REQUEST)
    bounds.check(body)
    _check_inference(mapping(body.get("inferenceConfig")), model)
    _check_tools(body)
    if has_unsupported_beta(request_fields(body)):
        raise _invalid("The model returned the following errors: invalid beta flag")
    _check_pointers(body.get("additionalModelResponseFieldPaths") or ())
    messages = body.get("messages")
    if messages is None:
        raise _constraint_error("messages", "null", "Member must not be null")
    for index, message in enumerate(messages):
        _check_message(message, index)
        contents.check(message["content"], f"messages.{index}.content", model)
    contents.check_turns(messages)
    contents.check_cache_points(body, model)
    _check_first_turn(messages, model)
    _check_results(body, messages)


def _check_inference(config: Body, model: str) -> None:
    path = "inferenceConfig"
    max_tokens, maximum = config.get("maxTokens"), _max_output(model)
    if max_tokens is not None and max_tokens < 1:
        raise _constraint_error(f"{path}.maxTokens", max_tokens, "Member must have value greater than or equal to 1")
    if max_tokens is not None and maximum is not None and max_tokens > maximum:
        raise _invalid(
            f"The maximum tokens you requested exceeds the model limit of {maximum}. Try again with a maximum tokens "
            f"value that is lower than {maximum}."
        )
    for name in ("temperature", "topP"):
        if (value := config.get(name)) is not None and not 0 <= value <= 1:
            bound = "greater than or equal to 0" if value < 0 else "less than or equal to 1"
            raise _constraint_error(f"{path}.{name}", value, f"Member must have value {bound}")
    stop_sequences = config.get("stopSequences") or []
    if len(stop_sequences) > MAX_STOP_SEQUENCES:
        raise _constraint_error(
            f"{path}.stopSequences",
            stop_sequences,
            f"Member must have length less than or equal to {MAX_STOP_SEQUENCES}",
        )


def _max_output(model: str) -> int | None:
    """Return the maximum tokens of an answer; Claude from 4 on has as many as at Anthropic: Sonnet 4.6 has 128,000.

    The table has half of that (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws 424).
    """
    match = CLAUDE_NAME.search(model)
    return max(max_output(model) or 0, (match and max_output(match[0])) or 0) or None


def _check_pointers(pointers: Sequence[Any]) -> None:
    """Refuse strings that are not JSON Pointers; one to a missing field is ignored."""
    path = "additionalModelResponseFieldPaths"
    if len(pointers) > MAX_POINTERS:
        raise _constraint_error(path, pointers, f"Member must have length less than or equal to {MAX_POINTERS}")
    for index, pointer in enumerate(pointers):
        if not pointer.startswith("/"):
            raise _invalid(
                f"The JSON Pointer {pointer} at {path}.{index} is not valid: it does not begin with a slash."
            )


def _check_tools(body: Body) -> None:
    config = body.get("toolConfig")
    if config is None:
        return
    if not (tools := config.get("tools")):
        value = "null" if tools is None else "[]"
        raise _constraint_error("toolConfig.tools", value, "Member must have length greater than or equal to 1")
    names: set[str] = set()
    for index, tool in enumerate(tools):
        if (spec := tool.get("toolSpec")) is not None:
            names.add(_check_tool_spec(spec, f"toolConfig.tools.{index + 1}.member.toolSpec"))
    _check_tool_choice(config.get("toolChoice"), names)


def _check_tool_spec(spec: Any, path: str) -> str:
    for name in ("name", "inputSchema"):
        if spec.get(name) is None:
            raise _constraint_error(f"{path}.{name}", "null", "Member must not be null")
    check_type(spec["inputSchema"].get("json"), dict)
    return str(spec["name"])


def _check_tool_choice(choice: Any, tool_names: set[str]) -> None:
    if choice is None:
        return
    if len([kind for kind in TOOL_CHOICES if choice.get(kind) is not None]) != 1:
        raise _invalid(f"The toolChoice field must set one of the following keys: {', '.join(TOOL_CHOICES)}.")
    if (tool := choice.get("tool")) is not None:
        check_type(tool.get("name"), str)
        if tool["name"] not in tool_names:
            raise _invalid(f"The tool {tool['name']} in toolConfig.toolChoice is not defined in toolConfig.tools.")


def _check_message(message: Any, index: int) -> None:
    path = f"messages.{index + 1}.member"
    for name in ("role", "content"):
        if message.get(name) is None:
            raise _constraint_error(f"{path}.{name}", "null", "Member must not be null")
    if message["role"] not in ROLES:
        allowed = ", ".join(ROLES)
        raise _constraint_error(f"{path}.role", message["role"], f"Member must satisfy enum value set: [{allowed}]")
    if not message["content"]:
        raise _invalid(
            f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the "
            "content field and try again."
        )
    for block_index, block in enumerate(message["content"]):
        _check_block(block, f"messages.{index}.content.{block_index}", f"{path}.content.{block_index + 1}.member")


def _check_block(block: Any, path: str, member_path: str) -> None:
    if len([kind for kind in CONTENT if block.get(kind) is not None]) != 1:
        keys = ", ".join(CONTENT)
        raise _invalid(f"ContentBlock object at {path} must set one of the following keys: {keys}.")
    for kind, required in (("toolUse", ("toolUseId", "name")), ("toolResult", ("toolUseId", "content"))):
        if (document := block.get(kind)) is not None:
            for name in required:
                if document.get(name) is None:
                    raise _constraint_error(f"{member_path}.{kind}.{name}", "null", "Member must not be null")


def _check_first_turn(messages: Sequence[Body], model: str) -> None:
    """Refuse a conversation without messages, and for most models one whose first turn is the assistant's."""
    if not messages or (messages[0]["role"] == "assistant" and not MODELS_WITH_ASSISTANT_FIRST.search(model)):
        raise _invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )


def _check_results(body: Body, messages: Sequence[Body]) -> None:
    """Refuse calls without results in the next turn, results without calls, both without tools, and repeated ids.

    The turn of a repeated id is counted from one (recorded by vercel/ai, August 2026).
    """
    open_calls: set[str] = set()
    for index, message in enumerate([*messages, {"content": []}]):  # the last turn, too, may not leave calls open
        blocks = dicts(message["content"])
        calls, results = _ids(blocks, "toolUse"), _ids(blocks, "toolResult")
        if (calls or results) and not body.get("toolConfig"):
            raise _invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        for kind in ("toolUse", "toolResult"):
            if repeated := _repeated_ids(blocks, kind):
                raise _invalid(f"The {kind} blocks at messages.{index + 1}.content contain duplicate Ids: {repeated}")
        server_ids = ids_answered_by_server(blocks)
        results -= server_ids
        if missing := open_calls - results:
            missing_ids = ", ".join(sorted(missing))
            raise _invalid(
                f"Expected toolResult blocks at messages.{index}.content for the following Ids: {missing_ids}"
            )
        if results - open_calls:
            raise _invalid(
                f"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of "
                "previous turn."
            )
        open_calls = calls - server_ids


def _ids(blocks: Sequence[Body], kind: str) -> set[str]:
    return {block[kind]["toolUseId"] for block in blocks if block.get(kind)}


def _repeated_ids(blocks: Sequence[Body], kind: str) -> str:
    counts = Counter(block[kind]["toolUseId"] for block in blocks if block.get(kind))
    return ", ".join(sorted(call_id for call_id, count in counts.items() if count > 1))


def ids_answered_by_server(blocks: Sequence[Body]) -> set[str]:
    """Return the ids of the calls whose results are from the model's server, in the same turn."""
    return {
        str(call.get("toolUseId"))
        for block in blocks
        if (call := mapping(block.get("toolUse"))).get("type") == SERVER_TOOL_USE
    }


def _constraint_error(path: str, value: Any, rule: str) -> AmazonError:
    value_text = value if value == "null" else f"'{value}'"
    return _invalid(f"1 validation error detected: Value {value_text} at '{path}' failed to satisfy constraint: {rule}")


def _invalid(message: str) -> AmazonError:
    return AmazonError("ValidationException", message)
