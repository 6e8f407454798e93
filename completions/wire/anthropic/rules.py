"""Step 2 for Anthropic's Messages API: validate a request as the real API does.

The fields are those of `MessageCreateParams` in the anthropic SDK, and of its beta if a request asks for one. The
wording is the API's own where its users quote it, and imitates it elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.models import max_output
from completions.wire.anthropic import threads
from completions.wire.anthropic.beta import (
    CONTAINER,
    CONTEXT_MANAGEMENT,
    MCP_SERVERS,
    NEEDED,
    TASK_BUDGET,
    asked_for,
    fallbacks,
    unknown,
    unsuitable_beta,
)
from completions.wire.anthropic.binding import misbound
from completions.wire.anthropic.blocks import CACHE, system
from completions.wire.anthropic.cache_rules import unsuitable_cache
from completions.wire.anthropic.checks import (
    Wrong,
    array,
    boolean,
    choice,
    integer,
    mapping,
    number,
    record,
    string,
    tagged,
)
from completions.wire.anthropic.compaction import is_asked
from completions.wire.anthropic.compaction_rules import COMPACTION, unsuitable_summaries, unsummarizable
from completions.wire.anthropic.pairs import uncontained, unfound, unmatched
from completions.wire.anthropic.pictures import unsuitable_pictures
from completions.wire.anthropic.schemas import unsuitable_schemas
from completions.wire.anthropic.search_seals import forged
from completions.wire.anthropic.thinking import unproven
from completions.wire.anthropic.tools import (
    EFFORT,
    THINKING,
    TOOL_CHOICE,
    beta_thinking,
    deferred,
    tools,
    unsuitable_tools,
)
from completions.wire.anthropic.turns import beta_messages, messages, misplaced, unsuitable
from completions.wire.fields import contents
from completions.wire.fields import mapping as as_mapping
from completions.wire.validation import Check, Problem, anything, nullable, refuse

NEWEST = "2026-10-21"
VERSIONS = (NEWEST, "2023-06-01", "2023-01-01")
"""The API's versions, from Anthropic's page "Versions"."""

_FORMAT = tagged({"json_schema": record({"type": anything, "schema": mapping}, ("schema",))})
_SET = {"effort": nullable(EFFORT), "format": nullable(_FORMAT)}
_OUTPUT, _BETA_OUTPUT = record(_SET), record({**_SET, "task_budget": TASK_BUDGET})

_STOPS = array(string())


def stop_sequences(value: Any) -> Problem | None:
    """Check stop sequences, of which none is blank (quoted until October 2026); fast-agent 0.10 sends null for none."""
    if value is None:
        return None
    if (problem := _STOPS(value)) is not None:
        return problem
    blank = any(not each.strip() for each in value)
    return Wrong("each stop sequence must contain non-whitespace") if blank else None


def at_least_none(value: Any) -> Problem | None:
    """Check the most tokens that an answer may have."""
    wrong = integer()(value)
    return wrong or (Wrong("must be greater than or equal to 0") if value < 0 else None)


def fraction(value: Any) -> Problem | None:
    """Check a number from 0 to 1."""
    return number()(value) or (None if 0 <= value <= 1 else Wrong("range: 0..1"))


PLACES = ("global", "us")


def place(value: Any) -> Problem | None:
    """Check where an answer is to be made (measured by several projects until 2026-09-30)."""
    return string()(value) or (None if value in PLACES else Wrong(f"must be one of {[*PLACES]}"))


_USER = string(high=256)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,}")


def user_id(value: Any) -> Problem | None:
    """Check the id of a user, which is not to tell who that is (the words are quoted by LiteLLM and by others)."""
    if (problem := _USER(value)) is not None:
        return problem
    return Wrong("user_id appears to contain an email address") if _EMAIL.fullmatch(value) else None


COUNTED: Mapping[str, Check] = {
    "model": string(1, 256),
    "tool_choice": TOOL_CHOICE,
    "tools": tools,
    "messages": messages,
    "system": system,
    "thinking": THINKING,
    "output_config": _OUTPUT,
    "cache_control": CACHE,
    "speed": nullable(choice("standard", "fast")),
    "user_profile_id": string(),
    "workspace_id": string(),
}
"""The fields of a request to count tokens."""

FIELDS: Mapping[str, Check] = {
    **COUNTED,
    "max_tokens": at_least_none,
    "metadata": nullable(record({"user_id": nullable(user_id)})),
    "stop_sequences": stop_sequences,
    "service_tier": choice("auto", "standard_only"),
    "stream": boolean,
    "container": CONTAINER,
    "inference_geo": nullable(place),
    "diagnostics": nullable(record({"previous_message_id": nullable(string())})),
}
"""The fields of a request for a message, in the order in which the API looks at them."""

SAMPLING: Mapping[str, Check] = {"temperature": fraction, "top_k": integer(), "top_p": fraction}
"""Further fields before version 2026-10-21."""

Key = tuple[bool, bool, bool]
"""Whether a request uses the newest version, a beta, and the beta of threads."""


def _requests(fields: Mapping[str, Check], old: Mapping[str, Check], required: tuple[str, ...]) -> Mapping[Key, Check]:
    beta = {**dict.fromkeys(NEEDED, anything), "output_format": nullable(_FORMAT)}
    beta |= {"context_management": CONTEXT_MANAGEMENT, "mcp_servers": MCP_SERVERS, "fallbacks": fallbacks}
    beta |= {"messages": beta_messages, "thinking": beta_thinking, "output_config": _BETA_OUTPUT}
    beta |= {"compaction": COMPACTION}
    thread = {"thread": threads.CHECK}
    return {
        (newest, betas, threaded): record(
            {**fields, **({} if newest else old), **(beta if betas else {}), **(thread if threaded else {})}, required
        )
        for newest in (True, False)
        for betas, threaded in ((False, False), (True, False), (True, True))
    }


_MESSAGE = _requests(FIELDS, SAMPLING, ("model", "max_tokens", "messages"))
_COUNT = _requests(COUNTED, {}, ("model", "messages"))


def check_stream(document: Mapping[str, Any]) -> None:
    """Refuse a `stream` that is not a boolean, whatever the script validates."""
    if "stream" in document and not isinstance(document["stream"], bool):
        raise RequestError("stream: Input should be a valid boolean")


def validate(body: dict[str, Any], headers: Mapping[str, str], *, beta: bool = False, hosted: bool = False) -> None:
    """Raise `RequestError` for the first problem that the API would report: the header, a field, across fields.

    With `hosted` it is the API of a cloud that runs Claude.
    """
    key = _key(headers, beta)
    refuse(unsummarizable(body) or _MESSAGE[key](body))
    threads.check_supported(body)
    if threads.previous(body) is None:
        validate_whole(body, headers, hosted=hosted)


def validate_whole(body: dict[str, Any], headers: Mapping[str, str], *, hosted: bool = False) -> None:
    """Raise `RequestError` for a problem across the fields and messages of a complete conversation."""
    refuse(_between(body, headers, hosted=hosted) or unsuitable_schemas(body) or _too_many(body))


def validate_count(
    body: dict[str, Any], headers: Mapping[str, str], *, beta: bool = False, hosted: bool = False
) -> None:
    """Raise `RequestError` for the first problem of a request to count tokens."""
    refuse(_COUNT[_key(headers, beta)](body) or _between(body, headers, hosted=hosted) or _uploaded(body["messages"]))


def _uploaded(messages: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Refuse what was uploaded, which is not counted (measured by several projects, last on 2026-08-21)."""
    blocks = contents(messages)
    if any(as_mapping(block.get("source")).get("type") == "file" for block in [*blocks, *contents(blocks)]):
        return Wrong("File sources are not supported in the token counting endpoint.")
    return None


def _key(headers: Mapping[str, str], beta: bool) -> Key:
    """Read which version and betas a request uses; raise if the required header is missing.

    A beta is requested by its header, or by `?beta=true`, as the SDKs' `beta.messages` does.
    """
    if (version := headers.get("anthropic-version")) is None:
        raise RequestError("anthropic-version: header is required")
    if version not in VERSIONS:
        raise RequestError(f'anthropic-version: "{version}" is not a valid version')
    betas = asked_for(headers.get("anthropic-beta"))
    refuse(unknown(betas))
    return version == NEWEST, beta or bool(betas), threads.BETA in betas


def _between(body: Mapping[str, Any], headers: Mapping[str, str], *, hosted: bool) -> Problem | None:
    newest, betas = headers["anthropic-version"] == NEWEST, asked_for(headers.get("anthropic-beta"))
    problem = unsuitable_beta(body, betas) or unsuitable_pictures(body, betas, hosted=hosted)
    problem = problem or unsuitable_summaries(body, betas) or unmatched(body["messages"])
    problem = problem or (misplaced(body["messages"]) if newest else None)
    problem = problem or unsuitable(body["messages"], body["model"], begins=not is_asked(body))
    problem = problem or unproven(body) or forged(body) or misbound(body)
    problem = problem or unfound(body["messages"], body.get("tools") or [])
    problem = problem or unsuitable_tools(body) or deferred(body)
    return problem or unsuitable_cache(body) or uncontained(body)


def _too_many(body: Mapping[str, Any]) -> Problem | None:
    """Refuse more tokens than the model can generate, and a thinking budget that leaves none for the answer."""
    wanted, model = body["max_tokens"], body["model"]
    if (most := max_output(model)) is not None and wanted > most:
        return Wrong(
            f"{wanted} > {most}, which is the maximum allowed number of output tokens for {model}", "max_tokens"
        )
    thinking = body.get("thinking") or {}
    if thinking.get("type") in ("enabled", "adaptive") and body.get("temperature", 1) != 1:
        return Wrong("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")
    if thinking.get("type") == "enabled" and thinking["budget_tokens"] >= wanted:
        return Wrong("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return None
