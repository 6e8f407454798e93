"""System checks: a wrong setting is one clear line, and stops the start."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from completions.conf import conf
from completions.exceptions import ScriptError
from completions.journal.redaction import redaction
from completions.script.loader import builtin_names
from completions.script.review import doubts
from completions.state.script_file import script_file

TAG = "completions"


@register(TAG)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report wrong environment variables and a script that cannot be used, or that cannot mean what it says."""
    problems = [Error(problem, id="completions.E001") for problem in conf.ENVIRONMENT_PROBLEMS]
    return [*problems, *_script_problems(), *_journal_problems()]


def _journal_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        redaction(tuple(conf.JOURNAL_REDACT))
    except ValueError as exc:
        hint = "JOURNAL_REDACT takes names of headers, and paths in JSON bodies: x-secret,$.metadata.ssn,$..email."
        found.append(Error(f"JOURNAL_REDACT cannot be used: {exc}", hint=hint, id="completions.E003"))
    engine = settings.DATABASES.get("default", {}).get("ENGINE", "")
    if conf.JOURNAL and engine.endswith("postgresql") and find_spec("psycopg") is None:
        hint = 'Install it: pip install "psycopg[binary]".'
        found.append(Error("DATABASE_URL needs psycopg, which is not installed.", hint=hint, id="completions.E004"))
    return found


def _script_problems() -> list[CheckMessage]:
    try:
        script = script_file(conf.MOCK_SCRIPT).script
    except ScriptError as exc:
        hint = f"MOCK_SCRIPT takes the path of a YAML file, or a built-in script: {', '.join(builtin_names())}."
        return [Error(f"MOCK_SCRIPT={conf.MOCK_SCRIPT!r} cannot be used: {exc}", hint=hint, id="completions.E002")]
    return [
        Warning(f"{script.source}:{doubt.line}: {doubt.message}", id="completions.W001") for doubt in doubts(script)
    ]
