"""What LiteLLM is asked, by which prefixes and at which addresses, and what each adapter cannot do.

For `tests/wire/test_litellm_providers.py`. The addresses are what `api_base` wants behind the server's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
DEGREES = {
    "type": "object",
    "properties": {"degrees": {"type": "integer"}},
    "required": ["degrees"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": DEGREES}}
CALL = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
CALLED = {"role": "assistant", "tool_calls": [{"id": "call00001", "type": "function", "function": CALL}]}
RESULT = {"role": "tool", "tool_call_id": "call00001", "name": "get_weather", "content": '{"temp": 21}'}


@dataclass(frozen=True)
class Case:
    """One question, and what comes of it: the text and the calls, or the error's class and status."""

    text: str
    answer: str
    then: tuple[Mapping[str, Any], ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    key: str = "k"


CASES = {
    "text": Case("Hello", "Hello to you. (stop)"),
    "call": Case("The weather?", 'get_weather{"city":"Paris"} (tool_calls)', more={"tools": [TOOL]}),
    "result": Case("The weather?", "It is 21 degrees. (stop)", (CALLED, RESULT), {"tools": [TOOL]}),
    "json": Case("How many degrees?", '{"degrees":21} (stop)', more={"response_format": FORM}),
    "401": Case("Hello", "AuthenticationError 401", key="wrong"),
    "429": Case("Are you busy?", "RateLimitError 429"),
    "500": Case("Are you down?", "InternalServerError 500"),
}


@dataclass(frozen=True)
class Row:
    """A prefix, the path of its `api_base`, the arguments that it needs and a name of a model that it takes."""

    prefix: str
    base: str = "/v1"
    more: Mapping[str, Any] = field(default_factory=dict)
    model: str = "some-model"

    def __str__(self) -> str:
        return f"{self.prefix}{self.base}"


AZURE = {"api_version": "2024-10-21"}
VERTEX = {"vertex_project": "p", "vertex_location": "us-central1"}
AWS = {"aws_region_name": "us-east-1"}
CLAUDE = "claude-sonnet-4-5@20250929"
PUBLISHED = "/v1/projects/p/locations/us-central1/publishers/anthropic/models"
MISTRALS = "/v1/projects/p/locations/us-central1/publishers/mistralai/models"
LLAMA = "meta/llama-3.1-405b-instruct-maas"
OPENAI = {"allowed_openai_params": ["tools", "response_format"]}
"""LiteLLM does not know that `some-model` can do these; of a provider's real models it does."""

OWN = (
    Row("anthropic", ""),
    Row("gemini", "/v1beta", model="gemini-2.5-flash"),
    Row("vertex_ai", "", VERTEX, "gemini-2.5-flash"),
    Row("vertex_ai", f"{PUBLISHED}/{CLAUDE}", {**VERTEX, "max_tokens": 1000}, CLAUDE),
    Row("vertex_ai", "/", VERTEX, LLAMA),
    Row("vertex_ai", f"{MISTRALS}/mistral-large-2411", VERTEX, "mistral-large-2411"),
    Row("bedrock", "", AWS, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    Row("bedrock/invoke", "", {**AWS, "max_tokens": 1000}, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    Row("ollama_chat", ""),
    Row("ollama", ""),
    Row("azure", "", AZURE),
    Row("azure_text", "", AZURE),
    Row("openai/responses", model="gpt-4o"),
    Row("text-completion-openai"),
    Row("deepseek", "/deepseek", OPENAI),
    Row("cerebras", "/cerebras/v1", OPENAI),
    Row("groq", "/groq/openai/v1", OPENAI),
    Row("hosted_vllm", "/vllm/v1", OPENAI),
    Row("mistral", "/mistral/v1", OPENAI),
    Row("moonshot", "/moonshot/v1", OPENAI),
    Row("together_ai", "/together/v1", OPENAI),
    Row("openrouter", "/openrouter/api/v1", OPENAI),
    Row("zai", "/zai/api/paas/v4", OPENAI),
    Row("clarifai", model="user.app.some-model", more=OPENAI),
    Row("heroku", "", OPENAI),
)
"""Prefixes with an address, arguments, or names of models of their own."""

_ALIKE = """
    ai21 ai21_chat aiand aiml amazon_nova apertis assemblyai azure_ai baseten bedrock_mantle cerebras charity_engine
    chutes clf_ai_gateway cloudflare codestral cognition cometapi compactifai coralbricks cortecs custom_openai
    darkbloom dashscope databricks deepinfra deepseek docker_model_runner edenai empower featherless_ai fireworks_ai
    friendliai galadriel github groq helicone hosted_vllm hostinger_router hyperbolic inception lambda_ai lemonade
    libertai litellm_proxy llamafile lm_studio maritalk meta meta_llama minimax mistral modelscope moonshot morph nadir
    nano-gpt nebius neosantara novita nscale nvidia_nim openai opencode_go openinfer ovhcloud parasail perplexity
    pinstripes poe prism publicai qwen_ai_platform qwencloud reka sail sambanova scaleway scx-ai streamlake synthetic
    tencent tensormesh together_ai v0 vercel_ai_gateway volcengine wally wandb xai xiaomi_mimo xinference zai zerogpu
"""
ALIKE = _ALIKE.split()
"""Prefixes that all want `/v1`, and speak OpenAI's chat format there."""

ROWS = (*OWN, *(Row(prefix, more=OPENAI) for prefix in ALIKE))

ABSENT = {
    "aiohttp_openai": "sends a form, not JSON",
    "anyscale": "is known by the address of its service alone",
    "chatgpt": "signs in to its service first",
    "github_copilot": "signs in to its service first",
    "huggingface": "asks its hub for the model first",
    "oobabooga": "sends its key in words of its own",
    "ragflow": "has addresses of its own",
}
"""What LiteLLM has for OpenAI's format, and cannot come here, and why."""

BLOCKED = (
    (Row("aiohttp_openai", "/v1/chat/completions"), "BadRequestError 400"),
    (Row("anyscale"), "BadRequestError 400"),
    (Row("oobabooga", ""), "AuthenticationError 401"),
    (Row("ragflow", model="chat/1/some-model"), "NotFoundError 404"),
)
"""Those of them that can be asked without their service, and what comes."""

NO_TOOLS = "the completions of old have no tools, and LiteLLM sends them all the same"
NO_FORM = "they have no formats either"
PLAIN_ERROR = "LiteLLM knows no class for this provider's 500"
LATE = "LiteLLM sends the request with the first step of the stream, and puts a failure there into another error"
BARE = "LiteLLM names no error of a stream of these"
AWS_ERRORS = (
    *((way, "AuthenticationError 403", "AWS refuses a key with a 403") for way in ("401", "401 streamed")),
    *((way, "ServiceUnavailableError 503", PLAIN_ERROR) for way in ("500", "500 streamed")),
)
EXCEPTIONS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    # unlike Gemini there
    **dict.fromkeys((f"vertex_ai{PUBLISHED}/{CLAUDE}", "vertex_ai/", f"vertex_ai{MISTRALS}/mistral-large-2411"), ()),
    "bedrock": AWS_ERRORS,
    "bedrock/invoke": AWS_ERRORS,
    "gemini": (
        ("429 streamed", "MidStreamFallbackError of RateLimitError 429", LATE),
        ("500 streamed", "MidStreamFallbackError of InternalServerError 500", LATE),
    ),
    "vertex_ai": (
        ("429 streamed", "MidStreamFallbackError of RateLimitError 429", LATE),
        ("500 streamed", "MidStreamFallbackError of InternalServerError 500", LATE),
    ),
    "ollama": (
        ("call", " (stop)", "`/api/generate` has no tools, and the script's call is no text"),
        ("call streamed", " (stop)", "the same"),
        ("result", " (stop)", "LiteLLM writes the result into the prompt, where it is text of the user's"),
        ("result streamed", " (stop)", "the same"),
    ),
    "azure": (("500", "APIError 500", PLAIN_ERROR), ("500 streamed", "APIError 500", PLAIN_ERROR)),
    "azure_text": (
        ("call", "APIError 500", NO_TOOLS),
        ("call streamed", "APIError 500", NO_TOOLS),
        ("result", "APIError 500", NO_TOOLS),
        ("result streamed", "APIError 500", NO_TOOLS),
        ("json", "APIError 500", NO_FORM),
        ("json streamed", "APIError 500", NO_FORM),
        ("500", "APIError 500", PLAIN_ERROR),
        ("500 streamed", "APIError 500", PLAIN_ERROR),
    ),
    "text-completion-openai": (
        ("call", "InternalServerError 500", NO_TOOLS),
        ("call streamed", "OpenAIError 500", NO_TOOLS),
        ("result", "InternalServerError 500", NO_TOOLS),
        ("result streamed", "OpenAIError 500", NO_TOOLS),
        ("json", "InternalServerError 500", NO_FORM),
        ("json streamed", "OpenAIError 500", NO_FORM),
        ("401 streamed", "OpenAIError 401", BARE),
        ("429 streamed", "OpenAIError 429", BARE),
        ("500 streamed", "OpenAIError 500", BARE),
    ),
    "openrouter": (("500", "APIError 500", PLAIN_ERROR), ("500 streamed", "APIError 500", PLAIN_ERROR)),
    "bedrock_mantle": (
        ("500", "ServiceUnavailableError 503", "LiteLLM takes Bedrock's 500 for a 503"),
        ("500 streamed", "ServiceUnavailableError 503", "the same"),
    ),
    "featherless_ai": tuple(
        (way, "UnsupportedParamsError 400", "LiteLLM lets this provider have no tools")
        for way in ("call", "call streamed", "result", "result streamed")
    ),
}
"""By prefix: the case, what comes of it instead, and why. What came right after all would be a failure."""
