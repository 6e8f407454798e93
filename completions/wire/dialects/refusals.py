"""Refusals because of the model, of vendors with OpenAI's chat format, in their own words."""

from dataclasses import replace

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.dialects.deserializer import FAILED
from completions.wire.fields import dicts
from completions.wire.openai.refusals import (
    is_embedding_model,
    is_image_model,
    is_not_generative,
    model_of_other_format,
)
from completions.wire.refusals import (
    EFFORT,
    FORMAT,
    OUTPUT,
    EffortSet,
    Occurrence,
    ParameterSet,
    Refusal,
    for_models,
    offers_tools,
    parameter_refusal,
    wants_schema,
)

INVALID = "invalid_request_error"
FORCED_TOOL = "Thinking mode does not support this tool_choice"
THOUGHTS_MISSING = "The `reasoning_content` in the thinking mode must be passed back to the API."


def _find_forced_tool(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("tool_choice") if prompt.tools and prompt.tool_choice.mode == "required" else None


def _find_image(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    for index, message in enumerate(dicts(prompt.body.get("messages"))):
        content = message.get("content")
        for part in dicts(content) if isinstance(content, list) else ():
            if part.get("type") not in (None, "text"):
                return Occurrence(f"messages[{index}]", part["type"])
    return None


def _find_output_limit(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find the limit of tokens, by the name of its field."""
    names = (name for name in ("max_completion_tokens", "max_tokens") if prompt.body.get(name) is not None)
    return next((Occurrence(name) for name in names), None)


def _find_tool(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("tools", prompt.tools[0].name) if prompt.tools else None


def _find_unsupported_effort(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find an effort that a model of Mistral does not take, with those that it takes in the validator's notation."""
    effort, supported = prompt.reasoning_effort, sorted(can.efforts or ())
    if effort is None or effort in supported:
        return None
    return Occurrence(effort, ", ".join(f"<ReasoningEffort.{name}: '{name}'>" for name in supported))


def _find_call_without_thoughts(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a tool call whose thoughts were not sent back; an empty text counts as thoughts."""
    for index, message in enumerate(dicts(prompt.body.get("messages"))):
        has_calls = message.get("role") == "assistant" and message.get("tool_calls")
        if has_calls and message.get("reasoning_content") is None:
            return Occurrence(f"messages[{index}]")
    return None


CEREBRAS: tuple[Refusal, ...] = (
    Refusal(
        "images",
        _find_image,
        "Multimodal is not enabled for your organization and model",
        "multimodal_not_enabled",
        param="model",
        status=403,
        source="recordings: maruel/genai, of gpt-oss-120b",
        seen="2026-07-21",
    ),
)

DEEPSEEK: tuple[Refusal, ...] = (
    Refusal(
        "images",
        _find_image,
        f"{FAILED}: {{place}}: unknown variant `{{value}}`, expected `text`",
        INVALID,
        source="rikkahub/rikkahub 1433; Zoo-Code-Org/Zoo-Code 1106; since 2026-09-10 the flash models see",
        seen="2026-08-07",
    ),
    Refusal(
        "json_schema",
        wants_schema,
        "This response_format type is unavailable now",
        INVALID,
        source="EvoScientist/EvoScientist 348, of deepseek-v4-flash",
        seen="2026-07-13",
    ),
    Refusal(
        "unreturned_thoughts",
        _find_call_without_thoughts,
        THOUGHTS_MISSING,
        INVALID,
        source="DeepSeek's guide on thinking; mnfst/modelparams.dev 29, of deepseek-v4-pro, and many others",
        seen="2026-09-30",
    ),
    Refusal(
        "forced_tools",
        _find_forced_tool,
        FORCED_TOOL,
        INVALID,
        source="deepseek-ai/DeepSeek-V3 1376; langchain-ai/langchain 40769",
        seen="2026-09-22",
    ),
)


GEMINI: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(is_not_generative),
        "models/{model} is not found for API version v1main, or is not supported for generateContent. Call "
        "ModelService.ListModels to see the list of available models and their supported methods.",
        status=404,
        source="quotes by users, of gemini-embedding-001",
        seen="2026-11-29",
    ),
)

MISTRAL: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(is_embedding_model),
        "Invalid model: {model}",
        "1500",
        type="invalid_model",
        source="quotes by users of mistral-embed in chat",
        seen="2026-08-02",
    ),
    Refusal(
        EFFORT,
        for_models("mistral-small", EffortSet("reasoning_effort", unsupported_only=True)),
        "reasoning_effort='{value}' is not supported for this model. Must be one of (<ReasoningEffort.none: 'none'>, "
        "<ReasoningEffort.high: 'high'>)",
        "3051",
        type="invalid_request_invalid_args",
        source="architects-toolkit/SmartHopper 647; requests to mistral-small, written down by a project",
        seen="2026-10-08",
    ),
    Refusal(
        EFFORT,
        _find_unsupported_effort,
        "reasoning_effort {place} is not supported for this model, supported values: [{value}]",
        "3051",
        type="invalid_request_invalid_args",
        source="requests to mistral-medium-2604, written down by several projects",
        seen="2026-10-08",
    ),
    Refusal(
        "reasoning",
        EffortSet("reasoning_effort"),
        "reasoning_effort is not enabled for this model",
        "3051",
        type="invalid_request_invalid_args",
        source="quotes by users, of Large 3 and others",
        seen="2026-10-07",
    ),
)

GROQ: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(is_not_generative),
        "The model `{model}` does not support chat completions",
        source="quotes by users, of whisper-large-v3-turbo, distil-whisper-large-v3-en and playai-tts",
        seen="2026-08-25",
    ),
    Refusal(
        "tools",
        offers_tools,
        "`tool calling` is not supported with this model",
        param="tool calling",
        source="recordings: maruel/genai, of groq/compound; quotes by users, of groq/compound-mini and allam-2-7b",
        seen="2026-10-09",
    ),
    parameter_refusal(
        "json_schema",
        wants_schema,
        "This model does not support response format `json_schema`. See supported models at "
        "https://console.groq.com/docs/structured-outputs#supported-models",
        source="quotes by users, of llama-3.3-70b-versatile, groq/compound-mini and allam-2-7b",
        seen="2026-10-09",
    ),
    Refusal(
        EFFORT,
        EffortSet("reasoning_effort", unsupported_only=True),
        "`reasoning_effort` must be one of {one_of}",
        source="quotes by users, of qwen/qwen3.6-27b and of gpt-oss",
        seen="2026-10-09",
    ),
    Refusal(
        "reasoning",
        EffortSet("reasoning_effort"),
        "`reasoning_effort` is not supported with this model",
        source="quotes by users, of llama-3.3-70b-versatile and of groq/compound",
        seen="2026-10-09",
    ),
    Refusal(
        OUTPUT,
        _find_output_limit,
        "`{place}` must be less than or equal to `{output}`, the maximum value for `{place}` is less than the "
        "`context_window` for this model",
        None,
        source="a request for qwen/qwen3.8-27b of 2026-09-16, and many quotes by users",
        seen="2026-10-10",
    ),
    parameter_refusal(
        "logprobs",
        ParameterSet("logprobs", False),
        "`logprobs` is not supported with this model",
        source="quotes by users, of all models but qwen/qwen3-32b",
        seen="2026-10-09",
    ),
)

OPENROUTER: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(is_embedding_model),
        "{model} is an embedding model and cannot be used with the chat/completions endpoint. Use the /embeddings "
        "endpoint instead.",
        source="decolua/9router 1304",
        seen="2026-05-20",
    ),
    Refusal(
        FORMAT,
        model_of_other_format(is_image_model),
        "{model} is an image generation model and cannot be used with the chat/completions endpoint. Use the "
        "/api/v1/images endpoint instead.",
        status=404,
        source="quotes by users, of GPT Image and of Krea 2",
        seen="2026-09-23",
    ),
    Refusal(
        "images",
        _find_image,
        "No endpoints found that support image input",
        status=404,
        source="github/app 2163; openclaw/openclaw 99079",
        seen="2026-07-20",
        part="image",
    ),
    Refusal(
        "tools",
        _find_tool,
        'No endpoints found that support tool use. Try disabling "{value}". To learn more about provider routing, '
        "visit: https://openrouter.ai/docs/guides/routing/provider-selection",
        status=404,
        source="rbb-dev/Open-WebUI-OpenRouter-pipe 58",
        seen="2026-07-28",
    ),
)

ZAI: tuple[Refusal, ...] = (
    Refusal(
        "images",
        _find_image,
        "messages.content.type 参数非法,取值范围 ['text']",
        "1210",
        source="quotes by users, of glm-5.2",
        seen="2026-07-17",
        part="image",
    ),
)

XAI: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(is_image_model),
        "The model {model} is an image model and is therefore not available on this endpoint. Please use a compatible "
        "endpoint such as https://api.x.ai/v1/images/generations. For more information, see "
        "https://docs.x.ai/docs/api-reference#image-generation",
        source="Wei-Shaw/sub2api 4301; router-for-me/CLIProxyAPI 4201",
        seen="2026-07-14",
    ),
    Refusal(
        "stop",
        ParameterSet("stop"),
        "Model {model} does not support parameter stop.",
        source="BerriAI/litellm-docs 817, of grok-4.5",
        seen="2026-08-07",
    ),
    Refusal(
        "penalties",
        ParameterSet("frequency_penalty"),
        "Model {model} does not support parameter frequencyPenalty.",
        source="miaoxworld/NativeTavern 83, of presence_penalty; BerriAI/litellm 14078",
        seen="2026-09-15",
    ),
    Refusal(
        "penalties",
        ParameterSet("presence_penalty"),
        "Model {model} does not support parameter presencePenalty.",
        source="miaoxworld/NativeTavern 83, of grok-4.3 to 4.6; lobehub/lobehub 13332",
        seen="2026-09-15",
    ),
    Refusal(
        "reasoning",
        EffortSet("reasoning_effort"),
        "Model {model} does not support parameter reasoningEffort.",
        source="chenyme/grok2api 814, of grok-4.20-0309-reasoning; router-for-me/CLIProxyAPI 3968, of grok-build",
        seen="2026-09-30",
    ),
    Refusal(
        EFFORT,
        EffortSet("reasoning_effort", unsupported_only=True),
        "This model does not support `reasoning_effort` value `{value}`.",
        source="probes of grok-4.5 to grok-4.7 with `none` that several have published; theopenco/llmgateway 3669",
        seen="2026-09-23",
    ),
)

XAI_RESPONSES = tuple(
    row._replace(find=replace(row.find, place="reasoning.effort")) for row in XAI if isinstance(row.find, EffortSet)
)
"""The refusals of responses (NousResearch/hermes-agent 23435)."""
