"""Step 2 for Converse: what is refused of `additionalModelRequestFields`, whose members are a model's own.

The words are AWS's and the models', as vercel/ai recorded them in July to November 2026.
"""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from completions.wire.anthropic.schemas import unsuitable_schemas
from completions.wire.anthropic.tools import ON_CLOUDS, elsewhere, unsuitable_tools
from completions.wire.bedrock.claude_fields import fields_of
from completions.wire.bedrock.contents import model_says
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import dicts, mapping, text

FIRST_NOVA, NOVA, GPT = re.compile(r"amazon\.nova-(?!\d)"), re.compile(r"amazon\.nova-"), re.compile(r"openai\.gpt-\d")
"""Nova before its second version, any Nova, and the BedrockGPT that take the body of OpenAI's responses."""

OF_OTHERS = ("reasoningConfig", "reasoning_effort")
"""How other models are told to think, of which these BedrockGPT know nothing: they have `reasoning`."""

NO_REASONING = (
    "Malformed input request: the provided reasoning config value is invalid, please reformat your input and try again."
)
UNBOUND = (
    "`maxTokens` must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'. Please consult "
    "our documentation at https://docs.aws.amazon.com/nova/latest/userguide"
)


def check(body: Mapping[str, Any], model: str) -> None:
    """Raise `AmazonError` for the first of the model's own fields that is refused; the body is valid in itself."""
    own, config = fields_of(body), mapping(body.get("toolConfig"))
    _no_conflict(own, mapping(config.get("toolChoice")))
    if NOVA.match(model):
        _nova(body, mapping(own.get("reasoningConfig")), model)
    elif GPT.match(model) and (unknown := next((name for name in OF_OTHERS if name in own), None)):
        raise model_says(_unknown(unknown))
    elif "claude" in model:
        asked = _as_anthropic(own, body)
        problem = elsewhere(dicts(own.get("tools")), ON_CLOUDS) or unsuitable_tools(asked) or unsuitable_schemas(asked)
        if problem is not None:
            raise model_says(problem.error().message)


def _no_conflict(own: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    kind = next((kind for kind in chosen if chosen[kind] is not None), None)
    again = next(iter(mapping(own.get("tool_choice"))), None)
    if kind and again:
        field = f"tool_choice/{again}"
        raise AmazonError(
            "ValidationException",
            f"The additional field {field} conflicts with the existing field toolConfig.toolChoice.{kind}. Remove "
            f"{field} and try again.",
        )


def _nova(body: Mapping[str, Any], thinking: Mapping[str, Any], model: str) -> None:
    if thinking.get("type") != "enabled":
        return
    if FIRST_NOVA.match(model):
        raise model_says(NO_REASONING)
    bound = mapping(body.get("inferenceConfig")).get("maxTokens") is not None
    if bound and thinking.get("maxReasoningEffort") == "high":
        raise model_says(UNBOUND)


def _unknown(name: str) -> str:
    said = {"code": "unknown_parameter", "message": f"Unknown parameter: '{name}'.", "param": name}
    return orjson.dumps({"error": said | {"type": "invalid_request_error"}}).decode()


def _as_anthropic(own: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choice of a tool, the tools, the thinking and the form of the answer as Anthropic has them."""
    config = mapping(body.get("toolConfig"))
    chosen = mapping(config.get("toolChoice"))
    kind = next((kind for kind in chosen if chosen[kind] is not None), None)
    choice = {"type": kind, **chosen[kind]} if kind else None
    tools = [_tool(mapping(tool.get("toolSpec"))) for tool in config.get("tools") or ()]
    output = {"format": {"schema": asked} if (asked := _answers_schema(own, body)) else None}
    return {"tool_choice": choice, "tools": tools, "thinking": own.get("thinking"), "output_config": output}


def _tool(spec: Mapping[str, Any]) -> dict[str, Any]:
    schema = mapping(spec.get("inputSchema")).get("json")
    return {"name": spec.get("name"), "strict": spec.get("strict"), "input_schema": schema}


def _answers_schema(own: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    form = mapping(mapping(body.get("outputConfig")).get("textFormat"))
    written = mapping(mapping(form.get("structure")).get("jsonSchema")).get("schema")
    with contextlib.suppress(orjson.JSONDecodeError):
        return mapping(orjson.loads(text(written)))
    return mapping(mapping(mapping(own.get("output_config")).get("format")).get("schema"))
