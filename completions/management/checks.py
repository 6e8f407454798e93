"""System checks: a wrong setting is one clear line, and stops the start."""

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import URLResolver, get_resolver

from completions.conf import conf, wrong_values
from completions.exceptions import ScriptError
from completions.journal.redaction import redaction
from completions.resolve.upstream import read_upstreams
from completions.script.cassette_keys import CASSETTE_MODES
from completions.script.loader import builtin_names
from completions.script.request.ignored import read_ignored
from completions.script.request.recording import RECORDS
from completions.script.review import doubts, matches_all
from completions.script.rules import Script
from completions.state.cassettes.folders import unwritable
from completions.state.script_file import script_file
from completions.state.store import MEMORY, is_shared, shared_store

TAG = "completions"


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report wrong environment variables and a script that cannot be used, or that cannot mean what it says."""
    if wrong := wrong_values():
        return [Error(problem, id="completions.E009") for problem in wrong]
    problems = [Error(problem, id="completions.E001") for problem in conf.ENVIRONMENT_PROBLEMS]
    hint = "All settings are in docs/configuration.md, which the server shows at /_mock/docs/configuration."
    doubts = [Warning(doubt, hint=hint, id="completions.W002") for doubt in conf.ENVIRONMENT_DOUBTS]
    elsewhere = [*_upstream_problems(), *_cassette_problems()]
    return [*problems, *doubts, *_script_problems(), *elsewhere, *_state_problems(), *_journal_problems()]


class _Printed:
    by_command = False


def note_printed() -> None:
    """Note that a command of Django's has printed what the checks say."""
    _Printed.by_command = True


def _is_worker_of_serve() -> bool:
    """Whether `serve` has started this process, after it printed what the checks say; it hands its arguments on."""
    return multiprocessing.parent_process() is not None and sys.argv[1:2] == ["serve"]


def logs_json() -> bool:
    """Whether programs read the log, so that warnings belong there."""
    return getattr(settings, "LOG_FORMAT", "text") == "json"


def unprinted_warnings() -> list[str]:
    """Return what the checks only warn of, a sentence each, where no command of ours has printed it."""
    if _Printed.by_command or (_is_worker_of_serve() and not logs_json()):
        return []
    return [str(each.msg) for each in check_settings(None) if not each.is_serious()]


def _journal_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        redaction()
    except ValueError as exc:
        hint = "JOURNAL_REDACT takes names of headers, and paths in JSON bodies: x-secret,$.metadata.ssn,$..email."
        found.append(Error(f"JOURNAL_REDACT cannot be used: {exc}", hint=hint, id="completions.E003"))
    database = settings.DATABASES.get("default", {})
    engine = database.get("ENGINE", "")
    if conf.JOURNAL and (problem := _folder_problem(engine, str(database.get("NAME", "")))) is not None:
        hint = "Create the folder, or set another file in DATABASE_URL."
        found.append(Warning(problem, hint=hint, id="completions.W003"))
    if conf.JOURNAL and engine.endswith("postgresql") and find_spec("psycopg") is None:
        hint = 'Install it: pip install "psycopg[binary]".'
        found.append(Error("DATABASE_URL needs psycopg, which is not installed.", hint=hint, id="completions.E004"))
    return found


def _folder_problem(engine: str, file: str) -> str | None:
    if not engine.endswith("sqlite3") or file == ":memory:" or file.startswith("file:"):
        return None
    folder = Path(file).absolute().parent
    if os.path.isdir(file):
        return f"The journal cannot be written to {file}, which DATABASE_URL names: it is a folder."
    if folder.is_dir() and os.access(folder, os.W_OK):
        return None
    why = "cannot be written to" if folder.is_dir() else "does not exist"
    return f"The journal cannot be written to {file}, which DATABASE_URL names: the folder {folder} {why}."


def workers_problem(workers: int) -> str | None:
    """Return what is wrong with so many workers: each would count by itself, unless they share their state."""
    if workers < 2 or is_shared():
        return None
    return (
        f"{workers} workers need shared state, but with STATE_URL={MEMORY} each has its own. "
        "Set STATE_URL=redis://HOST:6379/0, or WORKERS=1."
    )


def _state_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if (problem := workers_problem(conf.WORKERS)) is not None:
        found.append(Error(f"WORKERS={conf.WORKERS}: {problem}", id="completions.E005"))
    try:
        if (store := shared_store()) is not None:
            store.check()
    except (TypeError, ValueError) as exc:
        found.append(Error(f"STATE_URL cannot be used: {exc}", id="completions.E006"))
    return found


def _upstream_problems() -> list[CheckMessage]:
    try:
        read_upstreams(tuple(conf.MOCK_UPSTREAM))
    except ValueError as exc:
        hint = "MOCK_UPSTREAM takes URLs, separated by commas: https://HOST for all, or /PATH=URL and FORMAT=URL."
        return [Error(f"MOCK_UPSTREAM cannot be used: {exc}.", hint=hint, id="completions.E007")]
    return []


def _cassette_problems() -> list[CheckMessage]:
    try:
        read_ignored(conf.CASSETTE_IGNORE)
    except ValueError as exc:
        hint = "CASSETTE_IGNORE takes names and patterns, separated by commas: ids,dates,whitespace,/ticket-[0-9]+/."
        return [Error(f"CASSETTE_IGNORE cannot be used: {exc}.", hint=hint, id="completions.E008")]
    if conf.CASSETTE_MODE not in CASSETTE_MODES:
        told = f"CASSETTE_MODE={conf.CASSETTE_MODE!r} is not allowed: it takes one of {', '.join(CASSETTE_MODES)}."
        return [Error(told, id="completions.E001")]
    if found := [*_cassette_folder_problems(), *_cassette_settings_without_effect()]:
        return found
    if not conf.CASSETTES or conf.CASSETTE_MODE != "none" or os.path.isdir(conf.CASSETTES):
        return []
    told = f"CASSETTES={conf.CASSETTES!r} is not a folder, and the mode records nothing, so every request is an error."
    return [Warning(told, hint="Record answers first: python -m mocksite serve --record DIR.", id="completions.W004")]


def _cassette_folder_problems() -> list[CheckMessage]:
    problems = {}
    if conf.CASSETTES and conf.CASSETTE_MODE in RECORDS:
        problems["CASSETTES"] = unwritable(Path(conf.CASSETTES))
    if conf.CASSETTE_ROOT and not os.path.isdir(conf.CASSETTE_ROOT):  # one that is there may be there to play from
        problems["CASSETTE_ROOT"] = unwritable(Path(conf.CASSETTE_ROOT))
    return [
        Error(f"{name} cannot be used to record: {problem}.", id="completions.E010")
        for name, problem in problems.items()
        if problem is not None
    ]


def _cassette_settings_without_effect() -> list[CheckMessage]:
    """Warn of what says how to record and play where there is no folder for it, by a setting or by `--record`."""
    if conf.CASSETTES or any(each.startswith("--record") for each in sys.argv):
        return []
    given = {"CASSETTE_MODE": conf.CASSETTE_MODE != "none"}
    if not conf.CASSETTE_ROOT:
        given |= {"CASSETTE_RETRIES": conf.CASSETTE_RETRIES, "CASSETTE_IGNORE": bool(conf.CASSETTE_IGNORE)}
    told = "has no effect: there is no folder of recorded answers."
    hint = "Set a folder: CASSETTES=DIR, or serve --record DIR."
    return [Warning(f"{name} {told}", hint=hint, id="completions.W005") for name, is_set in given.items() if is_set]


def _script_problems() -> list[CheckMessage]:
    try:
        script = script_file(conf.MOCK_SCRIPT).script
    except ScriptError as exc:
        hint = f"MOCK_SCRIPT takes the path of a YAML file, or a built-in script: {', '.join(builtin_names())}."
        return [Error(f"MOCK_SCRIPT={conf.MOCK_SCRIPT!r} cannot be used: {exc}", hint=hint, id="completions.E002")]
    return [
        *(Warning(f"{script.source}:{doubt.line}: {doubt.message}", id="completions.W001") for doubt in doubts(script)),
        *_never_asked(script),
    ]


def _never_asked(script: Script) -> list[CheckMessage]:
    """Warn of settings that say what answers where no rule does, where a rule always does, or the script says that."""
    rule = next(filter(matches_all, script.rules), None)
    given = {"MOCK_UPSTREAM": conf.MOCK_UPSTREAM, "CASSETTES": conf.CASSETTES if rule is not None else ""}
    if rule is not None:
        told = (
            f"has no effect on answers: the rule '{rule.name}' of MOCK_SCRIPT={conf.MOCK_SCRIPT} matches every request."
        )
    elif script.has_fallback:
        told = f"has no effect: MOCK_SCRIPT={conf.MOCK_SCRIPT} has a fallback of its own."
    else:
        return []
    hint = "MOCK_SCRIPT=relay passes on or replays everything, other scripts the requests that no rule matches."
    return [Warning(f"{name} {told}", hint=hint, id="completions.W006") for name, is_set in given.items() if is_set]


def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report a pattern before the mock's addresses that captures something: none of the views takes it."""
    found = _captured(get_resolver().url_patterns, ()) if getattr(settings, "ROOT_URLCONF", None) else []
    hint = 'Use a fixed path, path("llm/", include("completions.urls")); for separate scripts, use ns/NAME/v1 below it.'
    return [
        Error(
            f"The pattern before completions.urls captures arguments that its views do not take: {', '.join(names)}.",
            hint=hint,
            id="completions.E011",
        )
        for names in found
    ]


def _captured(patterns: Iterable[object], before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the arguments that are given to the mock's views, at each place where its addresses are included."""
    for each in patterns:
        if not isinstance(each, URLResolver):
            continue
        regex = each.pattern.regex
        unnamed = ("a group without a name",) if regex.groups and not regex.groupindex else ()  # as Django gives them
        names = (*before, *regex.groupindex, *unnamed, *each.default_kwargs)
        if get_resolver("completions.urls").url_patterns[-1] not in each.url_patterns:
            yield from _captured(each.url_patterns, names)
        elif others := tuple(name for name in names if name != "namespace"):
            yield others
