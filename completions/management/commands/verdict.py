"""`manage.py verdict`: what a running mock's requests show of the client that made them."""

import json
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any
from urllib.parse import quote

from django.core.management.base import BaseCommand, CommandError

from completions.conf import conf

TIMEOUT = 60.0
"""Seconds that the server may take."""

LIMIT = "The seconds that the client may wait in silence at most (600, as the SDKs do)."


class Command(BaseCommand):
    """Ask a running mock for its verdict on the client."""

    help = "Say how the client of a running mock takes errors and streams; exit with 1 if something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the mock is."""
        parser.add_argument("--url", default=f"http://127.0.0.1:{conf.PORT}", help="The mock's address.")
        parser.add_argument("--timeout", type=float, default=600.0, help=LIMIT)
        parser.add_argument("--namespace", default="default", help="The namespace that the client used (default).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the verdict."""
        verdict = _asked(options["url"].rstrip("/"), options["namespace"], options["timeout"])
        self.stdout.write(verdict["text"])
        if verdict["findings"]:
            raise SystemExit(1)


def _asked(url: str, namespace: str, limit: float) -> dict[str, Any]:
    """Return the verdict; raise CommandError where there is none."""
    headers = {"Authorization": f"Bearer {conf.ADMIN_TOKEN}"} if conf.ADMIN_TOKEN else {}
    address = f"{url}/ns/{quote(namespace, safe='')}/_mock/verdict?timeout_ms={limit * 1000:.0f}"
    try:
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            verdict: dict[str, Any] = json.load(response)
            return verdict
    except urllib.error.HTTPError as exc:
        raise CommandError(f"{address} answered {exc.code}: {_message(exc.read())}") from exc
    except (OSError, ValueError) as exc:
        raise CommandError(f"There is no verdict at {address}: {exc}") from exc


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
