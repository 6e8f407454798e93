"""The errors of Azure OpenAI: its wording by status, its filters' results, and the features of later API versions.

Sources: Azure's page on content filters; errors as its users quote them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.fields import by_name
from completions.wire.openai.base import envelope

CATEGORIES = ("hate", "sexual", "violence", "self_harm")
SAFE = {"filtered": False, "severity": "safe"}
FILTERED_HIGH = {"filtered": True, "severity": "high"}
"""The categories of the filters; a script's `content_filter` counts as violence."""

NOT_DETECTED = {"detected": False, "filtered": False}

RESULTS: dict[str, Any] = dict.fromkeys(CATEGORIES, SAFE)
VIOLENCE_RESULTS = RESULTS | {"violence": FILTERED_HIGH}

WORDS: Mapping[str, tuple[str, str]] = {
    "401": (
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource.",
    ),
    "404": (
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
        "please wait a moment and try again.",
    ),
    "429": (
        "429",
        "Requests to the {operation} Operation under Azure OpenAI API have exceeded token rate limit of "
        "your current OpenAI S0 pricing tier. Please retry later.",
    ),
}
"""The code and message by status, unless the error has its own; the operation is as the API calls it."""

PROMPT_FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify "
    "your prompt and retry. To learn more about our content filtering policies please read our documentation: "
    "https://go.microsoft.com/fwlink/?linkid=2198766"
)


def error(exc: RequestError, operation: str = "ChatCompletions_Create") -> dict[str, Any]:
    """Return the envelope of an error; that of a filtered prompt has the filters' results."""
    if exc.code == "content_filter":
        results = by_name(VIOLENCE_RESULTS | {"jailbreak": NOT_DETECTED})
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results}
        message = PROMPT_FILTERED if exc.facts is not None else exc.message
        document = {"message": message, "type": None, "param": "prompt", "code": exc.code, "status": exc.status}
        return {"error": document | {"innererror": inner}}
    if exc.status == 404 and exc.facts is not None and "model" not in exc.facts:
        return {"error": {"code": "404", "message": "Resource not found"}}
    if exc.facts is not None and (words := WORDS.get(str(exc.status))):
        type_field = {"type": exc.type} if exc.status == 404 else {}  # recorded in March 2026
        return {"error": {**type_field, "code": words[0], "message": words[1].format(operation=operation)}}
    return envelope(exc)


class VersionedFeature(NamedTuple):
    """A feature since a version of the API: its format, a test for requests of it, the error of earlier versions."""

    day: str
    format: str
    is_requested: Callable[[Prompt], bool]
    message: str


VERSIONED_FEATURES = (
    VersionedFeature(
        "2025-03-01",
        "responses",
        lambda prompt: True,
        "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
    ),
    VersionedFeature(
        "2024-12-01",
        "chat",
        lambda prompt: prompt.model in ("o1", "o3-mini", "o4-mini"),
        "Model {model} is enabled only for api versions 2024-12-01-preview and later",
    ),
    VersionedFeature(
        "2024-08-01",
        "chat",
        lambda prompt: prompt.response_format.kind == "json_schema",
        "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later",
    ),
    VersionedFeature(
        "2024-06-01",
        "chat",
        lambda prompt: prompt.body.get("tool_choice") == "required",
        "tool_choice value as required is enabled only for api versions 2024-06-01 and later",
    ),
)
"""Quoted by users in 2025 and 2026; deployments are told apart by the names of their models."""

DATED_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")


UNDATED_VERSIONS = ("latest", "preview", "v1")


def check_supported(version: str | None) -> None:
    """Raise the error of an unknown version (quoted by users on 2025-09-13, mindsdb/mindshub 11563)."""
    if version and version not in UNDATED_VERSIONS and DATED_VERSION.fullmatch(version) is None:
        raise RequestError("API version not supported", code=BAD_REQUEST)


def check_version(version: str | None, prompt: Prompt) -> None:
    """Raise the error of a feature that a version of the API lacks; versions without a date have all."""
    if version is None or DATED_VERSION.fullmatch(version) is None:
        return
    for feature in VERSIONED_FEATURES:
        if version[:10] < feature.day and feature.format == prompt.format and feature.is_requested(prompt):
            raise RequestError(feature.message.format(model=prompt.model), code=BAD_REQUEST)


BAD_REQUEST = "BadRequest"
