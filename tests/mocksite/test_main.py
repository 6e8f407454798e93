"""The command line as it is started: by `manage.py`, and as a module."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mocksite.__main__ import main
from tests.server import ROOT

FULL = Path("/dev/full")
"""A device that takes nothing, as a disk that is full."""


@pytest.mark.parametrize(
    ("started", "told"), [(["manage.py"], "manage.py"), (["-m", "mocksite"], "python -m mocksite")]
)
def test_unknown_command__tells_how_to_ask_for_help(started: list[str], told: str) -> None:
    command = [sys.executable, *started, "servee"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Unknown command: 'servee'. Did you mean serve?\nType '{told} help' for usage.\n"


def test_version__is_that_of_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["mocksite", "--version"])
    main()
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out.startswith(f"{package['name']} {package['version']}, Django 5.2")


def test_output__that_nobody_reads_to_its_end_is_no_traceback() -> None:
    command = [sys.executable, "manage.py", "checkscript", "--schema"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert (running.wait(), running.stderr.read()) == (141, b"")


@pytest.mark.skipif(not FULL.exists(), reason="the system has no such device")
@pytest.mark.parametrize("asked", [["checkscript", "--schema"], ["serve", "--help"]])
def test_output__that_a_full_disk_does_not_take_is_one_line(asked: list[str]) -> None:
    command = [sys.executable, "-u", "manage.py", *asked]
    with FULL.open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written: No space left on device.\n")


COUNTED = "\nimport gc; print(sum(each['collections'] for each in gc.get_stats()), gc.get_freeze_count() > 100_000)"


@pytest.mark.parametrize(
    ("started", "is_frozen"),
    [
        ("import sys; from mocksite.__main__ import main; sys.argv = ['manage.py', 'check']; main()", False),
        ("import mocksite.asgi", True),
    ],
)
def test_start__looks_for_no_garbage_in_what_is_imported(started: str, is_frozen: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", started + COUNTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    collections, frozen = done.stdout.splitlines()[-1].split()
    assert int(collections) < 100  # it was 300
    assert frozen == str(is_frozen)
