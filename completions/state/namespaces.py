"""Namespaces: isolated worlds with their own script, counters, limits and gates, kept while they hold something."""

import logging
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from completions import budget
from completions.conf import conf
from completions.delivery.gates import MAX_RELEASED, Gates
from completions.delivery.load import Loads
from completions.exceptions import RequestError, ScriptError
from completions.script.pushed import Builder, Pushed
from completions.script.rules import Script
from completions.state.ledger import FIRST, IDLE, Claim, Ledger, Taken
from completions.state.local import MemoryLedger
from completions.state.prefixes import Prefixes
from completions.state.records import Records
from completions.state.script_file import script_file
from completions.state.selection import DEFAULT as DEFAULT
from completions.state.store import is_shared, ledger, shared_store

logger = logging.getLogger("completions")

NAME = r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,128}"
"""The valid names of namespaces: characters that need no escaping in a URL."""

MAX_NAMESPACES = 4096
"""The most namespaces that hold something; a further one replaces one long unused, or else is refused."""

UNUSED = 3600.0
"""Seconds after which an unused namespace may be dropped."""

RECENT = 256
"""Empty namespaces that are kept anyway, because making one takes longer than finding one."""

Edit = Callable[[Pushed], Pushed]


class Namespace:
    """An isolated world: script, rule counters, limits, loads and gates. A new script resets all but the gates.

    `pushed` is what was pushed, as this process last read it. While it is empty, `on_hold` is called before it holds
    something. `used` is when it was last looked up.
    """

    on_hold: "Callable[[Namespace], None] | None" = None
    used = 0.0

    def __init__(self, name: str, source: str, ledger: Ledger | None = None) -> None:
        self.name, self.source = name, source
        self.file = script_file(source)
        self.removed = False
        self._ledger: Ledger = MemoryLedger() if ledger is None else ledger
        self.is_local = isinstance(self._ledger, MemoryLedger)
        self.pushed = Pushed()
        self.builder = Builder(self.file.folder)
        self._base = self._script = self.file.script
        self._of = self.pushed
        self._problem: str | None = None
        self._loads, self._loads_of = Loads(), self._epoch

    @property
    def script(self) -> Script:
        """The script: the last valid version of the file, with what was pushed."""
        if self.file.script is not self._base or self.pushed is not self._of:
            self._rebuild()
        return self._script

    @property
    def is_to_look(self) -> bool:
        """Whether `look` would do anything."""
        file = self.file
        return time.monotonic() >= file.next_look or file.script is not self._base or self.pushed is not self._of

    async def look(self) -> None:
        """Check whether the script has changed, and read the changes in a thread."""
        if time.monotonic() >= self.file.next_look:
            await self.file.look()
        if self.file.script is not self._base or self.pushed is not self._of:
            await budget.in_thread(self._rebuild)

    @property
    def problem(self) -> str | None:
        """What is wrong with the file, so that an older script still answers, or with its data; None if nothing is."""
        script = self.script
        return self.file.problem or self._problem or script.data_problem

    @property
    def gates(self) -> Gates:
        """The gates at which answers wait."""
        self._hold()
        return self._ledger.gates

    @property
    def loads(self) -> Loads:
        """The machines that answers share, in this process only."""
        if self._loads_of != self._epoch:
            self._loads, self._loads_of = Loads(), self._epoch
        return self._loads

    @property
    def records(self) -> Records:
        """The stored documents."""
        self._hold()
        return self._ledger.records

    @property
    def prefixes(self) -> Prefixes:
        """The prompt cache."""
        return self._ledger.prefixes

    @property
    def has_cassettes(self) -> bool:
        """Whether it plays or records answers. Every request asks, so it calls nothing else."""
        pushed = self.pushed.cassettes
        return bool(conf.CASSETTES) if pushed is None else pushed != "null"

    @property
    def away(self) -> bool:
        """Whether the state shared between workers is unreachable at the moment."""
        return self._ledger.away

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with it: what it holds, if anything, is in Redis or in its file."""
        return not isinstance(self._ledger, MemoryLedger) or self._ledger.is_empty

    def _hold(self) -> None:
        if self.on_hold is not None:
            self.on_hold(self)

    async def take(self, claim: Claim) -> Taken:
        """Take what a request claims; raise `ScriptChanged`, or the limits' `RequestError`, without taking anything."""
        if claim is IDLE and self.is_local:
            return FIRST
        self._hold()
        return await self._ledger.take(claim._replace(version=self.pushed.version, epoch=self._epoch))

    async def refresh(self) -> bool:
        """Read what other processes pushed; return whether there was anything."""
        latest = await self._ledger.read()
        moved = latest.version != self.pushed.version
        if moved:
            self.pushed = latest
        await self.look()
        return moved

    async def change(self, edit: Edit, forget: Collection[str] = ()) -> None:
        """Push something; raise `ScriptError`, without changing anything, if the result is not a valid script."""
        while True:
            current = await self._ledger.read()
            edited = await budget.in_thread(edit, current)
            wanted = replace(edited, version=(current.version or _first_version()) + 1)
            await budget.in_thread(self.builder.build, self.file.script, wanted)
            self._hold()
            if await self._ledger.write(wanted, current.version, forget, self._epoch_of(current)):
                self.pushed = wanted
                await self.look()
                return

    async def reset(self) -> None:
        """Return to the file's script, with all counters at zero, no waiting answers and no stored documents."""
        await self.records.clear()
        await self.prefixes.clear()
        await self.change(lambda pushed: Pushed(epoch=new_epoch()))
        await self.gates.release_all()  # at last, so that what goes on finds the rest gone

    async def release(self, gate: str) -> int:
        """Let all pass that wait at a gate, and return how many they are; where none does, the next one passes.

        Raise the 409 where too many gates were released that nobody has come to.
        """
        released = await self.gates.release(gate)
        if released is None:
            raise RequestError(
                f"Nothing waits at this gate, and {MAX_RELEASED} others were released before an answer waited there. "
                "`POST /_mock/reset` closes those.",
                status=409,
                code="too_many_gates",
            )
        return released

    async def give_back(self, rule: str | None) -> None:
        """Give back one use of a rule whose answer was not sent; of what no rule counts there is nothing to give."""
        if rule is not None:
            await self._ledger.give_back(rule, self._epoch)

    async def uses(self) -> dict[str, int]:
        """Return how often each counted rule has answered."""
        return await self._ledger.uses(self._epoch)

    async def remove(self) -> bool:
        """Delete everything that it holds; return whether there was anything."""
        there = await self._ledger.remove()
        self.removed = True
        return there

    @property
    def _epoch(self) -> str:
        return self._epoch_of(self.pushed)

    def _epoch_of(self, pushed: Pushed) -> str:
        return f"{pushed.epoch}/{self.file.digest if pushed.script is None else ''}"

    def _rebuild(self) -> None:
        base, pushed = self.file.script, self.pushed
        try:
            script = self.builder.build(base, pushed)
        except ScriptError as exc:
            script, self._problem = self._script, exc.summary
            logger.error("The script cannot be used, so the previous one stays in use: %s", exc.summary)
        else:
            self._problem = None
        self._script, self._base, self._of = script, base, pushed


def new_epoch() -> str:
    """Return a new name for an epoch."""
    return secrets.token_hex(8)


def _first_version() -> int:
    """Return a random first version, because a worker may still know an earlier namespace of the same name."""
    return secrets.randbits(48)


Key = tuple[str, str, str]
"""The name of a namespace, and the script and the state store that it was made with."""


class _Spaces:
    """The namespaces of this process. An empty one exists only as long as it is in use."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, Namespace] = OrderedDict()
        self.alive: WeakValueDictionary[Key, Namespace] = WeakValueDictionary()
        self._recent: deque[Namespace] = deque(maxlen=RECENT)
        self._sweep_at = RECENT

    def get(self, name: str) -> "Namespace | None":
        """Return an existing namespace."""
        key = (name, conf.MOCK_SCRIPT, conf.STATE_URL)  # `_key`, which each request pays for
        found = self.kept.get(key)
        if found is None:
            return self.alive.get(key)
        self.kept.move_to_end(key)
        found.used = time.monotonic()
        return found

    def make(self, name: str) -> "Namespace":
        """Make a namespace. The most recent ones are kept for a while, so that the next use is fast."""
        key = _key(name)
        found = self.alive[key] = Namespace(name, conf.MOCK_SCRIPT, ledger(name))
        found.on_hold = partial(self.keep, key)
        if name == DEFAULT:
            found.on_hold(found)
        else:
            self._recent.append(found)
        return found

    def keep(self, key: Key, space: "Namespace") -> None:
        """Keep a namespace that is about to hold something; raise the 503 if too many do."""
        if len(self.kept) >= min(self._sweep_at, MAX_NAMESPACES):
            self._sweep()
        if len(self.kept) >= MAX_NAMESPACES:
            self._make_room()
        self.kept[key], space.on_hold = space, None
        space.used = time.monotonic()

    def drop(self, name: str) -> None:
        """Forget a namespace, whatever it holds."""
        self.kept.pop(_key(name), None)
        if (found := self.alive.pop(_key(name), None)) is not None:
            found.on_hold = None

    def clear(self) -> None:
        """Forget all namespaces."""
        self.kept.clear()
        self.alive.clear()
        self._recent.clear()

    def _sweep(self) -> None:
        """Let go of the namespaces that hold nothing."""
        for key, space in [*self.kept.items()]:
            if space.is_empty and space.name != DEFAULT:
                del self.kept[key]
                space.on_hold = partial(self.keep, key)
        self._sweep_at = max(RECENT, 2 * len(self.kept))

    def _make_room(self) -> None:
        """Let go of the least recently used namespace if it is old enough; what is in Redis stays there."""
        key = next((key for key in self.kept if key[0] != DEFAULT), None)
        if key is None:
            return
        if not is_shared():
            if time.monotonic() - self.kept[key].used < UNUSED:
                raise RequestError(
                    f"There are already {MAX_NAMESPACES} namespaces with rules, counts or documents, and each was "
                    "used within the last hour. Remove some: DELETE /_mock/namespaces/NAME.",
                    status=503,
                    type="server_error",
                    code="too_many_namespaces",
                )
            logger.warning(
                "There are over %d namespaces, so the one that was unused for the longest time was removed: %s",
                MAX_NAMESPACES,
                key[0],
            )
        del self.kept[key]
        self.alive.pop(key, None)


def _key(name: str) -> Key:
    return name, conf.MOCK_SCRIPT, conf.STATE_URL


_spaces = _Spaces()


def namespace(name: str = DEFAULT) -> Namespace:
    """Return the namespace of that name, new if need be; raise `ScriptError` if its script was never valid."""
    found = _spaces.get(name)
    if found is not None:
        return found
    _check_name(name)
    return _spaces.make(name)


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise RequestError(
            f"'{name[:200]}' cannot be a namespace: a name has 1 to 128 letters, digits, '.', '_', '~' and '-', "
            "but is not '.' or '..'.",
            code="invalid_namespace",
            param="X-Mock-Namespace",
        )


async def names() -> list[str]:
    """Return the names of the namespaces that hold something, whichever worker made them."""
    store = shared_store()
    if store is not None:
        return sorted(await store.names())
    return sorted(key[0] for key, space in _spaces.kept.items() if key == _key(key[0]) and not space.is_empty)


async def remove(name: str) -> bool:
    """Remove a namespace with everything in it; return whether it held anything."""
    _check_name(name)
    found = _spaces.get(name) or (Namespace(name, conf.MOCK_SCRIPT, ledger(name)) if is_shared() else None)
    if found is None:
        return False
    there = await found.remove()
    _spaces.drop(name)
    if (store := shared_store()) is not None:
        await store.calls.tell_removed(name)
    return there


def forget(name: str) -> None:
    """Forget a namespace that another worker has removed, so that what still runs in it is not recorded either."""
    if (found := _spaces.get(name)) is not None:
        found.removed = True
        _spaces.drop(name)
