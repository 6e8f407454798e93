"""Where Claude is found on Vertex AI: an address names project and location, and the count has one of its own."""

from completions.wire.address import Address
from completions.wire.vertex.claude import VertexClaude, VertexCount

PLACE = "v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models"

ADDRESSES = [
    Address(f"{PLACE}/count-tokens:rawPredict", VertexCount()),
    Address(f"{PLACE}/(?P<model>[^/]+):(?:rawPredict|streamRawPredict)", VertexClaude()),
]
