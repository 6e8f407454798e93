"""Step 2 for dialects: the rules of vendors between the fields and the messages of a chat, with their own errors.

A rule checks a body whose fields are valid in themselves. There are only rules that a vendor was seen to enforce.
"""

import re
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.capabilities import capabilities
from completions.tokens.models import entry
from completions.wire.fields import contents, dicts, mapping
from completions.wire.openai.message_rules import NO_JSON, says_json, steps
from completions.wire.validation import Rule

Body = Mapping[str, Any]


# DeepSeek

RESULT_WITHOUT_CALL = "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
CALL_WITHOUT_RESULT = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "(insufficient tool messages following tool_calls message)"
)
_NO_JSON = "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
_UNKNOWN_ROLE = (
    "Failed to deserialize the JSON body into the target type: messages[{place}].role: unknown variant `{role}`, "
    "expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder`"
)


def _deepseek(message: str) -> RequestError:
    return RequestError(message, code="invalid_request_error")


def unknown_role(body: Body) -> RequestError | None:
    """Return DeepSeek's error for a role that it does not know, such as `developer`."""
    known = ("system", "user", "assistant", "tool", "latest_reminder")
    for index, message in enumerate(body["messages"]):
        if message["role"] not in known:
            return _deepseek(_UNKNOWN_ROLE.format(place=index, role=message["role"]))
    return None


def _result_without_call(body: Body) -> RequestError | None:
    is_violated = any(set(result_ids) - set(call_ids) for _, call_ids, result_ids, _ in steps(body["messages"]))
    return _deepseek(RESULT_WITHOUT_CALL) if is_violated else None


def _call_without_result(body: Body) -> RequestError | None:
    is_violated = any(set(call_ids) - set(result_ids) for _, call_ids, result_ids, _ in steps(body["messages"]))
    return _deepseek(CALL_WITHOUT_RESULT) if is_violated else None


def _is_json_unmentioned(body: Body) -> bool:
    """Tell whether JSON is requested and no message mentions it."""
    format = mapping(body.get("response_format")).get("type")
    return format == "json_object" and not says_json(body["messages"])


def _json_not_mentioned(body: Body) -> RequestError | None:
    return _deepseek(_NO_JSON) if _is_json_unmentioned(body) else None


MAX_OUTPUT = 393_216
MAX_STOP_SEQUENCES = 16


def _out_of_range(body: Body) -> RequestError | None:
    max_tokens = body.get("max_tokens")
    if max_tokens is None or 1 <= max_tokens <= MAX_OUTPUT:
        return None
    return _deepseek(f"Invalid max_tokens value, the valid range of max_tokens is [1, {MAX_OUTPUT}]")


def _too_many_stops(body: Body) -> RequestError | None:
    stops = body.get("stop")
    count = len(stops) if isinstance(stops, list) else 0
    return _deepseek(f"Stop string array too long: {count}") if count > MAX_STOP_SEQUENCES else None


def _top_logprobs_alone(body: Body) -> RequestError | None:
    if body.get("top_logprobs") is None or body.get("logprobs") is True:
        return None
    return _deepseek("Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is used.")


PROBED = "requests to deepseek-v4-flash, probed by a gateway's authors"

DEEPSEEK = (
    Rule(_out_of_range, "requests to deepseek-v4-flash and deepseek-v4-pro, of several projects", "2026-09-07"),
    Rule(_too_many_stops, PROBED, "2026-09-01"),
    Rule(_top_logprobs_alone, PROBED, "2026-09-01"),
    Rule(unknown_role, "icebear0828/codex-proxy 589, of deepseek-v4-flash", "2026-05-22"),
    Rule(_result_without_call, "agentscope-ai/agentscope-go 7; qwersyk/Newelle 425", "2026-09-16"),
    Rule(_call_without_result, "gptme/gptme 3421; TurixAI/TuriX-CUA 15", "2026-08-03"),
    Rule(_json_not_mentioned, "yubing744/trading-gpt 77, of deepseek-v4-pro", "2026-04-24"),
)

# Mistral

CALL_ID = re.compile(r"[a-zA-Z0-9]{9}")
MESSAGE_ORDER = ("invalid_request_message_order", "3230")
_WRONG_LAST_ROLE = "Expected last role User or Tool (or Assistant with prefix True) for serving but got {role}"
_TOOL_AFTER_ROLE = "Unexpected role 'tool' after role '{role}'"
_UNEQUAL_COUNTS = "Not the same number of function calls and responses"
_UNKNOWN_CALL_ID = "Unexpected tool call id {call} in tool results"
_INVALID_CALL_ID = "Tool call id was {call} but must be a-z, A-Z, 0-9, with a length of 9."
_EMPTY_MESSAGE = "Assistant message must have either content or tool_calls, but not none."


def _mistral(message: str, kind: tuple[str, str] = MESSAGE_ORDER) -> RequestError:
    return RequestError(message, type=kind[0], code=kind[1])


def _last_role(body: Body) -> RequestError | None:
    last = body["messages"][-1]
    if last["role"] in ("user", "tool") or (last["role"] == "assistant" and last.get("prefix") is True):
        return None
    return _mistral(_WRONG_LAST_ROLE.format(role=last["role"]))


def _misplaced_results(body: Body) -> RequestError | None:
    for role, _, result_ids, _ in steps(body["messages"]):
        if result_ids and role in ("system", "user"):
            return _mistral(_TOOL_AFTER_ROLE.format(role=role))
    return None


def _unmatched_results(body: Body) -> RequestError | None:
    for _, call_ids, result_ids, _ in steps(body["messages"]):
        if len(call_ids) != len(result_ids):
            return _mistral(_UNEQUAL_COUNTS)
        if unknown_ids := [call_id for call_id in result_ids if call_id not in call_ids]:
            return _mistral(_UNKNOWN_CALL_ID.format(call=unknown_ids[0]))
    return None


def _invalid_call_id(body: Body) -> RequestError | None:
    for _, call_ids, result_ids, _ in steps(body["messages"]):
        for call_id in (*call_ids, *result_ids):
            if not CALL_ID.fullmatch(str(call_id)):
                return _mistral(_INVALID_CALL_ID.format(call=call_id), ("invalid_function_call", "3280"))
    return None


def _empty_assistant_message(body: Body) -> RequestError | None:
    """Refuse a message without content; not an empty one, as the validator does: the mock may have answered it."""
    for message in body["messages"]:
        if message["role"] == "assistant" and message.get("content") is None and not message.get("tool_calls"):
            return _mistral(_EMPTY_MESSAGE, ("invalid_request_error", "3240"))
    return None


NOT_ENABLED = ("invalid_request_invalid_args", "3051")
EFFORT_MODELS = re.compile(r"magistral-small|mistral-|ministral-|codestral|devstral")
"""Models that reason, if at all, by `reasoning_effort`; `magistral-medium` takes `prompt_mode`, GLM ignores it."""


MODELS_WITHOUT_AUDIO = re.compile(r"ministral-|(labs-)?devstral-")


def _reasoning_prompt_mode(body: Body) -> RequestError | None:
    if body.get("prompt_mode") != "reasoning" or not EFFORT_MODELS.match(body["model"]):
        return None
    return _mistral("Reasoning prompt mode is not enabled for this model", NOT_ENABLED)


def _logprobs_not_enabled(body: Body) -> RequestError | None:
    if body.get("logprobs") is not True or not body["model"].startswith(("mistral-small", "ministral-")):
        return None
    return _mistral("Logprobs are not enabled for this model", NOT_ENABLED)


def _reasoning_not_enabled(body: Body) -> RequestError | None:
    """Refuse thoughts of another model in the conversation if the model does not reason."""
    if not body["model"].startswith("devstral"):
        return None
    if all(part.get("type") != "thinking" for part in contents(body["messages"])):
        return None
    return _mistral("Reasoning input is not enabled for this model", NOT_ENABLED)


def _audio_not_enabled(body: Body) -> RequestError | None:
    """Refuse audio if the model was seen to take none."""
    if not MODELS_WITHOUT_AUDIO.match(body["model"]):
        return None
    if all(part.get("type") != "input_audio" for part in contents(body["messages"])):
        return None
    return _mistral("Audio input is not enabled for this model", NOT_ENABLED)


def _top_p_when_greedy(body: Body) -> RequestError | None:
    """Refuse a `top_p` other than 1 at temperature 0; with high effort its default is not 1."""
    top_p = body.get("top_p")
    has_limits = body.get("reasoning_effort") == "high" if top_p is None else top_p != 1
    if body.get("temperature") != 0 or not has_limits:
        return None
    message = "top_p must be 1 when using greedy sampling."
    return _mistral(message, ("invalid_request_greedy_sampling", "3054"))


VALIDATOR = "the validator of Mistral's own package mistral-common"

MISTRAL_CALLS = (
    Rule(_misplaced_results, f"charmbracelet/crush 279; {VALIDATOR}", "2026-01-14"),
    Rule(_unmatched_results, VALIDATOR, "2026-11-26"),
)
"""The rules of calls and their results, which conversations have too (mistralai/client-python 234)."""

MISTRAL = (
    Rule(_reasoning_prompt_mode, "simonw/llm-mistral, of magistral-small-latest; earendil-works/pi 8700", "2026-10-06"),
    Rule(_top_p_when_greedy, "quotes by users, of mistral-medium-2604; devoxx/DevoxxGenieIDEAPlugin 338", "2026-09-30"),
    Rule(_logprobs_not_enabled, "0xPlaygrounds/rig, which recorded it of mistral-small-latest", "2026-08-05"),
    Rule(_reasoning_not_enabled, "mistralai/mistral-vibe 758, of devstral-small-latest", "2026-06-09"),
    Rule(
        _audio_not_enabled, "recordings: maruel/genai, of ministral-14b-2512 and labs-devstral-small-2512", "2025-12-14"
    ),
    Rule(_empty_assistant_message, VALIDATOR, "2026-11-26"),
    Rule(_invalid_call_id, "nearai/ironclaw 1241; avante-corp/avante.nvim 2951", "2026-03-16"),
    *MISTRAL_CALLS,
    Rule(_last_role, f"anomalyco/opencode 19115; {VALIDATOR}", "2026-03-25"),
)

# xAI

NO_CONTENT = "Invalid request content: Each message must have at least one content element."


def has_no_content(message: Mapping[str, Any]) -> bool:
    """Tell whether a message to the model lacks content; so do null and an empty text (quoted until 2026-10)."""
    return message.get("role") in ("user", "system", "developer") and message.get("content") in (None, "", [])


def _empty_message(body: Body) -> RequestError | None:
    return RequestError(NO_CONTENT) if any(map(has_no_content, body["messages"])) else None


LIVE_SEARCH_GONE = (
    "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview"
)


def refuse_live_search(body: Body) -> None:
    """Raise the error of xAI's removed live search, for any value (measured by many from 2026-01 to 2026-10)."""
    if body.get("search_parameters") is not None:
        raise RequestError(LIVE_SEARCH_GONE, status=410)


XAI = (Rule(_empty_message, "quotes by users, of grok-4.3 among others", "2026-10-10"),)

# Groq

MAX_TOOLS = 128


def _too_many_tools(body: Body) -> RequestError | None:
    tools = body.get("tools") or ()
    return RequestError(f"'tools' : maximum number of items is {MAX_TOOLS}") if len(tools) > MAX_TOOLS else None


def _several_choices(body: Body) -> RequestError | None:
    return RequestError("'n' : number must be at most 1") if (body.get("n") or 1) > 1 else None


def _too_many_output_tokens(body: Body) -> RequestError | None:
    table_entry = entry(body["model"], "groq")
    maximum = table_entry.limits.output if table_entry else None
    for name in ("max_completion_tokens", "max_tokens"):
        if maximum is not None and (body.get(name) or 0) > maximum:
            message = (
                f"`{name}` must be less than or equal to `{maximum}`, the maximum value for `{name}` is less than the "
            )
            return RequestError(f"{message}`context_window` for this model", param=name)
    return None


def _json_and_tools(body: Body) -> RequestError | None:
    format = (body.get("response_format") or {}).get("type", "text")
    if format == "text" or not body.get("tools"):
        return None
    return RequestError("json mode cannot be combined with tool/function calling", param="response_format")


def _raw_reasoning(body: Body) -> RequestError | None:
    """Refuse thoughts in the text together with tools or JSON; the words are ours."""
    format = (body.get("response_format") or {}).get("type", "text")
    if body.get("reasoning_format") != "raw" or (format == "text" and not body.get("tools")):
        return None
    what = "tool calling" if body.get("tools") else "JSON mode"
    message = f"`reasoning_format` must be `parsed` or `hidden` when using {what}"
    return RequestError(message, param="reasoning_format")


def _groq_json_not_mentioned(body: Body) -> RequestError | None:
    return RequestError(NO_JSON, param="messages") if _is_json_unmentioned(body) else None


GPT_OSS = "openai/gpt-oss"
COMPOUND = re.compile(r"^(groq/)?compound\b")
"""The prefixes of the names of models with Groq's own tools, and of its systems of several models."""


def _image_not_supported(body: Body) -> RequestError | None:
    """Refuse an image for GPT OSS and the compound systems, whose content can only be text."""
    if not body["model"].startswith(GPT_OSS) and not COMPOUND.search(body["model"]):
        return None
    for index, message in enumerate(body["messages"]):
        if any(part.get("type") == "image_url" for part in dicts(message.get("content"))):
            return RequestError(f"messages[{index}].content must be a string", param=f"messages[{index}].content")
    return None


def _validation_error(message: str, param: str | None = None) -> RequestError:
    return RequestError(f"code=400, message={message}, type=invalid_request_error", param=param)


def _built_in_tools(body: Body) -> RequestError | None:
    """Refuse Groq's own tools for models without them: all except GPT OSS."""
    kinds = enumerate(tool.get("type") for tool in body.get("tools") or ())
    index = next((index for index, kind in kinds if kind not in ("function", "mcp", None)), None)
    if index is None or body["model"].startswith(GPT_OSS):
        return None
    return _validation_error(f"tools[{index}].type must be one of [function, mcp]")


def _missing_schema(body: Body) -> RequestError | None:
    """Refuse `json_schema` without a schema, for models that support it."""
    format = mapping(body.get("response_format"))
    if format.get("type") != "json_schema" or "schema" in mapping(format.get("json_schema")):
        return None
    if "json_schema" in capabilities(body["model"], "groq").lacks:
        return None
    return _validation_error("json schema is required", "response_format")


GROQ = (
    Rule(
        _image_not_supported,
        "recordings: maruel/genai, of openai/gpt-oss-120b and 20b, and of groq/compound",
        "2025-12-13",
    ),
    Rule(_built_in_tools, "recordings: maruel/genai, of qwen/qwen3.8-27b, groq/compound and llama-3.3", "2026-10-03"),
    Rule(_missing_schema, "recordings: maruel/genai, of qwen/qwen3.8-27b and openai/gpt-oss-120b", "2026-10-03"),
    Rule(_json_and_tools, "vercel/ai 10023 and 16540, which recorded it", "2026-09-02"),
    Rule(_raw_reasoning, "Groq's page on reasoning, and notes of users", "2026-09-29"),
    Rule(_groq_json_not_mentioned, "mem0ai/mem0 4161, of llama-3.1-8b-instant and others", "2026-02-28"),
    Rule(_too_many_output_tokens, "Alishahryar1/free-claude-code 1354, of qwen/qwen3.6-27b", "2026-08-07"),
    Rule(_too_many_tools, "HunorLaczko/ha-groq-cloud-api 25", "2026-04-16"),
    Rule(_several_choices, "Groq's page on OpenAI compatibility: `n` must be 1", "2026-11-26"),
)
