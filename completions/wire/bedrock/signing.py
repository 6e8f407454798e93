"""AWS's signatures (version 4): any complete and current one is accepted, because the secret key is not known here.

The wordings are quoted by AWS's users.
"""

import re
import time
from calendar import timegm
from collections.abc import Mapping

from completions.wire.bedrock.errors import AmazonError

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW = 300
"""The maximum difference in seconds between the time of a signature and the server's."""

REQUIRED_PARTS = ("Credential", "SignedHeaders", "Signature")
TIME_FORMAT = "%Y%m%dT%H%M%SZ"


def check(headers: Mapping[str, str], clock: float | None = None) -> None:
    """Refuse a signature that lacks a part or is not current; `clock` is in seconds since the epoch."""
    scheme, _, parameters = headers.get("authorization", "").partition(" ")
    if scheme != ALGORITHM:
        return
    parts = dict(re.findall(r"(\w+)=([^,\s]+)", parameters))
    if missing := [name for name in REQUIRED_PARTS if name not in parts]:
        problems = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise AmazonError("IncompleteSignatureException", f"{problems} Authorization={ALGORITHM}", 403)
    if (date := headers.get("x-amz-date")) is not None:
        _check_time(date, parts["Credential"].split("/"), time.time() if clock is None else clock)


def _check_time(date: str, credential: list[str], now: float) -> None:
    signed_at = _parsed(date)
    if signed_at < now - MAX_SKEW:
        limit = f"{_formatted(now - MAX_SKEW)} ({_formatted(now)} - 5 min.)"
        raise _invalid_signature(f"Signature expired: {date} is now earlier than {limit}")
    if signed_at > now + MAX_SKEW:
        limit = f"{_formatted(now + MAX_SKEW)} ({_formatted(now)} + 5 min.)"
        raise _invalid_signature(f"Signature not yet current: {date} is still later than {limit}")
    if len(credential) != 5 or credential[1] != date[:8]:
        day = credential[1] if len(credential) > 1 else ""
        raise _invalid_signature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{day}' != '{date[:8]}', from '{date}'."
        )


def _parsed(date: str) -> int:
    try:
        return timegm(time.strptime(date, TIME_FORMAT))
    except ValueError:
        hint = "See http://en.wikipedia.org/wiki/ISO_8601"
        raise _invalid_signature(f"Date must be in ISO-8601 'basic format'. Got '{date}'. {hint}") from None


def _formatted(seconds: float) -> str:
    return time.strftime(TIME_FORMAT, time.gmtime(seconds))


def _invalid_signature(message: str) -> AmazonError:
    return AmazonError("InvalidSignatureException", message, 403)
