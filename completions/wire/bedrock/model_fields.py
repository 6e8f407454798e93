"""Step 2 for Converse: the rules for `additionalModelRequestFields`, whose members are a model's own.

The messages are AWS's and the models', as vercel/ai recorded them in July to November 2026.
"""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from completions.wire.anthropic.schemas import schema_problem
from completions.wire.anthropic.thinking import sampling_problem
from completions.wire.anthropic.tools import CLOUD_TOOL_TYPES, tool_choice_problem, unsupported_tool
from completions.wire.bedrock.claude_fields import request_fields
from completions.wire.bedrock.contents import model_error
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import dicts, mapping, text, texts

FIRST_NOVA, NOVA, GPT = re.compile(r"amazon\.nova-(?!\d)"), re.compile(r"amazon\.nova-"), re.compile(r"openai\.gpt-\d")
"""Nova before version 2, any Nova, and the GPTs that take the body of OpenAI's Responses API."""

OTHER_EFFORT_FIELDS = ("reasoningConfig", "reasoning_effort")
"""The fields for the effort of other models, which these GPTs do not know: they have `reasoning`."""

INVALID_REASONING_CONFIG = (
    "Malformed input request: the provided reasoning config value is invalid, please reformat your input and try again."
)
MAX_TOKENS_SET = (
    "`maxTokens` must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'. Please consult "
    "our documentation at https://docs.aws.amazon.com/nova/latest/userguide"
)

SAMPLING = (("temperature", "temperature"), ("top_p", "topP"), ("max_tokens", "maxTokens"))
"""Anthropic's and AWS's names of what holds for Claude's sampling, and of its limit."""


def check(body: Mapping[str, Any], model: str) -> None:
    """Raise `AmazonError` for the first of the model's own fields that is refused; the body is valid in itself."""
    fields, config = request_fields(body), mapping(body.get("toolConfig"))
    _check_tool_choice_conflict(fields, mapping(config.get("toolChoice")))
    if NOVA.match(model):
        _check_nova(body, mapping(fields.get("reasoningConfig")), model)
    elif GPT.match(model) and (unknown := next((name for name in OTHER_EFFORT_FIELDS if name in fields), None)):
        raise model_error(_unknown_parameter(unknown))
    elif "claude" in model:
        anthropic_fields = _anthropic_fields(fields, body)
        problem = (
            unsupported_tool(dicts(fields.get("tools")), CLOUD_TOOL_TYPES)
            or tool_choice_problem(anthropic_fields)
            or schema_problem(anthropic_fields)
            or sampling_problem(_sampling_fields(fields, body), texts(fields.get("anthropic_beta")))
        )
        if problem is not None:
            raise model_error(problem.error().message)


def _check_tool_choice_conflict(fields: Mapping[str, Any], tool_choice: Mapping[str, Any]) -> None:
    kind = next((kind for kind in tool_choice if tool_choice[kind] is not None), None)
    model_kind = next(iter(mapping(fields.get("tool_choice"))), None)
    if kind and model_kind:
        field = f"tool_choice/{model_kind}"
        raise AmazonError(
            "ValidationException",
            f"The additional field {field} conflicts with the existing field toolConfig.toolChoice.{kind}. Remove "
            f"{field} and try again.",
        )


def _check_nova(body: Mapping[str, Any], reasoning: Mapping[str, Any], model: str) -> None:
    if reasoning.get("type") != "enabled":
        return
    if FIRST_NOVA.match(model):
        raise model_error(INVALID_REASONING_CONFIG)
    has_max_tokens = mapping(body.get("inferenceConfig")).get("maxTokens") is not None
    if has_max_tokens and reasoning.get("maxReasoningEffort") == "high":
        raise model_error(MAX_TOKENS_SET)


def _unknown_parameter(name: str) -> str:
    error = {"code": "unknown_parameter", "message": f"Unknown parameter: '{name}'.", "param": name}
    return orjson.dumps({"error": error | {"type": "invalid_request_error"}}).decode()


def _anthropic_fields(fields: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tool choice, the tools, the thinking and the output format with Anthropic's names."""
    config = mapping(body.get("toolConfig"))
    tool_choice = mapping(config.get("toolChoice"))
    kind = next((kind for kind in tool_choice if tool_choice[kind] is not None), None)
    choice = {"type": kind, **tool_choice[kind]} if kind else None
    tools = [_tool(mapping(tool.get("toolSpec"))) for tool in config.get("tools") or ()]
    output = {"format": {"schema": schema} if (schema := _response_schema(fields, body)) else None}
    return {"tool_choice": choice, "tools": tools, "thinking": fields.get("thinking"), "output_config": output}


def _sampling_fields(fields: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the thinking, where it is well formed, and what it cannot be combined with, with Anthropic's names."""
    thinking, config = mapping(fields.get("thinking")), mapping(body.get("inferenceConfig"))
    well_formed = thinking.get("type") == "adaptive" or isinstance(thinking.get("budget_tokens"), int)
    sampling = {name: config.get(name_here) for name, name_here in SAMPLING}
    return {"thinking": thinking if well_formed else None, "top_k": fields.get("top_k"), **sampling}


def _tool(spec: Mapping[str, Any]) -> dict[str, Any]:
    schema = mapping(spec.get("inputSchema")).get("json")
    return {"name": spec.get("name"), "strict": spec.get("strict"), "input_schema": schema}


def _response_schema(fields: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    text_format = mapping(mapping(body.get("outputConfig")).get("textFormat"))
    schema_text = mapping(mapping(text_format.get("structure")).get("jsonSchema")).get("schema")
    with contextlib.suppress(orjson.JSONDecodeError):
        return mapping(orjson.loads(text(schema_text)))
    return mapping(mapping(mapping(fields.get("output_config")).get("format")).get("schema"))
