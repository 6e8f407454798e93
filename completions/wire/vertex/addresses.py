"""Where Gemini and Claude are found on Vertex AI: an address names project and location, and Claude's count its own."""

from completions.wire.address import Address
from completions.wire.gemini.addresses import METHOD, MODEL, PUBLISHER, VERSION
from completions.wire.vertex import chat
from completions.wire.vertex.claude import VertexClaude, VertexCount
from completions.wire.vertex.gemini import VertexGemini, VertexLive

GEMINI, LIVE = VertexGemini(), VertexLive()

PROJECT = "projects/[^/]+/locations/[^/]+/"
PLACE = f"(?P<vertex>{PROJECT})"
CLAUDE = f"v1(?:beta1)?/{PLACE}publishers/anthropic/models"

MODELS = f"v1(?:beta1)?/(?:{PROJECT})?publishers/google/models"

PROJECTS = [Address("v1(?:beta1)?/(?:projects|publishers)/.*", GEMINI, "refuse")]
"""No other API has projects or publishers: what is not there is told in Google's words."""

ADDRESSES = [
    Address(f"{VERSION}/{PLACE}{PUBLISHER}{MODEL}:{METHOD}", GEMINI),
    Address(r"/?ws/google\.cloud\.aiplatform\.v1(?:beta1)?\.LlmBidiService/BidiGenerateContent", LIVE, "socket"),
    *chat.addresses(PLACE),
    Address(MODELS, GEMINI, "models"),
    Address(f"{MODELS}/(?P<name>[^/:]+)", GEMINI, "model"),
    Address(f"{CLAUDE}/count-tokens:rawPredict", VertexCount()),
    Address(f"{CLAUDE}/(?P<model>[^/]+):(?:rawPredict|streamRawPredict)", VertexClaude()),
]
