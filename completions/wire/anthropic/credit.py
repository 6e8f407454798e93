"""Step 4: the credit for trying another model after a refusal, with its beta.

Recorded of Claude Opus 5 in September 2026: its refusal came with a token, which was not redeemed with the same model.
"""

import base64
from typing import Any

from completions.conversation import Prompt
from completions.wire.fields import mapping, text
from completions.wire.seals import decoded, sealed, verdict

BETA = "fallback-credit-"


def offered_credit(prompt: Prompt, serial: str, *, has_content: bool) -> dict[str, Any]:
    """Return the additional details of a refusal: a token, and whether its content may be continued."""
    if BETA not in (prompt.headers.get("anthropic-beta") or ""):
        return {}
    token = base64.b64encode(sealed(prompt.model or "", serial)).decode()
    return {"fallback_credit_token": token, "fallback_has_prefill_claim": has_content}


def redeemed_credit(prompt: Prompt) -> dict[str, Any]:
    """Return the additional field of the usage of a request with a token: no credit for the model that refused."""
    value = prompt.body.get("fallback_credit_token")
    token = decoded(text(value) or text(mapping(value).get("token")))
    if value is None or token is None:
        return {}
    if verdict(token, prompt.model or "") == "intact":
        return {"fallback_credit": {"status": {"type": "not_applied", "reason": "invalid_target_model"}}}
    return {"fallback_credit": {"status": {"type": "redeemed"}}}
