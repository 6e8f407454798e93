"""Tokens with which a browser opens sessions of the Live API, within the limits that its own server has set.

`CreateAuthTokenConfig` of google-genai; the errors of used and expired tokens are as users of the API quote them
(2026). A resumed session does not count as a use, but its token must not have expired either.
"""

import time
from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.fields import mapping, text, without_fields
from completions.wire.gemini.errors import Violated
from completions.wire.gemini.fields import integer, pick, snake
from completions.wire.gemini.live.messages import FIELDS, SETUP
from completions.wire.gemini.proto import invalid, message, string, whole
from completions.wire.gemini.times import moment

TOKEN = "auth token"
"""The kind of record of a token."""

PREFIX = "auth_tokens/"
"""The prefix of the tokens' names."""

LIFETIME_SECONDS, OPENING_SECONDS = 1800, 60
"""The default lifetime of a token, and the default time in which it opens sessions."""

_BODY = message(
    "AuthToken",
    {
        **dict.fromkeys(("name", "expireTime", "newSessionExpireTime", "fieldMask"), string),
        "uses": whole,
        "bidiGenerateContentSetup": FIELDS[SETUP],
    },
)


def validate(body: dict[str, Any]) -> None:
    """Raise the API's error for an invalid request for a token."""
    if violations := _BODY(body, ""):
        raise Violated(violations)
    for name in ("expireTime", "newSessionExpireTime"):
        if (value := pick(body, name)) is not None and moment(value) is None:
            raise Violated(invalid(snake(name), "type.googleapis.com/google.protobuf.Timestamp", value))


def new_token(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a token: its name, its expiry, and the restrictions of its sessions."""
    uses = integer(pick(body, "uses"), 0)
    mask = [path.strip() for path in text(pick(body, "fieldMask")).split(",") if path.strip()]
    return {
        "name": f"{PREFIX}{ids.hex_id(32)}",
        "expires_at": moment(text(pick(body, "expireTime"))) or now + LIFETIME_SECONDS,
        "session": {
            "setup": pick(body, "bidiGenerateContentSetup"),
            "mask": mask,
            "opens_until": moment(text(pick(body, "newSessionExpireTime"))) or now + OPENING_SECONDS,
            "uses": 1 if uses is None else uses,
            "taken": 0,
        },
    }


def token_setup(setup: dict[str, Any], token: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setup of a session that a token opens; raise the error of a used or expired token."""
    if time.time() > token["opens_until"]:
        raise RequestError("new_session_expire_time deadline exceeded", status=409)
    resumption = pick(setup, "sessionResumption")
    is_new = not text(pick(mapping(resumption), "handle"))
    if is_new and 0 < token["uses"] <= token["taken"]:
        raise RequestError("Token has been used too many times", status=409)
    fixed = mapping(token["setup"])
    if not token["mask"]:
        resumed = {} if resumption is None else {"sessionResumption": resumption}
        return fixed | resumed if fixed else setup
    for path in token["mask"]:
        setup = _locked(setup, fixed, path.split("."))
    return setup


def _locked(setup: Mapping[str, Any], fixed: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """Return the setup with a field as the token has it, or without the field if the token has none."""
    name, *rest = path
    value = pick(fixed, name)
    if rest:
        value = _locked(mapping(pick(setup, name)), mapping(value), rest)
    others = without_fields(setup, name, snake(name))
    return others if value is None else {**others, name: value}
