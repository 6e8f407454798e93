"""Nothing that an author writes or a stranger sends stops the loop: another namespace's stream stays on time.

What is judged is when the server sent, by its own journal. On a busy machine everything is late by as much as the
machine is, so the limits are many times what is seen there. A stalled loop is late by the length of the stall.
"""

import concurrent.futures
import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.patience import PATIENCE
from tests.server import LiveServer

LONG = 3_000
"""Properties, rules and choices of a schema that are each looked at more than once unless care is taken."""

SCHEMAS = {
    "a chain of needs": {"dependentRequired": {f"a{i}": [f"a{i + 1}"] for i in range(LONG)}, "required": ["a0"]},
    "many properties": {
        "properties": {f"p{i}": {"type": "string", "pattern": "^[a-z]{20}$"} for i in range(LONG * 5)},
        "required": [f"p{i}" for i in range(LONG * 5)],
    },
    "many numbers": {"properties": {f"p{i}": {"type": "integer"} for i in range(LONG * 5)}},
}
"""What a client can send as a tool's parameters."""

ITL_MS = 20
CHUNKS = 60

LATE_MS = 1_500
"""Far more than a loop that only has much to do is late, and less than any of the stalls that were there."""

LINES = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 8)
)

ATTACKS: dict[str, tuple[dict[str, object], str]] = {
    "a regex that tries all": ({"match": {"last_user": "/^(a|a)*$/"}, "reply": "x"}, "a" * 60 + "!"),
    "a regex over much": ({"match": {"last_user": r"/^(([a-z]|\s)|(.)+?)+$/"}, "reply": "x"}, " " * 400_000),
    "an expression that doubles": ({"match": {"expr": " | ".join(["[@, @]"] * 60)}, "reply": "x"}, "a"),
    "a template that loops": ({"reply": "{% for c in prompt.last_user %}{{ c|ljust:9 }}{% endfor %}"}, "ab " * 20_000),
    "a template that multiplies": ({"reply": "{{ prompt.last_user|make_list|join:prompt.last_user }}"}, "漢" * 300_000),
    "a template of much": ({"reply": "{% for c in prompt.last_user %}{% lorem 90000 w %}{% endfor %}"}, "a" * 5_000),
    "a function that sleeps": ({"reply": {"python": f"{__name__}:naps"}}, "a"),
    "a function that exits": ({"reply": {"python": "sys:exit"}}, "a"),
}
"""Rules, and what is asked of each."""


def naps(prompt: object) -> str:
    """Sleep for longer than a stream may be late."""
    threading.Event().wait(2)
    return "awake"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("hostile")
    script = folder / "script.yaml"
    said = " ".join(f"w{i}" for i in range(CHUNKS))
    script.write_text(f"version: 1\ndefaults: {{pacing: {{ttft_ms: 0, itl_ms: {ITL_MS}}}}}\nrules:\n- reply: {said}\n")
    with LiveServer(MOCK_SCRIPT=str(script), LOG_CHUNKS="false") as server:
        yield server


def lateness(lab: LiveServer, namespace: str) -> float:
    """Ask for a paced stream, and return by how many milliseconds a chunk of it was late at most."""
    body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"x-mock-namespace": namespace}
    answer = httpx.post(f"{lab.url}/v1/chat/completions", json=body, headers=headers, timeout=PATIENCE)
    assert answer.status_code == 200
    found = httpx.get(f"{lab.url}/_mock/exchanges/{answer.headers['x-request-id']}", headers=headers, timeout=PATIENCE)
    chunks = found.json()["response"]["chunks"]
    return max(float(chunk["at_ms"] - chunk["due_ms"]) for chunk in chunks if "due_ms" in chunk)


def attack(lab: LiveServer, rule: dict[str, object], text: str) -> None:
    """Push a rule, try it, lint it, and ask for its answer; each is answered, in an envelope or well."""
    headers = {"x-mock-namespace": "hostile"}
    with httpx.Client(base_url=lab.url, headers=headers, timeout=PATIENCE) as client:
        client.delete("/_mock/rules")
        pushed = client.post("/_mock/rules", json=rule)
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
        answers = [pushed, client.post("/v1/chat/completions", json=body)]
        document = json.dumps({"version": 1, "rules": [rule]})
        answers.append(client.post("/_mock/script/try", json={"text": document, "request": body}))
        answers.append(client.post("/_mock/script/lint", json={"text": LINES}))
    for answer in answers:
        document = answer.json()
        if answer.status_code >= 400:
            assert document["error"]["code"] not in (None, "internal_error"), document
            assert answer.status_code != 500 or "failed: " in document["error"]["message"]


@pytest.mark.parametrize(("rule", "text"), ATTACKS.values(), ids=ATTACKS.keys())
def test_stream__is_on_time_whatever_another_namespace_is_given(
    lab: LiveServer, rule: dict[str, object], text: str
) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as others:
        attacked = others.submit(attack, lab, rule, text)
        late = lateness(lab, "paced")
        attacked.result(timeout=PATIENCE)
    assert late < LATE_MS


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_stream__is_on_time_whatever_schema_a_client_sends(lab: LiveServer, schema: dict[str, object]) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": schema | {"type": "object"}}}
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "tools": [tool], "tool_choice": "required"}
    headers = {"x-mock-namespace": "schemas"}
    httpx.post(f"{lab.url}/_mock/rules", json={"reply": {"auto": True}}, headers=headers, timeout=PATIENCE)
    with concurrent.futures.ThreadPoolExecutor(1) as others:
        address = f"{lab.url}/vllm/v1/chat/completions"
        attacked = others.submit(httpx.post, address, json=body, headers=headers, timeout=PATIENCE)
        late = lateness(lab, "paced")
        answer = attacked.result(timeout=PATIENCE)
    assert answer.status_code == 200 or answer.json()["error"]["code"] == 400
    assert late < LATE_MS * 4, "it was 20 s, and forever"
