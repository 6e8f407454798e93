"""Namespaces: isolated worlds, each with its own script, counters, limits and gates, made on first use."""

import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import replace

from completions.conf import conf
from completions.delivery.gates import Gates
from completions.delivery.load import Loads
from completions.exceptions import RequestError, ScriptError
from completions.script.pushed import Builder, Pushed
from completions.script.rules import Script
from completions.state.ledger import FIRST, IDLE, Claim, Ledger, Taken
from completions.state.local import MemoryLedger
from completions.state.records import Records
from completions.state.script_file import script_file
from completions.state.store import is_shared, ledger, shared_store

logger = logging.getLogger("completions")

DEFAULT = "default"

NAME = r"[A-Za-z0-9._~-]{1,128}"
"""What a namespace can be called: what needs no escape in an address."""

MOST = 4096
"""Namespaces at a time; beyond that, the one that was used longest ago goes."""

Edit = Callable[[Pushed], Pushed]


class Namespace:
    """A world of its own: script, rules' counters, limits, loads, gates. Another script starts all but gates anew."""

    def __init__(self, name: str, source: str, ledger: Ledger | None = None) -> None:
        self.name, self.source = name, source
        self.file = script_file(source)
        self.removed = False
        self._ledger: Ledger = MemoryLedger() if ledger is None else ledger
        self.is_local = isinstance(self._ledger, MemoryLedger)
        self._pushed = Pushed()
        self.builder = Builder()
        self._base = self._script = self.file.script
        self._of = self._pushed
        self._problem: str | None = None
        self._loads, self._loads_of = Loads(), self._epoch

    @property
    def script(self) -> Script:
        """The script: the file's, as it was when it was last whole, with what was pushed."""
        file = self.file
        if time.monotonic() >= file.next_look:
            file.look_now()
        if file.script is not self._base or self._pushed is not self._of:
            self._rebuild()
        return self._script

    @property
    def problem(self) -> str | None:
        """What is wrong with the file, so that an older script answers; None where nothing is."""
        _ = self.script
        return self.file.problem or self._problem

    @property
    def gates(self) -> Gates:
        """The gates at which answers wait."""
        return self._ledger.gates

    @property
    def loads(self) -> Loads:
        """The machines that answers share, of this process alone."""
        if self._loads_of != self._epoch:
            self._loads, self._loads_of = Loads(), self._epoch
        return self._loads

    @property
    def records(self) -> Records:
        """What answers were kept, to be asked for again."""
        return self._ledger.records

    @property
    def away(self) -> bool:
        """Whether what workers share cannot be reached just now."""
        return self._ledger.away

    @property
    def pushed(self) -> Pushed:
        """What was pushed, as this process last saw it."""
        return self._pushed

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, and then take nothing."""
        if claim is IDLE and self.is_local:
            return FIRST
        return await self._ledger.take(claim._replace(version=self._pushed.version, epoch=self._epoch))

    async def refresh(self) -> bool:
        """Look for what other processes pushed; return whether there was something."""
        latest = await self._ledger.read()
        moved = latest.version != self._pushed.version
        if moved:
            self._pushed = latest
        return moved

    async def change(self, edit: Edit, forget: Collection[str] = ()) -> None:
        """Push something; raise `ScriptError` where it makes no script, and then change nothing."""
        while True:
            current = await self._ledger.read()
            wanted = replace(edit(current), version=(current.version or _first_version()) + 1)
            self.builder.build(self.file.script, wanted)
            if await self._ledger.write(wanted, current.version, forget, self._epoch_of(current)):
                self._pushed = wanted
                return

    async def reset(self) -> None:
        """Go back to the file's script, with all counters at zero, nobody at a gate and nothing kept."""
        for gate in await self.gates.counts():
            await self.gates.release(gate)
        await self.records.clear()
        await self.change(lambda pushed: Pushed(epoch=new_epoch()))

    async def uses(self) -> dict[str, int]:
        """Return how often each rule has answered whose uses count."""
        return await self._ledger.uses(self._epoch)

    async def remove(self) -> bool:
        """Forget everything that it holds; return whether there was something."""
        there = await self._ledger.remove()
        self.removed = True
        return there

    @property
    def _epoch(self) -> str:
        return self._epoch_of(self._pushed)

    def _epoch_of(self, pushed: Pushed) -> str:
        return f"{pushed.epoch}/{self.file.digest if pushed.script is None else ''}"

    def _rebuild(self) -> None:
        self._base, self._of = self.file.script, self._pushed
        try:
            self._script = self.builder.build(self._base, self._of)
        except ScriptError as exc:
            self._problem = str(exc)
            logger.error("The script cannot be used, so the one before still answers: %s", exc)
        else:
            self._problem = None


def new_epoch() -> str:
    """Return a name for an epoch that never was before."""
    return secrets.token_hex(8)


def _first_version() -> int:
    """Return a version to begin with that no namespace of the name began with before: a worker may still know that."""
    return secrets.randbits(48)


_spaces: OrderedDict[tuple[str, str, str], Namespace] = OrderedDict()


def namespace(name: str = DEFAULT) -> Namespace:
    """Return a namespace, made on first use; raise `ScriptError` where its script never could be read."""
    key = (name, conf.MOCK_SCRIPT, conf.STATE_URL)
    found = _spaces.get(key)
    if found is None:
        if not re.fullmatch(NAME, name):
            raise RequestError(
                f"'{name[:200]}' cannot be a namespace: a name has 1 to 128 letters, digits, '.', '_', '~' and '-'.",
                code="invalid_namespace",
                param="X-Mock-Namespace",
            )
        found = _spaces[key] = Namespace(name, conf.MOCK_SCRIPT, ledger(name))
        if len(_spaces) > MOST:
            (oldest, *_), _ = _spaces.popitem(last=False)
            if not is_shared():  # else it is only out of sight
                logger.warning("There are over %d namespaces, so the oldest one is gone: %s", MOST, oldest)
    _spaces.move_to_end(key)
    return found


async def names() -> list[str]:
    """Return the names of the namespaces that were used, by any worker."""
    store = shared_store()
    if store is not None:
        return sorted(await store.names())
    return sorted({name for name, *where in _spaces if where == [conf.MOCK_SCRIPT, conf.STATE_URL]})


async def remove(name: str) -> bool:
    """Remove a namespace with everything in it; return whether there was one."""
    key = (name, conf.MOCK_SCRIPT, conf.STATE_URL)
    found = _spaces.get(key) or (Namespace(name, conf.MOCK_SCRIPT, ledger(name)) if is_shared() else None)
    if found is None:
        return False
    there = await found.remove()
    _spaces.pop(key, None)
    return there
