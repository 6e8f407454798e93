"""`manage.py exportrun`: the requests to a running mock, as a test for pytest."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.management.asking import add_address_options, get_from_mock


class Command(BaseCommand):
    """Export a run of a running mock."""

    help = "Write the requests and answers of a running mock as a pytest test."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options for the mock's address, and the file."""
        add_address_options(parser)
        parser.add_argument("--out", type=Path, help="The file to write; by default, standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the test."""
        text = get_from_mock(options, "exchanges/pytest", "text/x-python").decode()
        if options["out"] is None:
            self.stdout.write(text)
        else:
            try:
                options["out"].write_text(text, encoding="utf-8")
            except OSError as exc:
                raise CommandError(f"--out {options['out']} cannot be written: {exc.strerror}.") from exc
