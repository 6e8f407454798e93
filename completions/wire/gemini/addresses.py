"""Where Gemini's methods are found in the Gemini API; `vertex` has those of Vertex AI."""

from completions.wire.address import Address
from completions.wire.gemini.generate import Gemini

GEMINI = Gemini()

VERSION = "v1(?:beta1?)?"
PUBLISHER = "(?:publishers/google/)?"
MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
METHOD = "(?P<method>generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict)"
"""A method is told apart from a model's name, for those of OpenAI's fine-tuned models have colons too."""

MODELS = "v1beta1?/models"

ADDRESSES = [
    Address(f"{VERSION}/{PUBLISHER}{MODEL}:{METHOD}", GEMINI),
    Address("v1/models", GEMINI, "models"),
    Address("v1/models/(?P<name>.+)", GEMINI, "model"),
    Address(MODELS, GEMINI, "models"),
    Address(f"{MODELS}/(?P<name>[^:]+)", GEMINI, "model"),
    Address("v1(?:/.*)?", GEMINI, "refuse"),
    Address("v1beta1?(?:/.*)?", GEMINI, "refuse"),
    Address("(?:upload|download)/.*", GEMINI, "refuse"),
]
