"""The usual errors as OpenAI's APIs put them, each in its own words."""

from collections.abc import Mapping
from typing import Any

from completions.wire.words import MALFORMED, NO_TEXT, Words

EXCEEDED, POLICY, METHOD = "context_length_exceeded", "content_policy_violation", "method_not_supported"
ADDRESS = "unknown_address"


def _too_long(facts: Mapping[str, Any]) -> str:
    """Say whether the messages alone do not fit, or they and what may be answered."""
    limit = "This model's maximum context length is {window} tokens. However, ".format_map(facts)
    if facts["prompt_tokens"] > facts["window"]:
        said = "your messages resulted in {prompt_tokens} tokens. Please reduce the length of the messages."
    else:
        said = (
            "you requested {total} tokens ({prompt_tokens} in the messages, {max_tokens} in the completion). Please "
            "reduce the length of the messages or completion."
        )
    return limit + said.format_map(facts)


LONE = "surrogate in string"
"""What our parser says of half a character beyond U+FFFF, of which OpenAI's gateway takes no notice."""


def _at_gateway(facts: Mapping[str, Any]) -> str:
    """Say that a body is no JSON, as the server does that knows the keys and the models."""
    fault = facts["fault"]
    if LONE in fault or NO_TEXT in fault:
        return _unparsed(facts)
    return (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
    )


def _unparsed(facts: Mapping[str, Any]) -> str:
    """Say that a body is no JSON, or no text, of which our own words tell more."""
    if NO_TEXT in (fault := facts["fault"]):
        return f"We could not parse the JSON body of your request: {fault}."
    return (
        "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors "
        "include trailing commas, missing closing brackets, missing quotation marks, etc.)"
    )


FLAGGED = Words(
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
    400,
    code="invalid_prompt",
    source="MDX-Tom/gpt-instruct 56 and many others",
    seen="2026-08-20",
)
"""How a prompt is refused that is answered with a text; pictures are refused in other words."""

COMMON: Mapping[str, Words] = {
    METHOD: Words(
        "Invalid method for URL ({method} {path})",
        405,
        code=None,
        source="quotes by users, of images/generations and videos among others",
        seen="2026-06-21",
    ),
    "invalid_json": Words(
        _unparsed,
        400,
        code="invalid_json",
        source="a recording of v1/conversations, quotes by users",
        seen="2026-09-24",
    ),
}
"""What all addresses say alike."""

GATEWAY: Mapping[str, Words] = {
    **COMMON,
    "invalid_json": Words(
        _at_gateway, 400, code=None, source="a recording of chat, quotes by users", seen="2026-08-30"
    ),
}
"""What the addresses say alike at which a server refuses keys and models that stands before all others."""

CHAT: Mapping[str, Words] = {
    **GATEWAY,
    EXCEEDED: Words(_too_long, 400, code=EXCEEDED, param="messages", source="quotes by users", seen="2026-10-11"),
    POLICY: FLAGGED,
    MALFORMED: Words(
        "invalid model ID", 400, code=None, param=None, source="recordings: maruel/genai bad_model", seen="2026-04-17"
    ),
}

RESPONSES: Mapping[str, Words] = {
    **COMMON,
    EXCEEDED: Words(
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        400,
        code=EXCEEDED,
        param="input",
        source="recordings: crmne/ruby_llm handles_context_length_exceeded_errors",
        seen="2026-11-25",
    ),
    "model_not_found": Words(
        "The requested model '{model}' does not exist.",
        400,
        code="model_not_found",
        param="model",
        source="recordings: pydantic/pydantic-ai test_model_name_suggestions",
        seen="2026-11-25",
    ),
    POLICY: FLAGGED,
}

DECISIONS: Mapping[str, Words] = {
    **COMMON,
    EXCEEDED: Words(
        "Decision input exceeds the token limit.",
        400,
        code=None,
        param="input",
        source="openai-scala-client, measured with 1.2 million tokens",
        seen="2026-10-07",
    ),
}

LEGACY: Mapping[str, Words] = {
    **GATEWAY,
    EXCEEDED: Words(
        "This model's maximum context length is {window} tokens, however you requested {total} tokens ({prompt_tokens} "
        "in your prompt; {max_tokens} for the completion). Please reduce your prompt; or completion length.",
        400,
        code=None,
        param=None,
        source="langchain-ai/langchain and others quote it; the API behind it has not changed",
        seen="2025-12-01",
    ),
}

IMAGES: Mapping[str, Words] = {
    **COMMON,
    "model_not_found": Words(
        "The model '{model}' does not exist.",
        400,
        type="image_generation_user_error",
        code="invalid_value",
        param="model",
        source="recordings: maruel/genai bad_model_image",
        seen="2026-04-17",
    ),
}
