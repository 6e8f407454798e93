"""The Lua scripts: each runs in Redis as one step, so that workers never see half of it."""

import hashlib
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("lua")

PREFIX = "mock"
NAMES, WORKERS, ERA = f"{PREFIX}:names", f"{PREFIX}:workers", f"{PREFIX}:era"
CHANNEL = f"{PREFIX}:worker:"
"""What the channels of workers begin with; the process's name follows."""

PROBED = f"{PREFIX}:probe:"
"""What the keys begin with on which is tried whether Redis counts; the process's name follows."""

KEPT = 100_000
"""Seconds, a little over a day, that anything is kept which nobody uses."""


class Script(NamedTuple):
    """A script's text, and the digest by which Redis knows it."""

    text: bytes
    sha: str


DEADLINE = (FOLDER / "deadline.lua").read_bytes()


def _script(name: str) -> Script:
    text = DEADLINE + (FOLDER / f"{name}.lua").read_bytes()
    return Script(text, hashlib.sha1(text, usedforsecurity=False).hexdigest())


FILES = (
    "take settle write uses remove names beat wait leave release counts waiting records call tell prefixes give probe"
)

ALL = tuple(map(_script, FILES.split()))

TAKE, SETTLE, WRITE, USES, REMOVE, NAMED, BEAT, WAIT, LEAVE, RELEASE, COUNTS, WAITING, RECORDS, CALL, TELL = ALL[:15]
PREFIXES, GIVE, PROBE = ALL[15:]


def space_key(name: str) -> str:
    """Return the key of a namespace, with which all of its keys begin."""
    return f"{PREFIX}:ns:{name}"


def digest(*parts: object) -> str:
    """Return a short name for parts that must not stand in a key's: API keys are among them."""
    text = repr(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2s(text, digest_size=12).hexdigest()
