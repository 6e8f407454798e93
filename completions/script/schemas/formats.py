"""The formats of JSON Schema, for step 3: a generator of sensible texts for each, and a check.

Defined by JSON Schema 2020-12 Validation, section 7.3. A format that is not listed here allows any text.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from ipaddress import IPv4Address, IPv6Address
from random import Random

NAMES = ("ada", "grace", "alan", "edsger", "barbara", "ken", "radia", "linus")
HOSTS = ("example.com", "example.org", "example.net", "api.example.com", "www.example.org")
PATHS = ("docs", "items/42", "about", "reports/2025")

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
CLOCK = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
URI_CHARACTERS = r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its generator of texts, and its check."""

    make: Callable[[Random], str]
    fits: Callable[[str], bool]


def fits(name: object, text: str) -> bool:
    """Tell whether a text has a format; every text has an unknown one."""
    known = FORMATS.get(name) if isinstance(name, str) else None
    return known is None or known.fits(text)


def _whole(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        with suppress(ValueError, re.error):
            parse(text)
            return True
        return False

    return test


def _is_date(text: str) -> bool:
    return len(text) == 10 and text.isascii() and text[4] == "-" and _parses(date.fromisoformat)(text)


def _is_date_time(text: str) -> bool:
    return _is_date(text[:10]) and text[10:11] in ("T", "t") and _whole(CLOCK)(text[11:])


def _is_host(text: str) -> bool:
    return len(text) <= 253 and _whole(rf"{LABEL}(?:\.{LABEL})*")(text)


def _date(random: Random) -> str:
    return date(random.randint(2023, 2026), random.randint(1, 12), random.randint(1, 28)).isoformat()


def _time(random: Random) -> str:
    return time(random.randint(8, 19), random.choice((0, 15, 30, 45))).isoformat()


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _duration(random: Random) -> str:
    return random.choice(("P{}D", "PT{}M", "PT{}H", "P{}W")).format(random.randint(1, 30))


FORMATS: dict[str, Format] = {
    "date-time": Format(lambda random: f"{_date(random)}T{_time(random)}Z", _is_date_time),
    "date": Format(_date, _is_date),
    "time": Format(lambda random: _time(random) + "Z", _whole(CLOCK)),
    "duration": Format(
        _duration,
        _whole(r"P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)"),
    ),
    "email": Format(
        lambda random: f"{random.choice(NAMES)}@{random.choice(HOSTS[:3])}",
        _whole(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]+@{LABEL}(?:\.{LABEL})*"),
    ),
    "hostname": Format(lambda random: random.choice(HOSTS), _is_host),
    "ipv4": Format(lambda random: f"192.0.2.{random.randint(1, 254)}", _parses(IPv4Address)),
    "ipv6": Format(
        lambda random: f"2001:db8::{random.randint(1, 0xFFFF):x}",
        lambda text: "%" not in text and _parses(IPv6Address)(text),
    ),
    "uri": Format(
        lambda random: f"https://{random.choice(HOSTS)}/{random.choice(PATHS)}",
        _whole(rf"[A-Za-z][A-Za-z0-9+.-]*:{URI_CHARACTERS}"),
    ),
    "uri-reference": Format(lambda random: "/" + random.choice(PATHS), _whole(URI_CHARACTERS)),
    "uuid": Format(_uuid, _whole(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    "json-pointer": Format(lambda random: "/" + random.choice(PATHS), _whole(r"(?:/(?:[^~/]|~[01])*)*")),
    "relative-json-pointer": Format(
        lambda random: f"{random.randint(0, 3)}/name", _whole(r"(?:0|[1-9]\d*)(?:#|(?:/(?:[^~/]|~[01])*)*)")
    ),
    "uri-template": Format(
        lambda random: f"https://{random.choice(HOSTS)}/items/{{id}}", _whole(r"(?:[^{}\s]|\{[^{}\s]+\})*")
    ),
    "regex": Format(lambda random: random.choice(("^[a-z]+$", "^[0-9]{4}$")), _parses(lambda text: re.compile(text))),
    "byte": Format(lambda random: random.choice(("aGVsbG8=", "d29ybGQ=")), lambda text: True),
}
FORMATS["idn-email"] = FORMATS["email"]
FORMATS["idn-hostname"] = FORMATS["hostname"]
FORMATS["iri"] = FORMATS["url"] = FORMATS["uri"]
FORMATS["iri-reference"] = FORMATS["uri-reference"]

STRETCHED = {
    "email": "^[a-z]+@[a-z]{1,20}[.][a-z]{2}$",
    "uri": "^https?://[a-z]{1,20}[.][a-z]{2}/[a-z]*$",
    "hostname": "^[a-z]{1,60}([.][a-z]{1,60}){0,3}$",
    "date-time": "^2025-03-1[0-9]T1[0-9]:30:00[.][0-9]+Z$",
}
"""Patterns of formats whose texts may have any length, for schemas that require a length."""
