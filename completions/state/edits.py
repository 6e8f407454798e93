"""Step 3: the changes that a test makes to a namespace: script, pushed rules, chaos, limits, scenario, recording.

Each raises `ScriptError` where the result is not a valid script, and then changes nothing.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace

from completions import budget
from completions.script.faults import chaos
from completions.script.limits import limits
from completions.script.pushed import Pushed, name_of, pushed_rules
from completions.script.request.recording import RECORDS, StoredRecording, read_recording, read_stored, stored_text
from completions.script.rules import Script
from completions.script.scenarios import started
from completions.script.text.node import Node
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.folders import check_writable, folder_of
from completions.state.namespaces import Namespace, new_epoch


async def replace_script(namespace: Namespace, text: str | None) -> None:
    """Replace the script, or return to the file's (None). All counters are reset, and pushed rules stay."""
    await namespace.change(lambda pushed: replace(pushed, script=text, epoch=new_epoch()))


PLACES = ("before", "next", "after")
"""Where rules are pushed: before all others; next, after those that were pushed before the script's; after all."""


async def push_rules(namespace: Namespace, document: Node, place: str = "before") -> list[str]:
    """Push a rule or a list of rules at one of PLACES; return all their names."""
    names: list[str] = []

    def edit(pushed: Pushed) -> Pushed:
        script = namespace.builder.build(namespace.file.script, pushed)
        texts = tuple(
            pushed_rules(
                document.within(namespace.file.folder), [rule.name for rule in script.rules], pushed.made, script
            )
        )
        names[:] = map(name_of, texts)
        made = pushed.made + len(texts)
        if place == "after":
            return replace(pushed, after=pushed.after + texts, made=made)
        before = pushed.before + texts if place == "next" else texts + pushed.before
        return replace(pushed, before=before, made=made)

    await namespace.change(edit)
    return names


async def remove_rules(namespace: Namespace, name: str | None = None) -> list[str]:
    """Remove the pushed rule of that name, or all of them, with their counts; return the names of those removed."""

    def is_removed(text: str) -> bool:
        return name is None or name_of(text) == name

    def edit(pushed: Pushed) -> Pushed:
        before, after = ([text for text in texts if not is_removed(text)] for texts in (pushed.before, pushed.after))
        return replace(pushed, before=tuple(before), after=tuple(after))

    await namespace.refresh()
    names = [name_of(text) for text in (*namespace.pushed.before, *namespace.pushed.after) if is_removed(text)]
    if names:
        await namespace.change(edit, names)
    return names


async def set_chaos(namespace: Namespace, document: Node | None) -> None:
    """Replace the chaos settings; null turns chaos off, and None restores the script's."""
    text = await budget.in_thread(_checked, document, chaos)
    await namespace.change(lambda pushed: replace(pushed, chaos=text))


async def set_limits(namespace: Namespace, document: Node | None) -> None:
    """Replace the limits; null removes them, and None restores the script's."""
    text = await budget.in_thread(_checked, document, limits)
    await namespace.change(lambda pushed: replace(pushed, limits=text))


async def set_scenario(namespace: Namespace, document: Node | None) -> None:
    """Start a scenario; null stops the running one, and None restores the script's."""

    def edit(pushed: Pushed) -> Pushed:
        if document is None:
            return replace(pushed, scenario=None)
        facts = None
        if document.value is not None:
            started(document, namespace.builder.build(namespace.file.script, pushed).scenarios)
            facts = {"scenario": document.value, "started": time.time(), "run": new_epoch()}
        return replace(pushed, scenario=json.dumps(facts, ensure_ascii=False))

    await namespace.refresh()
    running = namespace.script.running
    await namespace.change(edit, running.counters if running is not None and running.run else [])


async def set_recording(
    namespace: Namespace, document: Node | None, check: Callable[[StoredRecording, Script], None] | None = None
) -> None:
    """Record and play answers in a folder; null turns that off, and None restores the server's settings.

    `check` is called with the new settings and the resulting script, and raises where they do not fit together.
    Recorded answers are played from the first on. Raise `RequestError` where the server was started without a folder
    for recording.
    """
    text = None if document is None else await budget.in_thread(_recording, document)
    settings = read_stored(text) if text else None
    played_rules = (
        [] if settings is None else [rule.name for rule in (await budget.in_thread(Deck, settings.path)).rules]
    )

    def edit(pushed: Pushed) -> Pushed:
        edited = replace(pushed, cassettes=text)
        if settings is not None and check is not None:
            check(settings, namespace.builder.build(namespace.file.script, edited))
        return edited

    await namespace.change(edit, played_rules)


def _recording(document: Node) -> str:
    if document.value is None:
        return "null"
    recording = read_recording(document)
    folder = folder_of(document, recording.folder)
    if recording.mode in RECORDS:
        check_writable(document, folder)
    return stored_text(document.value, str(folder), new_epoch())


def _checked(document: Node | None, read: Callable[[Node], object]) -> str | None:
    """Return a document as JSON if `read` accepts it; an error names the document's lines."""
    if document is None:
        return None
    if document.value is not None:
        read(document)
    return json.dumps(document.value, ensure_ascii=False)
