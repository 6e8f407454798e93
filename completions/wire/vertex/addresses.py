"""Where Gemini and Claude are found on Vertex AI: an address names project and location, and Claude's count its own."""

from completions.wire.address import Address
from completions.wire.gemini.addresses import METHOD, MODEL, PUBLISHER, VERSION
from completions.wire.vertex.claude import VertexClaude, VertexCount
from completions.wire.vertex.gemini import VertexGemini

GEMINI = VertexGemini()

PLACE = "(?P<vertex>projects/[^/]+/locations/[^/]+/)"
CLAUDE = f"v1(?:beta1)?/{PLACE}publishers/anthropic/models"

PROJECTS = [Address("v1(?:beta1)?/projects/.*", GEMINI, "refuse")]
"""No other API has projects: what is not there is told in Google's words."""

ADDRESSES = [
    Address(f"{VERSION}/{PLACE}{PUBLISHER}{MODEL}:{METHOD}", GEMINI),
    Address(f"{CLAUDE}/count-tokens:rawPredict", VertexCount()),
    Address(f"{CLAUDE}/(?P<model>[^/]+):(?:rawPredict|streamRawPredict)", VertexClaude()),
]
