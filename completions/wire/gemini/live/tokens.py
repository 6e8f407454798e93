"""Tokens with which a browser opens conversations of the Live API, as far as its own server lets it choose them.

`CreateAuthTokenConfig` of google-genai; what a token that is spent or late is told is as users of the API quote it
(2026): a session that is taken up again does not count as a use, but may not be late either.
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
"""The kind of record that a token is."""

PREFIX = "auth_tokens/"
"""How their names begin."""

SECONDS, OPENING_SECONDS = 1800, 60
"""How long a token is good, and for how long it opens sessions, where nobody says."""

_BODY = message(
    "AuthToken",
    {
        **dict.fromkeys(("name", "expireTime", "newSessionExpireTime", "fieldMask"), string),
        "uses": whole,
        "bidiGenerateContentSetup": FIELDS[SETUP],
    },
)


def validate(body: dict[str, Any]) -> None:
    """Raise the error of a body that asks for no token."""
    if violations := _BODY(body, ""):
        raise Violated(violations)
    for name in ("expireTime", "newSessionExpireTime"):
        if (given := pick(body, name)) is not None and moment(given) is None:
            raise Violated(invalid(snake(name), "type.googleapis.com/google.protobuf.Timestamp", given))


def new_token(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a token: its name, until when it is good, and what it lets its sessions do."""
    uses = integer(pick(body, "uses"), 0)
    mask = [path.strip() for path in text(pick(body, "fieldMask")).split(",") if path.strip()]
    return {
        "name": f"{PREFIX}{ids.hex_id(32)}",
        "expires_at": moment(text(pick(body, "expireTime"))) or now + SECONDS,
        "session": {
            "setup": pick(body, "bidiGenerateContentSetup"),
            "mask": mask,
            "opens_until": moment(text(pick(body, "newSessionExpireTime"))) or now + OPENING_SECONDS,
            "uses": 1 if uses is None else uses,
            "taken": 0,
        },
    }


def settled(setup: dict[str, Any], token: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setup of a session that a token opens; raise the error of one that it does not open any more."""
    if time.time() > token["opens_until"]:
        raise RequestError("new_session_expire_time deadline exceeded", status=409)
    resumption = pick(setup, "sessionResumption")
    is_new = not text(pick(mapping(resumption), "handle"))
    if is_new and 0 < token["uses"] <= token["taken"]:
        raise RequestError("Token has been used too many times", status=409)
    own = mapping(token["setup"])
    if not token["mask"]:
        goes_on = {} if resumption is None else {"sessionResumption": resumption}
        return own | goes_on if own else setup
    for path in token["mask"]:
        setup = _locked(setup, own, path.split("."))
    return setup


def _locked(setup: Mapping[str, Any], own: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """Return the setup with a field as the token has it, or without it where it has none."""
    name, *rest = path
    value = pick(own, name)
    if rest:
        value = _locked(mapping(pick(setup, name)), mapping(value), rest)
    others = without_fields(setup, name, snake(name))
    return others if value is None else {**others, name: value}
