"""`manage.py checkcassettes`: what is to be done about recorded answers, for people and for scheduled jobs."""

import os
from argparse import ArgumentParser
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from completions.conf import conf
from completions.management.refreshing import Refreshed, as_json, as_markdown, refreshed
from completions.models import Exchange
from completions.script.reply.upstream import url_problem
from completions.state.cassettes.deck import Deck
from completions.state.cassettes.findings import Finding, findings


class Command(BaseCommand):
    """Check a folder of recorded answers; exit with 1 where one cannot be used, holds a secret, or is out of date."""

    help = "Check recorded answers for secrets, and for invalid, duplicate, old, unused and other versions' files."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and what is to be looked at."""
        parser.add_argument("folder", nargs="?", default=conf.CASSETTES or "cassettes", metavar="DIR")
        parser.add_argument(
            "--older-than", type=int, metavar="DAYS", help="Report files that are older than this number of days."
        )
        parser.add_argument(
            "--unused", action="store_true", help="Report files that answered no request in the journal."
        )
        parser.add_argument(
            "--refresh", action="store_true", help="Send the requests again, and report answers with another structure."
        )
        parser.add_argument(
            "--upstream", metavar="URL", help="The server for --refresh; by default, the one in each file."
        )
        parser.add_argument(
            "--header",
            action="append",
            default=[],
            metavar="NAME:VALUE",
            help="A header for --refresh, such as the one with the API key.",
        )
        parser.add_argument(
            "--report",
            metavar="FILE",
            help="The file for the findings of --refresh: JSON if its name ends in .json, otherwise Markdown.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each finding, and a summary."""
        folder = options["folder"]
        if not os.path.isdir(folder):  # unlike a Path's, it knows no name that is too long
            why = "is a file, not a folder" if os.path.exists(folder) else "does not exist"
            raise CommandError(f"{folder} {why}.")
        if options["older_than"] is not None and options["older_than"] < 0:
            raise CommandError("--older-than takes a number of days, 0 or more.")
        deck = Deck(folder)
        used = _used() if options["unused"] else None
        found = [*findings(deck, options["older_than"], used, datetime.now(UTC))]
        for each in found:
            self._tell(each)
        if options["refresh"]:
            found += self._refreshed(deck, options)
        elif options["report"] or options["upstream"] or options["header"]:
            raise CommandError("--report, --upstream and --header are for --refresh.")
        errors = sum(each.is_error for each in found)
        counts = {"request": len(deck.rules), "error": errors, "warning": len(found) - errors}
        told = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
        self.stdout.write(f"{options['folder']}: {told}")
        if errors:
            raise CommandError("Some recorded answers have errors.")

    def _tell(self, found: Finding) -> None:
        self.stdout.write(f"{found.file}: {'error' if found.is_error else 'warning'}: {found.message}")

    def _refreshed(self, deck: Deck, options: dict[str, Any]) -> list[Finding]:
        """Ask again, tell of each answer as it comes, and write the report; another shape is an error."""
        told, results = list[Finding](), list[Refreshed]()
        for each in refreshed(deck, _upstream(options["upstream"]), dict(map(_header, options["header"]))):
            results.append(each)
            why = [f"could not be sent again: {each.problem}"] if each.problem else each.differences
            for text in why:
                told.append(Finding(Path(each.file), text, is_error=True))
                self._tell(told[-1])
        if options["report"]:
            write = as_json if options["report"].endswith(".json") else as_markdown
            try:
                Path(options["report"]).write_text(write(options["folder"], results), encoding="utf-8")
            except OSError as exc:
                raise CommandError(f"The report {options['report']} cannot be written: {exc.strerror}.") from exc
        return told


def _upstream(url: str | None) -> str | None:
    if url is not None and (problem := url_problem(url)) is not None:
        raise CommandError(f"--upstream {problem}.")
    return url


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not value.strip().isprintable():
        raise CommandError(f"--header takes NAME:VALUE, not {text[:20]!r}.")
    return name.strip(), value.strip()


def _used() -> Collection[str]:
    """Return the files that answered, as the journal has them."""
    try:
        files = Exchange.objects.exclude(cassette=None).values_list("cassette", flat=True).distinct()
        return {str(file) for file in files}
    except DatabaseError as exc:
        raise CommandError(f"The journal cannot be read: {exc}") from exc
