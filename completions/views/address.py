"""The address by which a client calls the API, for answers that name others of its addresses.

What stands before the API's own path is the server's prefix (`--root-path`, FORCE_SCRIPT_NAME, a proxy's
`X-Forwarded-Prefix`), that of the project that includes our URLs, and a namespace.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import URLResolver, get_resolver, get_script_prefix

OURS = "completions.urls"
NAMESPACE = re.compile("ns/[^/]+/")

Mount = tuple[Any, ...]
"""The patterns of the project's `include()`s, the outermost first, that lead to our URLs."""


def root_of(request: HttpRequest, namespace: str = "") -> str:
    """Return the address before the API's own path, without a slash at its end.

    It has the namespace by whose address the request came, or else the one that is given.
    """
    before = prefix_of(request.path)
    if namespace and not re.search("/ns/[^/]+$", before):
        before = f"{before}/ns/{namespace}"
    return request.build_absolute_uri(f"{before}/").removesuffix("/")


def without_prefix(path: str) -> str:
    """Return the path as the API has it, of the one that a request has."""
    return "/" + _split(path)[1]


def prefix_of(path: str) -> str:
    """Return what stands before the API's own path, without a slash at its end."""
    return _split(path)[0]


def misplaced(failure: BaseException) -> str:
    """Return why a view fails where a pattern before our URLs captures something; tests run without the check of it."""
    mounts = _mounts(settings.ROOT_URLCONF) if isinstance(failure, TypeError) else ()
    patterns = [pattern for mount in mounts for pattern in mount]
    names = dict.fromkeys(name for pattern in patterns for name in pattern.regex.groupindex if name != "namespace")
    if not names:
        return ""
    told = f"The pattern before {OURS} captures arguments that its views do not take: {', '.join(names)}."
    return f'{told} Use a fixed path, path("llm/", include("{OURS}")).'


def _split(path: str) -> tuple[str, str]:
    script = get_script_prefix()
    rest = path.removeprefix(script) if path.startswith(script) else path.lstrip("/")  # a server may leave it out
    own = next((own for mount in _mounts(settings.ROOT_URLCONF) if (own := _behind(mount, rest)) is not None), rest)
    if (space := NAMESPACE.match(own)) is not None:
        own = own[space.end() :]
    return f"{script}{rest[: len(rest) - len(own)]}".rstrip("/"), own


def _behind(mount: Mount, path: str) -> str | None:
    """Return the rest of a path behind a mount; None where it is elsewhere."""
    for pattern in mount:
        found = pattern.match(path)
        if found is None:
            return None
        path = found[0]
    return path


@functools.lru_cache(maxsize=8)
def _mounts(urlconf: str) -> Sequence[Mount]:
    """Return the mounts of our URLs in a project's; the longest first, for an empty one fits every path."""
    return sorted(_found(get_resolver(urlconf), ()), key=lambda mount: -len("".join(map(str, mount))))


def _found(resolver: URLResolver, mount: Mount) -> Iterator[Mount]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inner = (*mount, each.pattern)
            if getattr(each.urlconf_module, "__name__", None) == OURS:
                yield inner
            else:
                yield from _found(each, inner)
