"""`manage.py exportrun`: what a running mock was asked, as a test of pytest."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.management.asking import add_where, ask


class Command(BaseCommand):
    """Export a run of a running mock."""

    help = "Write the requests and answers of a running mock as a pytest test."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the mock is, and the file."""
        add_where(parser)
        parser.add_argument("--out", type=Path, help="The file to write; by default, standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the test."""
        text = ask(options, "exchanges/pytest", "text/x-python").decode()
        if options["out"] is None:
            self.stdout.write(text)
        else:
            try:
                options["out"].write_text(text, encoding="utf-8")
            except OSError as exc:
                raise CommandError(f"--out {options['out']} cannot be written: {exc.strerror}.") from exc
