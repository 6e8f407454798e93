"""Where Gemini's methods are found in the Gemini API; `vertex` has those of Vertex AI."""

from completions.wire.address import Address
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.interactions.format import Interactions
from completions.wire.gemini.live.format import ConstrainedLive, Live

GEMINI, INTERACTIONS, LIVE, CONSTRAINED = Gemini(), Interactions(), Live(), ConstrainedLive()

BETA = "v1(?:beta|alpha)"
"""The versions in which the Gemini API keeps files and batches; its SDKs take `v1alpha` for what is newest."""

VERSION = "v1(?:beta1?|alpha)?"
"""The versions that generate, of Vertex AI too."""

LATER = "v1(?:beta1?|alpha)"
PUBLISHER = "(?:publishers/google/)?"
MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
METHOD = "(?P<method>generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict)"
"""A method is told apart from a model's name, for those of OpenAI's fine-tuned models have colons too."""

MODELS = f"{LATER}/models"
NO_OPERATION = "(?!/operations/)"
"""An operation of a model, as a video's, is not a model; none is there."""

ALL_INTERACTIONS = f"{VERSION}/(?:projects/[^/]+/locations/[^/]+/)?interactions"
"""Where interactions begin, of Vertex AI too."""

CONVERSATIONS = r"/?ws/google\.ai\.generativelanguage\.v1(?:beta|alpha)?\.GenerativeService\.BidiGenerateContent"
"""Where the Live API is spoken; behind an address that ends with a slash some clients send two."""

ADDRESSES = [
    Address(f"{VERSION}/{PUBLISHER}{MODEL}:{METHOD}", GEMINI),
    Address(ALL_INTERACTIONS, INTERACTIONS),
    Address(CONVERSATIONS, LIVE, "socket"),
    Address(f"{CONVERSATIONS}Constrained", CONSTRAINED, "socket"),
    Address("v1/models", GEMINI, "models"),
    Address("v1/models/(?P<name>.+)", GEMINI, "model"),
    Address(MODELS, GEMINI, "models"),
    Address(f"{MODELS}/(?P<name>(?:{NO_OPERATION}[^:])+)", GEMINI, "model"),
    Address("v1(?:/.*)?", GEMINI, "refuse"),
    Address(f"{LATER}(?:/.*)?", GEMINI, "refuse"),
    Address("(?:upload|download)/.*", GEMINI, "refuse"),
]
