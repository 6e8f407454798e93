"""The inspector's few static files, from memory, under an address that changes with their content."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

FOLDER = Path(__file__).parent / "static"

MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

IMMUTABLE = "public, max-age=31536000, immutable"
"""The caching of files whose address has their hash."""


class Assets(NamedTuple):
    """All files by name, and one version of them all, so that scripts may import each other by name."""

    version: str
    files: Mapping[str, bytes]


@cache
def assets() -> Assets:
    """Read the files, once a process."""
    files = {file.name: file.read_bytes() for file in sorted(FOLDER.iterdir()) if file.suffix in MEDIA_TYPES}
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(b"%b %d\n" % (name.encode(), len(data)))
        digest.update(data)
    return Assets(digest.hexdigest()[:12], files)


BROWSER_FILES = r"(?P<name>favicon\.ico|robots\.txt|apple-touch-icon[^/]*\.png|\.well-known/appspecific/[^/]+)"
"""The files that browsers request by themselves, whichever page they show."""


async def browser_file(request: HttpRequest, name: str, namespace: str = "") -> HttpResponse:
    """Send a browser the icon, and refuse its other automatic requests, which reach neither journal nor upstreams."""
    return await asset(request, "", "icon.svg" if name == "favicon.ico" else name)


async def asset(request: HttpRequest, version: str, name: str, namespace: str = "") -> HttpResponse:
    """Send a file to any client: it has no data of the journal, and the sign-in page needs it."""
    current = assets()
    if name not in current.files:
        return HttpResponse("There is no such file.", status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(current.files[name], content_type=MEDIA_TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = IMMUTABLE if version == current.version else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
