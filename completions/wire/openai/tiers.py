"""The service tier that an answer of OpenAI's APIs reports, whatever the format."""

from collections.abc import Mapping
from typing import Any

SERVED_TIERS = {"flex": "flex", "priority": "priority", "scale": "scale", "fast": "priority", "ultrafast": "ultrafast"}
"""The service tier in the answer by the tier in the request; all others are reported as `default`."""


def service_tier(body: Mapping[str, Any]) -> str:
    """Return the tier that served a request."""
    if "service_tier" not in body:
        return "default"
    tier = body["service_tier"]
    return SERVED_TIERS.get(tier, "default") if isinstance(tier, str) else "default"
