"""Coding agents as their registries have them: how each is started, and what makes it talk to the mock alone.

An agent runs in a folder and a home of its own. What it sends elsewhere goes to a proxy that is not there.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE

FOLDERS = os.environ.get("AGENTS", "")
"""The folders with the agents' programs, as `PATH` has them; nothing is looked for elsewhere."""

NOWHERE = "http://127.0.0.1:9"
LOCAL = "127.0.0.1,localhost"
OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), LOCAL),
}
KEPT = ("PATH", "LANG", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
"""What an agent sees of the environment of the tests: no key and no setting of the developer's."""

SETTINGS = {"privacy": {"usageStatisticsEnabled": False}, "general": {"enableAutoUpdate": False}}
"""What Gemini CLI and Qwen Code, which comes from it, must not do."""


@dataclass(frozen=True)
class Agent:
    """An agent: its program, its arguments before the question, its environment, and files that its home must have.

    Each is made of the mock's URL. `proxied` is whether the agent goes past a proxy for what is local, as others do.
    """

    program: str
    arguments: Callable[[str], list[str]]
    environment: Callable[[str], dict[str, str]]
    files: Callable[[str], dict[str, str]] = lambda url: {}
    proxied: bool = True

    @property
    def path(self) -> str | None:
        """Where the program is; None where it is not installed."""
        return shutil.which(self.program, path=FOLDERS) if FOLDERS else None

    def ask(self, url: str, question: str, folder: Path) -> str:
        """Ask one question in a folder; return all that is printed."""
        home = folder / "home"
        for name, text in self.files(url).items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        home.mkdir(exist_ok=True)
        command = [str(self.path), *self.arguments(url), question]
        return run(command, folder, {**self.environment(url), "HOME": str(home), **(OFFLINE if self.proxied else {})})


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a program to its end, and end all that it has started; return what it printed."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join([FOLDERS, kept.get("PATH", "")])
    started = subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, "PATH": path, "CI": "1", "TERM": "dumb", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        return started.communicate(timeout=PATIENCE)[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def codex(url: str, **more: object) -> list[str]:
    """Codex CLI asks the Responses API of a provider that is configured."""
    provider = {"name": "mock", "base_url": f"{url}/v1", "wire_api": "responses", **more}
    options = {
        "model_provider": "mock",
        **{f"model_providers.mock.{name}": value for name, value in provider.items()},
        "analytics.enabled": False,
        "check_for_update_on_startup": False,
    }
    told = [part for name, value in options.items() for part in ("-c", f"{name}={json.dumps(value)}")]
    return ["exec", "--skip-git-repo-check", "-s", "danger-full-access", "-m", "gpt-5", *told]


def signed_in() -> str:
    """Return Codex's file of somebody who is signed in with ChatGPT: it compresses its requests then, among others."""
    account = {"chatgpt_plan_type": "pro", "chatgpt_account_id": "account", "chatgpt_user_id": "user"}
    claims = {
        "email": "somebody@mock.example",
        "exp": int(time.time()) + 86_400,
        "https://api.openai.com/auth": account,
    }
    parts = (json.dumps({"alg": "RS256", "typ": "JWT"}), json.dumps(claims), "signature")
    token = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
    tokens = {"id_token": token, "access_token": token, "refresh_token": "none", "account_id": "account"}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now})


def opencode(url: str) -> str:
    """Return the configuration of opencode, with a provider that it asks in the format of chat.

    Without the model's limit it asks for 32,000 tokens, which the API refuses.
    """
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{url}/v1", "apiKey": "k"},
        "models": {"gpt-4o": {"limit": {"context": 128_000, "output": 16_384}}},
    }
    return json.dumps({"provider": {"mock": provider}, "share": "disabled", "permission": {"*": "allow"}})


def settings(auth: str) -> str:
    """Return the settings of Gemini CLI and Qwen Code."""
    return json.dumps({**SETTINGS, "security": {"auth": {"selectedType": auth}}})


AIDER = (
    "--model openai/gpt-4o --edit-format whole --map-tokens 0 --yes-always --no-git --no-gitignore --no-pretty "
    "--no-check-update --no-show-release-notes --no-show-model-warnings --analytics-disable notes.txt --message"
)

READ_NOTES = """def read_notes() -> str:
    "Read the notes"
    return open("notes.txt").read()"""

AGENTS = {
    "codex": Agent("codex", lambda url: codex(url, env_key="OPENAI_API_KEY"), lambda url: {"OPENAI_API_KEY": "k"}),
    "codex, signed in": Agent(
        "codex",
        lambda url: codex(url, name="OpenAI", requires_openai_auth=True),
        lambda url: {},
        lambda url: {".codex/auth.json": signed_in()},
    ),
    "claude": Agent(
        "claude",
        lambda url: ["-p", "--model", "claude-sonnet-4-5", "--allowedTools", "Bash", "--"],
        lambda url: {
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "k",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    ),
    "copilot": Agent(
        "copilot",
        lambda url: ["--allow-all-tools", "-p"],
        lambda url: {
            "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
            "COPILOT_PROVIDER_API_KEY": "k",
            "COPILOT_PROVIDER_WIRE_API": "responses",
            "COPILOT_MODEL": "gpt-5",
            "COPILOT_OFFLINE": "true",
        },
    ),
    "gemini": Agent(
        "gemini",
        lambda url: ["--skip-trust", "--yolo", "-m", "gemini-2.5-flash", "-p"],
        lambda url: {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": "k"},
        lambda url: {".gemini/settings.json": settings("gemini-api-key")},
    ),
    "qwen": Agent(
        "qwen",
        lambda url: ["--yolo", "--auth-type", "openai", "-p"],
        lambda url: {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "k", "OPENAI_MODEL": "qwen3-coder"},
        lambda url: {".qwen/settings.json": settings("openai")},
        proxied=False,
    ),
    "opencode": Agent(
        "opencode",
        lambda url: ["run", "--pure", "-m", "mock/gpt-4o"],
        lambda url: {
            "OPENCODE_CONFIG_CONTENT": opencode(url),
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        },
    ),
    "aider": Agent(
        "aider",
        lambda url: AIDER.split(),
        lambda url: {"OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": "k", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ),
    "llm": Agent(
        "llm",
        lambda url: ["-m", "mock", "--functions", READ_NOTES],
        lambda url: {"OPENAI_API_KEY": "k"},
        lambda url: {
            ".config/io.datasette.llm/extra-openai-models.yaml": json.dumps(
                [{"model_id": "mock", "model_name": "gpt-4o", "api_base": f"{url}/v1", "supports_tools": True}]
            )
        },
    ),
}
