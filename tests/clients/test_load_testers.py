"""Load testers run as they come, and what they report is what the script says.

They are not among the requirements, for they bring hundreds of packages: a test whose tool is not on the PATH is
skipped. Versions that were tried: guidellm 0.8.1, aiperf 0.13.0, locust 2.47.0.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.patience import PATIENCE
from tests.server import LiveServer, serving

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
TTFT_MS, ITL_MS, SAID, ASKED = 40, 5, 60, 20
SCRIPT = {
    "version": 1,
    "defaults": {
        "dialect": "vllm",
        "models": [{"id": MODEL}],
        "pacing": {"ttft_ms": TTFT_MS, "itl_ms": ITL_MS},
        "fallback": {"auto": {"tokens": SAID}},
    },
    "rules": [],
}
PLACES = ["", "/vllm"]

LOCUSTFILE = """
from locust import HttpUser, task


class Asking(HttpUser):
    @task
    def chat(self):
        body = {"model": "meta-llama/Llama-3.1-8B-Instruct", "messages": [{"role": "user", "content": "Hi"}]}
        with self.client.post("/v1/chat/completions", json=body, catch_response=True) as answer:
            if answer.json()["usage"]["completion_tokens"] != 60:
                answer.failure("another length")
"""


live = serving(script=yaml.safe_dump(SCRIPT))


def ran(folder: Path, tool: str, *arguments: str, **variables: str) -> str:
    """Run a tool to its end and return what it printed; skip the test where the tool is not there."""
    command = shutil.which(tool)
    if command is None:
        pytest.skip(f"{tool} is not installed: put it on the PATH to run this test")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **variables}
    done = subprocess.run(
        [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_guidellm__reports_what_the_script_says(live: LiveServer, tmp_path: Path, place: str) -> None:
    prompts = (f"Tell me about {thing}." for thing in ("trains", "ships", "cars"))
    lines = [{"prompt": prompt, "output_tokens_count": ASKED} for prompt in prompts]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, lines)))
    ran(
        tmp_path,
        "guidellm",
        "run",
        *("--backend", f"kind=openai_http,target={live.url}{place}"),
        *("--profile", "kind=synchronous", "--constraint", "kind=max_requests,count=3"),
        *("--data", f"kind=json_file,path={tmp_path / 'data.jsonl'}"),
        *("--output", f"kind=json,path={tmp_path / 'report.json'}", "--disable-console"),
    )
    metrics: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())["benchmarks"][0]["metrics"]
    assert metrics["request_totals"] == {"successful": 3, "errored": 0, "incomplete": 0, "total": 3}
    said = metrics["output_token_count"]["successful"]
    assert (said["min"], said["max"]) == (ASKED, ASKED), "as many as it asks for with `ignore_eos`"
    assert metrics["time_to_first_token_ms"]["successful"]["min"] >= TTFT_MS - 1
    assert metrics["inter_token_latency_ms"]["successful"]["count"] == 3 * (ASKED - 1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("length", [ASKED, None])
def test_aiperf__reports_what_the_script_says(live: LiveServer, tmp_path: Path, place: str, length: int | None) -> None:
    tokenizers = Path(pytest.importorskip("litellm").__file__).parent / "litellm_core_utils" / "tokenizers"
    ran(
        tmp_path,
        "aiperf",
        "profile",
        *("--model", MODEL, "--url", f"{live.url}{place}", "--endpoint-type", "chat", "--streaming"),
        *("--tokenizer", "builtin", "--isl", "30", "--request-count", "4", "--concurrency", "2"),
        *("--ui", "none", "--artifact-dir", str(tmp_path / "out")),
        *(("--osl", str(length)) if length else ()),
        TIKTOKEN_CACHE_DIR=str(tokenizers),
    )
    report: dict[str, Any] = json.loads((tmp_path / "out" / "profile_export_aiperf.json").read_text())
    assert (report["request_count"]["avg"], report["error_summary"]) == (4, [])
    assert report["time_to_first_token"]["min"] >= TTFT_MS - 1
    said = report["usage_completion_tokens"]
    assert (said["min"], said["max"]) == ((length, length) if length else (SAID, SAID))
    assert (tmp_path / "out" / "server_metrics_export.json").exists(), "it has read vLLM's metrics"


def test_locust__sees_no_failure(live: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    told = ran(tmp_path, "locust", "--headless", "-u", "2", "-r", "2", "-t", "3s", "--host", live.url, "--json")
    (found,) = json.loads(told)
    assert found["num_requests"] > 0
    assert found["num_failures"] == 0
