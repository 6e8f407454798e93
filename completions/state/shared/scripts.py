"""The Lua scripts: each runs in Redis as one step, so that workers never see half of it."""

import hashlib
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("lua")

PREFIX = "mock"
NAMES, WORKERS, ERA = f"{PREFIX}:names", f"{PREFIX}:workers", f"{PREFIX}:era"
CHANNEL_PREFIX = f"{PREFIX}:worker:"
"""The prefix of the channels of workers; the process's name follows."""

PROBE_PREFIX = f"{PREFIX}:probe:"
"""The prefix of the keys with which workers test whether Redis counts; the process's name follows."""

MAX_IDLE_SECONDS = 100_000
"""Seconds, a little over a day, after which Redis drops an unused key."""


class Script(NamedTuple):
    """A script's text, and the SHA-1 digest that identifies it in Redis."""

    text: bytes
    sha: str


DEADLINE = (FOLDER / "deadline.lua").read_bytes()


def _script(name: str) -> Script:
    text = DEADLINE + (FOLDER / f"{name}.lua").read_bytes()
    return Script(text, hashlib.sha1(text, usedforsecurity=False).hexdigest())


FILES = (
    "take settle write uses remove names beat wait leave release counts waiting records call tell prefixes give probe"
)

ALL_SCRIPTS = tuple(map(_script, FILES.split()))

TAKE, SETTLE, WRITE, USES, REMOVE, LIST_NAMES, BEAT, WAIT, LEAVE, RELEASE, COUNTS, WAITING, RECORDS, CALL, TELL = (
    ALL_SCRIPTS[:15]
)
PREFIXES, GIVE, PROBE = ALL_SCRIPTS[15:]


def space_key(name: str) -> str:
    """Return the key of a namespace, the prefix of all of its keys."""
    return f"{PREFIX}:ns:{name}"


def digest(*parts: object) -> str:
    """Return a short hash of parts that must not appear in a key's name, such as API keys."""
    text = repr(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2s(text, digest_size=12).hexdigest()
