"""What vendors that use OpenAI's chat format refuse because of the model, in their own words."""

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.refusals import EFFORT, Asked, Effort, Given, Refusal, wants_schema

INVALID = "invalid_request_error"


def _forced(prompt: Prompt, can: Capabilities) -> Asked | None:
    return Asked("tool_choice") if prompt.tools and prompt.tool_choice.mode == "required" else None


DEEPSEEK: tuple[Refusal, ...] = (
    Refusal(
        "json_schema",
        wants_schema,
        "This response_format type is unavailable now",
        INVALID,
        None,
        source="EvoScientist/EvoScientist 348, of deepseek-v4-flash",
        seen="2026-07-13",
    ),
    Refusal(
        "forced_tools",
        _forced,
        "Thinking mode does not support this tool_choice",
        INVALID,
        None,
        source="deepseek-ai/DeepSeek-V3 1376; langchain-ai/langchain 40769",
        seen="2026-09-22",
    ),
)

GROQ: tuple[Refusal, ...] = (
    Refusal(
        EFFORT,
        Effort("reasoning_effort", other=True),
        "`reasoning_effort` must be one of `none` or `default`",
        None,
        None,
        source="iamsrikanthnani/pluely 219, of qwen3",
        seen="2026-03-02",
    ),
)

XAI: tuple[Refusal, ...] = (
    Refusal(
        "penalties",
        Given("presence_penalty"),
        "Model {model} does not support parameter presencePenalty.",
        None,
        None,
        source="miaoxworld/NativeTavern 83, of grok-4.3 to 4.6; lobehub/lobehub 13332",
        seen="2026-09-15",
    ),
    Refusal(
        "reasoning",
        Effort("reasoning_effort"),
        "Model {model} does not support parameter reasoningEffort.",
        None,
        None,
        source="chenyme/grok2api 814, of grok-4.20-0309-reasoning",
        seen="2026-07-28",
    ),
)
