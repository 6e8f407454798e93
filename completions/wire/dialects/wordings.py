"""The wording of the standard errors of vendors with OpenAI's formats, with the sources."""

import re
from collections.abc import Mapping
from typing import Any

from completions.wire.dialects import overload_wordings
from completions.wire.openai.wordings import ADDRESS, METHOD, POLICY
from completions.wire.wordings import Wording

LIMITED, QUOTA = "rate_limit_exceeded", "insufficient_quota"
DEFAULT_LIMIT: Mapping[str, object] = {
    "name": "requests per min (RPM)",
    "said": "Please try again later.",
    **dict.fromkeys(("used", "most"), 60),
}
"""The facts of a limit in an error by name, which has none of its own."""


def _limit_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a limit, with its name in words and in short: `requests per minute`, `rpm`."""
    all_facts = {**DEFAULT_LIMIT, **facts}
    name, _, short = str(all_facts["name"]).partition(" (")
    return all_facts | {"named": name.replace("per min", "per minute"), "short": (short or "RPM").strip(")")}


def _groq_limit(facts: Mapping[str, Any]) -> str:
    return (
        "Rate limit reached for model `{model}` in organization `org-mock` service tier `on_demand` on {named} "
        "({short}): {said} Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing"
    ).format_map(_limit_facts(facts))


def _openrouter_limit(facts: Mapping[str, Any]) -> str:
    limit = _limit_facts(facts)
    return (
        f"Rate limit exceeded: limit_{limit['short'].lower()}/{limit['model']}. High demand for {limit['model']} on "
        f"OpenRouter - limited to {limit['most']} {limit['named']}. Please retry shortly."
    )


def _xai_limit(facts: Mapping[str, Any]) -> str:
    limit = _limit_facts(facts)
    limit_name = " ".join(word if word == "per" else word.capitalize() for word in limit["named"].split())
    return (
        f"Too many requests for team mock and model {limit['model']}. Your team's rate limit is \u2014 {limit_name} "
        f"(actual/limit): {limit['used']}/{limit['most']}."
    )


RUST_PARSE_ERRORS = {
    "no low surrogate in string": "unexpected end of hex escape",
    "unexpected character, expected a string key": "key must be a string",
    "unexpected content after document": "trailing characters",
}
"""The messages of Rust's deserializer for a body that is not JSON, by those of our parser."""


def _bad_json(facts: Mapping[str, Any]) -> str:
    problem = RUST_PARSE_ERRORS.get(facts["fault"], facts["fault"])
    return f"Failed to parse the request body as JSON: {problem} at line {facts['line']} column {facts['column']}"


RECORDED = "recordings: crmne/ruby_llm"
INVALID = "invalid_request_error"


def _cerebras_limit(facts: Mapping[str, Any]) -> str:
    if _limit_facts(facts)["short"] == "RPM":
        return "Requests per minute limit exceeded - too many requests sent."
    return "Tokens per minute limit exceeded - too many tokens processed."


CEREBRAS: Mapping[str, Wording] = {
    **dict.fromkeys(
        ("invalid_api_key", "missing_api_key"),
        Wording("Wrong API Key", 401, INVALID, "wrong_api_key", "api_key", "recordings: maruel/genai", "2025-12-18"),
    ),
    "model_not_found": Wording(
        "Model {model} does not exist or you do not have access to it.",
        404,
        "not_found_error",
        "model_not_found",
        "model",
        "recordings: maruel/genai",
        "2025-12-18",
    ),
    "context_length_exceeded": Wording(
        "Please reduce the length of the messages or completion. Current length is {total} while limit is {window}",
        400,
        INVALID,
        "context_length_exceeded",
        "messages",
        "ellipticmarketing/modelrelay 73; cline/cline 5140",
        "2026-08-07",
    ),
    LIMITED: Wording(
        _cerebras_limit,
        429,
        "too_many_requests_error",
        "request_quota_exceeded",
        "quota",
        "nminaya/grammar-nazi-bot 958; continuedev/continue 9800",
        "2026-08-12",
    ),
    **overload_wordings.CEREBRAS,
}

DEEPSEEK: Mapping[str, Wording] = {
    "invalid_api_key": Wording(
        "Authentication Fails, Your api key: ****{key_end} is invalid",
        401,
        "authentication_error",
        INVALID,
        None,
        f"{RECORDED} raises_appropriate_auth_error",
        "2026-11-25",
    ),
    "missing_api_key": Wording(
        "Authentication Fails (auth header format should be Bearer sk-...)",
        401,
        "authentication_error",
        INVALID,
        None,
        "quotes by users",
        "2026-10-10",
    ),
    "context_length_exceeded": Wording(
        "This model's maximum context length is {window} tokens. However, you requested {total} tokens "
        "({prompt_tokens} in the messages, {max_tokens} in the completion). Please reduce the length of the messages "
        "or completion.",
        400,
        INVALID,
        INVALID,
        None,
        f"{RECORDED} handles_context_length_exceeded_errors",
        "2026-11-25",
    ),
    "invalid_json": Wording(
        _bad_json, 400, INVALID, INVALID, None, "esengine/DeepSeek-Reasonix 1906, r1n7aro/Locus 73", "2026-05-28"
    ),
    "model_not_found": Wording(
        "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed {model}.",
        400,
        INVALID,
        INVALID,
        None,
        "recordings: 0xPlaygrounds/rig; quotes by users",
        "2026-09-21",
    ),
    QUOTA: Wording(
        "Insufficient Balance", 402, "unknown_error", INVALID, None, "DeepSeek's page on error codes", "2026-06-01"
    ),
    LIMITED: Wording("Rate Limit Reached", 429, source="DeepSeek's page on error codes", seen="2026-06-01"),
    POLICY: Wording("Content Exists Risk", 400, INVALID, INVALID, None, "quotes by users", "2026-11-26"),
    **overload_wordings.DEEPSEEK,
}

GROQ: Mapping[str, Wording] = {
    **dict.fromkeys(
        ("invalid_api_key", "missing_api_key"),
        Wording(
            "Invalid API Key",
            401,
            INVALID,
            "invalid_api_key",
            None,
            "a request to api.groq.com without a key, written down by another project",
            "2026-08-29",
        ),
    ),
    "context_length_exceeded": Wording(
        "Please reduce the length of the messages or completion.",
        400,
        INVALID,
        "context_length_exceeded",
        "messages",
        "quotes by users",
        "2026-10-08",
    ),
    LIMITED: Wording(_groq_limit, 429, source="quotes by users", seen="2026-11-26"),
    **dict.fromkeys(
        (METHOD, ADDRESS),
        Wording(
            lambda facts: (
                f"Unknown request URL: {facts['method']} {facts['path'].removeprefix('/groq')}. Please check the URL "
                "for typos, or see the docs at https://console.groq.com/docs/"
            ),
            404,
            code="unknown_url",
            source="quotes by users, of GET at chat/completions, and of addresses with a part that stands there twice",
            seen="2026-07-27",
        ),
    ),
    QUOTA: Wording(
        "Organization has blocked API access because a spend alert threshold was met. Please visit "
        "https://console.groq.com/settings/billing to manage your spend alerts.",
        400,
        INVALID,
        "spend_limit_reached",
        None,
        "quotes by users; Groq's page on spend limits calls the code `blocked_api_access`",
        "2026-09-27",
    ),
    **overload_wordings.GROQ,
}

NO_ROUTE = "no Route matched with those values"
"""The message of Mistral's gateway for an unknown address."""

MISSING = re.compile(r"/mistral/v1/(?:(?:chat/)?classifications|audio/voices|libraries|fine_tuning)\b")
"""Addresses that Mistral has and the mock lacks."""


def _no_route(facts: Mapping[str, Any]) -> str:
    return f"Invalid URL ({facts['method']} {facts['path']})" if MISSING.match(facts["path"]) else NO_ROUTE


MISTRAL: Mapping[str, Wording] = {
    ADDRESS: Wording(_no_route, 404, source="nextcloud/assistant 593; apmantza/pi-free 293", seen="2026-07-06"),
    "context_length_exceeded": Wording(
        "Prompt contains {prompt_tokens} tokens and 0 draft tokens, too large for model with {window} maximum context "
        "length",
        400,
        "invalid_request_invalid_args",
        "3051",
        None,
        "quotes by users",
        "2026-10-09",
    ),
    "model_not_found": Wording(
        "Invalid model: {model}", 400, "invalid_model", "1500", None, "quotes by users", "2026-07-20"
    ),
    LIMITED: Wording(
        "Rate limit exceeded", 429, "rate_limited", "1300", None, "raycast/extensions 31107", "2026-09-14"
    ),
    QUOTA: Wording("Rate limit exceeded", 429, "rate_limited", "1300", None, "vanna-ai/vanna 177", "2024-04-01"),
    **overload_wordings.MISTRAL,
}


def _openrouter_too_long(facts: Mapping[str, Any]) -> str:
    output = ", {max_tokens} in the output" if facts["max_tokens"] else ""
    template = (
        "This endpoint's maximum context length is {window} tokens. However, you requested about {total} tokens "
        f"({{prompt_tokens}} of text input{output}). Please reduce the length of either one, or use the "
        "context-compression plugin to compress your prompt automatically."
    )
    return template.format_map(facts)


def _moonshot_limit(facts: Mapping[str, Any]) -> str:
    limit = _limit_facts(facts)
    if limit["short"] == "RPM":
        details = f"request reached organization max RPM: {limit['most']}, please try again after 1 seconds"
    else:
        details = f"request reached organization {limit['short']} rate limit, current: {limit['used']}, "
        details += f"limit: {limit['most']}"
    return f"Your account org-mock<ak-mock> {details}"


MOONSHOT: Mapping[str, Wording] = {
    **dict.fromkeys(
        ("invalid_api_key", "missing_api_key"),
        Wording(
            "Invalid Authentication",
            401,
            "invalid_authentication_error",
            None,
            None,
            "can1357/oh-my-pi 6504",
            "2026-07-24",
        ),
    ),
    "context_length_exceeded": Wording(
        "Invalid request: Your request exceeded model token limit: {window} (requested: {total})",
        400,
        INVALID,
        None,
        None,
        "MoonshotAI/kimi-cli 2011",
        "2026-04-22",
    ),
    "model_not_found": Wording(
        "Not found the model {model} or Permission denied",
        404,
        "resource_not_found_error",
        None,
        None,
        "recordings: vercel/ai",
        "2026-08-26",
    ),
    LIMITED: Wording(
        _moonshot_limit, 429, "rate_limit_reached_error", None, None, "MoonshotAI/kimi-cli 1599", "2026-03-27"
    ),
    QUOTA: Wording(
        "Your account org-mock <ak-mock> is suspended due to insufficient balance, please recharge your account or "
        "check your plan and billing details",
        429,
        "exceeded_current_quota_error",
        None,
        None,
        "anomalyco/opencode 24462",
        "2026-04-26",
    ),
    **overload_wordings.MOONSHOT,
}

OPENROUTER: Mapping[str, Wording] = {
    "invalid_api_key": Wording(
        lambda facts: "User not found." if facts["key"].startswith("sk-or-") else "Missing Authentication header",
        401,
        source=f"quotes by users; {RECORDED} raises_appropriate_auth_error",
        seen="2026-11-25",
    ),
    "missing_api_key": Wording(
        "Missing Authentication header", 401, source=f"{RECORDED} raises_appropriate_auth_error", seen="2026-11-25"
    ),
    "context_length_exceeded": Wording(
        _openrouter_too_long, 400, source=f"{RECORDED} handles_context_length_exceeded_errors", seen="2026-11-25"
    ),
    "model_not_found": Wording("{model} is not a valid model ID", 400, source="quotes by users", seen="2026-09-05"),
    LIMITED: Wording(_openrouter_limit, 429, source="quotes by users", seen="2026-07-08"),
    QUOTA: Wording(
        "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
        402,
        source="quotes by users",
        seen="2026-11-26",
    ),
    POLICY: Wording(
        '{model} requires moderation on OpenRouter. Your input was flagged for "misc". No credits were charged.',
        403,
        code=POLICY,
        source="cline/cline 569 and others; OpenRouter's page on errors has the metadata",
        seen="2026-11-26",
    ),
}

OPENROUTER_OF: Mapping[str, Mapping[str, Wording]] = {
    "embeddings": {
        **OPENROUTER,
        "model_not_found": Wording(
            "Model {model} does not exist", 400, source="recordings: 0xPlaygrounds/rig", seen="2026-09-21"
        ),
    }
}

VLLM: Mapping[str, Wording] = {
    "context_length_exceeded": Wording(
        "This model's maximum context length is {window} tokens. However, you requested {max_tokens} output tokens and "
        "your prompt contains at least {prompt_tokens} input tokens, for a total of at least {total} tokens. Please "
        "reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, "
        "value={prompt_tokens})",
        400,
        param="input_tokens",
        source="quotes by users",
        seen="2026-09-10",
    ),
    "model_not_found": Wording(
        "The model `{model}` does not exist.", 404, source="vLLM, `serving.py`", seen="2026-11-25"
    ),
    ADDRESS: Wording("Not Found", 404, "Not Found", None, None, "vLLM, `server_utils.py`", "2026-11-26"),
    METHOD: Wording(
        "Method Not Allowed", 405, "Method Not Allowed", None, None, "vLLM, `server_utils.py`", "2026-11-26"
    ),
}


XAI: Mapping[str, Wording] = {
    "model_not_found": Wording(
        "The model {model} does not exist or your team mock does not have access to it. If you believe this is a "
        "mistake, please contact support and quote your team ID and the model name.",
        404,
        source="recordings: 0xPlaygrounds/rig; xAI's page on its endpoints",
        seen="2026-09-30",
    ),
    "invalid_json": Wording(_bad_json, 400, source="axum, `JsonSyntaxError`", seen="2026-05-28"),
    LIMITED: Wording(_xai_limit, 429, source="quotes by users", seen="2026-11-26"),
    "context_length_exceeded": Wording(
        "This model's maximum prompt length is {window} but the request contains {prompt_tokens} tokens.",
        400,
        source="quotes by users",
        seen="2026-11-26",
    ),
    QUOTA: Wording(
        "Your team mock has either used all available credits or reached its monthly spending limit. To continue "
        "making API requests, please purchase more credits or raise your spending limit.",
        403,
        source="quotes by users, and Anantys-oss/koan 2412; a 429 until spring 2026",
        seen="2026-09-23",
    ),
    POLICY: Wording(
        "Content violates usage guidelines. Team: mock, API key ID: mock, Model: {model}, Failed check: "
        "SAFETY_CHECK_TYPE_BIO",
        403,
        source="UKGovernmentBEIS/inspect_ai 2267; gul-labs/any-llm 65",
        seen="2026-08-14",
    ),
    **overload_wordings.XAI,
}
