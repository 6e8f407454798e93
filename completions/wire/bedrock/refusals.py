"""Refusals of Converse because of the model: AWS's own errors, and those of Claude, which it passes on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.anthropic.refusals import REFUSALS as ANTHROPIC
from completions.wire.bedrock.base import is_claude
from completions.wire.bedrock.claude_fields import request_fields
from completions.wire.fields import contents, dicts, mapping
from completions.wire.openai.refusals import is_not_generative, model_of_other_format
from completions.wire.refusals import FORMAT, Find, Occurrence, Refusal

UNSUPPORTED_FIELD = "This model doesn't support the {place} field. Remove {place} and try again."
ANTHROPIC_NAMES = {"temperature": "temperature", "topP": "top_p"}
"""Anthropic's names of the members of `inferenceConfig` that Claude takes."""


def _unless_claude(find: Callable[[Prompt], Occurrence | None]) -> Find:
    """Return the search of a request, limited to models other than Claude."""
    return lambda prompt, can: None if is_claude(prompt.model or "") else find(prompt)


def _find_setting(name: str) -> Find:
    def find(prompt: Prompt) -> Occurrence | None:
        value = mapping(prompt.body.get("inferenceConfig")).get(name)
        return None if value is None or value == [] else Occurrence(name)

    return _unless_claude(find)


def _find_tools(*, streamed: bool) -> Find:
    return _unless_claude(
        lambda prompt: Occurrence("toolConfig") if prompt.tools and prompt.stream == streamed else None
    )


def _find_forced_tool(prompt: Prompt) -> Occurrence | None:
    choice = mapping(mapping(prompt.body.get("toolConfig")).get("toolChoice"))
    kind = next((kind for kind in ("any", "tool") if choice.get(kind) is not None), None)
    return None if kind is None else Occurrence(f"toolConfig.toolChoice.{kind}")


def _find_image(prompt: Prompt) -> Occurrence | None:
    user_messages = [message for message in dicts(prompt.body.get("messages")) if message.get("role") == "user"]
    return Occurrence("image") if any(block.get("image") for block in contents(user_messages)) else None


def _row(feature: str, find: Find, words: str, source: str, seen: str) -> Refusal:
    return Refusal(feature, find, words, source=source, seen=seen)


def _for_claude(row: Refusal) -> Refusal:
    """Return one of Anthropic's refusals for Claude at Converse, where Claude's fields are in a member of the body."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return (
            row.find(replace(prompt, body=_anthropic_body(prompt.body)), can) if is_claude(prompt.model or "") else None
        )

    return row._replace(find=find, message=f"The model returned the following errors: {row.message}")


def _anthropic_body(body: Mapping[str, Any]) -> dict[str, Any]:
    config = mapping(body.get("inferenceConfig"))
    return request_fields(body) | {
        anthropic_name: config[name] for name, anthropic_name in ANTHROPIC_NAMES.items() if name in config
    }


REFUSALS: tuple[Refusal, ...] = (
    _row(
        FORMAT,
        model_of_other_format(is_not_generative),
        "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
        "quotes of what Nova Sonic and Cohere's rerank models are told at Converse",
        "2026-07-01",
    ),
    _row(
        "temperature", _find_setting("temperature"), UNSUPPORTED_FIELD, "recordings: pydantic/pydantic-ai", "2026-09-22"
    ),
    _row("top_p", _find_setting("topP"), UNSUPPORTED_FIELD, "vercel/ai 21374", "2026-09-14"),
    _row(
        "stop", _find_setting("stopSequences"), UNSUPPORTED_FIELD, "langgenius/dify-official-plugins 1767", "2026-08-24"
    ),
    _row(
        "streamed_tools",
        _find_tools(streamed=True),
        "This model doesn't support tool use in streaming mode.",
        "earendil-works/pi 3739; requests of 13 models",
        "2026-10-10",
    ),
    _row(
        "tools",
        _find_tools(streamed=False),
        "This model doesn't support tool use.",
        "langchain-ai/langchain-aws 447; ldayton/Parable 285",
        "2026-01-16",
    ),
    _row("forced_tools", _unless_claude(_find_forced_tool), UNSUPPORTED_FIELD, "maximhq/bifrost 3196", "2026-05-04"),
    _row(
        "images",
        _unless_claude(_find_image),
        "This model doesn't support the {place} content block that you provided. Update the content block and try "
        "again.",
        "requests of 25 models for texts alone; aws-samples/sample-per-model-bedrock",
        "2026-10-10",
    ),
    *map(_for_claude, ANTHROPIC),
)
