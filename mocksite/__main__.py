"""The management commands, as `python manage.py`, `python -m mocksite` or the console command `mocksite`."""

import errno
import gc
import io
import os
import sys

BROKEN_PIPE_CODE = 141
"""The exit code of a command whose output is not read to its end: that of the signal SIGPIPE in a shell."""

DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The errors of a full disk, quota or file."""


RARE_THRESHOLD = 500_000
"""The number of new objects before a garbage collection, so that there is none during the imports.

They made a start take a tenth longer. A warm server has its own threshold (`completions/receive/lifespan.py`).
"""


def main() -> None:
    """Run the management command that `sys.argv` names."""
    thresholds = gc.get_threshold()
    gc.set_threshold(RARE_THRESHOLD)
    try:
        _run()
    finally:
        gc.set_threshold(*thresholds)


def _run() -> None:
    from django.core.management import execute_from_command_line

    open_standard_streams()
    if {"help", "-h", "--help"} & {*sys.argv} and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(write_through=False)  # argparse passes over an error of a write, not of the flush
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mocksite.settings")
    if os.getcwd() not in sys.path:  # as with `python -m`: a script's own Python functions are found
        sys.path.append(os.getcwd())  # at the end: a project's own `completions` or `environ` is not ours
    program = "python -m mocksite" if os.path.basename(sys.argv[0]) == "__main__.py" else sys.argv[0]
    try:
        try:
            if sys.argv[1:] in (["--version"], ["version"]):
                from completions.management.version import version  # which no other command needs

                print(version())
            else:
                execute_from_command_line([program, *sys.argv[1:]])
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # as with `| head -1`: nobody reads on, and that is no error of the command's
        _discard_output()
        sys.exit(BROKEN_PIPE_CODE)
    except OSError as exc:
        if exc.errno not in DISK_FULL_ERRORS:
            raise
        _discard_output()
        sys.exit(f"The output cannot be written{f' to {exc.filename}' if exc.filename else ''}: {exc.strerror}.")


def _discard_output() -> None:
    """Redirect standard output to the null device, for the data that Python writes at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_standard_streams() -> None:
    """Open those of the three standard streams that are closed, on the null device.

    A connection would get the number of a closed one, and libuv ends a process that closes such a connection.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free: this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # for the process's life


if __name__ == "__main__":
    main()
