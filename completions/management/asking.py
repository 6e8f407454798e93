"""Requests to a running mock's control API, for the commands that need them."""

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

URL_SUFFIX = re.compile(r"(?<![/:])(?:/ns/[^/]+(?:/v\d\w*|/_mock\b.*)?|/v\d\w*|/_mock\b.*)$")
"""The part of base URLs and pages after the mock's address."""


def add_address_options(parser: ArgumentParser) -> None:
    """Add the options for the mock's address and the namespace to a command."""
    parser.add_argument("--url", default=f"http://127.0.0.1:{conf.PORT}", help="The mock's address.")
    parser.add_argument("--namespace", default="default", help="The namespace that the client used (default).")


def get_from_mock(options: Mapping[str, Any], path: str, media_type: str) -> bytes:
    """Return the control API's answer at a path, which has a media type.

    Raise CommandError for no answer, for an error, and where another server answers.
    """
    headers = {"Authorization": f"Bearer {conf.ADMIN_TOKEN}"} if conf.ADMIN_TOKEN else {}
    _check(options["url"], options["namespace"])
    name = quote_from_bytes(os.fsencode(options["namespace"]), safe="")
    address = f"{options['url'].rstrip('/')}/ns/{name}/_mock/{path}"
    try:
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            answer: bytes = response.read()
            answer_type = response.headers.get_content_type()
    except urllib.error.HTTPError as exc:
        raise CommandError(f"{address} answered {exc.code}: {_message(exc.read())}") from exc
    except (OSError, ValueError, HTTPException) as exc:
        reason = exc.reason if isinstance(exc, urllib.error.URLError) else exc
        message = reason.strerror if isinstance(reason, OSError) and reason.strerror else reason
        hint = "Is the server running? Set its address with --url."
        raise CommandError(f"No answer from {address}: {message}. {hint}") from exc
    if answer_type != media_type:
        raise CommandError(
            f"{address} answered {answer_type} instead of {media_type}, so it is not the mock. "
            "Set its address with --url."
        )
    return answer


def _check(url: str, namespace: str) -> None:
    """Raise CommandError for an invalid address of a mock, or one with a path, and for an empty namespace."""
    if not url.startswith(("http://", "https://")):
        raise CommandError(f"--url takes an address such as http://127.0.0.1:{conf.PORT}, not {url[:100]!r}.")
    if (suffix := URL_SUFFIX.search(url.rstrip("/"))) is not None:
        message = f"--url takes the mock's own address, without {suffix[0]}"
        raise CommandError(f"{message}; set the namespace with --namespace." if "/ns/" in suffix[0] else f"{message}.")
    if not namespace:
        raise CommandError("--namespace takes the name of a namespace, but is empty.")


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
