"""Gemini's cached contents: the requests, the resource, and the prompts that use one.

Shapes as recorded of the API in August 2026, and `google.genai.types.CachedContent`; the words of the errors are the
API's, as its users quote them.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.prompt import prompt_tokens
from completions.wire.base import Document
from completions.wire.fields import text
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import many, pick
from completions.wire.gemini.files import new_id
from completions.wire.gemini.messages import GENERATE_FIELDS
from completions.wire.gemini.prompt import read_prompt
from completions.wire.gemini.proto import message, string
from completions.wire.gemini.times import duration, moment, timestamp

CACHE = "gemini_cache"
"""The kind under which a cache is stored, which rules name too."""

DEFAULT_TTL = 3600
MIN_TOKENS_OF = {"gemini-3": 4096, "gemini-4": 4096}
MIN_TOKENS = 1024
"""The least tokens that can be cached, by the start of a name: Google's page on context caching (Oct 2026)."""

CACHED_FIELDS = ("systemInstruction", "tools", "toolConfig")
"""The fields of a cache that a request with that cache must not have."""

_CACHED = {key: GENERATE_FIELDS[key] for key in ("contents", *CACHED_FIELDS)}
_TIMES = {"ttl": string, "expireTime": string, "displayName": string}
CREATE = message("CachedContent", {**_CACHED, **_TIMES, "model": string, "name": string, "kmsKeyName": string})
UPDATE = message("CachedContent", _TIMES | {"name": string})


def new_cache(body: Mapping[str, Any], place: str, prompt: Prompt, now: float) -> dict[str, Any]:
    """Return the cache that a request creates; `place` is a project's on Vertex AI, or empty."""
    if violations := CREATE(dict(body), ""):
        raise Violated(violations)
    model = text(pick(body, "model"))
    if not model:
        raise RequestError("* CreateCachedContentRequest.model: must be specified\n")
    tokens = prompt_tokens(prompt)
    minimum = next(
        (minimum for start, minimum in MIN_TOKENS_OF.items() if model.rpartition("/")[2].startswith(start)), MIN_TOKENS
    )
    if tokens < minimum:
        raise RequestError(f"Cached content is too small. total_token_count={tokens}, min_total_token_count={minimum}")
    identifier = str(secrets.randbelow(10**19)).zfill(19) if place else new_id(40)
    return {
        "name": f"{place}cachedContents/{identifier}",
        "model": model if "/" in model else f"models/{model}",
        "display_name": text(pick(body, "displayName")),
        "created": now,
        "updated": now,
        "expires": _expiry(body, now) or now + DEFAULT_TTL,
        "tokens": tokens,
        "vertex": bool(place),
        "contents": many(body.get("contents") or []),
        **{key: pick(body, key) for key in CACHED_FIELDS if pick(body, key) is not None},
    }


def prompt_for_counting(body: Mapping[str, Any], place: str, headers: Mapping[str, str]) -> Prompt:
    """Return the contents of a new cache as a prompt, so that they can be counted."""
    model = text(pick(body, "model")).rpartition("/")[2]
    address = {"method": "countTokens", "model": model} | ({"vertex": place} if place else {})
    content = {key: body[key] for key in body if key not in ("model", "ttl", "expireTime", "displayName")}
    return read_prompt(content, headers, address)


def _expiry(body: Mapping[str, Any], now: float) -> float | None:
    """Return the expiry that a request sets, or None.

    It may be in the past; then the cache is gone at once (recorded by 0xPlaygrounds/rig, September 2026).
    """
    ttl, end = text(pick(body, "ttl")), text(pick(body, "expireTime"))
    if ttl and end:
        raise RequestError("Only one of ttl and expire_time can be set.")
    if ttl:
        seconds = duration(ttl)
        if seconds is None:
            raise Violated(
                [("ttl", f"Invalid value at 'ttl' (type.googleapis.com/google.protobuf.Duration), \"{ttl}\"")]
            )
        return now + seconds
    expires = moment(end) if end else None
    if end and expires is None:
        raise Violated(
            [
                (
                    "expire_time",
                    f"Invalid value at 'expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"{end}\"",
                )
            ]
        )
    return expires


def updated_cache(cache: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a cache with the expiry that a request sets."""
    if violations := UPDATE(dict(body), ""):
        raise Violated(violations)
    return {**cache, "updated": now, "expires": _expiry(body, now) or cache["expires"]}


def cache_resource(cache: Document) -> dict[str, Any]:
    """Return a cache without its contents."""
    return {
        "name": cache["name"],
        "model": cache["model"],
        "createTime": timestamp(cache["created"]),
        "updateTime": timestamp(cache["updated"]),
        "expireTime": timestamp(cache["expires"], digits=9),
        **({} if cache["vertex"] else {"displayName": cache["display_name"]}),
        "usageMetadata": {"totalTokenCount": cache["tokens"]},
    }


def not_found() -> RequestError:
    """Return the API's error for an unknown or expired cache."""
    return RequestError(
        "CachedContent not found (or permission denied)", status=403, code="PERMISSION_DENIED", facts=None
    )


def check_alone(body: Mapping[str, Any]) -> None:
    """Raise the API's error for a request with fields that belong in its cache."""
    if any(pick(body, name) is not None for name in CACHED_FIELDS):
        raise RequestError(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
            "tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request."
        )


def continued(prompt: Prompt, cache: Document) -> Prompt:
    """Return the prompt with the cache's contents before its own, and with the cache's tools."""
    body = {**prompt.body, **{key: cache[key] for key in CACHED_FIELDS if key in cache}}
    body["contents"] = [*cache["contents"], *many(prompt.body.get("contents") or [])]
    full_prompt = read_prompt(body, prompt.headers, prompt.address)
    tools = {key: cache[key] for key in ("tools", "toolConfig") if key in cache}
    return replace(full_prompt, body={**prompt.body, **tools}, recalled={"cached_tokens": cache["tokens"]})
