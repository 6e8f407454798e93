"""`manage.py serve`: the ASGI server, as the settings say."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from completions.checks import note_told, workers_problem
from completions.conf import conf
from completions.management.child import run_on, stop_at_eof
from completions.management.server import run


class Command(BaseCommand):
    """Serve with uvicorn, for deployments."""

    help = "Serve the project with uvicorn. HOST, PORT, WORKERS and LOG_LEVEL are the defaults."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the environment says, or these."""
        parser.add_argument("--host", default=conf.HOST, help=f"The address to listen on ({conf.HOST}).")
        parser.add_argument("--port", default=conf.PORT, type=int, help=f"The port; 0 takes a free one ({conf.PORT}).")
        parser.add_argument("--workers", default=conf.WORKERS, type=int, help=f"Processes ({conf.WORKERS}).")
        parser.add_argument("--fd", type=int, help="A listening socket that this process was started with.")
        parser.add_argument("--until-eof", action="store_true", help="End when standard input does.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal comes."""
        note_told()
        if (problem := workers_problem(options["workers"])) is not None:
            raise CommandError(problem)
        if options["until_eof"]:
            stop_at_eof()
        if options["fd"] is not None:
            return run_on(options["fd"])
        run(options["host"], options["port"], workers=options["workers"])
