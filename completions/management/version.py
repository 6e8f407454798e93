"""The output of `--version`."""

from django import get_version

from completions.state.cassettes.files import PROGRAM


def version() -> str:
    """Return the versions of the mock and of Django; Django's command has only its own."""
    return f"{PROGRAM}, Django {get_version()}"
