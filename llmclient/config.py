"""The client's settings: an argument, else the environment, else `.env` in this directory, else a default."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


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

    def value(self, given: T | None, environment: Mapping[str, str]) -> T:
        source, value = self.name, given
        raw: object = value
        if raw is None:
            source = f"LLM_{self.name.upper()}"
            raw = environment.get(source, "").strip()
            if not raw:  # a line left empty in `.env` asks for the default
                return self.default
        try:
            return self.parse(raw)
        except (TypeError, ValueError):
            raise ConfigError(f"{source}={raw!r}: must be {self.allowed}") from None


def read_config(
    base_url: str | None = None,
    api_key: str | None = None,
    model: str | None = None,
    timeout: float | None = None,
    max_retries: int | None = None,
) -> Config:
    """Return the settings in force now; raises `ConfigError`. Writes nothing to `os.environ`."""
    environment = _environment()
    return Config(
        base_url=_BASE_URL.value(base_url, environment),
        api_key=_API_KEY.value(api_key, environment),
        model=_MODEL.value(model, environment),
        timeout=_TIMEOUT.value(timeout, environment),
        max_retries=_MAX_RETRIES.value(max_retries, environment),
    )


def check_parameters(given: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for a setting that a call replaces with a value it cannot have; None leaves it to LiteLLM."""
    for setting in (_BASE_URL, _API_KEY, _MODEL, _MAX_RETRIES, _TIMEOUT):
        value = given.get(setting.name)
        is_others = setting is _TIMEOUT and not isinstance(value, (int, float, str))  # httpx's or the SDK's own
        if value is not None and not is_others:
            setting.value(value, {})


def _environment() -> Mapping[str, str]:
    path = Path(".env")
    if not path.is_file():
        return os.environ
    import environ  # only when there is a file for it

    # `read_env` writes what it reads into ENVIRON, below what is there: here, a copy of the environment.
    reader: Any = type("Reader", (environ.Env,), {"ENVIRON": dict(os.environ)})
    environment: Mapping[str, str] = reader.ENVIRON
    try:
        reader.read_env(path)
    except UnicodeDecodeError as error:
        raise ConfigError(f".env: must be UTF-8 text ({error})") from None
    return environment


def _url(value: object) -> str:
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(url)
    return url


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def _seconds(value: object) -> float:
    seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    if not 0 < seconds < math.inf:  # not true for NaN either
        raise ValueError(value)
    return seconds


def _count(value: object) -> int:
    count = int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else -1
    if count < 0:
        raise ValueError(value)
    return count


_BASE_URL = _Setting("base_url", "http://127.0.0.1:8000/v1", _url, "an http:// or https:// URL")
_API_KEY = _Setting("api_key", "mock-key", _text, "text, not empty")
_MODEL = _Setting("model", "mock", _text, "text, not empty")
_TIMEOUT = _Setting("timeout", 60.0, _seconds, "a number of seconds above 0")
_MAX_RETRIES = _Setting("max_retries", 2, _count, "a whole number, 0 or more")
