"""Fixtures of the control API's tests: a fresh world, with its journal on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker, Settings

from completions.state import namespaces, selection
from tests.journal.database import journal_in
from tests.scripts import rules

SCRIPT = rules("""
    - {name: counted, match: {last_user: count}, replies: [first, second]}
    - {name: held, match: {last_user: hold}, hold: door, reply: Through.}
    - {name: broken, match: {last_user: break}, fault: malformed_json, reply: Never.}
    - {name: refund, match: {last_user: {contains: refund}}, reply: Refunds take five days.}
""").replace("rules:", "defaults: {strict: true, limits: {rpm: 1000}}\nrules:", 1)


@pytest.fixture
def world(tmp_path: Path, settings: Settings, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let SCRIPT answer, at once, with nothing in any namespace and an empty journal."""
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    settings.MOCK_SCRIPT = str(file)
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    settings.JOURNAL = True
    with journal_in(f"sqlite:///{tmp_path}/journal.sqlite3", django_db_blocker):
        yield
    namespaces._spaces.clear()
    selection.current.name = selection.DEFAULT  # a fuzzed request may have selected another
    selection.current.retired.clear()
