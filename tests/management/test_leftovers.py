"""What killed processes leave in the folder for temporary files."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from completions.management.leftovers import clear_leftovers, prefix
from completions.pytest_plugin import process
from tests.server import SERVE, LiveServer


def gone() -> int:
    """Return the id of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_leftovers__of_processes_that_are_gone_are_cleared(folder: Path) -> None:
    dead = gone()
    for kind in ("llm", "metrics"):
        (folder / f"{prefix(kind, dead)}x").mkdir()
        (folder / f"{prefix(kind, dead)}x" / "journal.sqlite3").touch()
        (folder / f"{prefix(kind)}x").mkdir()
    (folder / f"{prefix('worker', dead)}x-1").touch()
    (folder / f"{prefix('worker')}x-1").touch()
    others = [f"mock-llm-elsewhere-{dead}-x", f"mocks-llm-{dead}", f"mock-other-{dead}-x"]
    for name in others:
        (folder / name).touch()
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (folder / f"{prefix('metrics', dead)}link").symlink_to(elsewhere)
    clear_leftovers()
    kept = {f"{prefix(kind)}x" for kind in ("llm", "metrics")} | {f"{prefix('worker')}x-1", *others}
    assert {each.name for each in folder.iterdir()} == kept
    assert (elsewhere / "kept").exists()


def test_plugin_s_folder__is_named_as_a_leftover_is() -> None:
    assert process._prefix() == prefix("llm")


def test_workers__that_were_killed_leave_what_the_next_start_clears(tmp_path: Path) -> None:
    with LiveServer(*SERVE, "--workers", "2", TMPDIR=str(tmp_path), STATE_URL="redis://127.0.0.1:9") as server:
        server.wait_for("The script 'mock' answers|Inspector|inspector")
        left = sorted(each.name.split("-")[1] for each in tmp_path.glob("mock-*"))
        assert left == ["metrics", "worker", "worker"]
        os.killpg(server.process.pid, signal.SIGKILL)
    with LiveServer(TMPDIR=str(tmp_path)):
        assert list(tmp_path.glob("mock-*")) == []
