"""AWS's signatures (version 4): any is taken that is whole and of now; nobody here knows the secret key.

The wordings are AWS's own, as its users quote them.
"""

import re
import time
from calendar import timegm
from collections.abc import Mapping

from completions.wire.bedrock.errors import AmazonError

ALGORITHM = "AWS4-HMAC-SHA256"
LIFE = 300
"""Seconds by which the time of a signature may differ from the server's."""

PARTS = ("Credential", "SignedHeaders", "Signature")
SHAPE = "%Y%m%dT%H%M%SZ"


def check(headers: Mapping[str, str], clock: float | None = None) -> None:
    """Refuse a signature that lacks a part or whose time has passed; `clock` is in seconds since the epoch."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme != ALGORITHM:
        return
    parts = dict(re.findall(r"(\w+)=([^,\s]+)", given))
    if lacking := [name for name in PARTS if name not in parts]:
        said = " ".join(f"Authorization header requires '{name}' parameter." for name in lacking)
        raise AmazonError("IncompleteSignatureException", f"{said} Authorization={ALGORITHM}", 403)
    if (moment := headers.get("x-amz-date")) is not None:
        _check_time(moment, parts["Credential"].split("/"), time.time() if clock is None else clock)


def _check_time(moment: str, credential: list[str], now: float) -> None:
    signed = _read(moment)
    if signed < now - LIFE:
        limit = f"{_written(now - LIFE)} ({_written(now)} - 5 min.)"
        raise _invalid(f"Signature expired: {moment} is now earlier than {limit}")
    if signed > now + LIFE:
        limit = f"{_written(now + LIFE)} ({_written(now)} + 5 min.)"
        raise _invalid(f"Signature not yet current: {moment} is still later than {limit}")
    if len(credential) != 5 or credential[1] != moment[:8]:
        day = credential[1] if len(credential) > 1 else ""
        raise _invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{day}' != '{moment[:8]}', from '{moment}'."
        )


def _read(moment: str) -> int:
    try:
        return timegm(time.strptime(moment, SHAPE))
    except ValueError:
        place = "See http://en.wikipedia.org/wiki/ISO_8601"
        raise _invalid(f"Date must be in ISO-8601 'basic format'. Got '{moment}'. {place}") from None


def _written(moment: float) -> str:
    return time.strftime(SHAPE, time.gmtime(moment))


def _invalid(message: str) -> AmazonError:
    return AmazonError("InvalidSignatureException", message, 403)
