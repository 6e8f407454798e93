"""The kinds under which Managed Agents' resources are kept, which name their rules too, and the 404 of each.

They stand apart from the resources' modules, which only the first request for one of them imports.
"""

from collections.abc import Callable, Mapping

from completions.exceptions import RequestError

AGENT, ENVIRONMENT, SESSION = "managed_agent", "managed_environment", "managed_session"
VAULT, CREDENTIAL = "managed_vault", "managed_credential"
STORE, MEMORY, VERSION = "managed_memory_store", "managed_memory", "managed_memory_version"


def not_found(noun: str, name: str) -> RequestError:
    """Return the 404 of most resources (a clone's comparison, October 2026)."""
    return RequestError(f"{noun} {name[:200]} not found", status=404)


def version_not_found(name: str) -> RequestError:
    """Return the 404 of a memory's version."""
    return not_found("memory version", name)


def _environment_not_found(name: str) -> RequestError:
    """Return the 404 of an environment (a clone's comparison, October 2026)."""
    return RequestError(f"Environment {name[:200]} not found.", status=404)


def _session_not_found(name: str) -> RequestError:
    """Return the 404 of a session (quoted by a client, and a clone's comparison)."""
    return RequestError(f"Session not found: {name[:200]}", status=404)


MISSING: Mapping[str, Callable[[str], RequestError]] = {
    AGENT: lambda name: not_found("agent", name),
    ENVIRONMENT: _environment_not_found,
    SESSION: _session_not_found,
    VAULT: lambda name: not_found("vault", name),
    STORE: lambda name: not_found("memory store", name),
    VERSION: version_not_found,
}
"""The 404 of each kind that an address names."""
