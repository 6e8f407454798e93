"""The environment variables by which SDKs find the API, for the time of a test run or of one test.

They stand for every format, whether the server has it yet or not: an application that asks another provider gets an
error of the mock's, and not an answer of the real one's with the developer's own key.
"""

from collections.abc import Iterator, Mapping

KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "OLLAMA_API_KEY",
    "AZURE_API_KEY",  # LiteLLM's
    "LLM_API_KEY",  # llmclient's
)

WITH_VERSION = (
    "OPENAI_BASE_URL",  # the SDK's own
    "OPENAI_API_BASE",  # LiteLLM's, LangChain's
    "LLM_BASE_URL",  # llmclient's
)
"""What holds an address with `/v1`."""

WITHOUT_VERSION = (
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_BASE",  # LiteLLM's
    "GOOGLE_GEMINI_BASE_URL",  # google-genai's
    "OLLAMA_HOST",
    "OLLAMA_API_BASE",  # LiteLLM's
    "AZURE_API_BASE",  # LiteLLM's
)
"""What holds an address to which the client adds its own version."""

WITH_BETA = ("GEMINI_API_BASE",)
"""What holds an address with `/v1beta`: LiteLLM adds `/models/MODEL:generateContent` to it."""

API_KEY = "mock-key"
"""The key that clients send; the mock takes any."""

ONLY_REPLACED = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")
"""Set only where they are set: beside OPENAI_API_KEY they make `openai`'s module client refuse to choose."""

NO_PROXY = ("NO_PROXY", "no_proxy")

OFFLINE = (
    "LITELLM_LOCAL_MODEL_COST_MAP",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    "LITELLM_LOCAL_BLOG_POSTS",
    "LITELLM_LOCAL_POLICY_TEMPLATES",
)
"""What keeps LiteLLM from fetching, when it is imported, what it has with it anyway: offline that takes seconds."""


def variables(url: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that lead to a mock at `url`, and their values; `environment` is what is set."""
    yield from ((name, "True") for name in OFFLINE)
    yield from ((name, API_KEY) for name in KEYS)
    yield from ((name, f"{url}/v1") for name in WITH_VERSION)
    yield from ((name, f"{url}/v1beta") for name in WITH_BETA)
    yield from ((name, url) for name in WITHOUT_VERSION)
    for name in ONLY_REPLACED:
        if name in environment:
            yield name, API_KEY if name.endswith("KEY") else url
    for name in NO_PROXY:
        kept = environment.get(name, "")
        yield name, kept if "127.0.0.1" in kept.split(",") else f"{kept},127.0.0.1" if kept else "127.0.0.1"
