"""The management commands: starting the server, and refusing to start with wrong settings."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from pytest_django import Settings

from completions.inspector.address import address_problem
from completions.management.checks import check_settings
from tests.patience import PATIENCE
from tests.receive.test_live import CLOSE, connect, request
from tests.server import QUICK, ROOT, SERVE, LiveServer, run_manage

COUNT = b'{"stream": true, "model": "gpt-4o", "messages": [{"role": "user", "content": "Count."}]}'


def test_runserver__streams_in_pieces_under_reload() -> None:
    script = "{version: 1, rules: [{hold: {gate: door, after_tokens: 2}, reply: One two three.}]}"
    with LiveServer("manage.py", "runserver", "0", script=script, **QUICK) as server:
        with connect(server) as connection:
            connection.sendall(request(COUNT, CLOSE))
            first = b""
            while b'" two"' not in first and (piece := connection.recv(65536)):
                first += piece
            assert b'" two"' in first
            assert b'" three"' not in first
            door = urllib.request.Request(f"{server.url}/_mock/gates/door/release", method="POST")
            assert urllib.request.urlopen(door).status == 200
            rest = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b'" three"' in rest
        server.wait_for(r"chunks=\d+")
        assert server.stop() == 0


def test_runserver__reloads_when_the_code_changes(tmp_path: Path) -> None:
    with LiveServer("manage.py", "runserver", "0") as server:
        server.wait_for("startup complete")  # a change before that may be one that nobody watches for yet
        before = len(server.log)
        (ROOT / "completions" / "conf.py").touch()
        server.wait_for("detected changes", since=before)
        server.wait_for("startup complete", since=before)
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "host"),
    [(("0", "--noreload"), "127.0.0.1"), (("127.0.0.2:0", "--noreload"), "127.0.0.2"), (("0.0.0.0:0",), "0.0.0.0")],
)
def test_runserver__takes_djangos_arguments(arguments: tuple[str, ...], host: str) -> None:
    with LiveServer("manage.py", "runserver", *arguments, ALLOWED_HOSTS="*") as server:
        assert server.host == host
        with urllib.request.urlopen(f"{server.url}/_mock/health") as response:
            assert response.status == 200


def test_runserver__says_that_threads_make_no_difference() -> None:
    with LiveServer("manage.py", "runserver", "0", "--noreload", "--nothreading") as server:
        server.wait_for("--nothreading has no effect: all requests are answered in one event loop.")


def test_runserver__refuses_a_wrong_address() -> None:
    result = run_manage("runserver", "nonsense:port")
    assert result.returncode == 1
    assert '"nonsense:port" is not a valid port number or address:port pair.' in result.stderr


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("127.0.0.1", 99999, "99999 is not a port. Choose a PORT from 0 to 65535; 0 chooses a free one."),
        ("a" * 70 + ".b", 0, "is not an address of this machine"),
        ("192.0.2.1", 0, "is not an address of this machine"),
    ],
)
def test_address__that_nobody_can_listen_on(host: str, port: int, told: str) -> None:
    assert told in (address_problem(host, port) or "")


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "serve", "--port", "0", "--workers", "2"),
        ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", "--workers", "2"),
    ],
    ids=["serve", "uvicorn"],
)
def test_workers__without_a_shared_state_are_refused(command: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match=r"2 workers need shared state.* Set STATE_URL=redis://") as said:
        LiveServer(*command).wait_for("never")
    assert "Traceback" not in str(said.value)


def test_workers__of_uvicorn_s_own_variable_are_refused_too() -> None:
    with pytest.raises(AssertionError, match="2 workers need shared state"):
        LiveServer("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", WEB_CONCURRENCY="2").wait_for("never")


def test_workers__are_refused_by_the_check() -> None:
    result = run_manage("check", WORKERS="2")
    assert result.returncode == 1
    assert "(completions.E005) WORKERS=2: 2 workers need shared state" in result.stderr


def test_workers__a_reload_s_child_is_none() -> None:
    command = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", "--reload")
    with LiveServer(*command, WEB_CONCURRENCY="2") as server:
        server.wait_for("startup complete")


WRONG = {
    "PORT": ("abc", "PORT='abc' is not allowed: it takes a whole number from 0 to 65535."),
    "WORKERS": ("0", "WORKERS='0' is not allowed: it takes a whole number from 1 to 256."),
    "DEBUG": ("maybe", "DEBUG='maybe' is not allowed: it takes one of true, yes, on, 1, false, no, off, 0."),
    "LOG_LEVEL": ("loud", "LOG_LEVEL='loud' is not allowed: it takes one of DEBUG, INFO, WARNING, ERROR, CRITICAL."),
    "LOG_FORMAT": ("xml", "LOG_FORMAT='xml' is not allowed: it takes one of text, json."),
    "MOCK_TTFT_MS": ("-1", "MOCK_TTFT_MS='-1' is not allowed: it takes a number from 0 to 3600000."),
    "STATE_URL": ("redis//localhost", "STATE_URL='redis//localhost' is not allowed: it takes memory://, redis://"),
    "MAX_BODY_BYTES": ("1.5", "MAX_BODY_BYTES='1.5' is not allowed: it takes a whole number from 1 to"),
    "DATABASE_URL": ("postgres://a:b@c:port/d", "DATABASE_URL='postgres://a:...@c:port/d' is not allowed: it takes"),
    "JOURNAL": ("maybe", "JOURNAL='maybe' is not allowed: it takes one of true, yes"),
    "JOURNAL_KEEP": ("0", "JOURNAL_KEEP='0' is not allowed: it takes a whole number from 1"),
    "JOURNAL_REDACT": ("x-fine,$.a[", "JOURNAL_REDACT cannot be used: '$.a[' cannot be read: the error is at '['."),
    "MOCK_SCRIPT": ("nowhere.yaml", "MOCK_SCRIPT takes the path of a YAML file, or a built-in script: mock"),
}
"""Values that settings do not take, and what is said of each."""


def test_start__is_refused_with_wrong_values_and_tells_of_each() -> None:
    result = run_manage("check", **{name: value for name, (value, _) in WRONG.items()})
    assert result.returncode == 1
    assert [said for _, said in WRONG.values() if said not in result.stderr] == []
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://localhost/0?socket_timeuot=1", "socket_timeuot"),
        ("rediss://localhost/0?ssl_cert_reqs=some", "Invalid SSL Certificate Requirements Flag: some"),
    ],
)
def test_start__is_refused_with_a_parameter_that_redis_does_not_have(url: str, told: str, settings: Settings) -> None:
    settings.STATE_URL = url
    (found,) = [each for each in check_settings(None) if each.id == "completions.E006"]
    assert "STATE_URL cannot be used: " in found.msg
    assert told in found.msg


def test_start__warns_of_a_folder_whose_name_is_too_long(settings: Settings) -> None:
    settings.CASSETTES = "a" * 300
    assert "is not a folder" in " ".join(each.msg for each in check_settings(None))


@pytest.mark.parametrize("command", [("serve",), ("runserver", "--noreload")])
def test_start__checks_the_settings_first(command: tuple[str, ...]) -> None:
    result = run_manage(*command, MOCK_ITL_MS="slow")
    assert result.returncode == 1
    assert "MOCK_ITL_MS='slow' is not allowed" in result.stderr


def test_asgi__checks_the_settings_first() -> None:
    with pytest.raises(AssertionError, match=r"(?s)MOCK_ITL_MS='slow' is not allowed.*$") as caught:
        LiveServer("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", MOCK_ITL_MS="slow")
    assert "Traceback" not in str(caught.value)


def test_env_example__lists_every_variable_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text()
    settings = (ROOT / "mocksite" / "settings.py").read_text()
    read = set(re.findall(r'_env\.\w+\("([A-Z_]+)"', settings)) | {"ENV_FILE"}
    listed = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert {name for name in listed if not name.startswith("LLM_")} == read
    code = "from django.conf import settings as s; print([str(getattr(s, n)) for n in %r])"
    names = ["DATABASES", *sorted(read - {"SECRET_KEY", "ENV_FILE", "DATABASE_URL"})]
    with_file = run_manage(
        "shell", "--no-imports", "-c", code % names, ENV_FILE=str(ROOT / ".env.example"), DATABASE_URL=""
    )
    without = run_manage("shell", "--no-imports", "-c", code % names, ENV_FILE="/dev/null", DATABASE_URL="")
    assert with_file.stdout == without.stdout != ""
    assert with_file.returncode == without.returncode == 0, without.stderr


@pytest.mark.parametrize(
    "command",
    [("serve", "--port", "PORT"), ("runserver", "--noreload", "127.0.0.1:PORT"), ("runserver", "PORT")],
    ids=["serve", "runserver", "runserver with reload"],
)
def test_port__that_is_taken_is_said_before_anything_is_started(command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run_manage(*(part.replace("PORT", port) for part in command))
    assert result.returncode == 1
    said = f"Port {port} of 127.0.0.1 is already in use. Stop the program that listens there, or choose another PORT."
    assert said in result.stderr
    assert "Serving" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_host__that_this_machine_does_not_have() -> None:
    result = run_manage("serve", "--host", "192.0.2.1", "--port", "8765")
    assert result.returncode == 1
    assert "192.0.2.1 is not an address of this machine." in result.stderr


@pytest.mark.skipif(not socket.has_ipv6, reason="The machine has no IPv6.")
def test_host__of_ipv6_may_have_the_brackets_of_a_url() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        result = run_manage("serve", HOST="[::1]", PORT=str(taken.getsockname()[1]))
    assert " of ::1 is already in use." in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--port", "99999"), "argument --port: it takes a whole number from 0 to 65535, not '99999'"),
        (("--port", "-1"), "argument --port: it takes a whole number from 0 to 65535"),
        (("--workers", "0" * 18 + "1000"), "argument --workers: it takes a whole number from 1 to 256"),
        (("--workers", "0"), "argument --workers: it takes a whole number from 1 to 256, not '0'"),
        (("--fd", "999"), "--fd 999 is not a socket that this process inherited: Bad file descriptor."),
        (("--record", "manage.py"), "--record manage.py: manage.py is a file, not a folder."),
        (("--record", "a" * 300), "cannot be created: File name too long"),
        (("--record", ""), "--record takes a folder, but is empty."),
        (("--host", "a..b", "--port", "0"), "a..b is not an address of this machine."),
    ],
)
def test_serve__says_what_is_wrong_in_its_options(options: tuple[str, ...], told: str) -> None:
    result = run_manage("serve", *options)
    assert (result.returncode != 0, told in result.stderr, "Traceback" in result.stderr) == (True, True, False)


def test_serve__says_that_nothing_can_be_recorded_yet(tmp_path: Path) -> None:
    with LiveServer(*SERVE, "--record", str(tmp_path)) as server:
        server.wait_for("Nothing is recorded yet: no other server answers")


SITE = """
from mocksite.logging import logging_config

ALLOWED_HOSTS = ["127.0.0.1"]
ASGI_APPLICATION = "mocksite.asgi.application"
INSTALLED_APPS = ["completions"]
LOGGING = logging_config("INFO", "text")
ROOT_URLCONF = "completions.urls"
SECRET_KEY = "k"
"""


def test_serve__records_for_a_project_with_none_of_our_settings(tmp_path: Path) -> None:
    (tmp_path / "site_settings.py").write_text(SITE)
    site = {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(tmp_path)}
    with LiveServer(*SERVE, "--record", str(tmp_path / "kept"), **site) as server:
        server.wait_for("Nothing is recorded yet: no other server answers")
        server.wait_for("The script is relay")
        assert not [line for line in server.log if "urls.W" in line], "Django has nothing to say of our addresses"


def test_serve__says_where_answers_come_from_and_where_they_are_recorded(tmp_path: Path) -> None:
    upstream = "/v1/messages=http://user:password@127.0.0.1:9/a,http://127.0.0.1:9"
    with LiveServer(*SERVE, "--record", str(tmp_path), MOCK_UPSTREAM=upstream) as server:
        server.wait_for("Requests that no rule matches go to /v1/messages=http://127.0.0.1:9/a, http://127.0.0.1:9$")
        server.wait_for(f"Recorded answers are in {tmp_path}, in the mode new_episodes$")


TRY = "curl -N {}/v1/chat/completions -d '{{\"stream\": true}}'"


@pytest.mark.parametrize("command", [(), ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0")])
def test_start__says_what_has_no_effect_and_then_once_what_answers(command: tuple[str, ...], tmp_path: Path) -> None:
    journal = tmp_path / "nowhere" / "journal.sqlite3"
    with LiveServer(*command, MOCK_SCRPT="auto", API_KEY="k", DATABASE_URL=f"sqlite:///{journal}") as server:
        server.wait_for("Read on: ")
        ask = TRY.format(server.url)
        log = [line for line in server.log if "journal cannot be written, and is" not in line]
        assert [re.sub(r"^\S+ INFO +", "", line) for line in log[-7:]] == [
            "The script is mock",
            f"The journal is {journal}",
            f"The inspector is at {server.url}/_mock/",
            f"Try it:       {ask}",
            f"Break it:     {ask} -H 'X-Mock-Fault: disconnect; after_tokens=3'",
            "More answers: set MOCK_SCRIPT=auto, which generates an answer to each request",
            f"Read on:      {server.url}/_mock/docs/start",
        ]
        said = subprocess.run(ask, shell=True, capture_output=True, text=True, timeout=PATIENCE)
        assert said.stdout.endswith("data: [DONE]\n\n")
        for warned in (
            "MOCK_SCRPT is set, and there is no such setting. Did you mean MOCK_SCRIPT?",
            "API_KEY is set, and there is no such setting. Did you mean API_KEYS?",
            f"The journal cannot be written to {journal}, which DATABASE_URL names: ",
        ):
            assert sum(warned in line for line in log) == 1
        server.wait_for(f"The journal cannot be written, and is tried again every second: {journal}: unable to open")
        with urllib.request.urlopen(f"{server.url}/_mock/ready") as response:
            ready = json.load(response)
        assert ready["journal"].startswith(f"cannot be written: {journal}: unable to open database file (")
        journal.parent.mkdir()
        server.wait_for("The journal can be written again")
        with urllib.request.urlopen(f"{server.url}/_mock/ready") as response:
            assert "journal" not in json.load(response)


def test_serve__reports_its_port_and_ends_with_standard_input() -> None:
    """No socket is inherited and no signal sent: what every operating system has is enough."""
    command = [sys.executable, "manage.py", "serve", "--port", "0", "--report", "--until-eof"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_mock/health") as response:
            assert response.status == 200
        rest, _ = process.communicate(timeout=PATIENCE)  # which closes standard input
        assert (rest, process.returncode) == (b"", 0)


def test_serve__for_a_parent_ends_by_ctrl_c_without_a_traceback() -> None:
    command = [sys.executable, "manage.py", "serve", "--port", "0", "--report"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=PATIENCE)
    assert (b"Finished server process" in log, b"Traceback" in log) == (True, False), log.decode()


@pytest.mark.parametrize("option", ["--report", "--until-eof", "--reserved"])
def test_serve__for_a_parent_is_one_process(option: str) -> None:
    result = run_manage("serve", option, "--workers", "2", STATE_URL="redis://127.0.0.1:1/0")
    assert result.returncode == 1
    assert "serve in one process" in result.stderr
