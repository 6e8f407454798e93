"""Step 4 for Azure OpenAI: the times that answers of newer models have."""

import re
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.fields import by_name

TIMES = {
    "engine_tbt_ms": 10,
    "engine_ttft_ms": 50,
    "engine_ttlt_ms": 500,
    "pre_inference_ms": 100,
    "service_tbt_ms": 10,
    "service_ttft_ms": 200,
    "service_ttlt_ms": 650,
    "total_duration_ms": 550,
    "user_visible_ttft_ms": 100,
}
"""The times of an answer, which are always the same."""
TIMED_MODELS = re.compile(r"gpt-[5-9]")
"""Models that report their times; no older one was seen to."""


class TimedVendor(Vendor):
    """The chat of models since GPT-5, which report their tier and their times: in the usage, or next to it.

    Recorded from June to August 2026, and measured until October.
    """

    head = (*HEAD, "service_tier", "system_fingerprint")

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer whose usage has the times."""
        usage = by_name(document["usage"] | {"latency_checkpoint": TIMES})
        return super().complete_answer(document | {"usage": usage}, reply, prompt)

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the times, which are next to the usage of a stream."""
        return super().usage_chunk_extras(finished) | {"latency_checkpoint": TIMES}
