"""Where Gemini's methods are found: of the Gemini API, and of Vertex AI, whose addresses name project and location."""

from completions.wire.address import Address
from completions.wire.gemini.generate import Gemini

GEMINI = Gemini()

VERSION = "v1(?:beta1?)?"
PLACE = "(?P<vertex>projects/[^/]+/locations/[^/]+/)?(?:publishers/google/)?"
MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
METHOD = "(?P<method>generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict)"
"""A method is told apart from a model's name, for those of OpenAI's fine-tuned models have colons too."""

MODELS = "v1beta1?/(?:publishers/google/)?models"

PROJECTS = [Address("v1(?:beta1)?/projects/.*", GEMINI, "refuse")]
"""Vertex AI's, of which no other API has any: what is not there is told in Google's words."""

ADDRESSES = [
    Address(f"{VERSION}/{PLACE}{MODEL}:{METHOD}", GEMINI),
    Address("v1/models", GEMINI, "models"),
    Address("v1/models/(?P<name>.+)", GEMINI, "model"),
    Address(MODELS, GEMINI, "models"),
    Address(f"{MODELS}/(?P<name>[^:]+)", GEMINI, "model"),
    Address("v1(?:/.*)?", GEMINI, "refuse"),
    Address("v1beta1?(?:/.*)?", GEMINI, "refuse"),
]
