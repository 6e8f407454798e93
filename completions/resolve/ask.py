"""Steps 2 and 3: from the headers and the body of a request to its prompt and its outcome, without an HTTP request.

The API's views, `try` in the control API, and everything else that answers in a namespace use it, so they always agree.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from completions import budget
from completions.conf import conf
from completions.conversation import Prompt
from completions.exceptions import BodyTooLarge, KeyRefused, RequestError
from completions.faults import STREAM_EFFECTS, effect_of
from completions.outcome import Outcome, Pacing, Upstream
from completions.resolve import models
from completions.resolve.engine import is_answered_elsewhere, may_pass_on, resolve, upstream_of
from completions.resolve.keys import check_key
from completions.resolve.recall import Shelf, recall
from completions.resolve.uploads import with_uploads
from completions.script.rules import Script
from completions.state.ledger import ScriptChanged
from completions.state.namespaces import Namespace
from completions.wire.base import NO_ROUTE, UNREACHED, WireFormat

Headers = Mapping[bytes, bytes]
"""The headers as they were sent, by lower-case name."""


def dialect_of(wire: WireFormat, script: Script) -> WireFormat:
    """Return the format in the dialect that the script chooses."""
    return wire.dialects.get(script.dialect, wire) if wire.dialects else wire


async def ask(  # the last two are for one caller each
    space: Namespace,
    wire: WireFormat,
    headers: Headers,
    body: bytes,
    route: Mapping[str, str] = NO_ROUTE,
    *,
    script: Script | None = None,
    parsed: Callable[[Prompt], None] | None = None,
) -> Prompt:
    """Parse a request in a namespace; raise the error with which its script, or the API's rules, refuse it.

    `route` has the URL's parts. `script` replaces the namespace's. `parsed` gets the prompt unchecked, then recalled.
    """
    script = space.script if script is None else script
    validate = script.validate and not is_answered_elsewhere(space, script)
    wire, text = dialect_of(wire, script), TextHeaders(headers)
    if keys := script.keys or conf.API_KEYS:
        check_key(text, keys)
    if len(body) <= budget.LOOP_CHARACTERS:
        prompt = wire.parse(body, text, validate=validate, route=route)
    else:
        prompt = await budget.in_thread(wire.parse, body, text, validate=validate, route=route)
    if parsed is not None:
        parsed(prompt)
    if places := wire.references(prompt):
        prompt = await recall(Shelf(space.records, script.prompts), wire, prompt, places, validate=validate)
        if parsed is not None:
            parsed(prompt)
    for message in prompt.messages:  # no call, for most prompts have no parts
        if message.parts:
            prompt = await with_uploads(space.records, wire.upload_place, prompt)
            break
    if validate:
        prompt = models.check_model(prompt, wire, script)
        if (room := models.room_to_check(prompt, wire, script, len(body))) is not None:
            prompt = await budget.run(models.fit, prompt, wire, room)
        if models.can_be_deleted(prompt.model):
            await models.check(space, prompt.model)
    return prompt


async def _report_refused(unchecked: Callable[[], Prompt], size: int, parsed: Callable[[Prompt], None]) -> None:
    """Report the prompt of a request that the API's rules refuse, if it can be parsed."""
    with contextlib.suppress(RequestError):
        parsed(unchecked() if size <= budget.LOOP_CHARACTERS else await budget.in_thread(unchecked))


async def answer(  # those of `ask`
    space: Namespace,
    wire: WireFormat,
    headers: Headers,
    body: bytes,
    route: Mapping[str, str] = NO_ROUTE,
    *,
    parsed: Callable[[Prompt], None] | None = None,
) -> tuple[Prompt, Outcome]:
    """Parse and resolve a request, again if another process changed the script meanwhile. The arguments are `ask`'s."""
    while True:
        try:
            prompt = await ask(space, wire, headers, body, route, parsed=parsed)
        except RequestError as exc:
            if await space.refresh():
                continue
            is_unread = isinstance(exc, (KeyRefused, BodyTooLarge))
            if parsed is not None and not is_unread:
                unchecked = partial(dialect_of(wire, space.script).parse, body, TextHeaders(headers), validate=False)
                await _report_refused(partial(unchecked, route=route), len(body), parsed)
            upstream = None if is_unread else upstream_of(space.script)
            if upstream is not None and upstream.model_for(wire.name) is None and await may_pass_on(space):
                return _unparsed(wire, upstream)
            raise
        try:
            outcome = await resolve(space, prompt)
        except ScriptChanged:
            await space.refresh()
            continue
        if wire.has_fallbacks:
            prompt, outcome = await _with_fallbacks(space, wire, prompt, outcome)
        if outcome.error is not None and outcome.error.facts:
            outcome.error.facts = _with_window(outcome.error.facts, prompt, wire, space.script)
        return _chunked(prompt, outcome, wire), outcome


async def _with_fallbacks(
    space: Namespace, wire: WireFormat, prompt: Prompt, outcome: Outcome
) -> tuple[Prompt, Outcome]:
    """Return the answer of the first model that does not decline, with its prompt.

    If one of them cannot answer at all, the previous refusal is returned, with the name of that model, or its error.
    """
    while outcome.reply is not None and (other := wire.fallback_prompt(prompt, outcome.reply)) is not None:
        found = await resolve(space, other)
        if found.reply is None and not wire.raises_fallback_errors:
            return replace(prompt, recalled={**prompt.recalled, UNREACHED: other.model}), outcome
        prompt, outcome = other, found
    return prompt, outcome


def _with_window(facts: Mapping[str, object], prompt: Prompt, wire: WireFormat, script: Script) -> Mapping[str, object]:
    """Return the facts of an error with the model's context window, as for a prompt that is really too long."""
    found = models.window(script, dialect_of(wire, script), prompt.model)
    return facts if found is None else {"window": found, **facts}


def _chunked(prompt: Prompt, outcome: Outcome, wire: WireFormat) -> Prompt:
    """Return the prompt with the length of the answer's chunks.

    An API may send a short text in one chunk, unless something happens between the tokens.
    """
    pacing = outcome.pacing
    if pacing.per_chunk is not None:
        return replace(prompt, per_chunk=pacing.per_chunk)
    if not wire.short_text or pacing.itl_ms or pacing.load or outcome.hold:
        return prompt
    if any(effect_of(fault) in STREAM_EFFECTS for fault in outcome.faults):
        return prompt
    return replace(prompt, short_text=wire.short_text)


def _unparsed(wire: WireFormat, upstream: Upstream) -> tuple[Prompt, Outcome]:
    """Return the outcome of a request that cannot be parsed here: another server answers it, or refuses it itself."""
    return Prompt(format=wire.name), Outcome(None, None, None, Pacing(), unmatched=True, upstream=upstream)


class TextHeaders(Mapping[str, str]):
    """The headers as text; each is decoded when it is read. `raw` are those that were sent."""

    def __init__(self, raw: Headers) -> None:
        self.raw = raw

    def __getitem__(self, name: str) -> str:
        return self.raw[name.encode()].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.encode() in self.raw

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # a header's default is a text, and not of any type
        """Return a header or the default, without the exception that Mapping's own `get` would cost."""
        value = self.raw.get(name.encode())
        return default if value is None else value.decode("latin-1")
