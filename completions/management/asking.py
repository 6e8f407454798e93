"""Ask a running mock's control API, for the commands that do."""

import json
import os
import re
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote_from_bytes

from django.core.management.base import CommandError

from completions.conf import conf

TIMEOUT = 60.0
"""Seconds that the server may take."""

BEYOND = re.compile(r"(?<![/:])(?:/ns/[^/]+(?:/v\d\w*|/_mock\b.*)?|/v\d\w*|/_mock\b.*)$")
"""What base URLs and pages have behind the mock's own address."""


def add_where(parser: ArgumentParser) -> None:
    """Let a command take where the mock is, and which namespace is meant."""
    parser.add_argument("--url", default=f"http://127.0.0.1:{conf.PORT}", help="The mock's address.")
    parser.add_argument("--namespace", default="default", help="The namespace that the client used (default).")


def ask(options: Mapping[str, Any], path: str, media_type: str) -> bytes:
    """Return what the control API answers at a path, which is of a media type.

    Raise CommandError where it answers nothing or an error, and where it is not the mock that answers.
    """
    headers = {"Authorization": f"Bearer {conf.ADMIN_TOKEN}"} if conf.ADMIN_TOKEN else {}
    _check(options["url"], options["namespace"])
    name = quote_from_bytes(os.fsencode(options["namespace"]), safe="")
    address = f"{options['url'].rstrip('/')}/ns/{name}/_mock/{path}"
    try:
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            answer: bytes = response.read()
            found = response.headers.get_content_type()
    except urllib.error.HTTPError as exc:
        raise CommandError(f"{address} answered {exc.code}: {_message(exc.read())}") from exc
    except (OSError, ValueError, HTTPException) as exc:
        reason = exc.reason if isinstance(exc, urllib.error.URLError) else exc
        told = reason.strerror if isinstance(reason, OSError) and reason.strerror else reason
        hint = "Is the server running? Set its address with --url."
        raise CommandError(f"No answer from {address}: {told}. {hint}") from exc
    if found != media_type:
        raise CommandError(
            f"{address} answered {found} instead of {media_type}, so it is not the mock. Set its address with --url."
        )
    return answer


def _check(url: str, namespace: str) -> None:
    """Raise CommandError for what is no address of a mock, or not its own, and for no namespace."""
    if not url.startswith(("http://", "https://")):
        raise CommandError(f"--url takes an address such as http://127.0.0.1:{conf.PORT}, not {url[:100]!r}.")
    if (beyond := BEYOND.search(url.rstrip("/"))) is not None:
        told = f"--url takes the mock's own address, without {beyond[0]}"
        raise CommandError(f"{told}; set the namespace with --namespace." if "/ns/" in beyond[0] else f"{told}.")
    if not namespace:
        raise CommandError("--namespace takes the name of a namespace, but is empty.")


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
