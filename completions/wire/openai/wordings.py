"""The standard errors in the wording of each of OpenAI's APIs."""

from collections.abc import Mapping
from typing import Any

from completions.wire.wordings import MALFORMED, NOT_UTF8, Wording

EXCEEDED, POLICY, METHOD = "context_length_exceeded", "content_policy_violation", "method_not_supported"
ADDRESS = "unknown_address"


def _too_long(facts: Mapping[str, Any]) -> str:
    """Return the message: the messages alone are too long, or they and the requested completion are."""
    limit = "This model's maximum context length is {window} tokens. However, ".format_map(facts)
    if facts["prompt_tokens"] > facts["window"]:
        reason = "your messages resulted in {prompt_tokens} tokens. Please reduce the length of the messages."
    else:
        reason = (
            "you requested {total} tokens ({prompt_tokens} in the messages, {max_tokens} in the completion). Please "
            "reduce the length of the messages or completion."
        )
    return limit + reason.format_map(facts)


LONE_SURROGATE = "surrogate in string"
"""The fault that our parser reports for half a character beyond U+FFFF, which OpenAI's gateway accepts."""


def _gateway_invalid_json(facts: Mapping[str, Any]) -> str:
    """Return the message for a body that is not JSON from the server that checks keys and models."""
    fault = facts["fault"]
    if LONE_SURROGATE in fault or NOT_UTF8 in fault:
        return _invalid_json(facts)
    return (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
    )


def _invalid_json(facts: Mapping[str, Any]) -> str:
    """Return the message for a body that is not JSON; the mock's own if it is not UTF-8, as that tells more."""
    if NOT_UTF8 in (fault := facts["fault"]):
        return f"We could not parse the JSON body of your request: {fault}."
    return (
        "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors "
        "include trailing commas, missing closing brackets, missing quotation marks, etc.)"
    )


FLAGGED = Wording(
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
    400,
    code="invalid_prompt",
    source="MDX-Tom/gpt-instruct 56 and many others",
    seen="2026-08-20",
)
"""The refusal of a prompt for a text; prompts for pictures have another wording."""

COMMON: Mapping[str, Wording] = {
    METHOD: Wording(
        "Invalid method for URL ({method} {path})",
        405,
        code=None,
        source="quotes by users, of images/generations and videos among others",
        seen="2026-06-21",
    ),
    "invalid_json": Wording(
        _invalid_json,
        400,
        code="invalid_json",
        source="a recording of v1/conversations, quotes by users",
        seen="2026-09-24",
    ),
}
"""The wordings that all addresses share."""

GATEWAY: Mapping[str, Wording] = {
    **COMMON,
    "invalid_json": Wording(
        _gateway_invalid_json, 400, code=None, source="a recording of chat, quotes by users", seen="2026-08-30"
    ),
}
"""The wordings of the addresses at which a gateway in front of the API refuses keys and models."""

CHAT: Mapping[str, Wording] = {
    **GATEWAY,
    EXCEEDED: Wording(_too_long, 400, code=EXCEEDED, param="messages", source="quotes by users", seen="2026-10-11"),
    POLICY: FLAGGED,
    MALFORMED: Wording(
        "invalid model ID", 400, code=None, param=None, source="recordings: maruel/genai bad_model", seen="2026-04-17"
    ),
}

RESPONSES: Mapping[str, Wording] = {
    **COMMON,
    EXCEEDED: Wording(
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        400,
        code=EXCEEDED,
        param="input",
        source="recordings: crmne/ruby_llm handles_context_length_exceeded_errors",
        seen="2026-11-25",
    ),
    "model_not_found": Wording(
        "The requested model '{model}' does not exist.",
        400,
        code="model_not_found",
        param="model",
        source="recordings: pydantic/pydantic-ai test_model_name_suggestions",
        seen="2026-11-25",
    ),
    POLICY: FLAGGED,
}

DECISIONS: Mapping[str, Wording] = {
    **COMMON,
    EXCEEDED: Wording(
        "Decision input exceeds the token limit.",
        400,
        code=None,
        param="input",
        source="openai-scala-client, measured with 1.2 million tokens",
        seen="2026-10-07",
    ),
}

LEGACY: Mapping[str, Wording] = {
    **GATEWAY,
    EXCEEDED: Wording(
        "This model's maximum context length is {window} tokens, however you requested {total} tokens ({prompt_tokens} "
        "in your prompt; {max_tokens} for the completion). Please reduce your prompt; or completion length.",
        400,
        code=None,
        param=None,
        source="langchain-ai/langchain and others quote it; the API behind it has not changed",
        seen="2025-12-01",
    ),
}

IMAGES: Mapping[str, Wording] = {
    **COMMON,
    "model_not_found": Wording(
        "The model '{model}' does not exist.",
        400,
        type="image_generation_user_error",
        code="invalid_value",
        param="model",
        source="recordings: maruel/genai bad_model_image",
        seen="2026-04-17",
    ),
}
