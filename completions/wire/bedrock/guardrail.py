"""What a guardrail did, which an answer of Converse tells where the request asks for its trace.

Shape: `GuardrailTraceAssessment` of botocore's service model, as recorded in 2026. A guardrail of this mock has no
policies: it looks at all, and does nothing unless a script has a filter end the answer.
"""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.content import only_choice
from completions.wire.fields import mapping, text

TRACED = ("enabled", "enabled_full")
ACCOUNT = "000000000000"
UNITS = (
    *("automatedReasoningPolicies", "automatedReasoningPolicyUnits", "contentPolicyImageUnits", "contentPolicyUnits"),
    *("contextualGroundingPolicyUnits", "sensitiveInformationPolicyFreeUnits", "sensitiveInformationPolicyUnits"),
    *("topicPolicyUnits", "wordPolicyUnits"),
)
"""What the use of a guardrail is counted in, by policy."""

LATENCY_MS = 10


def intervenes(reply: Reply, prompt: Prompt) -> bool:
    """Tell whether the request has a guardrail and a filter ends the answer."""
    return bool(_identifier(prompt)) and only_choice(reply).finish_reason == "content_filter"


def _identifier(prompt: Prompt) -> str:
    return text(mapping(prompt.body.get("guardrailConfig")).get("guardrailIdentifier"))


def trace(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the trace of a guardrail, if the request wants it."""
    asked = mapping(prompt.body.get("guardrailConfig"))
    if asked.get("trace") not in TRACED or not (given := _identifier(prompt)):
        return {}
    name, version = given.rpartition("/")[2], text(asked.get("guardrailVersion"))
    said, answered = prompt.last_user or "", only_choice(reply).text or ""
    found = {
        "actionReason": "Guardrail blocked." if intervenes(reply, prompt) else "No action.",
        "inputAssessment": {name: _assessment(given, version, said)},
        "outputAssessments": {name: [_assessment(given, version, answered)]},
    }
    return {"trace": {"guardrail": found}}


def _assessment(given: str, version: str, looked_at: str) -> dict[str, Any]:
    name = given.rpartition("/")[2]
    whole = given if given.startswith("arn:") else f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/{name}"
    size = len(looked_at)
    return {
        "appliedGuardrailDetails": {
            "guardrailArn": whole,
            "guardrailId": name,
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF",
            "guardrailVersion": version,
        },
        "invocationMetrics": {
            "guardrailCoverage": {"textCharacters": {"guarded": size, "total": size}},
            "guardrailProcessingLatency": LATENCY_MS,
            "usage": dict.fromkeys(UNITS, 0),
        },
    }
