"""The client's settings: an argument, else the environment, else `.env` in this directory, else a default."""

import difflib
import math
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx

T = TypeVar("T")

MIN_SIMILARITY = 0.85
"""The least similarity, of 1, of a misspelt name to a setting: LLM_TIMOUT and LLM_TIMEOUT."""

FOREIGN_NAMES = frozenset({"LLMMODE", "LLMMODELS", "LLMAPIKEYS", "LLMBASEURLS", "LLMTIMEOUTS"})
"""Names that are as similar to a setting, but are another program's settings."""

ENDPOINT = "/chat/completions"
"""The path that is added to the base URL for each call."""

_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[^\W\d]\w*)\s*=\s*(?P<value>'[^']*'|"(?:\\.|[^"\\])*"|.*?)\s*(?:(?<!\S)\#.*)?"""
)
"""A setting in `.env`; its value may have quotes, and a comment after a space."""


class ConfigError(ValueError):
    """A setting has a value it cannot have; the message names it, the value, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one client; `timeout` in seconds, for each wait on the network."""

    base_url: str
    api_key: str
    model: str
    timeout: float
    max_retries: int


@dataclass(frozen=True, slots=True)
class _Setting(Generic[T]):
    name: str
    default: T
    parse: Callable[[object], T]
    allowed: str
    is_secret: bool = False

    def value(self, argument: T | None, environment: Mapping[str, str]) -> T:
        source, value = self.name, argument
        raw: object = value
        if raw is None:
            source = f"LLM_{self.name.upper()}"
            raw = environment.get(source, "").strip()
            if not raw:  # a line left empty in `.env` asks for the default
                return self.default
        try:
            return self.parse(raw)
        except (TypeError, ValueError, httpx.InvalidURL):
            shown = source if self.is_secret else f"{source}={raw!r}"
            raise ConfigError(f"{shown}: must be {self.allowed}") from None


def read_config(
    base_url: str | None = None,
    api_key: str | None = None,
    model: str | None = None,
    timeout: float | None = None,
    max_retries: int | None = None,
) -> Config:
    """Return the settings in force now; raises `ConfigError`. Writes nothing to `os.environ`.

    Warns of a variable whose name is a misspelt setting.
    """
    environment = _environment()
    for misspelling, setting in _misspellings(environment):
        warnings.warn(f"{misspelling} is set, and there is no such setting. Did you mean {setting}?", stacklevel=3)
    return Config(
        base_url=_BASE_URL.value(base_url, environment),
        api_key=_API_KEY.value(api_key, environment),
        model=_MODEL.value(model, environment),
        timeout=_TIMEOUT.value(timeout, environment),
        max_retries=_MAX_RETRIES.value(max_retries, environment),
    )


def check_parameters(params: dict[str, Any]) -> None:
    """Parse the settings that a call overrides, or raise `ConfigError`; None means the client's setting."""
    for setting in (_BASE_URL, _API_KEY, _MODEL, _MAX_RETRIES, _TIMEOUT):
        value = params.get(setting.name)
        if value is None:
            params.pop(setting.name, None)
        elif setting is not _TIMEOUT or isinstance(value, int | float | str):  # others are httpx's or the SDK's own
            params[setting.name] = setting.value(value, {})


def _misspellings(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables with a misspelt setting that is not set; other programs' names may begin with `LLM` too."""
    names = (f"LLM_{setting.name.upper()}" for setting in (_BASE_URL, _API_KEY, _MODEL, _TIMEOUT, _MAX_RETRIES))
    known = {_normalized(name): name for name in names if name not in environment}
    for name in sorted(environment):
        normalized = _normalized(name)
        if normalized.startswith("LLM") and normalized not in FOREIGN_NAMES and name not in known.values():
            for close in difflib.get_close_matches(normalized, known, 1, MIN_SIMILARITY):
                yield name, known[close]


def _normalized(name: str) -> str:
    return name.upper().replace("_", "")


def _environment() -> Mapping[str, str]:
    path = Path(".env")
    if not path.is_file():
        return os.environ
    import environ  # only when there is a file for it

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(f".env: must be UTF-8 text ({error})") from None
    except OSError as error:
        raise ConfigError(f".env: cannot be read ({error.strerror})") from None
    # `read_env` writes what it reads into ENVIRON, below what is there: here, a copy of the environment.
    reader: Any = type("Reader", (environ.Env,), {"ENVIRON": dict(os.environ)})
    reader.read_env(StringIO("\n".join(_settings(lines))))
    environment: Mapping[str, str] = reader.ENVIRON
    return environment


def _settings(lines: list[str]) -> Iterator[str]:
    """Yield the settings in a file without spaces and comments; lines of other programs are not checked."""
    for number, line in enumerate(lines, 1):
        if found := _LINE.fullmatch(line):
            yield f"{found['name']}={found['value']}"
        elif line.lstrip().startswith("LLM_"):
            raise ConfigError(f".env:{number}: must be NAME=value, not {line.strip()[:60]!r}")


def _url(value: object) -> str:
    """Return a URL that the HTTP client accepts, and to which a path can be added."""
    url = _text(value).strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.port == 0 or not url.isprintable() or set(url) & set(" ?#"):
        raise ValueError(url)
    httpx.URL(url).host.encode("idna")
    if not parts.hostname or parts.path.endswith(ENDPOINT):
        raise ValueError(url)
    return url


def _key(value: object) -> str:
    """Return a key that a header can carry."""
    key = _text(value).strip()
    if not (key.isascii() and key.isprintable()):
        raise ValueError
    return key


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    value.encode()  # bytes of the shell or the environment that are not UTF-8 cannot be sent
    return value


def _seconds(value: object) -> float:
    seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    if not 0 < seconds <= threading.TIMEOUT_MAX:  # not true for NaN either
        raise ValueError(value)
    return seconds


def _count(value: object) -> int:
    count = int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else -1
    if count < 0:
        raise ValueError(value)
    return count


_BASE_URL = _Setting(
    "base_url",
    "http://127.0.0.1:8000/v1",
    _url,
    f"an http:// or https:// URL without a query that ends before {ENDPOINT}",
)
_API_KEY = _Setting("api_key", "mock-key", _key, "ASCII text, not empty, in one line", is_secret=True)
_MODEL = _Setting("model", "mock", _text, "text, not empty")
_TIMEOUT = _Setting("timeout", 60.0, _seconds, "a number of seconds above 0")
_MAX_RETRIES = _Setting("max_retries", 2, _count, "a whole number, 0 or more")
