"""Step 2 for dialects: what vendors demand between the fields and the messages of a chat, each in its own words.

A rule looks at a body whose fields are right in themselves. What no rule is about, the vendor was not seen to refuse.
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

NOT_ASKED = "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
NOT_ANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "(insufficient tool messages following tool_calls message)"
)
_NO_JSON = "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
_VARIANT = (
    "Failed to deserialize the JSON body into the target type: messages[{place}].role: unknown variant `{role}`, "
    "expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder`"
)


def _deepseek(message: str) -> RequestError:
    return RequestError(message, code="invalid_request_error")


def unknown_role(body: Body) -> RequestError | None:
    """Return DeepSeek's error for a role that it does not know, such as `developer`."""
    known = ("system", "user", "assistant", "tool", "latest_reminder")
    for place, message in enumerate(body["messages"]):
        if message["role"] not in known:
            return _deepseek(_VARIANT.format(place=place, role=message["role"]))
    return None


def _unasked(body: Body) -> RequestError | None:
    wrong = any(set(answered) - set(called) for _, called, answered, _ in steps(body["messages"]))
    return _deepseek(NOT_ASKED) if wrong else None


def _unanswered(body: Body) -> RequestError | None:
    wrong = any(set(called) - set(answered) for _, called, answered, _ in steps(body["messages"]))
    return _deepseek(NOT_ANSWERED) if wrong else None


def _lacks_json(body: Body) -> bool:
    """Tell whether JSON is wanted and no message says so."""
    form = mapping(body.get("response_format")).get("type")
    return form == "json_object" and not says_json(body["messages"])


def _without_json(body: Body) -> RequestError | None:
    return _deepseek(_NO_JSON) if _lacks_json(body) else None


MAX_OUTPUT = 393_216
MAX_STOPS = 16


def _out_of_range(body: Body) -> RequestError | None:
    most = body.get("max_tokens")
    if most is None or 1 <= most <= MAX_OUTPUT:
        return None
    return _deepseek(f"Invalid max_tokens value, the valid range of max_tokens is [1, {MAX_OUTPUT}]")


def _many_stops(body: Body) -> RequestError | None:
    stops = body.get("stop")
    many = len(stops) if isinstance(stops, list) else 0
    return _deepseek(f"Stop string array too long: {many}") if many > MAX_STOPS else None


def _tops_alone(body: Body) -> RequestError | None:
    if body.get("top_logprobs") is None or body.get("logprobs") is True:
        return None
    return _deepseek("Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is used.")


PROBED = "requests to deepseek-v4-flash, probed by a gateway's authors"

DEEPSEEK = (
    Rule(_out_of_range, "requests to deepseek-v4-flash and deepseek-v4-pro, of several projects", "2026-09-07"),
    Rule(_many_stops, PROBED, "2026-09-01"),
    Rule(_tops_alone, PROBED, "2026-09-01"),
    Rule(unknown_role, "icebear0828/codex-proxy 589, of deepseek-v4-flash", "2026-05-22"),
    Rule(_unasked, "agentscope-ai/agentscope-go 7; qwersyk/Newelle 425", "2026-09-16"),
    Rule(_unanswered, "gptme/gptme 3421; TurixAI/TuriX-CUA 15", "2026-08-03"),
    Rule(_without_json, "yubing744/trading-gpt 77, of deepseek-v4-pro", "2026-04-24"),
)

# Mistral

CALL_ID = re.compile(r"[a-zA-Z0-9]{9}")
ORDER = ("invalid_request_message_order", "3230")
_LAST = "Expected last role User or Tool (or Assistant with prefix True) for serving but got {role}"
_AFTER = "Unexpected role 'tool' after role '{role}'"
_UNEVEN = "Not the same number of function calls and responses"
_STRANGE = "Unexpected tool call id {call} in tool results"
_ID = "Tool call id was {call} but must be a-z, A-Z, 0-9, with a length of 9."
_NOTHING = "Assistant message must have either content or tool_calls, but not none."


def _mistral(message: str, kind: tuple[str, str] = ORDER) -> RequestError:
    return RequestError(message, type=kind[0], code=kind[1])


def _last_role(body: Body) -> RequestError | None:
    last = body["messages"][-1]
    if last["role"] in ("user", "tool") or (last["role"] == "assistant" and last.get("prefix") is True):
        return None
    return _mistral(_LAST.format(role=last["role"]))


def _misplaced_results(body: Body) -> RequestError | None:
    for role, _, answered, _ in steps(body["messages"]):
        if answered and role in ("system", "user"):
            return _mistral(_AFTER.format(role=role))
    return None


def _uneven(body: Body) -> RequestError | None:
    for _, called, answered, _ in steps(body["messages"]):
        if len(called) != len(answered):
            return _mistral(_UNEVEN)
        if strange := [call for call in answered if call not in called]:
            return _mistral(_STRANGE.format(call=strange[0]))
    return None


def _odd_id(body: Body) -> RequestError | None:
    for _, called, answered, _ in steps(body["messages"]):
        for call in (*called, *answered):
            if not CALL_ID.fullmatch(str(call)):
                return _mistral(_ID.format(call=call), ("invalid_function_call", "3280"))
    return None


def _says_nothing(body: Body) -> RequestError | None:
    """Refuse a message without content; an empty one too, says the validator, but it may be what was answered."""
    for message in body["messages"]:
        if message["role"] == "assistant" and message.get("content") is None and not message.get("tool_calls"):
            return _mistral(_NOTHING, ("invalid_request_error", "3240"))
    return None


NOT_ENABLED = ("invalid_request_invalid_args", "3051")
BY_EFFORT = re.compile(r"magistral-small|mistral-|ministral-|codestral|devstral")
"""Models that reason by `reasoning_effort` if at all; `magistral-medium` takes a `prompt_mode`, GLM passes it over."""


DEAF = re.compile(r"ministral-|(labs-)?devstral-")


def _prompted_to_reason(body: Body) -> RequestError | None:
    if body.get("prompt_mode") != "reasoning" or not BY_EFFORT.match(body["model"]):
        return None
    return _mistral("Reasoning prompt mode is not enabled for this model", NOT_ENABLED)


def _probable(body: Body) -> RequestError | None:
    if body.get("logprobs") is not True or not body["model"].startswith(("mistral-small", "ministral-")):
        return None
    return _mistral("Logprobs are not enabled for this model", NOT_ENABLED)


def _brings_reasoning(body: Body) -> RequestError | None:
    """Refuse thoughts that another model left in the conversation, at a model without any."""
    if not body["model"].startswith("devstral"):
        return None
    if all(part.get("type") != "thinking" for part in contents(body["messages"])):
        return None
    return _mistral("Reasoning input is not enabled for this model", NOT_ENABLED)


def _heard(body: Body) -> RequestError | None:
    """Refuse sounds at the models that were seen to take none."""
    if not DEAF.match(body["model"]):
        return None
    if all(part.get("type") != "input_audio" for part in contents(body["messages"])):
        return None
    return _mistral("Audio input is not enabled for this model", NOT_ENABLED)


def _greedy(body: Body) -> RequestError | None:
    """Refuse to draw from a part of the tokens where the likeliest is taken; one that reasons has a part of its own."""
    top = body.get("top_p")
    cut = body.get("reasoning_effort") == "high" if top is None else top != 1
    if body.get("temperature") != 0 or not cut:
        return None
    said = "top_p must be 1 when using greedy sampling."
    return _mistral(said, ("invalid_request_greedy_sampling", "3054"))


VALIDATOR = "the validator of Mistral's own package mistral-common"

MISTRAL = (
    Rule(_prompted_to_reason, "simonw/llm-mistral, of magistral-small-latest; earendil-works/pi 8700", "2026-10-06"),
    Rule(_greedy, "quotes by users, of mistral-medium-2604; devoxx/DevoxxGenieIDEAPlugin 338", "2026-09-30"),
    Rule(_probable, "0xPlaygrounds/rig, which recorded it of mistral-small-latest", "2026-08-05"),
    Rule(_brings_reasoning, "mistralai/mistral-vibe 758, of devstral-small-latest", "2026-06-09"),
    Rule(_heard, "recordings: maruel/genai, of ministral-14b-2512 and labs-devstral-small-2512", "2025-12-14"),
    Rule(_says_nothing, VALIDATOR, "2026-11-26"),
    Rule(_odd_id, "nearai/ironclaw 1241; avante-corp/avante.nvim 2951", "2026-03-16"),
    Rule(_misplaced_results, f"charmbracelet/crush 279; {VALIDATOR}", "2026-01-14"),
    Rule(_uneven, VALIDATOR, "2026-11-26"),
    Rule(_last_role, f"anomalyco/opencode 19115; {VALIDATOR}", "2026-03-25"),
)

# xAI

NO_CONTENT = "Invalid request content: Each message must have at least one content element."


def says_nothing(message: Mapping[str, Any]) -> bool:
    """Tell whether a message to the model has no content; null and an empty text are none (quoted until 2026-10)."""
    return message.get("role") in ("user", "system", "developer") and message.get("content") in (None, "", [])


def _silent(body: Body) -> RequestError | None:
    return RequestError(NO_CONTENT) if any(map(says_nothing, body["messages"])) else None


GONE = "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview"


def refuse_live_search(body: Body) -> None:
    """Raise that xAI's first search has gone, whatever it was set to (measured by many from 2026-01 to 2026-10)."""
    if body.get("search_parameters") is not None:
        raise RequestError(GONE, status=410)


XAI = (Rule(_silent, "quotes by users, of grok-4.3 among others", "2026-10-10"),)

# Groq

MAX_TOOLS = 128


def _many_tools(body: Body) -> RequestError | None:
    tools = body.get("tools") or ()
    return RequestError(f"'tools' : maximum number of items is {MAX_TOOLS}") if len(tools) > MAX_TOOLS else None


def _several_answers(body: Body) -> RequestError | None:
    return RequestError("'n' : number must be at most 1") if (body.get("n") or 1) > 1 else None


def _long_answer(body: Body) -> RequestError | None:
    found = entry(body["model"], "groq")
    most = found.limits.output if found else None
    for name in ("max_completion_tokens", "max_tokens"):
        if most is not None and (body.get(name) or 0) > most:
            said = f"`{name}` must be less than or equal to `{most}`, the maximum value for `{name}` is less than the "
            return RequestError(f"{said}`context_window` for this model", param=name)
    return None


def _json_and_tools(body: Body) -> RequestError | None:
    form = (body.get("response_format") or {}).get("type", "text")
    if form == "text" or not body.get("tools"):
        return None
    return RequestError("json mode cannot be combined with tool/function calling", param="response_format")


def _unnamed_json(body: Body) -> RequestError | None:
    return RequestError(NO_JSON, param="messages") if _lacks_json(body) else None


OPEN_WEIGHTS = "openai/gpt-oss"
COMPOUND = re.compile(r"^(groq/)?compound\b")
"""How the names begin of the models with tools of Groq's own, and those of its systems of several models."""


def _shown(body: Body) -> RequestError | None:
    """Refuse a picture at GPT OSS and the compound systems, which have no content but texts."""
    if not body["model"].startswith(OPEN_WEIGHTS) and not COMPOUND.search(body["model"]):
        return None
    for at, message in enumerate(body["messages"]):
        if any(part.get("type") == "image_url" for part in dicts(message.get("content"))):
            return RequestError(f"messages[{at}].content must be a string", param=f"messages[{at}].content")
    return None


def _validated(said: str, param: str | None = None) -> RequestError:
    return RequestError(f"code=400, message={said}, type=invalid_request_error", param=param)


def _built_in_tools(body: Body) -> RequestError | None:
    """Refuse tools of Groq's own at models that have none: all but GPT OSS."""
    kinds = enumerate(tool.get("type") for tool in body.get("tools") or ())
    at = next((at for at, kind in kinds if kind not in ("function", "mcp", None)), None)
    if at is None or body["model"].startswith(OPEN_WEIGHTS):
        return None
    return _validated(f"tools[{at}].type must be one of [function, mcp]")


def _no_schema(body: Body) -> RequestError | None:
    """Refuse the form of a schema without one, at models that can answer by a schema."""
    form = mapping(body.get("response_format"))
    if form.get("type") != "json_schema" or "schema" in mapping(form.get("json_schema")):
        return None
    if "json_schema" in capabilities(body["model"], "groq").lacks:
        return None
    return _validated("json schema is required", "response_format")


GROQ = (
    Rule(_shown, "recordings: maruel/genai, of openai/gpt-oss-120b and 20b, and of groq/compound", "2025-12-13"),
    Rule(_built_in_tools, "recordings: maruel/genai, of qwen/qwen3.8-27b, groq/compound and llama-3.3", "2026-10-03"),
    Rule(_no_schema, "recordings: maruel/genai, of qwen/qwen3.8-27b and openai/gpt-oss-120b", "2026-10-03"),
    Rule(_json_and_tools, "vercel/ai 10023 and 16540, which recorded it", "2026-09-02"),
    Rule(_unnamed_json, "mem0ai/mem0 4161, of llama-3.1-8b-instant and others", "2026-02-28"),
    Rule(_long_answer, "Alishahryar1/free-claude-code 1354, of qwen/qwen3.6-27b", "2026-08-07"),
    Rule(_many_tools, "HunorLaczko/ha-groq-cloud-api 25", "2026-04-16"),
    Rule(_several_answers, "Groq's page on OpenAI compatibility: `n` must be 1", "2026-11-26"),
)
