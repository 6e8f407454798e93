"""System checks: a wrong setting is one clear line, and stops the start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register

from completions.conf import conf
from completions.exceptions import ScriptError
from completions.script.loader import builtin_names
from completions.script.review import doubts
from completions.state.script_file import script_file

TAG = "completions"


@register(TAG)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report wrong environment variables and a script that cannot be used, or that cannot mean what it says."""
    return [Error(problem, id="completions.E001") for problem in conf.ENVIRONMENT_PROBLEMS] + _script_problems()


def _script_problems() -> list[CheckMessage]:
    try:
        script = script_file(conf.MOCK_SCRIPT).script
    except ScriptError as exc:
        hint = f"MOCK_SCRIPT takes the path of a YAML file, or a built-in script: {', '.join(builtin_names())}."
        return [Error(f"MOCK_SCRIPT={conf.MOCK_SCRIPT!r} cannot be used: {exc}", hint=hint, id="completions.E002")]
    return [
        Warning(f"{script.source}:{doubt.line}: {doubt.message}", id="completions.W001") for doubt in doubts(script)
    ]
