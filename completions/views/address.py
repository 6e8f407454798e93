"""The address by which a client calls the API, for answers that contain other addresses of the API.

The API's path follows the server's prefix (`--root-path`, FORCE_SCRIPT_NAME, a proxy's `X-Forwarded-Prefix`), the
prefix at which the project includes our URLs, and perhaps a namespace.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import URLResolver, get_resolver, get_script_prefix

OUR_URLS = "completions.urls"
NAMESPACE = re.compile("ns/[^/]+/")

Mount = tuple[Any, ...]
"""The patterns of the project's `include()`s, the outermost first, that lead to our URLs."""


def root_of(request: HttpRequest, namespace: str = "") -> str:
    """Return the part of the address before the API's path, without a slash at its end.

    It includes the namespace of the request's address, or else the one that is given.
    """
    prefix = prefix_of(request.path)
    if namespace and not re.search("/ns/[^/]+$", prefix):
        prefix = f"{prefix}/ns/{namespace}"
    return request.build_absolute_uri(f"{prefix}/").removesuffix("/")


def without_prefix(path: str) -> str:
    """Return the API's path of a request's path."""
    return "/" + _split(path)[1]


def prefix_of(path: str) -> str:
    """Return the part of a path before the API's path, without a slash at its end."""
    return _split(path)[0]


def explain_captured_arguments(failure: BaseException) -> str:
    """Return why a view fails if a URL pattern before ours captures arguments; a system check finds it too."""
    mounts = _mounts(settings.ROOT_URLCONF) if isinstance(failure, TypeError) else ()
    patterns = [pattern for mount in mounts for pattern in mount]
    names = dict.fromkeys(name for pattern in patterns for name in pattern.regex.groupindex if name != "namespace")
    if not names:
        return ""
    message = f"The pattern before {OUR_URLS} captures arguments that its views do not take: {', '.join(names)}."
    return f'{message} Use a fixed path, path("llm/", include("{OUR_URLS}")).'


def _split(path: str) -> tuple[str, str]:
    script = get_script_prefix()
    rest = path.removeprefix(script) if path.startswith(script) else path.lstrip("/")  # a server may leave it out
    mounts = _mounts(settings.ROOT_URLCONF)
    api_path = next((found for mount in mounts if (found := _rest_behind(mount, rest)) is not None), rest)
    if (space := NAMESPACE.match(api_path)) is not None:
        api_path = api_path[space.end() :]
    return f"{script}{rest[: len(rest) - len(api_path)]}".rstrip("/"), api_path


def _rest_behind(mount: Mount, path: str) -> str | None:
    """Return the rest of a path behind a mount; None where the path is not below it."""
    for pattern in mount:
        match = pattern.match(path)
        if match is None:
            return None
        path = match[0]
    return path


@functools.lru_cache(maxsize=8)
def _mounts(urlconf: str) -> Sequence[Mount]:
    """Return the mounts of our URLs in a project's; the longest first, for an empty one fits every path."""
    return sorted(_find_mounts(get_resolver(urlconf), ()), key=lambda mount: -len("".join(map(str, mount))))


def _find_mounts(resolver: URLResolver, mount: Mount) -> Iterator[Mount]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inner = (*mount, each.pattern)
            if getattr(each.urlconf_module, "__name__", None) == OUR_URLS:
                yield inner
            else:
                yield from _find_mounts(each, inner)
