"""Read typed values from the environment, and collect their problems instead of raising.

A wrong value leaves its default in place and adds a sentence to `problems`; a system check
(`completions/management/checks.py`) reports these and stops the start, so that a typing error is one clear
line and never a traceback out of the settings module.
"""

import difflib
import os
import re
from collections.abc import Collection, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")

TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")

DATABASES = ("sqlite", "postgres", "postgresql")
SQLITE = {
    "OPTIONS": {
        "timeout": 5,
        "transaction_mode": "IMMEDIATE",
        # A checkpoint copies so many pages and waits for the disk: 8 MB at a time, for 64 MB once took seconds.
        "init_command": (
            "PRAGMA page_size=65536; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=128;"
        ),
    }
}
POSTGRES = {"connect_timeout": 5}
"""Seconds; without it, a host that does not answer would block for minutes."""


PREFIX = "MOCK_"
"""The prefix of settings that can only be meant for the mock."""

MIN_SIMILARITY = 0.85
"""The least similarity, of 1, of a misspelt name to a setting: PORTT and PORT, API_KEY and API_KEYS."""

MAX_SHOWN = 200
"""The most characters of a wrong value that are shown."""

LINE = re.compile(
    r"""\s*(?:\#.*|(?:export\s+)?(?P<name>[\w.-]+)\s*=\s*(?P<value>'[^']*'|"(?:\\.|[^"\\])*"|.*?)\s*(?:(?<!\S)\#.*)?)?"""
)
"""A line of a file of settings: a name and a value, which may have quotes; a comment follows a space or is all."""

REFERENCE = re.compile(r"\$(\w+)")
"""A value that refers to another variable."""

ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://(\*\.)?([a-z0-9._-]+|\[[0-9a-f:]+\])(:(\d+|\*))?", re.IGNORECASE)
"""An entry of CORS_ORIGINS."""


HOST = re.compile(r"\*|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
"""An entry of ALLOWED_HOSTS; Django compares it with the name in a `Host` header without the port."""


class Environment:
    """The environment, on top of an optional `.env` file; the environment takes precedence."""

    def __init__(self, source: Mapping[str, str] | None = None, file: Path | None = None) -> None:
        self.problems: list[str] = []
        self._invalid_names: set[str] = set()
        self._repeated: dict[str, str] = {}
        self._read_names: set[str] = set()
        # A class of its own, because `read_env` writes into its class's ENVIRON: os.environ stays as it is.
        self._env = type("Env", (environ.Env,), {"ENVIRON": dict(os.environ if source is None else source)})()
        if file is not None:
            self._read_file(file)

    def doubts(self, more_names: Collection[str] = ()) -> list[str]:
        """Return warnings about variables that were not read but have our prefix, or a misspelt name of ours.

        Settings that the file has twice are included. `more_names` are names that are read elsewhere.
        """
        names = {*self._read_names, *more_names}
        known = {_normalized(name): name for name in names}
        warnings = [self._repeated[name] for name in sorted(self._repeated.keys() & names)]
        for name in sorted((self._env.ENVIRON.keys() | self._invalid_names) - names):
            close = difflib.get_close_matches(_normalized(name), known, 1, MIN_SIMILARITY)
            hint = f" Did you mean {known[close[0]]}?" if close else ""
            if close or name.startswith(PREFIX):
                warnings.append(f"{name} is set, and there is no such setting.{hint}")
        return warnings

    def text(self, name: str, default: str) -> str:
        """A string, as it is."""
        return self._raw(name) or default

    def choice(self, name: str, default: str, allowed: Collection[str]) -> str:
        """One of `allowed`, in any case of letters."""
        raw = self._raw(name)
        for value in allowed:
            if raw.lower() == value.lower():
                return value
        return default if not raw else self._reject(name, raw, f"one of {', '.join(allowed)}", default)

    def flag(self, name: str, default: bool) -> bool:
        """A boolean: true, yes, on, 1 or false, no, off, 0."""
        raw = self._raw(name).lower()
        if raw in TRUE or raw in FALSE:
            return raw in TRUE
        return default if not raw else self._reject(name, raw, f"one of {', '.join(TRUE + FALSE)}", default)

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self._number(name, default, (low, high), int, f"a whole number from {low} to {high}"))

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number from `low` to `high`, both included."""
        return self._number(name, default, (low, high), float, f"a number from {low:.15g} to {high:.15g}")

    def names(self, name: str, default: list[str]) -> list[str]:
        """Strings separated by commas."""
        raw = self._raw(name)
        found = [text for part in raw.split(",") if (text := part.strip())]
        if raw and not found:
            return self._reject(name, raw, "values separated by commas", default)
        return found or default

    def origins(self, name: str) -> list[str]:
        """Origins of web pages, separated by commas: `*`, `null`, `https://app.example`; `*` for subdomain or port."""
        found = [text.rstrip("/") for text in self.names(name, [])]
        allowed = "* or origins such as http://localhost:5173, http://localhost:* and https://*.example.com"
        for text in found:
            if not ORIGIN.fullmatch(text):
                return self._reject(name, text, allowed, [])
        return found

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Hosts, separated by commas: `example.com`, `.example.com` with all below it, `[::1]`, `*` for all."""
        found = self.names(name, default)
        for text in found:
            if not HOST.fullmatch(text):
                allowed = "hosts without scheme and port: app.example, or .app.example with all its subdomains"
                return self._reject(name, text, f"{allowed}, 127.0.0.1, [::1], or * for all", default)
        return found

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's configuration of a database by its URL, `sqlite:///file` or `postgres://user:password@host:port/name`.

        SQLite is configured for one writer at a time, which other writers wait for, and readers that never wait.
        """
        raw = self._raw(name)
        try:
            return self._database(raw or default)
        except ValueError as exc:
            shown = re.sub(r"(//[^/@]*):[^/]*@", r"\1:...@", raw)  # without the password
            why = f" ({exc})" if exc.args else ""
            allowed = f"sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME{why}"
            return self._database(self._reject(name, shown, allowed, default))

    def _database(self, url: str) -> dict[str, Any]:
        """Return Django's configuration for a database's URL; raise `ValueError`, with a reason if there is one."""
        scheme = url.partition("://")[0]
        found: dict[str, Any] = self._env.db_url_config(url) if scheme in DATABASES else {}
        if not found.get("NAME"):
            raise ValueError
        return found | SQLITE if scheme == "sqlite" else found | {"OPTIONS": POSTGRES | found.get("OPTIONS", {})}

    def state_url(self, name: str, default: str) -> str:
        """The address of a state store: `memory://`, or Redis by `redis://`, `rediss://` (TLS) or `unix://`."""
        raw = self._raw(name)
        if not raw or _is_state_url(raw):
            return raw or default
        secret = re.sub(r"(//[^:@/]*):.*@", r"\1:***@", raw)
        allowed = "memory://, redis://HOST:6379/0, rediss://USER:PASSWORD@HOST:6379/0 or unix:///PATH?db=0"
        return self._reject(name, secret, allowed, default)

    def _number(
        self, name: str, default: float, limits: tuple[float, float], kind: type[int] | type[float], allowed: str
    ) -> float:
        raw = self._raw(name)
        if not raw:
            return default
        try:
            value = kind(raw)
        except ValueError:
            return self._reject(name, raw, allowed, default)
        return value if limits[0] <= value <= limits[1] else self._reject(name, raw, allowed, default)

    def _raw(self, name: str) -> str:
        """The stripped text of a variable; an empty one counts as absent, as in `.env` files.

        `$OTHER` is the value of another variable, and `\\$OTHER` that text.
        """
        text, visited = self._text(name), {name}
        while (found := REFERENCE.fullmatch(text)) is not None:
            other = found[1]
            if other in visited or other not in self._env.ENVIRON:
                problem = f"{name}={text!r} refers to the variable {other}, which is not set."
                self.problems.append(f"{problem} Write \\{text} for the text itself.")
                return ""
            visited.add(other)
            text = self._text(other)
        return text[1:] if text.startswith("\\$") else text

    def _text(self, name: str) -> str:
        self._read_names.add(name)
        return str(self._env.ENVIRON.get(name, "")).strip()

    def _read_file(self, file: Path) -> None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as exc:
            self.problems.append(f"{file} is not UTF-8 text: {exc.reason} at byte {exc.start}.")
            return
        except OSError as exc:
            self.problems.append(f"The settings file {file}, which ENV_FILE names, cannot be read: {exc.strerror}.")
            return
        settings: dict[str, tuple[int, str]] = {}
        for number, line in enumerate(lines, 1):
            if (found := LINE.fullmatch(line)) is None:
                shown = line.strip()[:60]
                self.problems.append(
                    f"{file}:{number}: {shown!r} is not a setting. Write NAME=value, or # for a comment."
                )
            elif name := found["name"]:
                first, value = settings.setdefault(name, (number, found["value"]))
                if value != found["value"]:
                    self._repeated[name] = f"{file}:{number}: {name} is set twice; line {first} sets it too."
        self._invalid_names = {name for name in settings if not name.isidentifier()}
        valid_lines = [f"{name}={value}" for name, (_, value) in settings.items() if name not in self._invalid_names]
        self._env.read_env(StringIO("\n".join(valid_lines)))  # it knows quotes, but drops a line with other spaces

    def _reject(self, name: str, raw: str, allowed: str, default: T) -> T:
        shown_default: object = str(default).lower() if isinstance(default, bool) else default
        if isinstance(default, float):
            shown_default = f"{default:.15g}"
        if isinstance(default, list):
            shown_default = ",".join(default) or "none"
        excerpt = raw if len(raw) <= MAX_SHOWN else f"{raw[:MAX_SHOWN]}…"
        self.problems.append(f"{name}={excerpt!r} is not allowed: it takes {allowed}. The default is {shown_default}.")
        return default


def _normalized(name: str) -> str:
    """Return a name in the form for comparison: JOURNALKEEP and journal_keep are both JOURNAL_KEEP."""
    return re.sub("[-_.]", "", name.upper())


def _is_state_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        _ = url.port  # a wrong one raises
    except ValueError:
        return False
    match url.scheme:
        case "memory":
            return text == "memory://"
        case "unix":
            return url.path.startswith("/")
    return url.scheme in ("redis", "rediss") and bool(url.hostname) and re.fullmatch(r"/?\d*", url.path) is not None
