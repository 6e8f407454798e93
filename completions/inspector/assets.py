"""The inspector's few static files, from memory, under an address that changes with what is in them."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

FOLDER = Path(__file__).parent / "static"

MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

FOR_GOOD = "public, max-age=31536000, immutable"
"""What is under its own hash never changes."""


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


BROWSERS = r"(?P<name>favicon\.ico|robots\.txt|apple-touch-icon[^/]*\.png|\.well-known/appspecific/[^/]+)"
"""What browsers ask a server for by themselves, whichever page they show."""


async def browsers_file(request: HttpRequest, name: str, namespace: str = "") -> HttpResponse:
    """Send a browser the icon, and nothing else that it asks for by itself; tests and upstreams never hear of it."""
    return await asset(request, "", "icon.svg" if name == "favicon.ico" else name)


async def asset(request: HttpRequest, version: str, name: str, namespace: str = "") -> HttpResponse:
    """Send a file to whoever asks: there is nothing of the journal in it, and the sign-in page needs it."""
    current = assets()
    if name not in current.files:
        return HttpResponse("There is no such file.", status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(current.files[name], content_type=MEDIA_TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = FOR_GOOD if version == current.version else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
