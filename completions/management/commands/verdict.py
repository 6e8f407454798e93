"""`manage.py verdict`: what a running mock's requests show of the client that made them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.management.asking import add_address_options, get_from_mock

LIMIT = "How many seconds the client may wait without receiving anything (600, as in the SDKs)."


class Command(BaseCommand):
    """Ask a running mock for its verdict on the client."""

    help = "Report how the client of a running mock handles errors and streams; exit with 1 if something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options for the mock's address."""
        add_address_options(parser)
        parser.add_argument("--timeout", type=float, default=600.0, help=LIMIT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the verdict; raise CommandError where there is nothing to judge, as with another namespace's name."""
        verdict = json.loads(
            get_from_mock(options, f"verdict?timeout_ms={options['timeout'] * 1000:.0f}", "application/json")
        )
        if not verdict["requests"]:
            raise CommandError(f"There is nothing to judge: the namespace {options['namespace']} has had no requests.")
        self.stdout.write(verdict["text"])
        if verdict["findings"]:
            raise SystemExit(1)
