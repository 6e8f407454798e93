"""Step 2 for Bedrock: the models that no region has for itself, which are asked by the ID of an inference profile."""

import re
from collections.abc import Mapping

from completions.wire.bedrock.errors import AmazonError

SPREAD = re.compile(r"anthropic\.claude-[a-z]+-\d")
"""How the IDs begin of Claude 4 and later (quoted of Sonnet 4.5 to Sonnet 5.5, up to October 2026)."""


def check(route: Mapping[str, str]) -> None:
    """Refuse the bare ID of a model that is there through an inference profile alone.

    To count tokens it is the bare ID that is wanted; such a request has no `method`.
    """
    model = route.get("model", "")
    if "method" in route and SPREAD.match(model):
        raise AmazonError(
            "ValidationException",
            f"Invocation of model ID {model} with on-demand throughput isn\N{RIGHT SINGLE QUOTATION MARK}t supported. "
            "Retry your request with the ID or ARN of an inference profile that contains this model.",
        )
