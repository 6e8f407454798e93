"""The addresses of Gemini's methods in the Gemini API; those of Vertex AI are in `vertex`."""

from completions.wire.address import Address
from completions.wire.gemini.generate import Gemini
from completions.wire.gemini.interactions.format import Interactions
from completions.wire.gemini.live.format import ConstrainedLive, Live

GEMINI, INTERACTIONS, LIVE, CONSTRAINED = Gemini(), Interactions(), Live(), ConstrainedLive()

BETA = "v1(?:beta|alpha)"
"""The versions of the Gemini API with files and batches; its SDKs use `v1alpha` for the newest features."""

VERSION = "v1(?:beta1?|alpha)?"
"""The versions that generate, of Vertex AI too."""

LATER = "v1(?:beta1?|alpha)"
PUBLISHER = "(?:publishers/google/)?"
MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
METHODS = "generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict"
METHOD = f"(?P<method>{METHODS})"
"""The methods are listed because names of models may have colons too, as those of OpenAI's fine-tuned models do."""

MODELS = f"{LATER}/models"
NO_OPERATION = "(?!/operations/)"
"""An operation of a model, such as that of a video, is not a model; none are supported."""

ALL_INTERACTIONS = f"{VERSION}/(?:projects/[^/]+/locations/[^/]+/)?interactions"
"""The address of interactions, of Vertex AI too."""

CONVERSATIONS = r"/?ws/google\.ai\.generativelanguage\.v1(?:beta|alpha)?\.GenerativeService\.BidiGenerateContent"
"""The address of the Live API; with a base URL that ends with a slash, some clients send two slashes."""

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
