"""The command line as it is started: by `manage.py`, and as a module."""

import subprocess
import sys

import pytest

from tests.server import ROOT


@pytest.mark.parametrize(
    ("started", "told"), [(["manage.py"], "manage.py"), (["-m", "mocksite"], "python -m mocksite")]
)
def test_unknown_command__tells_how_to_ask_for_help(started: list[str], told: str) -> None:
    command = [sys.executable, *started, "servee"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Unknown command: 'servee'. Did you mean serve?\nType '{told} help' for usage.\n"


def test_output__that_nobody_reads_to_its_end_is_no_traceback() -> None:
    command = [sys.executable, "manage.py", "checkscript", "--schema"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert (running.wait(), running.stderr.read()) == (141, b"")
