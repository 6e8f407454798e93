"""Fetch the source distribution of the installed openai SDK, and run its resource tests against a live server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import xml.etree.ElementTree as ET
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import openai

from tests.server import QUICK, LiveServer

HERE = Path(__file__).parent
FILES = (
    "tests/api_resources/chat/completions/test_messages.py",
    "tests/api_resources/chat/test_completions.py",
    "tests/api_resources/containers/files/test_content.py",
    "tests/api_resources/containers/test_files.py",
    "tests/api_resources/conversations/test_items.py",
    "tests/api_resources/responses/test_input_items.py",
    "tests/api_resources/responses/test_input_tokens.py",
    "tests/api_resources/skills/test_versions.py",
    "tests/api_resources/test_completions.py",
    "tests/api_resources/test_containers.py",
    "tests/api_resources/test_conversations.py",
    "tests/api_resources/test_models.py",
    "tests/api_resources/test_responses.py",
    "tests/api_resources/test_embeddings.py",
    "tests/api_resources/test_moderations.py",
    "tests/api_resources/test_batches.py",
    "tests/api_resources/test_files.py",
    "tests/api_resources/test_images.py",
    "tests/api_resources/test_skills.py",
    "tests/api_resources/test_uploads.py",
    "tests/api_resources/test_vector_stores.py",
    "tests/api_resources/test_webhooks.py",
    "tests/api_resources/uploads/test_parts.py",
    "tests/api_resources/vector_stores/test_file_batches.py",
    "tests/api_resources/vector_stores/test_files.py",
    "tests/api_resources/webhooks/test_event_types.py",
    "tests/api_resources/audio/test_speech.py",
    "tests/api_resources/audio/test_transcriptions.py",
    "tests/api_resources/audio/test_translations.py",
    "tests/api_resources/audio/test_voice_consents.py",
    "tests/api_resources/audio/test_voices.py",
    "tests/api_resources/beta/test_agents.py",
    "tests/api_resources/beta/agents/test_automations.py",
    "tests/api_resources/beta/agents/automations/test_invocations.py",
    "tests/api_resources/beta/agents/test_environments.py",
    "tests/api_resources/beta/agents/environments/test_templates.py",
    "tests/api_resources/beta/agents/test_sessions.py",
    "tests/api_resources/beta/agents/sessions/test_artifacts.py",
    "tests/api_resources/beta/agents/sessions/test_events.py",
    "tests/api_resources/beta/agents/sessions/test_items.py",
    "tests/api_resources/beta/agents/sessions/test_subagents.py",
    "tests/api_resources/beta/agents/sessions/test_traces.py",
    "tests/api_resources/beta/agents/sessions/test_turns.py",
    "tests/api_resources/beta/agents/test_vaults.py",
    "tests/api_resources/beta/agents/vaults/test_credentials.py",
    "tests/api_resources/beta/chatkit/test_sessions.py",
    "tests/api_resources/beta/chatkit/test_threads.py",
)
WAYS = ("method", "raw_response", "streaming_response")
ALL_DELETES = tuple(f"test_{way}_delete" for way in WAYS)
REMOVES = "removes the object that the other tests work on, and then once more"
PACKED = "the SDK asks for base64 here, and in its strict mode holds that answer to the type of one in floats"
COMPACTED = "wants answers for the users' messages of a compaction, and a count in its usage that no recording has"
NO_SKILL = "uploads no files, or bytes that are no skill"
NOTHING_MADE = "wants what nothing here makes, or what has an id of its own"
PLACEHOLDERS = "sends texts where the API takes a path, a URL, a model or a schedule"
CREATES = (
    *(f"test_{way}_create_overload_{number}" for way in WAYS for number in (1, 2)),
    *(f"test_method_create_with_all_params_overload_{number}" for number in (1, 2)),
)
RETRIEVES = tuple(f"test_{way}_retrieve" for way in WAYS)
UPLOADS = dict.fromkeys(("test_method_create_with_all_params", *(f"test_{way}_create" for way in WAYS)), NO_SKILL)
EXCLUDED = {
    "api_resources/test_embeddings.py": {
        f"test_{kind}_create[{mode}]": PACKED for kind in WAYS for mode in ("strict", "aiohttp")
    },
    "audio/test_voice_consents.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "audio/test_voices.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "containers/test_files.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | {f"test_{kind}_create": "sends neither a file nor the id of one" for kind in WAYS},
    "api_resources/test_containers.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "api_resources/test_skills.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | UPLOADS
    | {f"test_{way}_update": "wants a version called default_version" for way in WAYS},
    "skills/test_versions.py": UPLOADS
    | {f"test_{way}_{verb}": "wants a version called version" for way in WAYS for verb in ("retrieve", "delete")},
    "chat/test_completions.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "conversations/test_items.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "api_resources/test_conversations.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "api_resources/test_responses.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | {"test_method_compact_with_all_params": COMPACTED}
    | {f"test_{kind}_compact": COMPACTED for kind in WAYS},
    "api_resources/test_files.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "api_resources/test_vector_stores.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "vector_stores/test_files.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "api_resources/test_webhooks.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | {"test_method_update_with_all_params": "puts a text that is no URL where the other tests have events sent"}
    | {f"test_{way}_create": "sends a text that is no URL" for way in WAYS},
    "api_resources/test_uploads.py": {
        f"test_{kind}_{end}": "cancels one and the same upload and completes it, of parts that nobody sent"
        for kind in WAYS
        for end in ("cancel", "complete")
    }
    | {"test_method_complete_with_all_params": "completes an upload of parts that nobody sent"},
    "beta/test_agents.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "agents/test_automations.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | dict.fromkeys((*CREATES, "test_method_update_with_all_params"), PLACEHOLDERS),
    "automations/test_invocations.py": dict.fromkeys(RETRIEVES, NOTHING_MADE),
    "agents/test_environments.py": dict.fromkeys(RETRIEVES, NOTHING_MADE)
    | {"test_method_create_with_all_params": PLACEHOLDERS},
    "environments/test_templates.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | {f"test_method_{verb}_with_all_params": PLACEHOLDERS for verb in ("create", "update")},
    "agents/test_sessions.py": dict.fromkeys(ALL_DELETES, REMOVES) | dict.fromkeys(CREATES, PLACEHOLDERS),
    "sessions/test_artifacts.py": dict.fromkeys((*RETRIEVES, *ALL_DELETES), NOTHING_MADE),
    "sessions/test_events.py": {
        f"test_{way}": "answers a request for approval that nobody has made"
        for way in ("method_create_with_all_params", *(f"{way}_create" for way in WAYS))
    },
    "sessions/test_subagents.py": dict.fromkeys(RETRIEVES, NOTHING_MADE),
    "sessions/test_turns.py": dict.fromkeys(RETRIEVES, NOTHING_MADE),
    "agents/test_vaults.py": dict.fromkeys(ALL_DELETES, REMOVES),
    "vaults/test_credentials.py": dict.fromkeys(ALL_DELETES, REMOVES)
    | dict.fromkeys(
        (
            *(f"test_method_{verb}_with_all_params" for verb in ("create", "update")),
            *(f"test_{way}_create" for way in WAYS),
        ),
        PLACEHOLDERS,
    ),
    "chatkit/test_threads.py": dict.fromkeys(
        (
            *RETRIEVES,
            *ALL_DELETES,
            "test_method_list_items_with_all_params",
            *(f"test_{way}_list_items" for way in WAYS),
        ),
        NOTHING_MADE,
    ),
    "api_resources/test_models.py": dict.fromkeys(
        ALL_DELETES, "deletes one and the same fine-tuned model again and again, which is there only once"
    ),
}
"""Tests that are left out, by file and name, in all modes or in one (`name[mode]`), with the reason."""


def main() -> int:
    """Run the tests, and report how many passed in each file; return pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        source = fetch(Path(folder))
        report = Path(folder) / "report.xml"
        with LiveServer(MOCK_SCRIPT=str(HERE / "script.yaml"), **QUICK) as server:
            store(f"{server.url}/v1")
            code = run(source, server.url, report)
        summarise(report)
    return code


def fetch(folder: Path) -> Path:
    """Download and unpack the SDK's source distribution, of the version that is installed."""
    wanted = f"openai=={version('openai')}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder)]
    subprocess.run([*command, wanted], check=True)
    (archive,) = folder.glob("openai-*.tar.gz")
    shutil.unpack_archive(archive, folder)
    return folder / archive.name.removesuffix(".tar.gz")


def store(url: str) -> None:
    """Make the objects that the tests work on, under the ids that they make up: the script takes them from metadata.

    The one message is an assistant's, for the SDK's type of a stored message knows no other role.
    """
    for name in ("response_id", "resp_677efb5139a88190b512bc3fef8e535d"):
        asked = {"input": [{"role": "user", "content": "Hello", "id": "msg_abc"}], "conversation": "conv_123"}
        post(f"{url}/responses", {"metadata": {"id": name}, "background": True, **asked})
    messages = [{"role": "assistant", "content": "Hello"}]
    post(f"{url}/chat/completions", {"metadata": {"id": "completion_id"}, "store": True, "messages": messages})

    keep_files(url)


def keep_files(url: str) -> None:
    """Make the files, uploads, stores and batches."""
    made = openai.OpenAI(base_url=url, api_key="mock")
    for name in ("file_id", "file-abc123", "string"):
        made.files.create(file=(name, b"{}"), purpose="user_data")
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini"}}
    made.files.create(file=("input_file_id.jsonl", json.dumps(line).encode()), purpose="batch")
    made.batches.create(
        input_file_id="input_file_id",
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"id": "batch_id"},
    )
    for name in ("vector_store_id", "vs_abc123"):
        made.vector_stores.create(metadata={"id": name}, file_ids=["file_id", "file-abc123"])
        for batch in ("batch_id", "vsfb_abc123"):
            made.vector_stores.file_batches.create(name, file_ids=["file_id"], attributes={"id": batch})
    made.containers.create(name="container_id")
    made.containers.files.create("container_id", file=("file_id", b"{}"))
    made.skills.create(files=[("skill_123/SKILL.md", b"---\nname: numbers\ndescription: Adds numbers.\n---\n")])
    made.audio.voice_consents.create(name="consent_id", language="en", recording=("a.wav", b"", "audio/wav"))
    made.webhooks.create(name="whe_123", url=f"{url}/models", event_types=["batch.completed"])
    keep_agents(made)
    made.uploads.create(bytes=0, filename="upload_abc123", mime_type="text/plain", purpose="user_data")


def keep_agents(made: openai.OpenAI) -> None:
    """Make what the tests of the Agents API and of ChatKit work on."""
    agents, model = made.beta.agents, "gpt-6-astra"
    agents.create(model=model, metadata={"id": "agent_id"})
    agents.sessions.create(
        agent={"model": model}, environment={"type": "none"}, input="Hello", metadata={"id": "session_id"}
    )
    agents.environments.templates.create()
    agents.vaults.create(metadata={"id": "vault_id"})
    agents.vaults.credentials.create(
        "vault_id",
        name="credential",
        auth={"type": "static_bearer", "token": "secret", "mcp_server_url": "https://mcp.example"},
        metadata={"id": "credential_id"},
    )
    agents.automations.create(
        type="once",
        name="automation",
        run_at=0,
        target={"type": "existing_session", "session_id": "session_id", "instructions": "Hello"},
        metadata={"id": "automation_id"},
    )
    made.beta.chatkit.sessions.create(user="user", workflow={"id": "workflow"})


def post(url: str, body: dict[str, Any]) -> None:
    """Send a request whose answer nobody reads."""
    urllib.request.urlopen(urllib.request.Request(url, json.dumps({"model": "gpt-4o-mini", **body}).encode())).close()


def run(source: Path, url: str, report: Path) -> int:
    """Run pytest on the SDK's files in their own project, with the exclusions taken out."""
    plain = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:django", "-o", "addopts=", f"--junitxml={report}"]
    left_out = [f"--deselect={test}" for test in excluded(source)]
    command = [sys.executable, "-m", "pytest", *plain, *left_out, *FILES]
    return subprocess.run(command, cwd=source, env={**os.environ, "TEST_API_BASE_URL": f"{url}/v1"}).returncode


def excluded(source: Path) -> list[str]:
    """Return the excluded tests as pytest names them; a name that no file has is an error."""
    found = []
    for end, names in EXCLUDED.items():
        file = next(name for name in FILES if name.endswith(end))
        text = (source / file).read_text()
        for name in names:
            here = f"def {name.partition('[')[0]}(" in text
            assert here, f"{file} has no {name} any more; take it out of the exclusions"
            found += [f"{file}::{kind}::{name}" for kind in classes(text)]
    return found


def classes(text: str) -> list[str]:
    """Return the names of a file's test classes."""
    return [line.split()[1].rstrip(":").split("(")[0] for line in text.splitlines() if line.startswith("class Test")]


def summarise(report: Path) -> None:
    """Print the counts of each file."""
    passed, failed = Counter[str](), Counter[str]()
    for case in ET.parse(report).getroot().iter("testcase"):
        file = case.get("classname", "").rpartition(".")[0].replace(".", "/") + ".py"
        bad = any(child.tag in ("failure", "error") for child in case)
        (failed if bad else passed)[file] += 1
    for file in sorted(passed | failed):
        print(f"{file}: {passed[file]} passed, {failed[file]} failed")


if __name__ == "__main__":
    sys.exit(main())
