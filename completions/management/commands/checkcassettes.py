"""`manage.py checkcassettes`: what is to be done about recorded answers, for people and for scheduled jobs."""

from argparse import ArgumentParser
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from completions.conf import conf
from completions.models import Exchange
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.upkeep import findings


class Command(BaseCommand):
    """Check a folder of recorded answers; exit with 1 where a file cannot be used or holds a secret."""

    help = "Check recorded answers: files that cannot be used, secrets, duplicates, other versions, age, use."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and what is to be looked at."""
        parser.add_argument("folder", nargs="?", default=conf.CASSETTES or "cassettes", metavar="DIR")
        parser.add_argument(
            "--older-than", type=int, metavar="DAYS", help="Report files that are older than so many days."
        )
        parser.add_argument(
            "--unused", action="store_true", help="Report files that answered no request in the journal."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each finding, and a summary."""
        deck = Deck(options["folder"])
        used = _used() if options["unused"] else None
        found = [*findings(deck, options["older_than"], used, datetime.now(UTC))]
        for each in found:
            self.stdout.write(f"{each.file}: {'error' if each.grave else 'warning'}: {each.told}")
        errors = sum(each.grave for each in found)
        self.stdout.write(
            f"{options['folder']}: {len(deck.rules)} requests, {errors} errors, {len(found) - errors} warnings"
        )
        if errors:
            raise CommandError("Some recorded answers are not as they should be.")


def _used() -> Collection[str]:
    """Return the files that answered, as the journal has them."""
    try:
        files = Exchange.objects.exclude(cassette=None).values_list("cassette", flat=True).distinct()
        return {str(file) for file in files}
    except DatabaseError as exc:
        raise CommandError(f"The journal cannot be read: {exc}") from exc
