"""Our own list of what families of models take, where LiteLLM's table is silent or wrong; each with its source.

A source is where it was seen that the API refuses, or takes, what is said here, and `seen` the last day of it.
Recordings are public test recordings of requests to the API itself; a name and a number are an issue on GitHub.
"""

import functools
import re
from typing import NamedTuple

SAMPLING = frozenset({"temperature", "top_p", "penalties", "logprobs"})
"""What a model that reasons does not take while it does."""

NEVER = frozenset({"max_tokens", "logit_bias", "prediction", "audio", "web_search"})
"""What none of OpenAI's models that reason takes."""

PLAIN = frozenset({"reasoning", "audio", "web_search"})
"""What none of OpenAI's models that do not reason takes, but for those made for it."""

LOW_TO_HIGH = ("low", "medium", "high")
CHAT, RESPONSES = frozenset({"chat"}), frozenset({"responses"})
NONE: frozenset[str] = frozenset()


class Family(NamedTuple):
    """A vendor's models whose whole name matches, of which the first family that fits counts.

    The fields are those of `Capabilities`; `has` is what the models take although LiteLLM's table says otherwise.
    """

    vendor: str
    names: str
    lacks: frozenset[str] = NONE
    has: frozenset[str] = NONE
    lacks_reasoning: frozenset[str] = NONE
    efforts: tuple[str, ...] | None = None
    default_effort: str = "medium"
    formats: frozenset[str] | None = None
    budget: tuple[int, int] | None = None
    source: str = ""
    seen: str = ""

    def matches(self, model: str) -> bool:
        """Tell whether a model is of the family; the day of its version may follow its name."""
        return _pattern(self.names).fullmatch(model) is not None


@functools.cache
def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{names})(?:-20\d\d-\d\d-\d\d|-20\d{{6}}|-latest)?")


OPENAI = (
    Family(
        "openai",
        "o1-mini|o1-preview",
        SAMPLING
        | NEVER
        | {"system", "developer", "tools", "parallel_tool_calls", "images", "files", "json_schema"}
        | {"reasoning", "hosted_web_search"},
        source="recordings: pydantic/pydantic-ai test_openai_o1_mini_system_role",
        seen="2026-11-25",
    ),
    Family(
        "openai",
        "o1|o1-pro",
        SAMPLING | NEVER | {"parallel_tool_calls", "hosted_web_search"},
        efforts=LOW_TO_HIGH,
        source="langchain-ai/langchain 29704; truefoundry/models 846",
        seen="2026-04-20",
    ),
    Family(
        "openai",
        "o3-mini",
        SAMPLING | NEVER | {"parallel_tool_calls", "images", "files", "hosted_web_search"},
        efforts=LOW_TO_HIGH,
        source="recordings: pydantic/pydantic-ai (`stop` is taken); langchain-ai/langchain 29704",
        seen="2026-11-25",
    ),
    Family(
        "openai",
        "o3|o3-pro",
        SAMPLING | NEVER | {"stop", "parallel_tool_calls"},
        efforts=LOW_TO_HIGH,
        source="crewAIInc/crewAI 2738; huggingface/smolagents 1895",
        seen="2025-12-15",
    ),
    Family(
        "openai",
        "o4-mini",
        SAMPLING | NEVER | {"stop", "parallel_tool_calls", "logprobs_forbidden"},
        efforts=LOW_TO_HIGH,
        source="langgenius/dify 18971; griptape-ai/griptape 1915; huggingface/smolagents 1895",
        seen="2025-12-15",
    ),
    Family(
        "openai",
        "gpt-5-chat",
        frozenset({"reasoning", "audio", "web_search", "hosted_web_search", "max_tokens"}),
        source="the API's answers as users quote them: the hosted tool is not supported, sampling parameters are",
        seen="2026-08-05",
    ),
    Family(
        "openai",
        r"gpt-5\.\d+-chat",
        SAMPLING | NEVER | {"stop"},
        efforts=("medium",),
        source="BerriAI/litellm 38842; quotes of gpt-5.3-chat's refusals",
        seen="2026-08-05",
    ),
    Family(
        "openai",
        "gpt-5-pro",
        SAMPLING | NEVER | {"stop"},
        efforts=("high",),
        default_effort="high",
        formats=RESPONSES,
        source="openai SDK, `Reasoning.effort`: gpt-5-pro takes `high` alone",
        seen="2026-11-25",
    ),
    Family(
        "openai",
        "gpt-5(-mini|-nano|-codex)?",
        SAMPLING | NEVER | {"stop", "logprobs_forbidden"},
        efforts=("minimal", "low", "medium", "high"),
        source="diffbot/code-gpt-docs 445; owndev/Open-WebUI-Functions 98; huggingface/smolagents 1671",
        seen="2026-10-11",
    ),
    Family(
        "openai",
        r"gpt-5\.1",
        NEVER | {"stop"},
        lacks_reasoning=SAMPLING,
        efforts=("none", "low", "medium", "high"),
        default_effort="none",
        source="openai/openai-agents-python 2089; nextai-translator/nextai-translator 1841",
        seen="2025-12-02",
    ),
    Family(
        "openai",
        r"gpt-5\.[1-3]-codex(-max|-mini)?",
        SAMPLING | NEVER | {"stop"},
        formats=RESPONSES,
        source="egoist/chatwise-releases 1256",
        seen="2026-02-26",
    ),
    Family(
        "openai",
        r"gpt-5\.\d+-pro",
        SAMPLING | NEVER | {"stop"},
        efforts=("medium", "high", "xhigh"),
        formats=RESPONSES,
        source="micz/ThunderAI 570; quotes of gpt-5.4-pro's refusal of `low`",
        seen="2026-08-30",
    ),
    Family(
        "openai",
        r"gpt-5\.(2|4)(-mini|-nano)?",
        NEVER | {"stop"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        efforts=("none", "low", "medium", "high", "xhigh"),
        default_effort="none",
        source="openai SDK, `reasoning_effort`; johny-b/llmcomp 69",
        seen="2026-04-20",
    ),
    Family(
        "openai",
        r"gpt-5\.[5-9](-sol|-terra|-luna|-mini|-nano)?",
        NEVER | {"stop", "audio_answers"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        efforts=("none", "low", "medium", "high", "xhigh"),
        source="requests to gpt-5.6-terra and gpt-5.6-luna on 2026-08-30; Gitlawb/openclaude 1957",
        seen="2026-10-09",
    ),
    Family(
        "openai",
        r"gpt-6(\.\d+)?(-\w+)?",
        NEVER | {"stop", "audio_answers"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        source="quotes of gpt-6-luna's and gpt-6-astra's refusals",
        seen="2026-10-09",
    ),
    Family(
        "openai",
        r"gpt-4o(-mini)?-search-preview",
        frozenset({"search_sampling", "tools", "reasoning", "audio", "images"}),
        formats=CHAT,
        source="quotes of the API's `Model incompatible request argument supplied`, and of its refusal in responses",
        seen="2026-08-15",
    ),
    Family(
        "openai",
        r"gpt-4o(-mini)?-audio-preview|gpt-audio(-mini|-1\.5)?",
        frozenset({"images", "json_schema", "reasoning", "web_search", "files"}),
        formats=CHAT,
        source="quotes of the API's refusal of gpt-audio in responses",
        seen="2026-10-08",
    ),
    Family(
        "openai",
        r"gpt-3\.5-turbo(-16k|-0125|-1106|-0613|-0301)?",
        PLAIN | {"images", "files", "json_schema", "hosted_web_search"},
        source="vllm-project/vllm 11629; nextcloud/integration_openai 282; quotes of `text.format`",
        seen="2026-09-20",
    ),
    Family(
        "openai",
        "gpt-4(-32k|-0613|-0314|-1106-preview|-0125-preview)?",
        PLAIN | {"images", "files", "json_schema", "hosted_web_search"},
        source="quotes of `text.format` of type `json_schema` with gpt-4, and of its refusal of the hosted search",
        seen="2026-07-10",
    ),
    Family(
        "openai",
        "gpt-4-turbo|gpt-4-turbo-preview|gpt-4o-2024-05-13|chatgpt-4o-latest",
        PLAIN | {"json_schema"},
        source="OpenAI's guide on structured outputs: from gpt-4o-2024-08-06 and gpt-4o-mini on",
        seen="2026-11-25",
    ),
    Family(
        "openai",
        r"gpt-4o(-mini)?|gpt-4\.1(-mini|-nano)?",
        PLAIN,
        source="recordings: pydantic/pydantic-ai test_openai_web_search_tool_model_not_supported",
        seen="2026-11-25",
    ),
)

ANTHROPIC = (
    Family(
        "anthropic",
        "claude-(haiku|sonnet|opus)-4-[56]",
        frozenset({"sampling_pair"}),
        source="requests to api.anthropic.com on 2026-08-20 and 2026-09-29: 4.5 and 4.6 refuse both together",
        seen="2026-09-29",
    ),
    Family(
        "anthropic",
        "claude-(fable|mythos)-.*|claude-opus-5-5|claude-sonnet-5-5",
        frozenset({"thinking_budget", "no_thinking"}),
        source="requests to api.anthropic.com on 2026-09-29; Anthropic's page on extended thinking",
        seen="2026-10-08",
    ),
    Family(
        "anthropic",
        "claude-opus-4-[78]|claude-(haiku|sonnet|opus)-[5-9].*",
        frozenset({"thinking_budget"}),
        source="Anthropic's page on extended thinking: 4.7 and later have none",
        seen="2026-10-05",
    ),
)

GEMINI = (
    Family(
        "gemini",
        r"gemini-2\.5-pro(-preview.*)?",
        frozenset({"thinking_level", "no_thinking"}),
        budget=(128, 32768),
        source="vercel/ai 8027; earendil-works/pi 3460; Google's page on thinking",
        seen="2026-07-22",
    ),
    Family(
        "gemini",
        r"gemini-2\.5-flash-lite(-preview.*)?",
        frozenset({"thinking_level"}),
        budget=(512, 24576),
        source="juspay/neurolink 1707; Google's page on thinking",
        seen="2026-09-20",
    ),
    Family(
        "gemini",
        r"gemini-2\.5-flash(-preview.*)?",
        frozenset({"thinking_level"}),
        budget=(1, 24576),
        source="juspay/neurolink 1707; Google's page on thinking",
        seen="2026-09-20",
    ),
    Family(
        "gemini",
        r"gemini-3(\.\d)?-pro(-preview.*)?",
        frozenset({"no_thinking"}),
        efforts=("low", "medium", "high"),
        source="quotes of gemini-3.1-pro-preview's refusal of MINIMAL",
        seen="2026-10-06",
    ),
    Family(
        "gemini",
        r"gemini-3\.[78]-flash",
        frozenset({"candidates"}),
        efforts=("low", "medium", "high"),
        source="quotes of gemini-3.8-flash's refusal of MINIMAL, and of gemini-3.7-flash's of several candidates",
        seen="2026-10-09",
    ),
    Family(
        "gemini",
        r"gemma-.*",
        frozenset({"audio"}),
        source="quotes of the API's `Audio input modality is not enabled for this model`",
        seen="2026-08-20",
    ),
)

GROQ = (
    Family(
        "groq",
        r"llama-3\.3-70b-(versatile|specdec)|llama-3\.1-8b-instant|llama3-(8b|70b)-8192|gemma2-9b-it"
        r"|meta-llama/llama-4-(scout-17b-16e|maverick-17b-128e)-instruct|moonshotai/kimi-k2-instruct(-0905)?"
        r"|qwen/qwen3-32b|qwen-qwq-32b|deepseek-r1-distill-llama-70b|(groq/)?compound(-beta)?(-mini)?",
        source="recordings: pydantic/pydantic-ai; Groq's page on its models, the retired ones included",
        seen="2026-11-25",
    ),
)

OTHERS = (
    Family(
        "groq",
        "qwen/qwen3-.*",
        efforts=("none", "default"),
        source="iamsrikanthnani/pluely 219",
        seen="2026-03-02",
    ),
    Family(
        "deepseek",
        r"deepseek-(reasoner|flash|v4(-.*)?)",
        frozenset({"json_schema"}),
        lacks_reasoning=frozenset({"forced_tools"}),
        source="deepseek-ai/DeepSeek-V3 1376; EvoScientist/EvoScientist 348",
        seen="2026-09-22",
    ),
    Family(
        "deepseek",
        "deepseek-chat",
        frozenset({"json_schema"}),
        source="EvoScientist/EvoScientist 348; deepseek-ai/DeepSeek-V3 1376: a forced tool is taken",
        seen="2026-07-13",
    ),
    Family(
        "openrouter",
        "deepseek/deepseek-v4-pro(:.*)?",
        frozenset({"images"}),
        source="NousResearch/hermes-agent 23411",
        seen="2026-05-10",
    ),
    Family(
        "openrouter",
        "google/gemini-3.1-flash-lite-image(:.*)?",
        frozenset({"tools"}),
        source="rbb-dev/Open-WebUI-OpenRouter-pipe 58",
        seen="2026-07-28",
    ),
    Family(
        "xai",
        r"grok-4\.20(-.*)?",
        frozenset({"penalties", "reasoning", "stop"}),
        source="chenyme/grok2api 814; miaoxworld/NativeTavern 83",
        seen="2026-09-15",
    ),
    Family(
        "xai",
        r"grok-(4(\.\d|-1)?|code)(-fast|-mini|-reasoning|-non-reasoning|-\d+)*",
        frozenset({"penalties", "stop"}),
        source="miaoxworld/NativeTavern 83; lobehub/lobehub 13332; BerriAI/litellm-docs 817 (stop)",
        seen="2026-09-15",
    ),
)
FAMILIES = (*OPENAI, *ANTHROPIC, *GEMINI, *OTHERS, *GROQ)
