"""Steps 2 and 4 for Anthropic's Messages API: the encrypted content of found pages, which has to be sent back.

Sources: the recorded exchanges, in which it begins like a signature of thinking; and the API's words as the users of
gateways quote them, by which neither an empty nor an invented value is accepted (seen 2026-04-25).
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.thinking import signature, signature_mistake
from completions.wire.fields import dicts, text
from completions.wire.validation import Problem

FORGED = "Invalid `encrypted_content` in `search_result` block"


def encrypted_content(url: str) -> str:
    """Return the encrypted content of the page at an address."""
    return signature(url, "page")


def search_result_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of a search whose results were changed."""
    for at, message in enumerate(body["messages"]):
        for place, block in enumerate(dicts(message.get("content"))):
            if block["type"] == "web_search_tool_result" and any(map(_is_forged, dicts(block.get("content")))):
                return Wrong(FORGED, f"messages[{at}].content[{place}]")
    return None


def _is_forged(page: Mapping[str, Any]) -> bool:
    return (
        page.get("type") == "web_search_result"
        and signature_mistake(text(page.get("encrypted_content")), "") == "broken"
    )
