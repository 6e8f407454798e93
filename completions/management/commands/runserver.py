"""`manage.py runserver`: Django's arguments, served by uvicorn with reload.

Django's server uses WSGI, which needs a thread for each request, and gives no control of connections.
"""

from typing import Any

from django.conf import settings
from django.core.management.commands.runserver import Command as DjangoRunserver

from completions.conf import conf
from completions.management.checks import note_printed
from completions.management.server import check_port, run


class Command(DjangoRunserver):
    """Serve for development; a change of the code reloads it."""

    addr: str
    port: str

    help = "Serve with uvicorn for development, with reload; streams arrive in pieces."

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Listen at HOST and PORT, unless the command has an address."""
        self.default_addr, self.default_port = conf.HOST, str(conf.PORT)
        return super().handle(*args, **options)

    def run(self, **options: Any) -> None:
        """Check the project, print its address, and serve until Ctrl-C."""
        if not options["skip_checks"]:
            self.check(display_num_errors=True)
            note_printed()
        if not options["use_threading"]:
            self.stderr.write("--nothreading has no effect: all requests are answered in one event loop.")
        host = "0.0.0.0" if self.addr == "0" else self.addr
        check_port(host, int(self.port))
        addr = f"[{self.addr}]" if ":" in self.addr else self.addr
        self.stdout.write(f"Serving {settings.SETTINGS_MODULE} at http://{addr}:{self.port}/ (Ctrl-C to quit)")
        run(host, int(self.port), reload=options["use_reloader"], is_development=True)
