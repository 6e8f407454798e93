"""Step 4: the credit for asking another model once one has refused, in the beta that brings it.

Recorded of Claude Opus 5 in September 2026: its refusal came with a token, which was not redeemed by asking it again.
"""

import base64
from typing import Any

from completions.conversation import Prompt
from completions.wire.fields import mapping, text
from completions.wire.seals import decoded, sealed, verdict

BETA = "fallback-credit-"


def offered(prompt: Prompt, serial: str, *, said: bool) -> dict[str, Any]:
    """Return what the details of a refusal have besides: a token, and whether what was said may be continued."""
    if BETA not in (prompt.headers.get("anthropic-beta") or ""):
        return {}
    token = base64.b64encode(sealed(prompt.model or "", serial)).decode()
    return {"fallback_credit_token": token, "fallback_has_prefill_claim": said}


def redeemed(prompt: Prompt) -> dict[str, Any]:
    """Return what a usage has besides, where a request has a token: no credit if it asks the model that refused."""
    given = prompt.body.get("fallback_credit_token")
    token = decoded(text(given) or text(mapping(given).get("token")))
    if given is None or token is None:
        return {}
    if verdict(token, prompt.model or "") == "intact":
        return {"fallback_credit": {"status": {"type": "not_applied", "reason": "invalid_target_model"}}}
    return {"fallback_credit": {"status": {"type": "redeemed"}}}
