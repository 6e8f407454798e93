"""The operations on the recording of a namespace: its folder, mode and upstream server."""

from pathlib import Path
from typing import Any

from completions.conf import conf
from completions.control.operation import Call
from completions.exceptions import RequestError
from completions.resolve.cassettes import cassettes_of
from completions.resolve.engine import upstream_of
from completions.script.request.recording import ONCE, PASS, RECORDS, StoredRecording
from completions.script.rules import Rule, Script
from completions.script.text.node import Node
from completions.state import edits
from completions.state.cassettes.files import SUFFIXES
from completions.state.cassettes.folders import root_folder
from completions.state.namespaces import Namespace
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.views.relaying import wait_until_recorded


async def get_recording(call: Call) -> ExchangeResponse:
    """Show what is recorded and played, and where; what was answered before is written by then."""
    return await _shown(await call.space())


async def put_recording(call: Call) -> ExchangeResponse:
    """Record the answers of another server, and play what was recorded."""
    space = await call.space()
    await wait_until_recorded()
    await edits.set_recording(space, call.body.node, _check)
    await _warn_if_unplayed(call.body.node, space)
    return await _shown(space)


async def delete_recording(call: Call) -> ExchangeResponse:
    """Record and play what the server was started to."""
    space = await call.space()
    await wait_until_recorded()
    await edits.set_recording(space, None)
    return await _shown(space)


def startup_messages(script: Script) -> list[str]:
    """Return the messages at a server's start: on the server for unmatched requests, and on recorded answers."""
    upstream = upstream_of(script)
    servers = [] if upstream is None else [f"Requests that no rule matches go to {upstream.address}"]
    folder = f"Recorded answers are in {Path(conf.CASSETTES).absolute()}, in the mode {conf.CASSETTE_MODE}"
    return [*servers, folder] if conf.CASSETTES else servers


def _check(stored: StoredRecording, script: Script) -> None:
    """Raise the 400 of a recording that could never record anything."""
    mode = stored.recording.mode
    if mode not in RECORDS and mode != PASS:
        return
    if upstream_of(script) is None and not (mode == ONCE and _has_files(Path(stored.path))):
        raise RequestError(
            f"Nothing can be recorded with the mode {mode}: there is no other server. Name one in "
            "`upstream`, or start with MOCK_UPSTREAM.",
            param="recording.upstream",
            code="no_upstream",
        )
    if (catch_all := _catch_all_rule(script)) is not None:
        raise RequestError(
            f"Nothing would be recorded: the rule '{catch_all.name}' of {script.source} answers every request. Push a "
            "script without it, such as {version: 1, rules: []}.",
            code="nothing_to_record",
        )


async def _warn_if_unplayed(node: Node, space: Namespace) -> None:
    """Warn of a recording that is only to be played, and never can be."""
    cassettes = await cassettes_of(space)
    if node.value is None or cassettes is None or cassettes.mode in RECORDS or cassettes.mode == PASS:
        return
    if not cassettes.deck.rules:
        node.doubt(f"plays nothing: {cassettes.deck.folder} has no recorded answer that can be used.")
    elif (catch_all := _catch_all_rule(space.script)) is not None:
        node.doubt(f"plays nothing: the rule '{catch_all.name}' of {space.script.source} answers every request.")


def _catch_all_rule(script: Script) -> Rule | None:
    """Return the rule that answers every request, if one does."""
    return next((rule for rule in script.rules if rule.match is None and rule.times is None), None)


def _has_files(folder: Path) -> bool:
    return any(file.suffix in SUFFIXES for file in folder.rglob("*"))


async def _shown(space: Namespace) -> ExchangeResponse:
    await wait_until_recorded()
    cassettes, root = await cassettes_of(space), root_folder()
    shown: dict[str, Any] | None = None
    if cassettes is not None:
        upstream = upstream_of(space.script)
        shown = {
            "folder": str(cassettes.deck.folder),
            "mode": cassettes.mode,
            "records": cassettes.records and upstream is not None,
            "upstream": None if upstream is None else upstream.address,
            "ignore": list(cassettes.deck.ignored),
            "requests": len(cassettes.deck.rules),
        }
    return FastJsonResponse(
        {"recording": shown, "root": None if root is None else str(root), "pushed": space.pushed.cassettes is not None}
    )
