"""Steps 2 and 4 for Anthropic's Messages API: what a page that a search found said is encrypted, and has to come back.

Sources: the recorded exchanges, in which it begins as a signature of thinking does; and the API's words as the users of
gateways quote them, by which neither nothing nor a value that somebody made up passes (seen 2026-04-25).
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.thinking import mistake, signature
from completions.wire.fields import dicts, text
from completions.wire.validation import Problem

FORGED = "Invalid `encrypted_content` in `search_result` block"


def encrypted(url: str) -> str:
    """Return what the page at an address said, as only the API reads it."""
    return signature(url, "page")


def forged(body: Mapping[str, Any]) -> Problem | None:
    """Return a search whose results have not come back as they were."""
    for at, message in enumerate(body["messages"]):
        for place, block in enumerate(dicts(message.get("content"))):
            if block["type"] == "web_search_tool_result" and any(map(_is_forged, dicts(block.get("content")))):
                return Wrong(FORGED, f"messages[{at}].content[{place}]")
    return None


def _is_forged(page: Mapping[str, Any]) -> bool:
    return page.get("type") == "web_search_result" and mistake(text(page.get("encrypted_content")), "") == "broken"
