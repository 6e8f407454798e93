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
    more_problems = [*_upstream_problems(), *_cassette_problems()]
    return [*problems, *doubts, *_script_problems(), *more_problems, *_state_problems(), *_journal_problems()]


class _Printed:
    by_command = False


def note_printed() -> None:
    """Note that a command of Django's has printed the checks' messages."""
    _Printed.by_command = True


def _is_worker_of_serve() -> bool:
    """Whether `serve` has started this process, with its own arguments, after it printed the checks' messages."""
    return multiprocessing.parent_process() is not None and sys.argv[1:2] == ["serve"]


def logs_json() -> bool:
    """Whether programs read the log, so that warnings belong there."""
    return getattr(settings, "LOG_FORMAT", "text") == "json"


def unprinted_warnings() -> list[str]:
    """Return the checks' warnings, a sentence each, if no command of ours has printed them."""
    if _Printed.by_command or (_is_worker_of_serve() and not logs_json()):
        return []
    return [str(each.msg) for each in check_settings(None) if not each.is_serious()]


def _journal_problems() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    try:
        redaction()
    except ValueError as exc:
        hint = "JOURNAL_REDACT takes names of headers, and paths in JSON bodies: x-secret,$.metadata.ssn,$..email."
        messages.append(Error(f"JOURNAL_REDACT cannot be used: {exc}", hint=hint, id="completions.E003"))
    database = settings.DATABASES.get("default", {})
    engine = database.get("ENGINE", "")
    if conf.JOURNAL and (problem := _folder_problem(engine, str(database.get("NAME", "")))) is not None:
        hint = "Create the folder, or set another file in DATABASE_URL."
        messages.append(Warning(problem, hint=hint, id="completions.W003"))
    if conf.JOURNAL and engine.endswith("postgresql") and find_spec("psycopg") is None:
        hint = 'Install it: pip install "psycopg[binary]".'
        messages.append(Error("DATABASE_URL needs psycopg, which is not installed.", hint=hint, id="completions.E004"))
    return messages


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
    """Return the problem of several workers without shared state, each of which would count separately."""
    if workers < 2 or is_shared():
        return None
    return (
        f"{workers} workers need shared state, but with STATE_URL={MEMORY} each has its own. "
        "Set STATE_URL=redis://HOST:6379/0, or WORKERS=1."
    )


def _state_problems() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if (problem := workers_problem(conf.WORKERS)) is not None:
        messages.append(Error(f"WORKERS={conf.WORKERS}: {problem}", id="completions.E005"))
    try:
        if (store := shared_store()) is not None:
            store.check()
    except (TypeError, ValueError) as exc:
        messages.append(Error(f"STATE_URL cannot be used: {exc}", id="completions.E006"))
    return messages


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
        message = f"CASSETTE_MODE={conf.CASSETTE_MODE!r} is not allowed: it takes one of {', '.join(CASSETTE_MODES)}."
        return [Error(message, id="completions.E001")]
    if messages := [*_cassette_folder_problems(), *_cassette_settings_without_effect()]:
        return messages
    if not conf.CASSETTES or conf.CASSETTE_MODE != "none" or os.path.isdir(conf.CASSETTES):
        return []
    message = (
        f"CASSETTES={conf.CASSETTES!r} is not a folder, and the mode records nothing, so every request is an error."
    )
    return [
        Warning(message, hint="Record answers first: python -m mocksite serve --record DIR.", id="completions.W004")
    ]


def _cassette_folder_problems() -> list[CheckMessage]:
    problems = {}
    if conf.CASSETTES and conf.CASSETTE_MODE in RECORDS:
        problems["CASSETTES"] = unwritable(Path(conf.CASSETTES))
    if conf.CASSETTE_ROOT and not os.path.isdir(conf.CASSETTE_ROOT):  # an existing folder may be for playing only
        problems["CASSETTE_ROOT"] = unwritable(Path(conf.CASSETTE_ROOT))
    return [
        Error(f"{name} cannot be used to record: {problem}.", id="completions.E010")
        for name, problem in problems.items()
        if problem is not None
    ]


def _cassette_settings_without_effect() -> list[CheckMessage]:
    """Warn of settings for recording and playing without a folder in a setting or in `--record`."""
    if conf.CASSETTES or any(each.startswith("--record") for each in sys.argv):
        return []
    settings_given = {"CASSETTE_MODE": conf.CASSETTE_MODE != "none"}
    if not conf.CASSETTE_ROOT:
        settings_given |= {"CASSETTE_RETRIES": conf.CASSETTE_RETRIES, "CASSETTE_IGNORE": bool(conf.CASSETTE_IGNORE)}
    message = "has no effect: there is no folder of recorded answers."
    hint = "Set a folder: CASSETTES=DIR, or serve --record DIR."
    return [
        Warning(f"{name} {message}", hint=hint, id="completions.W005")
        for name, is_set in settings_given.items()
        if is_set
    ]


def _script_problems() -> list[CheckMessage]:
    try:
        script = script_file(conf.MOCK_SCRIPT).script
    except ScriptError as exc:
        hint = f"MOCK_SCRIPT takes the path of a YAML file, or a built-in script: {', '.join(builtin_names())}."
        return [Error(f"MOCK_SCRIPT={conf.MOCK_SCRIPT!r} cannot be used: {exc}", hint=hint, id="completions.E002")]
    return [
        *(Warning(f"{script.source}:{doubt.line}: {doubt.message}", id="completions.W001") for doubt in doubts(script)),
        *_unused_settings(script),
    ]


def _unused_settings(script: Script) -> list[CheckMessage]:
    """Warn of settings for unmatched requests, where a rule matches every request, or the script has a fallback."""
    rule = next(filter(matches_all, script.rules), None)
    settings_given = {"MOCK_UPSTREAM": conf.MOCK_UPSTREAM, "CASSETTES": conf.CASSETTES if rule is not None else ""}
    if rule is not None:
        message = (
            f"has no effect on answers: the rule '{rule.name}' of MOCK_SCRIPT={conf.MOCK_SCRIPT} matches every request."
        )
    elif script.has_fallback:
        message = f"has no effect: MOCK_SCRIPT={conf.MOCK_SCRIPT} has a fallback of its own."
    else:
        return []
    hint = "MOCK_SCRIPT=relay passes on or replays everything, other scripts the requests that no rule matches."
    return [
        Warning(f"{name} {message}", hint=hint, id="completions.W006")
        for name, is_set in settings_given.items()
        if is_set
    ]


def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report a pattern before the mock's addresses that captures arguments, which no view accepts."""
    messages = _captured(get_resolver().url_patterns, ()) if getattr(settings, "ROOT_URLCONF", None) else []
    hint = 'Use a fixed path, path("llm/", include("completions.urls")); for separate scripts, use ns/NAME/v1 below it.'
    return [
        Error(
            f"The pattern before completions.urls captures arguments that its views do not take: {', '.join(names)}.",
            hint=hint,
            id="completions.E011",
        )
        for names in messages
    ]


def _captured(patterns: Iterable[object], before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the arguments that are passed to the mock's views, for each include of its addresses."""
    for each in patterns:
        if not isinstance(each, URLResolver):
            continue
        regex = each.pattern.regex
        unnamed = ("a group without a name",) if regex.groups and not regex.groupindex else ()  # as Django passes them
        names = (*before, *regex.groupindex, *unnamed, *each.default_kwargs)
        if get_resolver("completions.urls").url_patterns[-1] not in each.url_patterns:
            yield from _captured(each.url_patterns, names)
        elif others := tuple(name for name in names if name != "namespace"):
            yield others
