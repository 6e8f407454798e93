"""The addresses of Gemini and Claude on Vertex AI: they name a project and a location; Claude has one for counts."""

from completions.wire.address import Address
from completions.wire.gemini.addresses import METHODS, MODEL, PUBLISHER, VERSION
from completions.wire.vertex import chat
from completions.wire.vertex.claude import VertexClaude, VertexCount
from completions.wire.vertex.gemini import VertexGemini, VertexLive

GEMINI, LIVE = VertexGemini(), VertexLive()

PROJECT = "projects/[^/]+/locations/[^/]+/"
PROJECT_PREFIX = f"(?P<vertex>{PROJECT})"
CLAUDE = f"v1(?:beta1)?/{PROJECT_PREFIX}publishers/anthropic/models"

MODELS = f"v1(?:beta1)?/(?:{PROJECT})?publishers/google/models"

PROJECTS = [Address("v1(?:beta1)?/(?:projects|publishers)/.*", GEMINI, "refuse")]
"""No other API has projects or publishers, so that unknown addresses below them get Google's errors."""

ADDRESSES = [
    Address(f"{VERSION}/{PROJECT_PREFIX}{PUBLISHER}{MODEL}:(?P<method>{METHODS}|computeTokens)", GEMINI),
    Address(r"/?ws/google\.cloud\.aiplatform\.v1(?:beta1)?\.LlmBidiService/BidiGenerateContent", LIVE, "socket"),
    *chat.addresses(PROJECT_PREFIX),
    Address(MODELS, GEMINI, "models"),
    Address(f"{MODELS}/(?P<name>[^/:]+)", GEMINI, "model"),
    Address(f"{CLAUDE}/count-tokens:rawPredict", VertexCount()),
    Address(f"{CLAUDE}/(?P<model>[^/]+):(?:rawPredict|streamRawPredict)", VertexClaude()),
]
