"""What is written, by several at a time too, what cannot be, and what may differ between two requests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from completions.outcome import Recorded
from completions.script.request.digest import digest
from completions.script.request.ignored import IGNORED, read_ignored
from completions.state.cassettes import files
from completions.state.cassettes.deck import Deck, answers_of, question_of, raw_question, without_secrets_in
from completions.state.cassettes.files import NotWritten
from tests.scripts import asked
from tests.server import ROOT

CHAT = "/v1/chat/completions"

WRITER = """
import sys, django
django.setup()
from completions.state.cassettes.deck import Deck, question_of
from tests.scripts import asked
from tests.state.cassettes.test_writing import answer
deck = Deck(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    question = question_of(asked(f"Question {number % 2}"))
    deck.record(question, answer(f"{sys.argv[2]}{number}"), "http://a", overwrite=True)
"""


def answer(text: str) -> Recorded:
    """Return a recorded answer."""
    return Recorded(CHAT, pieces=(text.encode(),), times=(0.0,))


def writer_into(folder: Path, name: str) -> "subprocess.Popen[str]":
    """Start a process that records ten answers of this name once it is told to."""
    command = [sys.executable, "-c", WRITER, str(folder), name]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)


def test_processes__that_record_into_one_folder_lose_nothing(tmp_path: Path) -> None:
    writers = [writer_into(tmp_path, name) for name in "ab"]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [(writer.communicate(), writer.returncode)[1] for writer in writers] == [0, 0]
    rules = Deck(str(tmp_path)).rules
    written = [each.body.decode() for rule in rules for each in answers_of(rule)]
    assert sorted(written) == sorted(f"{name}{number}" for name in "ab" for number in range(10))
    assert len(rules) == 2
    assert [file.suffix for file in tmp_path.iterdir()] == [".yaml", ".yaml"]


def test_answer__that_is_too_large_to_be_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 9_000)
    deck = Deck(str(tmp_path))
    with pytest.raises(NotWritten, match="would be larger than 9000 bytes"):
        deck.record(question_of(asked()), answer("a" * 9_001), "http://a")
    assert list(tmp_path.iterdir()) == []


def test_disk__that_is_full_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: what is written beyond it is an OSError as well."""
    code = (
        "import resource, signal, sys, django; django.setup()\n"
        "from completions.state.cassettes.deck import Deck, question_of\n"
        "from completions.state.cassettes.files import NotWritten\n"
        "from tests.scripts import asked\n"
        "from tests.state.cassettes.test_writing import answer\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    Deck(sys.argv[1]).record(question_of(asked()), answer('a' * 5000), 'http://a')\n"
        "except NotWritten as exc:\n    print(exc)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert "cannot be written: File too large" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_folder__that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match="cannot be written to"):
        Deck(str(tmp_path / "file")).record(question_of(asked()), answer("a"), "http://a")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", IGNORED),
        (" ids , model ", ("ids", "model")),
        ("/a,b/,dates", ("/a,b/", "dates")),
        (r"/a\/b{1,2}/", (r"/a\/b{1,2}/",)),
    ],
)
def test_setting__of_what_is_ignored(text: str, names: tuple[str, ...]) -> None:
    assert read_ignored(text) == names


@pytest.mark.parametrize(
    ("text", "why"),
    [("id", "must be one of ids"), ("/(/", "is not a pattern"), ("//", "must be one of"), ("/a", "must be")],
)
def test_setting__that_is_wrong_says_so(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_ignored(text)


def test_pattern__takes_out_what_it_finds() -> None:
    one, other = ({"messages": [{"text": f"Order {number}, please"}]} for number in ("A-1", "B-22"))
    assert digest(one, ("ids",)) != digest(other, ("ids",))
    assert digest(one, ("/[A-Z]-[0-9]+/",)) == digest(other, ("/[A-Z]-[0-9]+/",))


def test_names__that_are_given_count_and_no_others(tmp_path: Path) -> None:
    """With other names than the usual ones, what they do not say is told apart, also in the same body."""
    deck = Deck(str(tmp_path), ("whitespace",))
    for day in ("2026-01-01", "2026-01-02"):
        deck.record(question_of(asked(f"On {day}"), deck.ignored), answer(day), "http://a")
    for again in (deck, Deck(str(tmp_path)), Deck(str(tmp_path), ("whitespace",))):
        found = again.find(question_of(asked("On  2026-01-02"), again.ignored))
        assert found is not None
        assert answers_of(found)[0].body == b"2026-01-02"
        assert again.find(question_of(asked("On 2026-01-03"), again.ignored)) is None


def test_key__in_an_address_reaches_no_file_and_makes_no_difference(tmp_path: Path) -> None:
    deck = Deck(str(tmp_path))
    first, second = (raw_question("GET", f"/v1beta/models?key={key}&pageSize=2", b"") for key in ("k-12345678", "k-87"))
    cleaned = without_secrets_in(asked(), first, answer("Your key is k-12345678."), "key=k-12345678&pageSize=2")
    assert cleaned is not None
    file = Path(deck.record(*cleaned, "http://a") or "")
    assert "12345678" not in file.read_text()
    assert deck.find(second) is not None
    assert deck.find(raw_question("GET", "/v1beta/models?key=k&pageSize=3", b"")) is None
