"""The resources of sessions: files, repositories and memory stores, which would be mounted where the session runs.

Shapes: `BetaManagedAgentsFileResource`, `BetaManagedAgentsGitHubRepositoryResource` and
`BetaManagedAgentsMemoryStoreResource` of the anthropic SDK 2.14. Words: a clone's comparison (October 2026).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import choice, record, string, tagged
from completions.wire.anthropic.managed.checks import check_fields, check_fields_at
from completions.wire.anthropic.managed.records import new_id, written_time
from completions.wire.base import Document
from completions.wire.validation import Check, nullable

MAX_INSTRUCTIONS = 4096
REPOSITORY = re.compile(r"https://github\.com/[\w.-]+/([\w.-]+)(?<!\.git)")
_BAD_ADDRESS = "invalid github_repository url: must be https://github.com/{owner}/{repo} with no .git suffix"

_CHECKOUT = tagged(
    {
        "branch": record({"type": string(), "name": string(1)}, ("name",)),
        "commit": record({"type": string(), "sha": string(40, 40)}, ("sha",)),
    }
)
FIELDS: Mapping[str, tuple[Mapping[str, Check], tuple[str, ...]]] = {
    "file": ({"file_id": string(1), "mount_path": nullable(string(1))}, ("file_id",)),
    "github_repository": (
        {
            "url": string(1),
            "authorization_token": string(1),
            "checkout": nullable(_CHECKOUT),
            "mount_path": nullable(string(1)),
        },
        ("url",),
    ),
    "memory_store": (
        {
            "memory_store_id": string(1),
            "access": nullable(choice("read_write", "read_only")),
            "instructions": nullable(string(high=MAX_INSTRUCTIONS)),
        },
        ("memory_store_id",),
    ),
}
"""The resources by their type: their fields, and those that they must have."""


def check_resources(resources: Sequence[Any]) -> None:
    """Raise what is wrong with the resources of a new session."""
    for index, resource in enumerate(resources):
        check_resource(resource, f"resources.{index}.")
    stores = [resource["memory_store_id"] for resource in resources if resource["type"] == "memory_store"]
    if twice := next((store for store in stores if stores.count(store) > 1), None):
        raise RequestError(f"resources contains duplicate memory_store_id: {twice}")


def check_resource(resource: Mapping[str, Any], place: str = "") -> None:
    """Raise what is wrong with a resource."""
    kind = resource.get("type")
    if kind is None:
        raise RequestError("type is required")
    if type(kind) is not str:
        raise RequestError("type must be a string")
    if kind not in FIELDS:
        raise RequestError(f'resource type "{kind[:200]}" is not supported')
    check_fields_at(f"{place}{kind}", resource, *FIELDS[kind])
    if kind == "github_repository" and REPOSITORY.fullmatch(resource["url"]) is None:
        raise RequestError(f"Invalid `github_repository` resource: {_BAD_ADDRESS}")


def check_added(resource: Mapping[str, Any]) -> None:
    """Raise what is wrong with a resource that is added to a session: only files can be."""
    check_resource(resource)
    if resource["type"] != "file":
        raise RequestError(f'Failed to parse request: type: "{resource["type"]}" is not a valid value')


def new_resource(given: Mapping[str, Any], store: Document | None, now: float) -> dict[str, Any]:
    """Return a resource of a session; `store` is the record of its memory store, if it is one."""
    if store is not None:
        return {
            "type": "memory_store",
            "memory_store_id": store["id"],
            "access": given.get("access") or "read_write",
            "instructions": given.get("instructions"),
            "name": store["name"],
            "description": store["description"],
            "mount_path": f"/mnt/memory/{slug(store['name'])}",
        }
    head = {"id": new_id("sesrsc"), "type": given["type"], "created_at": written_time(now)}
    times = {"updated_at": written_time(now)}
    if given["type"] == "file":
        path = given.get("mount_path") or f"/mnt/session/uploads/{given['file_id']}"
        return {**head, **times, "file_id": given["file_id"], "mount_path": path}
    found = REPOSITORY.fullmatch(given["url"])
    path = given.get("mount_path") or f"/workspace/{found[1] if found else ''}"
    fields = {"url": given["url"], "mount_path": path, "checkout": given.get("checkout")}
    return {**head, **times, **fields, "authorization_token": given.get("authorization_token")}


def store_not_found(name: str) -> RequestError:
    """Return the 404 of a memory store that a resource names."""
    return RequestError(f"Memory store `{name[:200]}` not found.", status=404)


def slug(name: str) -> str:
    """Return a name in lower case, in which a hyphen stands for all but letters and digits: the SDK's description."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def resource_name(resource: Mapping[str, Any]) -> str:
    """Return the name of a resource in addresses: its id, or that of its memory store."""
    name: str = resource.get("id") or resource["memory_store_id"]
    return name


def resource_of(session: Document, name: str) -> dict[str, Any]:
    """Return the resource of a session by its name; the words of the 404 are ours."""
    found = next((each for each in session["resources"] if resource_name(each) == name), None)
    if found is None:
        raise RequestError(f"resource {name[:200]} not found", status=404)
    return dict(found)


def rotated(session: Document, name: str, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of a session after a repository's token has changed; the words of the error are ours."""
    check_fields(body, {"authorization_token": string(1)}, ("authorization_token",))
    if resource_of(session, name)["type"] != "github_repository":
        raise RequestError("Only `github_repository` resources support token rotation")
    changes = {"authorization_token": body["authorization_token"], "updated_at": written_time(now)}
    changed = [{**each, **changes} if resource_name(each) == name else each for each in session["resources"]]
    return {**session, "resources": changed, "updated": now}


def without(session: Document, name: str, now: float) -> Document:
    """Return the record of a session without a resource."""
    resource_of(session, name)
    kept = [each for each in session["resources"] if resource_name(each) != name]
    return {**session, "resources": kept, "updated": now}
