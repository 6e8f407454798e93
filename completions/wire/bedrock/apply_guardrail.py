"""A guardrail without a model: `POST /guardrail/{id}/version/{version}/apply`.

Shapes: `ApplyGuardrailRequest` and `ApplyGuardrailResponse` of botocore's service model, with what else was recorded
by Arize-ai/openinference (seen on 2026-11-28). A rule sees the texts as a moderation (`format: moderations`); the
guardrail blocks a text that the script's moderation flags, or whose finish reason is `content_filter`; then it returns
the reply's text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Moderation, Part, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import guardrail, signing
from completions.wire.bedrock.base import BedrockFormat, collect_error
from completions.wire.bedrock.errors import constraint_error
from completions.wire.bedrock.members import APPLY_GUARDRAIL, check_type
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text
from completions.wire.readback import Answer

SOURCES = ("INPUT", "OUTPUT")
THRESHOLD, CONFIDENCES = 0.5, ((0.9, "HIGH"), (0.7, "MEDIUM"), (0.0, "LOW"))
"""The score from which a category is blocked, and a filter's confidence by the minimum score."""

FILTERS: Mapping[str, str] = {
    "sexual": "SEXUAL",
    "violence": "VIOLENCE",
    "hate": "HATE",
    "harassment": "INSULTS",
    "illicit": "MISCONDUCT",
}
"""A guardrail's filters, by the first word of the categories of a script's moderation."""

BLOCKED = "Sorry, the model cannot answer this question."
"""The text in place of a blocked one if the script's reply has none; the author of a guardrail chooses it."""

UNUSED_POLICIES = ("automatedReasoningPolicy", "contextualGroundingPolicy", "sensitiveInformationPolicy", "wordPolicy")


class ApplyGuardrail(BedrockFormat):
    """The assessment of some texts by a guardrail, and the text in their place."""

    name = "moderations"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read the texts to assess as one user message."""
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
        """Return whether the guardrail intervenes, its text in this case, and its assessment."""
        choice = only_choice(reply)
        filters = _filters(choice.moderation or Moderation())
        denied = choice.finish_reason == "content_filter" and not filters
        blocked = bool(filters) or denied
        message = (choice.text if blocked else None) or BLOCKED
        request = guardrail.GuardrailRequest(
            prompt.address["guardrail"], prompt.address["version"], True, guardrail.INVOKED_UNITS
        )
        assessment = guardrail.assessment(request, "".join(_texts(dicts(prompt.body.get("content")))))
        usage = assessment["invocationMetrics"]["usage"]
        usage |= {"contentPolicyUnits": int(bool(filters)), "topicPolicyUnits": int(denied)}
        coverage = assessment["invocationMetrics"]["guardrailCoverage"] = {
            "images": None,
            **assessment["invocationMetrics"]["guardrailCoverage"],
        }
        policies = {
            **dict.fromkeys(UNUSED_POLICIES),
            "contentPolicy": {"filters": filters} if filters else None,
            "topicPolicy": guardrail.DENIED if denied else None,
        }
        outputs = [{"text": message}] if blocked else []
        return {
            "action": "GUARDRAIL_INTERVENED" if blocked else "NONE",
            "actionReason": "Guardrail blocked." if blocked else "No action.",
            "assessments": [dict(sorted((assessment | policies).items()))],
            "blockedResponse": message if blocked else None,
            "guardrailCoverage": coverage,
            "output": outputs,
            "outputs": outputs,
            "usage": usage,
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read back whether the guardrail intervened, and its text."""
        if collect_error(document, answer):
            return
        choice = answer.choice()
        choice.moderation = Moderation({}, document.get("action") == "GUARDRAIL_INTERVENED")
        for output in dicts(document.get("outputs")):
            choice.add_text(output.get("text"))


def _validate(document: Mapping[str, Any]) -> None:
    check_type(document, APPLY_GUARDRAIL)
    source = document.get("source")
    if source is None or document.get("content") is None:
        missing = "content" if source is not None else "source"
        raise constraint_error(missing, "Member must not be null")
    if source not in SOURCES:
        raise constraint_error("source", f"Member must satisfy enum value set: [{', '.join(SOURCES)}]")


def _texts(content: Sequence[Mapping[str, Any]]) -> list[str]:
    return [text(mapping(block.get("text")).get("text")) for block in content if "text" in block]


def _filters(moderation: Moderation) -> list[dict[str, Any]]:
    """Return the filters with findings: one for each kind of the flagged categories."""
    minimum = 0.0 if moderation.flagged else THRESHOLD
    if moderation.flagged is False:
        return []
    scores: dict[str, float] = {}
    for category, score in moderation.scores.items():
        kind = next((kind for prefix, kind in FILTERS.items() if category.startswith(prefix)), "MISCONDUCT")
        if score >= minimum:
            scores[kind] = max(score, scores.get(kind, 0.0))
    if moderation.flagged and not scores:
        scores["MISCONDUCT"] = 1.0
    return [_filter(kind, score) for kind, score in scores.items()]


def _filter(kind: str, score: float) -> dict[str, Any]:
    confidence = next(name for minimum, name in CONFIDENCES if score >= minimum)
    return {"action": "BLOCKED", "confidence": confidence, "detected": True, "filterStrength": "HIGH", "type": kind}
