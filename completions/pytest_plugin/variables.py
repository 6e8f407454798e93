"""The environment variables by which SDKs find the API, for the time of a test run or of one test.

They cover every format, whether the server has it or not: an application that calls another provider gets an error of
the mock, not an answer of the real API with the developer's own key.
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
    "CEREBRAS_API_KEY",
    "CO_API_KEY",
    "COHERE_API_KEY",
    "CODESTRAL_API_KEY",
    "DEEPSEEK_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "MOONSHOT_API_KEY",
    "OPENROUTER_API_KEY",
    "TOGETHER_API_KEY",
    "XAI_API_KEY",
    "ZAI_API_KEY",
)

ADDRESSES = {
    "OPENAI_BASE_URL": "/v1",  # the SDK's own
    "OPENAI_API_BASE": "/v1",  # LiteLLM's, LangChain's
    "LLM_BASE_URL": "/v1",  # llmclient's
    "ANTHROPIC_BASE_URL": "",
    "ANTHROPIC_API_BASE": "",  # LiteLLM's
    "ANTHROPIC_BEDROCK_BASE_URL": "",
    "ANTHROPIC_BEDROCK_MANTLE_BASE_URL": "/anthropic",
    "ANTHROPIC_VERTEX_BASE_URL": "/v1",
    "GOOGLE_GEMINI_BASE_URL": "",  # google-genai's
    "GEMINI_API_BASE": "/v1beta",  # LiteLLM's, to which it adds `/models/MODEL:generateContent`
    "OLLAMA_HOST": "/ollama",
    "OLLAMA_API_BASE": "/ollama",  # LiteLLM's
    "AZURE_API_BASE": "",  # LiteLLM's
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "",  # boto3's
    "AWS_BEDROCK_RUNTIME_ENDPOINT": "",  # LiteLLM's
    "AWS_BEDROCK_BASE_URL": "/v1",  # that of the OpenAI SDK's client of Bedrock
    "BEDROCK_MANTLE_API_BASE": "/v1",  # LiteLLM's
    "CEREBRAS_BASE_URL": "/cerebras",  # the SDK's own
    "CEREBRAS_API_BASE": "/cerebras/v1",
    "CO_API_URL": "",  # Cohere's SDK's
    "COHERE_API_BASE": "/v2/chat",  # LiteLLM's, which asks just this address
    "CODESTRAL_API_BASE": "/mistral/v1",  # LiteLLM's, as those that follow
    "DEEPSEEK_API_BASE": "/deepseek",
    "GROQ_BASE_URL": "/groq",  # the SDK's own
    "GROQ_API_BASE": "/groq/openai/v1",
    "HOSTED_VLLM_API_BASE": "/vllm/v1",
    "MISTRAL_API_BASE": "/mistral/v1",
    "MOONSHOT_API_BASE": "/moonshot/v1",
    "OPENROUTER_API_BASE": "/openrouter/api/v1",
    "TOGETHER_BASE_URL": "/together",  # the SDK's own
    "TOGETHER_AI_API_BASE": "/together/v1",
    "XAI_API_BASE": "/xai/v1",
    "ZAI_BASE_URL": "/zai/api/paas/v4",  # the SDK's own
    "ZAI_API_BASE": "/zai/api/paas/v4",
}
"""The variables with addresses, and the paths to which the clients append theirs."""

API_KEY = "mock-key"
"""The key that clients send; the mock takes any."""

REPLACED_IF_SET = {"AZURE_OPENAI_ENDPOINT": "", "AZURE_OPENAI_API_KEY": None, "AWS_BEARER_TOKEN_BEDROCK": None}
"""Variables that are replaced only if they are set, by the path of an address, or by the key (None).

With OPENAI_API_KEY, the first two make the module client of `openai` refuse to choose; the last sets boto3's signing.
"""

NO_PROXY = ("NO_PROXY", "no_proxy")

OFFLINE = (
    "LITELLM_LOCAL_MODEL_COST_MAP",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    "LITELLM_LOCAL_BLOG_POSTS",
    "LITELLM_LOCAL_POLICY_TEMPLATES",
)
"""The variables that keep LiteLLM from downloading, on import, files that it includes: offline that takes seconds."""


def variables(url: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables for a mock at `url`, and their values; `environment` has the present values."""
    yield from ((name, "True") for name in OFFLINE)
    yield from ((name, API_KEY) for name in KEYS)
    yield from ((name, f"{url}{path}") for name, path in ADDRESSES.items())
    for name, path in REPLACED_IF_SET.items():
        if name in environment:
            yield name, API_KEY if path is None else f"{url}{path}"
    for name in NO_PROXY:
        value = environment.get(name, "")
        yield name, value if "127.0.0.1" in value.split(",") else f"{value},127.0.0.1" if value else "127.0.0.1"
