"""What `--version` tells."""

from django import get_version

from completions.state.cassettes.files import PROGRAM


def version() -> str:
    """Return which mock this is, and with which Django it runs; Django's own command tells of Django alone."""
    return f"{PROGRAM}, Django {get_version()}"
