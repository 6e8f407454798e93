"""Step 2: remove `cache_control` that LiteLLM leaves in a chat request because the mock's address is not OpenAI's.

LiteLLM (1.105 to 1.110) removes the marks from requests to openai.com, which refuses them, and leaves them in for every
other server; BeeAI's agents and paper-qa add them by default. So its requests are read as OpenAI would get them. They
are identified by a header that OpenAI's SDK adds to calls of `with_raw_response`, as all of LiteLLM's are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts

RAW_RESPONSE = "x-stainless-raw-response"
MARK = "cache_control"


def remove_cache_control(document: dict[str, Any], headers: Mapping[str, str], refusal: RequestError) -> bool:
    """Remove the marks from a request that was refused for one of them; tell whether there were any."""
    if RAW_RESPONSE not in headers or not (refusal.param or "").endswith(f".{MARK}"):
        return False
    marked = [each for each in _markable(document) if MARK in each]
    for each in marked:
        del each[MARK]
    return bool(marked)


def _markable(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects that LiteLLM marks: tools, messages, and their parts."""
    yield from dicts(document.get("tools"))
    for message in dicts(document.get("messages")):
        yield message
        yield from dicts(message.get("content"))
