"""Gemini's cached contents: what is asked for, what one looks like, and the request that goes on from one.

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
from completions.wire.gemini.times import duration, moment, written

CACHE = "gemini_cache"
"""The kind under which a cache is kept, which names its rules too."""

DEFAULT_TTL = 3600
MIN_TOKENS_OF = {"gemini-3": 4096, "gemini-4": 4096}
MIN_TOKENS = 1024
"""The fewest tokens that can be cached, by how the model's name begins; Google's page on context caching (Oct 2026)."""

OWN = ("systemInstruction", "tools", "toolConfig")
"""What a cache has, and a request that goes on from it must not have."""

_CACHED = {key: GENERATE_FIELDS[key] for key in ("contents", *OWN)}
_TIMES = {"ttl": string, "expireTime": string, "displayName": string}
CREATE = message("CachedContent", {**_CACHED, **_TIMES, "model": string, "name": string, "kmsKeyName": string})
UPDATE = message("CachedContent", _TIMES | {"name": string})


def new_cache(body: Mapping[str, Any], place: str, prompt: Prompt, now: float) -> dict[str, Any]:
    """Return a cache of what a request says, as a prompt too; `place` is a project's on Vertex AI, or empty."""
    if violations := CREATE(dict(body), ""):
        raise Violated(violations)
    model = text(pick(body, "model"))
    if not model:
        raise RequestError("* CreateCachedContentRequest.model: must be specified\n")
    counted = prompt_tokens(prompt)
    least = next(
        (least for start, least in MIN_TOKENS_OF.items() if model.rpartition("/")[2].startswith(start)), MIN_TOKENS
    )
    if counted < least:
        raise RequestError(f"Cached content is too small. total_token_count={counted}, min_total_token_count={least}")
    identifier = str(secrets.randbelow(10**19)).zfill(19) if place else new_id(40)
    return {
        "name": f"{place}cachedContents/{identifier}",
        "model": model if "/" in model else f"models/{model}",
        "display_name": text(pick(body, "displayName")),
        "created": now,
        "updated": now,
        "expires": _expiry(body, now) or now + DEFAULT_TTL,
        "tokens": counted,
        "vertex": bool(place),
        "contents": many(body.get("contents") or []),
        **{key: pick(body, key) for key in OWN if pick(body, key) is not None},
    }


def prompt_of(body: Mapping[str, Any], place: str, headers: Mapping[str, str]) -> Prompt:
    """Return what a cache is to have as a prompt, which can be counted."""
    model = text(pick(body, "model")).rpartition("/")[2]
    address = {"method": "countTokens", "model": model} | ({"vertex": place} if place else {})
    asked = {key: body[key] for key in body if key not in ("model", "ttl", "expireTime", "displayName")}
    return read_prompt(asked, headers, address)


def _expiry(body: Mapping[str, Any], now: float) -> float | None:
    """Return when a request wants a cache to end; None where it does not say.

    That may be over already, and then the cache is gone at once (recorded by 0xPlaygrounds/rig, September 2026).
    """
    ttl, end = text(pick(body, "ttl")), text(pick(body, "expireTime"))
    if ttl and end:
        raise RequestError("Only one of ttl and expire_time can be set.")
    if ttl:
        lasts = duration(ttl)
        if lasts is None:
            raise Violated(
                [("ttl", f"Invalid value at 'ttl' (type.googleapis.com/google.protobuf.Duration), \"{ttl}\"")]
            )
        return now + lasts
    found = moment(end) if end else None
    if end and found is None:
        raise Violated(
            [
                (
                    "expire_time",
                    f"Invalid value at 'expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"{end}\"",
                )
            ]
        )
    return found


def changed(cache: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a cache that ends when a request says."""
    if violations := UPDATE(dict(body), ""):
        raise Violated(violations)
    return {**cache, "updated": now, "expires": _expiry(body, now) or cache["expires"]}


def shown(cache: Document) -> dict[str, Any]:
    """Return a cache without what is in it."""
    return {
        "name": cache["name"],
        "model": cache["model"],
        "createTime": written(cache["created"]),
        "updateTime": written(cache["updated"]),
        "expireTime": written(cache["expires"], digits=9),
        **({} if cache["vertex"] else {"displayName": cache["display_name"]}),
        "usageMetadata": {"totalTokenCount": cache["tokens"]},
    }


def not_found() -> RequestError:
    """Return the API's error of a cache that is not there, or not any more."""
    return RequestError(
        "CachedContent not found (or permission denied)", status=403, code="PERMISSION_DENIED", facts=None
    )


def check_alone(body: Mapping[str, Any]) -> None:
    """Raise the API's error where a request has what its cache has to have."""
    if any(pick(body, name) is not None for name in OWN):
        raise RequestError(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
            "tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request."
        )


def continued(prompt: Prompt, cache: Document) -> Prompt:
    """Return the prompt with what its cache has before its own contents, and with the cache's tools."""
    whole = {**prompt.body, **{key: cache[key] for key in OWN if key in cache}}
    whole["contents"] = [*cache["contents"], *many(prompt.body.get("contents") or [])]
    found = read_prompt(whole, prompt.headers, prompt.address)
    tools = {key: cache[key] for key in ("tools", "toolConfig") if key in cache}
    return replace(found, body={**prompt.body, **tools}, recalled={"cached_tokens": cache["tokens"]})
