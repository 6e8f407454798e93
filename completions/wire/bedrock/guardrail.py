"""What a guardrail did, which an answer tells where the request asks for its trace.

Shape: `GuardrailTraceAssessment` of botocore's service model, as agentjido/req_llm recorded it in September 2026. A
guardrail of this mock has no policies: it looks at all, and does nothing unless a script has a filter end the answer,
which is as if the question were about a topic that is denied.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from completions.conversation import Prompt, Reply
from completions.wire.bedrock.base import is_claude
from completions.wire.content import only_choice
from completions.wire.fields import mapping, text

TRACED = ("enabled", "enabled_full")
ACCOUNT = "000000000000"
UNITS = (
    *("contentPolicyImageUnits", "contentPolicyUnits", "contextualGroundingPolicyUnits"),
    *("sensitiveInformationPolicyFreeUnits", "sensitiveInformationPolicyUnits", "topicPolicyUnits", "wordPolicyUnits"),
)
"""What the use of a guardrail is counted in, by policy."""

INVOKED_UNITS = ("automatedReasoningPolicies", "automatedReasoningPolicyUnits", *UNITS)
"""What it is counted in at `invoke`, where it is asked alone, and at Converse of models but Claude."""

LATENCY_MS = 10

DENIED = {"topics": [{"action": "BLOCKED", "detected": True, "name": "Denied", "type": "DENY"}]}

HEADER = "x-amzn-bedrock-guardrail"
ACTION, TRACE = "amazon-bedrock-guardrailAction", "amazon-bedrock-trace"


class Asked(NamedTuple):
    """The guardrail that a request names, which version of it, whether to tell what it did, and in which units."""

    name: str
    version: str
    traced: bool
    units: tuple[str, ...] = UNITS


def configured(prompt: Prompt) -> Asked:
    """Return the guardrail that the body of Converse's names, if it does."""
    given, units = mapping(prompt.body.get("guardrailConfig")), UNITS if _is_claude(prompt) else INVOKED_UNITS
    traced = given.get("trace") in TRACED
    return Asked(text(given.get("guardrailIdentifier")), text(given.get("guardrailVersion")), traced, units)


def of_headers(prompt: Prompt) -> Asked:
    """Return the guardrail that the headers name at `invoke`, if they do."""
    given = prompt.headers
    traced = given.get("x-amzn-bedrock-trace", "").lower() in TRACED
    return Asked(given.get(f"{HEADER}identifier", ""), given.get(f"{HEADER}version", ""), traced, INVOKED_UNITS)


def intervenes(reply: Reply, asked: Asked) -> bool:
    """Tell whether there is a guardrail and a filter ends the answer."""
    return bool(asked.name) and only_choice(reply).finish_reason == "content_filter"


def trace(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the trace of a guardrail at Converse, if the request wants it; what it blocks has no answer to look at."""
    asked = configured(prompt)
    if not (asked.traced and asked.name):
        return {}
    name, blocked = asked.name.rpartition("/")[2], intervenes(reply, asked)
    found: dict[str, Any] = {"actionReason": _reason(blocked), "inputAssessment": _input(reply, prompt, asked)}
    if not blocked or (_is_claude(prompt) and not prompt.stream):
        found["modelOutput"] = []
    if not blocked:
        found["outputAssessments"] = {name: [assessment(asked, only_choice(reply).text or "")]}
    return {"trace": {"guardrail": found}}


def invoke_fields(reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
    """Return what an answer of `invoke` tells of a guardrail, whatever the model: what it did, and the trace."""
    asked = of_headers(prompt)
    if not asked.name:
        return {}
    blocked = intervenes(reply, asked)
    action = {ACTION: "INTERVENED" if blocked else "NONE"}
    if not asked.traced:
        return action
    found: dict[str, Any] = {"input": _input(reply, prompt, asked)}
    if not blocked:
        found["outputs"] = [{asked.name.rpartition("/")[2]: assessment(asked, only_choice(reply).text or "")}]
    return {**action, TRACE: {"guardrail": {**found, "actionReason": _reason(blocked)}}}


def _is_claude(prompt: Prompt) -> bool:
    """Tell whether Claude is asked, of whom Converse tells a guardrail's work a little otherwise than of others.

    So it was recorded of Titan in August 2025 and of Nova in September 2026.
    """
    return is_claude(prompt.model or "")


def _reason(blocked: bool) -> str:
    return "Guardrail blocked." if blocked else "No action."


def _input(reply: Reply, prompt: Prompt, asked: Asked) -> dict[str, Any]:
    found = assessment(asked, prompt.last_user or "")
    if intervenes(reply, asked):
        found["invocationMetrics"]["usage"]["topicPolicyUnits"] = 1
        found["topicPolicy"] = DENIED
    return {asked.name.rpartition("/")[2]: found}


def assessment(asked: Asked, looked_at: str) -> dict[str, Any]:
    """Return what is told of a guardrail that has looked at a text: which it was, and what that cost."""
    given, name = asked.name, asked.name.rpartition("/")[2]
    whole = given if given.startswith("arn:") else f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/{name}"
    size = len(looked_at)
    return {
        "appliedGuardrailDetails": {
            "guardrailArn": whole,
            "guardrailId": name,
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF",
            "guardrailVersion": asked.version,
        },
        "invocationMetrics": {
            "guardrailCoverage": {"textCharacters": {"guarded": size, "total": size}},
            "guardrailProcessingLatency": LATENCY_MS,
            "usage": dict.fromkeys(asked.units, 0),
        },
    }
