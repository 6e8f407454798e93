"""The management commands, as `python manage.py`, `python -m mocksite` or the console command `mocksite`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the management command that `sys.argv` names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mocksite.settings")
    if os.getcwd() not in sys.path:  # as with `python -m`: a script's own Python functions are found
        sys.path.append(os.getcwd())  # at the end: a project's own `completions` or `environ` is not ours
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
