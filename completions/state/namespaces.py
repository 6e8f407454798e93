"""Namespaces: isolated worlds, each with a script, counters, limits and gates, which live while they have content."""

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
from completions.state.ledger import EMPTY_CLAIM, FIRST_RULE, Claim, ClaimResult, Ledger
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
"""The most namespaces with content; a further one replaces one that is long unused, or else is refused."""

MAX_UNUSED_SECONDS = 3600.0
"""Seconds after which an unused namespace may be dropped."""

MAX_RECENT = 256
"""The empty namespaces that stay in memory, because making one takes longer than finding one."""

Edit = Callable[[Pushed], Pushed]


class Namespace:
    """An isolated world: script, rule counters, limits, loads and gates. A new script resets all but the gates.

    `pushed` is the pushed state, as this process last read it. `on_first_content` is called before a namespace gets its
    first content. `used` is when it was last looked up.
    """

    on_first_content: "Callable[[Namespace], None] | None" = None
    used = 0.0

    def __init__(self, name: str, source: str, ledger: Ledger | None = None) -> None:
        self.name, self.source = name, source
        self.file = script_file(source)
        self.removed = False
        self._ledger: Ledger = MemoryLedger() if ledger is None else ledger
        self.is_local = isinstance(self._ledger, MemoryLedger)
        self.pushed = Pushed()
        self.builder = Builder(self.file.folder)
        self._built_base = self._script = self.file.script
        self._built_pushed = self.pushed
        self._problem: str | None = None
        self._loads, self._loads_epoch = Loads(), self._epoch

    @property
    def script(self) -> Script:
        """The script: the last valid version of the file, with the pushed changes."""
        if self.file.script is not self._built_base or self.pushed is not self._built_pushed:
            self._rebuild()
        return self._script

    @property
    def needs_check(self) -> bool:
        """Whether `check_for_changes` would do anything."""
        file = self.file
        return (
            time.monotonic() >= file.next_check
            or file.script is not self._built_base
            or self.pushed is not self._built_pushed
        )

    async def check_for_changes(self) -> None:
        """Check whether the script has changed, and read the changes in a thread."""
        if time.monotonic() >= self.file.next_check:
            await self.file.check_for_changes()
        if self.file.script is not self._built_base or self.pushed is not self._built_pushed:
            await budget.in_thread(self._rebuild)

    @property
    def problem(self) -> str | None:
        """The error in the file, so that an older script still answers, or in its data; None if there is none."""
        script = self.script
        return self.file.problem or self._problem or script.data_problem

    @property
    def gates(self) -> Gates:
        """The gates at which answers wait."""
        self._note_content()
        return self._ledger.gates

    @property
    def loads(self) -> Loads:
        """The machines that answers share, in this process only."""
        if self._loads_epoch != self._epoch:
            self._loads, self._loads_epoch = Loads(), self._epoch
        return self._loads

    @property
    def records(self) -> Records:
        """The stored documents."""
        self._note_content()
        return self._ledger.records

    @property
    def prefixes(self) -> Prefixes:
        """The prompt cache."""
        return self._ledger.prefixes

    @property
    def has_cassettes(self) -> bool:
        """Whether it plays or records answers. Every request reads this, so it calls nothing else."""
        pushed = self.pushed.cassettes
        return bool(conf.CASSETTES) if pushed is None else pushed != "null"

    @property
    def away(self) -> bool:
        """Whether the state shared between workers is unreachable at the moment."""
        return self._ledger.away

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with it: any content is in Redis or in its file."""
        return not isinstance(self._ledger, MemoryLedger) or self._ledger.is_empty

    def _note_content(self) -> None:
        if self.on_first_content is not None:
            self.on_first_content(self)

    async def take(self, claim: Claim) -> ClaimResult:
        """Grant a claim; raise `ScriptChanged`, or the limits' `RequestError`, without counting anything."""
        if claim is EMPTY_CLAIM and self.is_local:
            return FIRST_RULE
        self._note_content()
        return await self._ledger.take(claim._replace(version=self.pushed.version, epoch=self._epoch))

    async def refresh(self) -> bool:
        """Read what other processes pushed; return whether there was anything."""
        latest = await self._ledger.read()
        is_changed = latest.version != self.pushed.version
        if is_changed:
            self.pushed = latest
        await self.check_for_changes()
        return is_changed

    async def change(self, edit: Edit, forget: Collection[str] = ()) -> None:
        """Edit the pushed state; raise `ScriptError`, and change nothing, if the result is not a valid script."""
        while True:
            current = await self._ledger.read()
            edited = await budget.in_thread(edit, current)
            new_state = replace(edited, version=(current.version or _first_version()) + 1)
            await budget.in_thread(self.builder.build, self.file.script, new_state)
            self._note_content()
            if await self._ledger.write(new_state, current.version, forget, self._epoch_of(current)):
                self.pushed = new_state
                await self.check_for_changes()
                return

    async def reset(self) -> None:
        """Return to the file's script, with all counters at zero, no waiting answers and no stored documents."""
        await self.records.clear()
        await self.prefixes.clear()
        await self.change(lambda pushed: Pushed(epoch=new_epoch()))
        await self.gates.release_all()  # last, so that released answers find the rest removed

    async def release(self, gate: str) -> int:
        """Release the answers that wait at a gate, and return their number; where none waits, the next one passes.

        Raise the 409 where too many gates were released ahead.
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
        """Give back one use of a rule whose answer was not sent; without a rule, do nothing."""
        if rule is not None:
            await self._ledger.give_back(rule, self._epoch)

    async def uses(self) -> dict[str, int]:
        """Return how often each counted rule has answered."""
        return await self._ledger.uses(self._epoch)

    async def remove(self) -> bool:
        """Delete all content; return whether there was any."""
        had_content = await self._ledger.remove()
        self.removed = True
        return had_content

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
        self._script, self._built_base, self._built_pushed = script, base, pushed


def new_epoch() -> str:
    """Return a new name for an epoch."""
    return secrets.token_hex(8)


def _first_version() -> int:
    """Return a random first version, because a worker may still know an earlier namespace of the same name."""
    return secrets.randbits(48)


Key = tuple[str, str, str]
"""The name of a namespace, and the script and the state store with which it was made."""


class _Namespaces:
    """The namespaces of this process. Those with content are in `strong`; an empty one lives while it is in use."""

    def __init__(self) -> None:
        self.strong: OrderedDict[Key, Namespace] = OrderedDict()
        self.weak: WeakValueDictionary[Key, Namespace] = WeakValueDictionary()
        self._recent: deque[Namespace] = deque(maxlen=MAX_RECENT)
        self._sweep_at = MAX_RECENT

    def get(self, name: str) -> "Namespace | None":
        """Return an existing namespace."""
        key = (name, conf.MOCK_SCRIPT, conf.STATE_URL)  # as `_key` does; every request runs this
        space = self.strong.get(key)
        if space is None:
            return self.weak.get(key)
        self.strong.move_to_end(key)
        space.used = time.monotonic()
        return space

    def make(self, name: str) -> "Namespace":
        """Make a namespace. The most recent ones stay in memory for a while, so that the next use is fast."""
        key = _key(name)
        space = self.weak[key] = Namespace(name, conf.MOCK_SCRIPT, ledger(name))
        space.on_first_content = partial(self.keep, key)
        if name == DEFAULT:
            space.on_first_content(space)
        else:
            self._recent.append(space)
        return space

    def keep(self, key: Key, space: "Namespace") -> None:
        """Keep a namespace that is about to get content; raise the 503 if too many have some."""
        if len(self.strong) >= min(self._sweep_at, MAX_NAMESPACES):
            self._sweep()
        if len(self.strong) >= MAX_NAMESPACES:
            self._make_room()
        self.strong[key], space.on_first_content = space, None
        space.used = time.monotonic()

    def drop(self, name: str) -> None:
        """Drop a namespace with its content."""
        self.strong.pop(_key(name), None)
        if (space := self.weak.pop(_key(name), None)) is not None:
            space.on_first_content = None

    def clear(self) -> None:
        """Drop all namespaces."""
        self.strong.clear()
        self.weak.clear()
        self._recent.clear()

    def _sweep(self) -> None:
        """Drop the namespaces without content."""
        for key, space in [*self.strong.items()]:
            if space.is_empty and space.name != DEFAULT:
                del self.strong[key]
                space.on_first_content = partial(self.keep, key)
        self._sweep_at = max(MAX_RECENT, 2 * len(self.strong))

    def _make_room(self) -> None:
        """Drop the least recently used namespace if it is old enough; content in Redis stays there."""
        key = next((key for key in self.strong if key[0] != DEFAULT), None)
        if key is None:
            return
        if not is_shared():
            if time.monotonic() - self.strong[key].used < MAX_UNUSED_SECONDS:
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
        del self.strong[key]
        self.weak.pop(key, None)


def _key(name: str) -> Key:
    return name, conf.MOCK_SCRIPT, conf.STATE_URL


_spaces = _Namespaces()


def namespace(name: str = DEFAULT) -> Namespace:
    """Return the namespace of that name, made if needed; raise `ScriptError` if its script was never valid."""
    space = _spaces.get(name)
    if space is not None:
        return space
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
    """Return the names of the namespaces with content, whichever worker made them."""
    store = shared_store()
    if store is not None:
        return sorted(await store.names())
    return sorted(key[0] for key, space in _spaces.strong.items() if key == _key(key[0]) and not space.is_empty)


async def remove(name: str) -> bool:
    """Remove a namespace with its content; return whether it had any."""
    _check_name(name)
    space = _spaces.get(name) or (Namespace(name, conf.MOCK_SCRIPT, ledger(name)) if is_shared() else None)
    if space is None:
        return False
    had_content = await space.remove()
    _spaces.drop(name)
    if (store := shared_store()) is not None:
        await store.calls.announce_removed(name)
    return had_content


def forget(name: str) -> None:
    """Drop a namespace that another worker has removed, so that its running requests are not recorded either."""
    if (space := _spaces.get(name)) is not None:
        space.removed = True
        _spaces.drop(name)
