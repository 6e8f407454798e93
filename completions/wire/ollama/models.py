"""Ollama's models: `GET /api/tags`, `…/ps`, `…/version`, and `POST /api/show`, `…/pull`, `…/push`, `…/create`.

Shapes: `ListResponse`, `ProcessResponse`, `ShowResponse`, `ProgressResponse` and `ModelDetails` of `api/types.go` in
ollama/ollama; the steps are those of its `docs/api.md`, and the errors those of `server/routes.go` and `images.go`.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities, capabilities
from completions.tokens.spelling import tagged
from completions.wire.base import NO_ROUTE, Document, Headers, Route
from completions.wire.fields import text, text_or_none
from completions.wire.ollama import rules as ollama_rules
from completions.wire.ollama.chat import OllamaFormat
from completions.wire.ollama.embed import base_name
from completions.wire.ollama.names import DEFAULT_MODELS, file_path, is_valid
from completions.wire.vector_sizes import size_of

VERSION = "0.34.0"
"""The server's version: the latest with these shapes (promptfoo/promptfoo 10964)."""

MODIFIED = "2025-01-01T00:00:00Z"
SIZE, CONTEXT_LENGTH = 2_019_393_189, 131_072
TEMPLATE = "{{- if .Tools }}{{ .Tools }}{{ end }}{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}"
"""It names the tools: some clients conclude from it that the model can call them."""

PARAMETERS = (("stop", "<|start_header_id|>"), ("stop", "<|end_header_id|>"), ("stop", "<|eot_id|>"))
LICENSE = "This model is a mock. It has no weights, and may be used by anyone."

ABILITIES = "abilities"
"""A key in what a prompt recalls: what its model can do."""

ABSENT = "absent_model"
"""A key in the `address` of a prompt whose model does not exist."""

MANIFESTS = "/root/.ollama/models/manifests"


def tags(models: Collection[str]) -> dict[str, Any]:
    """Return the available models."""
    return {"models": [_model(name) | {"modified_at": MODIFIED} for name in models or DEFAULT_MODELS]}


def running(loaded: Collection[Document]) -> dict[str, Any]:
    """Return the loaded models, given their records: first those that stay longest."""
    ordered = sorted(loaded, key=lambda record: -record["expires"])
    return {"models": [_model(record["model"]) | _loaded(record) for record in ordered]}


def _loaded(record: Document) -> dict[str, Any]:
    return {
        "expires_at": f"{datetime.fromtimestamp(record['expires'], UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "size_vram": SIZE,
        "context_length": min(record["context"] or CONTEXT_LENGTH, CONTEXT_LENGTH),
    }


def version(models: Collection[str]) -> dict[str, Any]:
    """Return the server's version."""
    return {"version": VERSION}


class _ModelRequest(OllamaFormat):
    """A request about one model; `request` is its type in the server's code, `checks` are the types of its fields."""

    is_lookup = True
    request = ""
    checks: Mapping[str, ollama_rules.Go]

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read which model is meant; older clients call it `name`."""
        document = ollama_rules.read(body, self.request)
        if validate:
            ollama_rules.validate(document, self.request, self.checks, model_key="name")
        model = text_or_none(document.get("model")) or text_or_none(document.get("name"))
        return Prompt(format=self.name, task="state", model=model, headers=headers, body=document)


class OllamaShow(_ModelRequest):
    """One model's description."""

    name = "ollama_show"
    request = "ShowRequest"
    checks = ollama_rules.SHOW

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the description of a model."""
        name = prompt.model or "mock"
        family, size = _family(name), size_of(name)
        return {
            "license": LICENSE,
            "modelfile": _modelfile(name, text(prompt.body.get("system"))),
            "parameters": "\n".join(f'{key:<30} "{value}"' for key, value in PARAMETERS),
            "template": TEMPLATE,
            "system": text(prompt.body.get("system")),
            "details": _details(name),
            "model_info": {
                "general.architecture": family,
                "general.parameter_count": 3_212_749_888,
                f"{family}.context_length": CONTEXT_LENGTH,
                f"{family}.embedding_length": size or 3072,
            },
            "capabilities": _capabilities(prompt, is_embedding=bool(size) or "embed" in name),
            "modified_at": MODIFIED,
        }

    def with_abilities(self, prompt: Prompt, can: Capabilities) -> Prompt:
        """Return the prompt with what its model can do, as a script may describe it."""
        return replace(prompt, recalled={**prompt.recalled, ABILITIES: can})


class OllamaPull(_ModelRequest):
    """A model to download; all that a script allows are already there, and the registry has no other."""

    name = "ollama_pull"
    request = "PullRequest"
    checks = ollama_rules.PULL
    failing_steps: tuple[str, ...] = ("pulling manifest",)
    """The steps before the error for a model that does not exist."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read which model is to be pulled; the answer is streamed by default."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        if validate:
            self.check_name(prompt)
        return replace(prompt, stream=prompt.body.get("stream") is not False)

    def check_name(self, prompt: Prompt) -> None:
        """Raise the server's error for a name that no model can have."""
        if not is_valid(prompt.model or ""):
            raise RequestError("invalid model name")

    def without_model(self, prompt: Prompt, error: RequestError) -> Prompt:
        """Go on to a stream that ends with the error, or raise it as the whole answer."""
        if prompt.stream:
            return replace(prompt, address={**prompt.address, ABSENT: "true"})
        raise RequestError(self.failure(prompt), status=500)

    def failure(self, prompt: Prompt) -> str:
        """Return the error for a model that does not exist."""
        return "pull model manifest: file does not exist"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return that the model is there."""
        return {"status": "success"}

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return a line for each step."""
        if ABSENT in prompt.address:
            steps, last = [{"status": step} for step in self.failing_steps], {"error": self.failure(prompt)}
        else:
            steps, last = self.steps(prompt), self.document(reply, prompt)
        events = [Event(orjson.dumps(step), token=True) for step in steps]
        return [*events, Event(orjson.dumps(last), chunk=False, part="finish")]

    def steps(self, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the steps before the last one."""
        digest = _digest(prompt)
        layer = {"digest": f"sha256:{digest}", "total": SIZE, "completed": SIZE}
        pulled = {"status": f"pulling {digest[:12]}", **layer}
        ends = [{"status": "verifying sha256 digest"}, {"status": "writing manifest"}]
        return [{"status": "pulling manifest"}, pulled, *ends]


class OllamaPush(OllamaPull):
    """A model to upload, which is sent nowhere."""

    name = "ollama_push"
    request = "PushRequest"
    failing_steps = ("retrieving manifest", "couldn't retrieve manifest")

    def check_name(self, prompt: Prompt) -> None:
        """Accept every name, as the server does: what it lacks is the model."""

    def failure(self, prompt: Prompt) -> str:
        """Return the error for a model that does not exist."""
        return f"open {MANIFESTS}/{file_path(prompt.model or '')}: no such file or directory"

    def steps(self, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the steps before the last one."""
        digest = _digest(prompt)
        layer = {"digest": f"sha256:{digest}", "total": SIZE, "completed": SIZE}
        pushed = {"status": f"pushing {digest[:12]}", **layer}
        return [{"status": "retrieving manifest"}, pushed, {"status": "pushing manifest"}]


class OllamaCreate(OllamaPull):
    """A model to create, which is not kept: which models there are is the script's."""

    name = "ollama_create"
    request = "CreateRequest"
    checks = ollama_rules.CREATE

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read which model is to be created; the prompt's model is the one that it is made from."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        base = text_or_none(prompt.body.get("from")) or None
        if validate and not (base or prompt.body.get("files")):
            raise RequestError("neither 'from' or 'files' was specified")
        if validate and base is not None and not is_valid(base):
            raise RequestError("invalid model name")
        return replace(prompt, model=base)

    def steps(self, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the steps before the last one."""
        first = "reading model metadata" if prompt.model else "parsing GGUF"
        layer = {"status": f"using existing layer sha256:{_digest(prompt)}"}
        return [{"status": first}, layer, {"status": "writing manifest"}]


def _digest(prompt: Prompt) -> str:
    """Return the digest of the model that a request is about, without its algorithm."""
    return hashlib.sha256((prompt.model or "mock").encode()).hexdigest()


def _modelfile(name: str, system: str) -> str:
    """Return the file from which a model could be made, as `Modelfile.String` of `parser/parser.go` writes it.

    It has the model's name where the server's has the path of a file, so that it can be used elsewhere.
    """
    head = (
        '# Modelfile generated by "ollama show"',
        "# To build a new Modelfile based on this, replace FROM with:",
        f"# FROM {tagged(name)}",
        "",
    )
    own = [f"FROM {name}", f"TEMPLATE {_quoted(TEMPLATE)}", *([f"SYSTEM {_quoted(system)}"] if system else ())]
    parameters = [f"PARAMETER {key} {_quoted(value)}" for key, value in PARAMETERS]
    return "\n".join([*head, *own, *parameters, f"LICENSE {_quoted(LICENSE)}", ""])


def _quoted(value: str) -> str:
    """Return a value as in a Modelfile: in quotes if it has lines, or spaces around it."""
    if "\n" not in value and value == value.strip(" "):
        return value
    mark = '"""' if '"' in value else '"'
    return f"{mark}{value}{mark}"


CAPABILITIES = {
    "completion": "",
    "vision": "images",
    "tools": "tools",
    "insert": "insert",
    "thinking": "reasoning",
}
"""The server's names of abilities, with ours."""


def _capabilities(prompt: Prompt, is_embedding: bool) -> list[str]:
    """Return a model's abilities, without those for which requests are refused."""
    can = prompt.recalled.get(ABILITIES)
    if not isinstance(can, Capabilities):
        can = capabilities(prompt.model, OllamaShow.vendor)
    if is_embedding or "embeddings" in (can.formats or ()):
        return ["embedding"]
    return [name for name, ability in CAPABILITIES.items() if ability not in can.lacks]


def _model(name: str) -> dict[str, Any]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {"name": tagged(name), "model": tagged(name), "size": SIZE, "digest": digest, "details": _details(name)}


def _details(name: str) -> dict[str, Any]:
    family = _family(name)
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    }


ARCHITECTURES = {
    "gpt-oss": "gptoss",
    "nomic-embed-text": "nomic-bert",
    "qwen3-coder": "qwen3moe",
    "qwen3-vl": "qwen3vl",
    "qwen3": "qwen3",
    "qwen2.5vl": "qwen25vl",
    "qwen2": "qwen2",
    "gemma3n": "gemma3n",
    "gemma3": "gemma3",
    "gemma2": "gemma2",
}
"""What the server calls the architectures of models, by how their names begin (its `model/models`)."""


def _family(name: str) -> str:
    """Return a model's architecture, or else the letters that its name begins with: `llama` of `llama3.2:1b`."""
    base = base_name(name).lower()
    known = next((family for begin, family in ARCHITECTURES.items() if base.startswith(begin)), None)
    match = re.match("[a-z]+", base)
    return known or (match[0] if match else "mock")
