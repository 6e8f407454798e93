"""OpenAI's errors of responses that depend on the model; their wording differs from that of chat completions.

Requests to api.openai.com with gpt-5.6-terra on 2026-08-30, which another project wrote down, are the source of most.
"""

import re
from dataclasses import dataclass

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.fields import dicts
from completions.wire.openai.chat.refusals import KEPT_A_DAY, NO_FLEX, NOT_KEPT_A_DAY
from completions.wire.openai.responses.prompt import LOGPROBS, included
from completions.wire.refusals import (
    EFFORT,
    EffortSet,
    Occurrence,
    ParameterSet,
    Refusal,
    any_of,
    has_part,
    offers_tools,
    parameter_refusal,
    unsupported_parameter,
    wants_schema,
)

UNSUPPORTED = "Unsupported parameter: '{place}' is not supported with this model."
MEASURED = "requests to gpt-5.6-terra"


_penalty = any_of(ParameterSet("presence_penalty", 0), ParameterSet("frequency_penalty", 0))


def _logprobs(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    if LOGPROBS in included(prompt.body):
        return Occurrence("include")
    return Occurrence("top_logprobs") if prompt.body.get("top_logprobs") else None


def _search(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    kinds = (tool.get("type") for tool in dicts(prompt.body.get("tools")))
    found = next((kind for kind in kinds if isinstance(kind, str) and kind.startswith("web_search")), None)
    return None if found is None else Occurrence("tools", found)


@dataclass(frozen=True, slots=True)
class OwnTool:
    """Finds one of the API's own tools."""

    kind: str
    needs: str = "tools"

    def __call__(self, prompt: Prompt, can: Capabilities) -> Occurrence | None:
        """Return the place of the tools, and the type."""
        is_offered = any(tool.get("type") == self.kind for tool in dicts(prompt.body.get("tools")))
        return Occurrence("tools", self.kind) if is_offered else None


def _no_tool(kind: str, source: str, seen: str) -> Refusal:
    return parameter_refusal(
        kind, OwnTool(kind), "Tool '{value}' is not supported with {model}.", source=source, seen=seen
    )


UNTHINKING = {"web_search": "web_search", "image_generation": "image_gen"}
"""The hosted tools that need more than minimal reasoning: their names in the API's message, by prefix of their type."""


def _hosted_at_minimal_effort(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find hosted tools in a request with minimal reasoning."""
    if prompt.reasoning_effort != "minimal":
        return None
    kinds = [str(tool.get("type")) for tool in dicts(prompt.body.get("tools"))]
    found = {name for start, name in UNTHINKING.items() if any(kind.startswith(start) for kind in kinds)}
    return Occurrence("tools", ", ".join(sorted(found))) if found else None


SMALL = re.compile(r"-(?:mini|nano)\b")


def _encrypted_reasoning(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a request for encrypted reasoning; a small model without reasoning was recorded to accept it."""
    asks = "reasoning.encrypted_content" in included(prompt.body)
    return Occurrence("include") if asks and not SMALL.search(prompt.model or "") else None


SEARCHES = ("web_search", "mcp", "file_search")


def _research_without_tools(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a request for research without a search tool; a prompt template may have its own tools."""
    kinds = [str(tool.get("type")) for tool in dicts(prompt.body.get("tools"))]
    equipped = prompt.body.get("prompt") or any(kind.startswith(SEARCHES) for kind in kinds)
    return None if equipped else Occurrence("tools")


REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        "old_summaries",
        ParameterSet("reasoning.generate_summary"),
        "Unknown parameter: '{place}'.",
        "unknown_parameter",
        source=MEASURED,
        seen="2026-08-30",
    ),
    parameter_refusal(
        "research_alone",
        _research_without_tools,
        "Deep research models require at least one of 'web_search_preview', 'mcp', or 'file_search' tools.",
        source="quotes by users, of o3-deep-research and o4-mini-deep-research",
        seen="2026-08-30",
    ),
    parameter_refusal(
        "verbosity",
        ParameterSet("text.verbosity", "medium"),
        "Unsupported value: '{value}' is not supported with the '{model}' model. Supported values are: 'medium'.",
        "unsupported_value",
        source="quotes by users, of gpt-4.1, gpt-4o-mini, gpt-5.1-codex and gpt-5.2-codex; enricoros/big-AGI 947",
        seen="2026-08-30",
    ),
    *(row._replace(code="invalid_parameter") for row in (KEPT_A_DAY, NOT_KEPT_A_DAY)),
    NO_FLEX,
    parameter_refusal("temperature", ParameterSet("temperature", 1), UNSUPPORTED, source=MEASURED, seen="2026-08-30"),
    parameter_refusal("top_p", ParameterSet("top_p", 1), UNSUPPORTED, source=MEASURED, seen="2026-10-03"),
    parameter_refusal("penalties", _penalty, UNSUPPORTED, source=MEASURED, seen="2026-08-30"),
    unsupported_parameter(
        "logprobs", _logprobs, "logprobs are not supported with reasoning models.", source=MEASURED, seen="2026-08-30"
    ),
    unsupported_parameter("tools", offers_tools, UNSUPPORTED, source="quotes by users", seen="2026-09-05"),
    parameter_refusal(
        "hosted_web_search",
        _search,
        "Hosted tool '{value}' is not supported with {model}.",
        source="quotes by users, of gpt-4, gpt-4-turbo, o3-mini and gpt-5-chat-latest",
        seen="2026-09-30",
    ),
    _no_tool("tool_search", "quotes by users, of gpt-5, gpt-5.1, gpt-5-mini, gpt-4.1 and gpt-5.4-nano", "2026-11-29"),
    _no_tool("computer_use_preview", "openai/openai-agents-python 2624, of gpt-5.4", "2026-03-07"),
    _no_tool("computer", "openai/openai-agents-python 2624; its guide: from gpt-5.4 on", "2026-03-07"),
    unsupported_parameter(
        "reasoning",
        EffortSet("reasoning.effort"),
        UNSUPPORTED,
        source="BoundaryML/baml 2708; BerriAI/litellm 38842",
        seen="2026-09-01",
    ),
    unsupported_parameter(
        "reasoning", ParameterSet("reasoning.summary"), UNSUPPORTED, source="quotes by users", seen="2026-11-29"
    ),
    parameter_refusal(
        EFFORT,
        EffortSet("reasoning.effort", unsupported_only=True),
        "Unsupported value: '{value}' is not supported with the '{model}' model. Supported values are: {supported}.",
        "unsupported_value",
        source="anomalyco/opencode 4451; requests to gpt-5.5 and gpt-5.6-sol, written down by several projects",
        seen="2026-10-05",
    ),
    parameter_refusal(
        EFFORT,
        _hosted_at_minimal_effort,
        "The following tools cannot be used with reasoning.effort 'minimal': {value}.",
        source="quotes by users, of web_search and image_gen",
        seen="2026-10-05",
    ),
    parameter_refusal(
        "reasoning",
        _encrypted_reasoning,
        "Encrypted content is not supported with this model.",
        source="quotes by users, of gpt-4o and gpt-4.1; microsoft/agent-framework 7483; gpt-4.1-mini takes it (rig)",
        seen="2026-10-05",
    ),
    Refusal(
        "json_schema",
        wants_schema,
        "Invalid parameter: 'text.format' of type 'json_schema' is not supported with model version `{model}`.",
        param="text.format",
        source="quotes by users, of gpt-3.5-turbo, gpt-4 and o3-deep-research",
        seen="2026-08-20",
    ),
    parameter_refusal(
        "images",
        has_part("image", "input"),
        "Model '{model}' does not support image inputs. Try again with a vision model. To find out which models are "
        "vision-enabled, visit our our models documentation: https://platform.openai.com/docs/models",
        source="quotes by users",
        seen="2026-09-20",
        part="image",
    ),
)
