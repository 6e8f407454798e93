"""The trace of a guardrail, which an answer has on request.

Shape: `GuardrailTraceAssessment` of botocore's service model, as agentjido/req_llm recorded it in September 2026. A
guardrail of this mock has no policies: it assesses everything, and intervenes only if the finish reason of the script's
answer is `content_filter`, as if the question were about a denied topic.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from completions.conversation import Prompt, Reply
from completions.wire.bedrock.base import is_claude
from completions.wire.content import only_choice
from completions.wire.fields import mapping, text

TRACE_MODES = ("enabled", "enabled_full")
ACCOUNT = "000000000000"
UNITS = (
    *("contentPolicyImageUnits", "contentPolicyUnits", "contextualGroundingPolicyUnits"),
    *("sensitiveInformationPolicyFreeUnits", "sensitiveInformationPolicyUnits", "topicPolicyUnits", "wordPolicyUnits"),
)
"""The units in which the use of a guardrail is counted, by policy."""

INVOKED_UNITS = ("automatedReasoningPolicies", "automatedReasoningPolicyUnits", *UNITS)
"""The units at `invoke`, at `ApplyGuardrail`, and at Converse for models other than Claude."""

LATENCY_MS = 10

DENIED = {"topics": [{"action": "BLOCKED", "detected": True, "name": "Denied", "type": "DENY"}]}

HEADER = "x-amzn-bedrock-guardrail"
ACTION, TRACE = "amazon-bedrock-guardrailAction", "amazon-bedrock-trace"


class GuardrailRequest(NamedTuple):
    """The guardrail that a request names, its version, whether a trace is requested, and the units of its usage."""

    name: str
    version: str
    traced: bool
    units: tuple[str, ...] = UNITS


def from_body(prompt: Prompt) -> GuardrailRequest:
    """Return the guardrail in the body of a request to Converse; without one, its name is empty."""
    config, units = mapping(prompt.body.get("guardrailConfig")), UNITS if _is_claude(prompt) else INVOKED_UNITS
    traced = config.get("trace") in TRACE_MODES
    return GuardrailRequest(
        text(config.get("guardrailIdentifier")), text(config.get("guardrailVersion")), traced, units
    )


def from_headers(prompt: Prompt) -> GuardrailRequest:
    """Return the guardrail in the headers of a request to `invoke`; without one, its name is empty."""
    headers = prompt.headers
    traced = headers.get("x-amzn-bedrock-trace", "").lower() in TRACE_MODES
    return GuardrailRequest(
        headers.get(f"{HEADER}identifier", ""), headers.get(f"{HEADER}version", ""), traced, INVOKED_UNITS
    )


def intervenes(reply: Reply, guardrail: GuardrailRequest) -> bool:
    """Tell whether there is a guardrail, and the answer's finish reason is `content_filter`."""
    return bool(guardrail.name) and only_choice(reply).finish_reason == "content_filter"


def trace(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the trace of a guardrail at Converse, if requested; a blocked request has no answer to assess."""
    guardrail = from_body(prompt)
    if not (guardrail.traced and guardrail.name):
        return {}
    name, blocked = guardrail.name.rpartition("/")[2], intervenes(reply, guardrail)
    assessments: dict[str, Any] = {
        "actionReason": _reason(blocked),
        "inputAssessment": _input_assessment(reply, prompt, guardrail),
    }
    if not blocked or (_is_claude(prompt) and not prompt.stream):
        assessments["modelOutput"] = []
    if not blocked:
        assessments["outputAssessments"] = {name: [assessment(guardrail, only_choice(reply).text or "")]}
    return {"trace": {"guardrail": assessments}}


def invoke_fields(reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
    """Return the fields of an answer at `invoke` about a guardrail, for any model: its action, and the trace."""
    guardrail = from_headers(prompt)
    if not guardrail.name:
        return {}
    blocked = intervenes(reply, guardrail)
    action = {ACTION: "INTERVENED" if blocked else "NONE"}
    if not guardrail.traced:
        return action
    assessments: dict[str, Any] = {"input": _input_assessment(reply, prompt, guardrail)}
    if not blocked:
        assessments["outputs"] = [
            {guardrail.name.rpartition("/")[2]: assessment(guardrail, only_choice(reply).text or "")}
        ]
    return {**action, TRACE: {"guardrail": {**assessments, "actionReason": _reason(blocked)}}}


def _is_claude(prompt: Prompt) -> bool:
    """Tell whether the model is Claude, for which the trace at Converse differs a little from that of other models.

    The others were recorded with Titan in August 2025 and with Nova in September 2026.
    """
    return is_claude(prompt.model or "")


def _reason(blocked: bool) -> str:
    return "Guardrail blocked." if blocked else "No action."


def _input_assessment(reply: Reply, prompt: Prompt, guardrail: GuardrailRequest) -> dict[str, Any]:
    document = assessment(guardrail, prompt.last_user or "")
    if intervenes(reply, guardrail):
        document["invocationMetrics"]["usage"]["topicPolicyUnits"] = 1
        document["topicPolicy"] = DENIED
    return {guardrail.name.rpartition("/")[2]: document}


def assessment(guardrail: GuardrailRequest, text: str) -> dict[str, Any]:
    """Return the assessment of a text without findings: the guardrail, and its usage."""
    name_or_arn, name = guardrail.name, guardrail.name.rpartition("/")[2]
    arn = name_or_arn if name_or_arn.startswith("arn:") else f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/{name}"
    size = len(text)
    return {
        "appliedGuardrailDetails": {
            "guardrailArn": arn,
            "guardrailId": name,
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF",
            "guardrailVersion": guardrail.version,
        },
        "invocationMetrics": {
            "guardrailCoverage": {"textCharacters": {"guarded": size, "total": size}},
            "guardrailProcessingLatency": LATENCY_MS,
            "usage": dict.fromkeys(guardrail.units, 0),
        },
    }
