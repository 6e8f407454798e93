"""A guardrail that is asked alone: `POST /guardrail/{id}/version/{version}/apply`.

Shapes: `ApplyGuardrailRequest` and `ApplyGuardrailResponse` of botocore's service model, with what else was recorded
by Arize-ai/openinference (seen on 2026-11-28). A rule sees the texts as a moderation (`format: moderations`); the
guardrail blocks what the script's moderation flags, or what a filter ends, and says the reply's text then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Moderation, Part, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import guardrail, signing
from completions.wire.bedrock.base import BedrockFormat, collect_error
from completions.wire.bedrock.errors import violated
from completions.wire.bedrock.members import APPLIED, typed
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text
from completions.wire.readback import Answer

SOURCES = ("INPUT", "OUTPUT")
THRESHOLD, CONFIDENCES = 0.5, ((0.9, "HIGH"), (0.7, "MEDIUM"), (0.0, "LOW"))
"""From which score a category is blocked, and how sure a filter is, by the least score."""

FILTERS: Mapping[str, str] = {
    "sexual": "SEXUAL",
    "violence": "VIOLENCE",
    "hate": "HATE",
    "harassment": "INSULTS",
    "illicit": "MISCONDUCT",
}
"""A guardrail's filters, by how the categories of a script's moderation begin."""

BLOCKED = "Sorry, the model cannot answer this question."
"""What is said of what is blocked where the script's reply says nothing; whoever makes a guardrail chooses it."""

UNUSED = ("automatedReasoningPolicy", "contextualGroundingPolicy", "sensitiveInformationPolicy", "wordPolicy")


class ApplyGuardrail(BedrockFormat):
    """What a guardrail finds in some texts, and what is to be said in their place."""

    name = "moderations"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read the texts that are to be looked at, as one user message."""
        document = decode_object(body)
        if validate:
            signing.check(headers)
            _validate(document)
        content = dicts(document.get("content"))
        images = [mapping(mapping(block.get("image")).get("source")).get("bytes") for block in content]
        parts = tuple(Part("image", image) for image in images if isinstance(image, str))
        return Prompt(
            format="moderations",
            task="moderate",
            messages=(Message("user", "\n".join(_texts(content)), parts=parts),),
            headers=headers,
            body=document,
            address={key: route[key] for key in ("guardrail", "version") if key in route},
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return whether the guardrail intervenes, what it says then, and what it found."""
        choice = only_choice(reply)
        found = _found(choice.moderation or Moderation())
        denied = choice.finish_reason == "content_filter" and not found
        blocked = bool(found) or denied
        said = (choice.text if blocked else None) or BLOCKED
        asked = guardrail.Asked(prompt.address["guardrail"], prompt.address["version"], True, guardrail.INVOKED_UNITS)
        assessment = guardrail.assessment(asked, "".join(_texts(dicts(prompt.body.get("content")))))
        used = assessment["invocationMetrics"]["usage"]
        used |= {"contentPolicyUnits": int(bool(found)), "topicPolicyUnits": int(denied)}
        coverage = assessment["invocationMetrics"]["guardrailCoverage"] = {
            "images": None,
            **assessment["invocationMetrics"]["guardrailCoverage"],
        }
        policies = {
            **dict.fromkeys(UNUSED),
            "contentPolicy": {"filters": found} if found else None,
            "topicPolicy": guardrail.DENIED if denied else None,
        }
        outputs = [{"text": said}] if blocked else []
        return {
            "action": "GUARDRAIL_INTERVENED" if blocked else "NONE",
            "actionReason": "Guardrail blocked." if blocked else "No action.",
            "assessments": [dict(sorted((assessment | policies).items()))],
            "blockedResponse": said if blocked else None,
            "guardrailCoverage": coverage,
            "output": outputs,
            "outputs": outputs,
            "usage": used,
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in whether it intervened, and what it said."""
        if collect_error(document, answer):
            return
        voice = answer.voice()
        voice.moderation = Moderation({}, document.get("action") == "GUARDRAIL_INTERVENED")
        for output in dicts(document.get("outputs")):
            voice.says(output.get("text"))


def _validate(document: Mapping[str, Any]) -> None:
    typed(document, APPLIED)
    source = document.get("source")
    if source is None or document.get("content") is None:
        missing = "content" if source is not None else "source"
        raise violated(missing, "Member must not be null")
    if source not in SOURCES:
        raise violated("source", f"Member must satisfy enum value set: [{', '.join(SOURCES)}]")


def _texts(content: Sequence[Mapping[str, Any]]) -> list[str]:
    return [text(mapping(block.get("text")).get("text")) for block in content if "text" in block]


def _found(moderation: Moderation) -> list[dict[str, Any]]:
    """Return the filters that find something: one for each kind of the categories that are flagged."""
    least = 0.0 if moderation.flagged else THRESHOLD
    if moderation.flagged is False:
        return []
    worst: dict[str, float] = {}
    for category, score in moderation.scores.items():
        kind = next((kind for start, kind in FILTERS.items() if category.startswith(start)), "MISCONDUCT")
        if score >= least:
            worst[kind] = max(score, worst.get(kind, 0.0))
    if moderation.flagged and not worst:
        worst["MISCONDUCT"] = 1.0
    return [_filter(kind, score) for kind, score in worst.items()]


def _filter(kind: str, score: float) -> dict[str, Any]:
    confidence = next(name for least, name in CONFIDENCES if score >= least)
    return {"action": "BLOCKED", "confidence": confidence, "detected": True, "filterStrength": "HIGH", "type": kind}
