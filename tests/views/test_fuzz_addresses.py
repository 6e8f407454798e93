"""Whatever is sent to any address, of answers and of what is kept, is answered or refused, and can be read back.

The bodies are wrong in ways that no client is: what each address does with right ones is for its own tests.
"""

import itertools
import json
import random
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from completions.conversation import Traffic
from completions.receive.handler import Handler
from completions.state.namespaces import DEFAULT, remove
from completions.wire import registry
from completions.wire.registry import ADDRESSES
from tests.asgi import call

CLAUDE = {"anthropic-version": "2023-06-01"}
GOOGLE = {"x-goog-api-key": "k"}
JSON = "application/json"
LENIENT = "version: 1\ndefaults: {validate: false, fallback: echo, pacing: {ttft_ms: 0, itl_ms: 0}}\nrules: []\n"

PROJECT = "/v1/projects/p/locations/us/publishers"
BEDROCK = "/model/anthropic.claude-3-5-sonnet-20241022-v2:0"
CHATS = (
    "deepseek",
    "openrouter/api/v1",
    "mistral/v1",
    "groq/openai/v1",
    "ollama/v1",
    "vllm/v1",
    "xai/v1",
    "moonshot/v1",
    "cerebras/v1",
    "together/v1",
    "zai/api/paas/v4",
    "zai/api/coding/paas/v4",
    "v1beta/openai",
    "openai/v1",
)
GENERATED = [
    *(f"/{place}/{name}" for place in (*CHATS, "v1") for name in ("chat/completions", "completions", "embeddings")),
    *(f"/{place}/responses" for place in (*CHATS, "v1")),
    *(
        "/openai/deployments/d/chat/completions",
        "/openai/deployments/d/completions",
        "/openai/deployments/d/embeddings",
    ),
    *(
        f"/openai/{place}/{name}"
        for place in ("deployments/d", "v1")
        for name in ("images/generations", "images/edits", "audio/speech", "audio/transcriptions", "audio/translations")
    ),
    *("/openai/v1/responses/compact", "/openai/v1/responses/input_tokens"),
    *("/mistral/v1/moderations", "/mistral/v1/chat/moderations", "/mistral/v1/audio/transcriptions"),
    "/v1/projects/p/locations/us/endpoints/openapi/chat/completions",
    f"{PROJECT}/mistralai/models/mistral-large-2411:rawPredict",
    *("/mistral/v1/fim/completions", "/mistral/v1/audio/speech", "/mistral/v1/ocr", "/mistral/v1/agents/completions"),
    *("/mistral/v1/conversations", "/mistral/v1/conversations/x", "/mistral/v1/conversations/x/restart"),
    *(f"/openrouter/api/v1/audio/{name}" for name in ("speech", "transcriptions")),
    *(f"/groq/openai/v1/audio/{name}" for name in ("speech", "transcriptions", "translations")),
    *("/compatibility/v1/chat/completions", "/compatibility/v1/embeddings"),
    *("/openai/responses", "/models/chat/completions", "/models/embeddings", "/vllm/tokenize", "/vllm/detokenize"),
    *("/v1/moderations", "/v1/decisions", "/v1/responses/compact", "/v1/responses/input_tokens", "/v1/audio/speech"),
    *("/v1/audio/transcriptions", "/v1/audio/translations", "/v1/images/generations", "/v1/images/edits"),
    *("/v1/images/variations", "/v1/messages", "/v1/messages/count_tokens"),
    *("/anthropic/v1/messages", "/anthropic/v1/messages/count_tokens", "/deepseek/anthropic/v1/messages"),
    *(f"/{place}/v1/messages" for place in ("ollama", "openrouter/api", "vllm", "zai/api/anthropic")),
    *(
        f"/v1beta/models/gemini-2.5-flash:{name}"
        for name in ("generateContent", "streamGenerateContent", "countTokens")
    ),
    *("/v1beta/models/gemini-2.5-flash-image:generateContent", "/v1beta/models/imagen-4.0-generate-001:predict"),
    "/v1beta/models/gemini-2.5-flash-preview-tts:generateContent",
    "/v1beta/interactions",
    *(f"/v1beta/models/gemini-embedding-001:{name}" for name in ("embedContent", "batchEmbedContents", "predict")),
    f"{PROJECT}/google/models/gemini-2.5-flash:generateContent",
    *(f"{PROJECT}/anthropic/models/claude-sonnet-4-5@20250929:{name}" for name in ("rawPredict", "streamRawPredict")),
    f"{PROJECT}/anthropic/models/count-tokens:rawPredict",
    *(f"{BEDROCK}/{name}" for name in ("converse", "converse-stream", "invoke", "count-tokens")),
    f"{BEDROCK}/invoke-with-response-stream",
    "/guardrail/g1/version/1/apply",
    *(
        f"/model/{name}/invoke"
        for name in ("amazon.nova-lite-v1:0", "amazon.titan-text-lite-v1", "amazon.titan-embed-text-v2:0")
    ),
    "/model/amazon.nova-2-multimodal-embeddings-v1:0/invoke",
    "/model/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f/invoke",
    *(f"/model/{name}/invoke" for name in ("meta.llama3-8b-instruct-v1:0", "mistral.mistral-7b-instruct-v0:2")),
    *(
        f"/model/{name}/invoke"
        for name in ("cohere.command-r-v1:0", "cohere.embed-english-v3", "openai.gpt-oss-20b-1:0")
    ),
    *("/v2/chat", "/v2/embed", "/v2/rerank", "/v1/rerank", "/v1/tokenize", "/v1/detokenize", "/v1/chat", "/v1/embed"),
    *(
        "/api/chat",
        "/api/generate",
        "/api/embed",
        "/api/embeddings",
        "/api/show",
        "/api/pull",
        "/api/push",
        "/api/create",
    ),
    *("/xai/v1/images/generations", "/xai/v1/images/edits", "/xai/v1/tts", "/openrouter/api/v1/images"),
    *("/tokenize", "/detokenize", "/rerank", "/vllm/rerank", "/vllm/score", "/together/v1/rerank"),
    *("/openrouter/api/v1/rerank", "/model/cohere.rerank-v3-5:0/invoke", "/model/amazon.rerank-v1:0/invoke"),
]
KEPT = [
    *("/v1/files", "/v1/files/{file}", "/v1/files/{file}/content", "/v1/uploads", "/v1/uploads/x/parts"),
    *("/v1/uploads/x/complete", "/v1/vector_stores", "/v1/vector_stores/{store}", "/v1/vector_stores/{store}/search"),
    *(
        "/v1/vector_stores/{store}/files",
        "/v1/vector_stores/{store}/files/{file}",
        "/v1/vector_stores/{store}/file_batches",
    ),
    *("/v1/containers", "/v1/containers/{container}", "/v1/containers/{container}/files"),
    *("/v1/containers/{container}/files/x", "/v1/containers/x/files/x/content", "/openai/v1/containers"),
    *("/v1/batches", "/v1/batches/{batch}", "/v1/batches/{batch}/cancel", "/v1/conversations", "/v1/conversations/x"),
    *("/v1/responses/{response}", "/v1/responses/{response}/input_items", "/v1/responses/{response}/cancel"),
    *("/v1/messages/batches", "/v1/messages/batches/x", "/v1beta/models/gemini-2.5-flash:batchGenerateContent"),
    *("/v1beta/batches", "/v1beta/files", "/upload/v1beta/files", "/v1beta/cachedContents"),
    *("/v1beta/fileSearchStores", "/v1beta/fileSearchStores/{search}"),
    *("/v1beta/interactions/{interaction}", "/v1beta/interactions/x/cancel", "/v1beta/webhooks"),
    "/v1beta/fileSearchStores/{search}:importFile",
    *(
        "/upload/v1beta/fileSearchStores/{search}:uploadToFileSearchStore",
        "/v1beta/fileSearchStores/{search}/documents",
    ),
    *("/api/copy", "/api/delete", "/xai/v1/chat/deferred-completion/x"),
    *("/mistral/v1/agents", "/mistral/v1/agents/x", "/mistral/v1/agents/x/version", "/mistral/v1/agents/x/aliases"),
    *("/mistral/v1/files", "/mistral/v1/files/x", "/mistral/v1/batch/jobs", "/mistral/v1/batch/jobs/x/cancel"),
    *("/openai/files", "/openai/files/x", "/openai/batches", "/openai/v1/batches/x", "/openai/v1/batches/x/cancel"),
    *("/groq/openai/v1/files", "/groq/openai/v1/batches", "/groq/openai/v1/batches/x"),
    *("/v1/agents", "/v1/agents/x", "/v1/agents/x/versions", "/v1/agents/x/archive"),
    *("/v1/agents/sessions", "/v1/agents/sessions/x", "/v1/agents/sessions/x/events", "/v1/agents/environments"),
    *("/v1/agents/environments/x/files", "/v1/agents/environments/templates", "/v1/agents/automations"),
    *("/v1/agents/automations/x", "/v1/agents/automations/x/invocations", "/v1/chatkit/sessions"),
    *("/v1/chatkit/sessions/x/cancel", "/v1/content_provenance_checks"),
    *("/v1/environments", "/v1/environments/x", "/v1/environments/x/archive"),
    *("/v1/sessions", "/v1/sessions/x", "/v1/sessions/x/events", "/v1/sessions/x/resources", "/v1/sessions/x/threads"),
    *("/v1beta/agents", "/v1beta/environments", "/v1beta/environments/x/files/x", "/v1beta/credentials"),
    *("/v1beta/credentials/x", "/v1beta/triggers", "/v1beta/triggers/x", "/v1beta/triggers/x/executions"),
    *("/v1beta/voices", "/v1beta/voices/x", "/v1beta/models/gemini-embedding-001:asyncBatchEmbedContent"),
    *("/v1/vaults", "/v1/vaults/x", "/v1/vaults/x/credentials", "/v1/vaults/x/credentials/x", "/v1/memory_stores"),
    *("/v1/memory_stores/x", "/v1/memory_stores/x/memories", "/v1/memory_stores/x/memory_versions"),
]
TWO_APIS = ("/v1/agents", "/v1/agents/x", "/v1/vaults", "/v1/vaults/x", "/v1/vaults/x/credentials/x")
"""Addresses of OpenAI and of Anthropic: the wrong bodies go to one after the other."""

VALUES: list[Any] = [
    *(None, True, -1, 2**70, 1.5, "", "ü\u0000😀", [], {}, [None], [[]], [{}], {"type": "x"}, {"id": 7}, ["a"]),
    *([{"role": "user", "content": "a"}], [{"type": "text", "text": "a"}], "data:image/png;base64,AAAA"),
]
MESSAGES = [{"role": "user", "content": "a"}]
BASES: list[dict[str, Any]] = [
    {},
    {"model": "gpt-4o", "messages": MESSAGES, "max_tokens": 9},
    {
        "model": "gpt-4o",
        "input": "a",
        "prompt": "a",
        "voice": "alloy",
        "query": "a",
        "documents": ["a"],
        "texts": ["a"],
        "message": "a",
    },
    {"contents": [{"parts": [{"text": "a"}]}], "instances": [{"prompt": "a"}]},
    {"messages": [{"role": "user", "content": [{"text": "a"}]}], "anthropic_version": "vertex-2023-10-16"},
    {"input_file_id": "x", "endpoint": "/v1/chat/completions", "completion_window": "24h", "requests": [{"body": {}}]},
]
NAMES = re.findall(
    r"\w+",
    """model messages input prompt instructions tools tool_choice stream contents generationConfig systemInstruction
    cachedContent instances parameters voice response_format n size image images file file_id file_ids purpose metadata
    endpoint input_file_id requests input_files documents query texts inputs system inferenceConfig toolConfig
    max_tokens displayName customMetadata chunkingConfig fileName batch expires_after attributes filters
    chunking_strategy bytes filename mime_type items conversation previous_response_id text reasoning include
    background ttl thinking stop stop_sequences outputConfig options format suffix logprobs output_config dimensions
    encoding_format""",
)
BROKEN = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"7", b'"a"', b"{}", b'{"a":' + b"[" * 3000]
FORMS = [
    b"--XX--\r\n",
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--XX--\r\n',
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="\xc3\xbc"\r\n\r\nRIFF\0\0\0\0WAVE\r\n--XX--\r\n',
    b'--XX\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n\r\n--XX',
    b'--XX\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--XX--\r\n',
]


def test_addresses__are_all_here() -> None:
    missing = [
        address.route
        for address in ADDRESSES
        if address.use == "generate" and not any(re.fullmatch(address.route, path[1:]) for path in GENERATED)
    ]
    assert missing == []


@pytest.fixture(params=["auto", "lenient"])
def script(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = tmp_path / "lenient.yaml"
    file.write_text(LENIENT)
    return "auto" if request.param == "auto" else str(file)


async def made(app: Handler) -> dict[str, str]:
    """Make what the addresses name, and return the ids."""

    async def post(path: str, body: Any, headers: Any = None) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await call(app, "POST", path, data, headers=headers or {"content-type": JSON})
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    form = FORMS[4].replace(b"--XX--", b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"')
    line = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-4o", "input": "a"}}
    form += b"\r\n" + json.dumps(line).encode() + b"\r\n--XX--\r\n"
    file = (await post("/v1/files", form, {"content-type": "multipart/form-data; boundary=XX"}))["id"]
    batch = {"input_file_id": file, "endpoint": "/v1/responses", "completion_window": "24h"}
    search = await post("/v1beta/fileSearchStores", {}, GOOGLE)
    return {
        "file": file,
        "store": (await post("/v1/vector_stores", {"file_ids": [file]}))["id"],
        "container": (await post("/v1/containers", {"name": "a", "file_ids": [file]}))["id"],
        "batch": (await post("/v1/batches", batch))["id"],
        "response": (await post("/v1/responses", {"model": "gpt-4o", "input": "a"}))["id"],
        "search": search["name"].partition("/")[2],
        "interaction": (await post("/v1beta/interactions", {"model": "gemini-3.8-flash", "input": "a"}, GOOGLE))["id"],
    }


def bodies(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield bodies with their media types: those that are none, forms, and documents in which something is wrong."""
    yield from ((JSON, body) for body in BROKEN)
    for form in FORMS:
        yield "multipart/form-data; boundary=XX", form
    yield "multipart/form-data", FORMS[0]
    yield "multipart/related; boundary=XX", FORMS[0]
    for base in BASES:
        for _ in range(6):
            wrong = {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randint(1, 3))}
            nested = {chance.choice(NAMES): {chance.choice(NAMES): chance.choice(VALUES)}}
            yield JSON, json.dumps({**base, **wrong, **chance.choice([nested, {}])}).encode()


@pytest.mark.parametrize("paths", [GENERATED, KEPT], ids=["generated", "kept"])
async def test_address__gets_an_answer_or_a_clear_4xx(paths: list[str], script: str) -> None:
    chance = random.Random(7)
    with override_settings(MOCK_SCRIPT=script, MOCK_TTFT_MS=0, MOCK_ITL_MS=0):
        await remove(DEFAULT)
        app = Handler()
        ids = await made(app)
        for path in paths:
            address = path.format(**ids)
            for number, (media_type, body) in enumerate(bodies(chance)):
                is_claude = "messages" in path or (path in TWO_APIS and number % 2)
                own = CLAUDE if is_claude else GOOGLE if "v1beta" in path else {}
                headers = {"content-type": media_type, **own}
                answer = await call(app, "POST", address, body, headers=headers)
                told = (address, media_type, body[:300], answer.status, answer.body[:300])
                assert answer.status < 500, told
                is_text = answer.status == 405 and answer.headers["content-type"] == "text/plain"  # of Ollama
                assert answer.status < 400 or is_text or isinstance(json.loads(answer.body), dict | list), told
                registry.read(Traffic("POST", address, body, (answer.body,), headers))
        await remove(DEFAULT)


LISTED = [*KEPT, "/v1/models", "/v1beta/models", "/mistral/v1/conversations", "/xai/v1/batches", "/v1/chat/completions"]
PARAMETERS = (
    *("limit", "page", "page_size", "page_token", "pagination_token", "after", "before", "starting_after", "version"),
    *("depth", "created_at[gte]"),
)
ODD = ("--5", "-", "1.0", "9" * 5000, "²", "٣", "\0")
"""Values of parameters: among them what Python takes for a number in part, or for one that is too long."""


@pytest.mark.parametrize("headers", [{}, CLAUDE], ids=["others", "anthropic"])
async def test_list__takes_or_refuses_any_parameter(headers: dict[str, str]) -> None:
    with override_settings(MOCK_SCRIPT="auto"):
        await remove(DEFAULT)
        app = Handler()
        ids = await made(app)
        for path, name, value in itertools.product(LISTED, PARAMETERS, ODD):
            address, query = path.format(**ids), urllib.parse.urlencode({"stream": "true", name: value}).encode()
            beta = {"openai-beta": "agents=v1, chatkit_beta=v1"}
            answer = await call(app, "GET", address, headers={**headers, **beta}, query=query)
            assert answer.status < 500, (address, query[:100], answer.body[:300])
        await remove(DEFAULT)


@pytest.mark.parametrize("key", ["²", "9" * 5000, "a[²]"], ids=["a power", "long", "within brackets"])
async def test_key__that_python_takes_for_a_number_is_refused_by_its_name(key: str) -> None:
    with override_settings(MOCK_SCRIPT="auto"):
        for place in CHATS:
            for more in ({key: 1}, {"logit_bias": {key: "x"}}):
                body = json.dumps({"model": "m", "messages": MESSAGES, **more}).encode()
                answer = await call(Handler(), "POST", f"/{place}/chat/completions", body)
                assert answer.status < 500, (place, more, answer.body[:300])
