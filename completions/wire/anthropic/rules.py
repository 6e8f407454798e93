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
    BETAS_OF_FIELDS,
    CONTAINER,
    CONTEXT_MANAGEMENT,
    MCP_SERVERS,
    TASK_BUDGET,
    beta_problem,
    fallbacks,
    requested_betas,
    unknown_beta_problem,
)
from completions.wire.anthropic.binding import binding_problem
from completions.wire.anthropic.blocks import CACHE, system
from completions.wire.anthropic.cache_rules import cache_problem
from completions.wire.anthropic.call_pairs import container_problem, missing_tool_problem, pairing_problem
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
from completions.wire.anthropic.compaction import is_requested
from completions.wire.anthropic.compaction_rules import COMPACTION, compaction_problem, nothing_to_summarize
from completions.wire.anthropic.pictures import picture_problem
from completions.wire.anthropic.schemas import schema_problem
from completions.wire.anthropic.search_seals import search_result_problem
from completions.wire.anthropic.thinking import sampling_problem, thinking_problem
from completions.wire.anthropic.tools import (
    EFFORT,
    THINKING,
    TOOL_CHOICE,
    beta_thinking,
    deferral_problem,
    tool_choice_problem,
    tools,
)
from completions.wire.anthropic.turns import beta_messages, conversation_problem, messages, misplaced_block
from completions.wire.fields import contents
from completions.wire.fields import mapping as as_mapping
from completions.wire.validation import Check, Problem, anything, nullable, refuse

NEWEST = "2026-10-21"
VERSIONS = (NEWEST, "2023-06-01", "2023-01-01")
"""The API's versions, from Anthropic's page "Versions"."""

_FORMAT = tagged({"json_schema": record({"type": anything, "schema": mapping}, ("schema",))})
_OUTPUT_FIELDS = {"effort": nullable(EFFORT), "format": nullable(_FORMAT)}
_OUTPUT, _BETA_OUTPUT = record(_OUTPUT_FIELDS), record({**_OUTPUT_FIELDS, "task_budget": TASK_BUDGET})

_STOPS = array(string())


def stop_sequences(value: Any) -> Problem | None:
    """Check stop sequences, which may not be blank (quoted until October 2026); fast-agent 0.10 sends null for none."""
    if value is None:
        return None
    if (problem := _STOPS(value)) is not None:
        return problem
    blank = any(not each.strip() for each in value)
    return Wrong("each stop sequence must contain non-whitespace") if blank else None


def max_tokens(value: Any) -> Problem | None:
    """Check the limit of an answer's tokens."""
    wrong = integer()(value)
    return wrong or (Wrong("must be greater than or equal to 0") if value < 0 else None)


def fraction(value: Any) -> Problem | None:
    """Check a number from 0 to 1."""
    return number()(value) or (None if 0 <= value <= 1 else Wrong("range: 0..1"))


REGIONS = ("global", "us")


def region(value: Any) -> Problem | None:
    """Check the region of inference (measured by several projects until 2026-09-30)."""
    return string()(value) or (None if value in REGIONS else Wrong(f"must be one of {[*REGIONS]}"))


_USER = string(high=256)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,}")


def user_id(value: Any) -> Problem | None:
    """Check the id of a user, which may not identify a person (the words are quoted by LiteLLM and by others)."""
    if (problem := _USER(value)) is not None:
        return problem
    return Wrong("user_id appears to contain an email address") if _EMAIL.fullmatch(value) else None


COUNT_FIELDS: Mapping[str, Check] = {
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
    **COUNT_FIELDS,
    "max_tokens": max_tokens,
    "metadata": nullable(record({"user_id": nullable(user_id)})),
    "stop_sequences": stop_sequences,
    "service_tier": choice("auto", "standard_only"),
    "stream": boolean,
    "container": CONTAINER,
    "inference_geo": nullable(region),
    "diagnostics": nullable(record({"previous_message_id": nullable(string())})),
}
"""The fields of a request for a message, in the order in which the API checks them."""

SAMPLING: Mapping[str, Check] = {"temperature": fraction, "top_k": integer(), "top_p": fraction}
"""Further fields before version 2026-10-21."""

Key = tuple[bool, bool, bool]
"""Whether a request uses the newest version, a beta, and the beta of threads."""


def _requests(fields: Mapping[str, Check], old: Mapping[str, Check], required: tuple[str, ...]) -> Mapping[Key, Check]:
    beta = {**dict.fromkeys(BETAS_OF_FIELDS, anything), "output_format": nullable(_FORMAT)}
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
_COUNT = _requests(COUNT_FIELDS, {}, ("model", "messages"))


def check_stream(document: Mapping[str, Any]) -> None:
    """Refuse a `stream` that is not a boolean, whatever the script validates."""
    if "stream" in document and not isinstance(document["stream"], bool):
        raise RequestError("stream: Input should be a valid boolean")


def validate(body: dict[str, Any], headers: Mapping[str, str], *, beta: bool = False, hosted: bool = False) -> None:
    """Raise `RequestError` for the first problem that the API would report: the header, a field, across fields.

    With `hosted` it is the API of a cloud that runs Claude.
    """
    key = _key(headers, beta)
    refuse(nothing_to_summarize(body) or _MESSAGE[key](body))
    threads.check_supported(body)
    if threads.previous_message_id(body) is None:
        validate_whole(body, headers, hosted=hosted)


def validate_whole(body: dict[str, Any], headers: Mapping[str, str], *, hosted: bool = False) -> None:
    """Raise `RequestError` for a problem across the fields and messages of a complete conversation."""
    refuse(
        _cross_field_problem(body, headers, hosted=hosted) or schema_problem(body) or _max_tokens_problem(body, headers)
    )


def validate_count(
    body: dict[str, Any], headers: Mapping[str, str], *, beta: bool = False, hosted: bool = False
) -> None:
    """Raise `RequestError` for the first problem of a request to count tokens."""
    refuse(
        _COUNT[_key(headers, beta)](body)
        or _cross_field_problem(body, headers, hosted=hosted)
        or _uploaded_file_problem(body["messages"])
    )


def _uploaded_file_problem(messages: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Refuse uploaded files, which are not counted (measured by several projects, last on 2026-08-21)."""
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
    betas = requested_betas(headers.get("anthropic-beta"))
    refuse(unknown_beta_problem(betas))
    return version == NEWEST, beta or bool(betas), threads.BETA in betas


def _cross_field_problem(body: Mapping[str, Any], headers: Mapping[str, str], *, hosted: bool) -> Problem | None:
    newest, betas = headers["anthropic-version"] == NEWEST, requested_betas(headers.get("anthropic-beta"))
    problem = beta_problem(body, betas) or picture_problem(body, betas, hosted=hosted)
    problem = problem or compaction_problem(body, betas) or pairing_problem(body["messages"])
    problem = problem or (misplaced_block(body["messages"]) if newest else None)
    problem = problem or conversation_problem(body["messages"], body["model"], begins=not is_requested(body))
    problem = problem or thinking_problem(body) or search_result_problem(body) or binding_problem(body)
    problem = problem or missing_tool_problem(body["messages"], body.get("tools") or [])
    problem = problem or tool_choice_problem(body) or deferral_problem(body)
    return problem or cache_problem(body) or container_problem(body)


def _max_tokens_problem(body: Mapping[str, Any], headers: Mapping[str, str]) -> Problem | None:
    """Refuse more tokens than the model can generate, and what cannot be combined with thinking."""
    requested, model = body["max_tokens"], body["model"]
    if (limit := max_output(model)) is not None and requested > limit:
        return Wrong(
            f"{requested} > {limit}, which is the maximum allowed number of output tokens for {model}", "max_tokens"
        )
    return sampling_problem(body, requested_betas(headers.get("anthropic-beta")))
