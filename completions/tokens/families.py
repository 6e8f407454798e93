"""Our own list of families' capabilities where LiteLLM's table is silent or wrong; each with its source."""

from collections.abc import Mapping

from completions.tokens.family import LOW_TO_HIGH, Family
from completions.tokens.openai_families import OPENAI
from completions.tokens.single_purpose import SINGLE_PURPOSE

ANTHROPIC = (
    Family(
        "claude-(haiku|sonnet|opus)-4-[56]",
        frozenset({"sampling_pair", "thinking_between_tools"}),
        source="requests to api.anthropic.com on 2026-08-20 and 2026-09-29: 4.5 and 4.6 refuse both together",
        seen="2026-09-29",
    ),
    Family(
        "claude-sonnet-5-5",
        frozenset({"thinking_budget", "no_thinking", "effort_without_thinking"}),
        source="requests to api.anthropic.com on 2026-09-29: it alone takes between_tools, with efforts up to high",
        seen="2026-10-10",
    ),
    Family(
        "claude-(fable|mythos)-.*|claude-opus-5-5",
        frozenset({"thinking_budget", "no_thinking", "thinking_between_tools"}),
        source="requests to api.anthropic.com on 2026-09-29; Anthropic's page on extended thinking",
        seen="2026-10-08",
    ),
    Family(
        "claude-(haiku|opus)-[5-9].*",
        frozenset({"thinking_budget", "thinking_between_tools", "effort_without_thinking"}),
        source="requests to claude-opus-5 and claude-haiku-5-5; Anthropic's page: so do Opus 5 and later models",
        seen="2026-10-07",
    ),
    Family(
        "claude-opus-4-[78]|claude-sonnet-[5-9].*",
        frozenset({"thinking_budget", "thinking_between_tools"}),
        source="Anthropic's page on extended thinking: 4.7 and later have none",
        seen="2026-10-05",
    ),
)

GEMINI = (
    Family(
        r"gemini-2\.5-pro(-preview.*)?",
        frozenset({"thinking_level", "no_thinking", "penalties", "logprobs"}),
        budget=(128, 32768),
        source="vercel/ai 8027 and 8943; earendil-works/pi 3460; Google's page on thinking",
        seen="2026-07-22",
    ),
    Family(
        r"gemini-2\.5-flash-lite(-preview.*)?",
        frozenset({"thinking_level", "penalties", "logprobs"}),
        budget=(512, 24576),
        source="juspay/neurolink 1707; vercel/ai 8943; Google's page on thinking",
        seen="2026-09-20",
    ),
    Family(
        r"gemini-2\.5-flash(-preview.*)?",
        frozenset({"thinking_level", "penalties", "logprobs"}),
        budget=(1, 24576),
        source="juspay/neurolink 1707; vercel/ai 8943; Google's page on thinking",
        seen="2026-09-20",
    ),
    Family(
        r"gemini-3(\.\d)?-pro(-preview.*)?",
        frozenset({"no_thinking", "penalties", "logprobs"}),
        efforts=("low", "medium", "high"),
        source="vercel/ai 22372; google-gemini/cookbook 1290",
        seen="2026-10-06",
    ),
    Family(
        r"gemini-3\.[78]-flash",
        frozenset({"candidates", "penalties", "logprobs"}),
        efforts=("low", "medium", "high"),
        source="quotes of what gemini-3.8-flash (MINIMAL, penalties) and gemini-3.7-flash (several candidates) refuse",
        seen="2026-10-09",
    ),
    Family(
        r"gemini-3\.5-flash-lite(-preview.*)?",
        frozenset({"logprobs", "no_thinking"}),
        source="recordings: pydantic/logfire, with a budget of 0; googleapis/python-genai 2936",
        seen="2026-09-09",
    ),
    Family(
        "gemini-(pro|flash)-latest",
        frozenset({"logprobs"}),
        efforts=LOW_TO_HIGH,
        source="requests of each model, written down by a project: neither takes MINIMAL",
        seen="2026-10-10",
    ),
    Family(
        r"gemini-3\.1-flash-image(-preview)?",
        efforts=("minimal", "high"),
        source="requests of each model, written down by a project",
        seen="2026-10-10",
    ),
    Family(
        r"gemini-3(\.\d)?-flash(-lite)?(-preview.*)?|gemini-flash-lite-latest",
        frozenset({"logprobs"}),
        source="quotes of what gemini-3-flash-preview, gemini-3.5-flash-lite and gemini-flash-latest refuse",
        seen="2026-10-09",
    ),
    Family(
        r"gemma-3.*",
        frozenset({"audio", "json_schema", "system", "tools"}),
        source="quotes of `Developer instruction`, `Function calling`, `JSON mode is not enabled for models/gemma-3…`",
        seen="2026-08-20",
    ),
    Family(
        r"gemma-.*",
        frozenset({"audio"}),
        source="quotes of the API's `Audio input modality is not enabled for this model`",
        seen="2026-08-20",
    ),
)

GROQ = (
    Family(
        "qwen/qwen3-32b",
        efforts=("none", "default"),
        output=40_960,
        source="iamsrikanthnani/pluely 219; recordings: pydantic/pydantic-ai; quotes: it alone has `logprobs`",
        seen="2026-11-25",
    ),
    Family(
        r"qwen/qwen3\.8-27b",
        frozenset({"logprobs"}),
        efforts=("none", "default", *LOW_TO_HIGH),
        output=16_384,
        source="recordings: maruel/genai, with `medium`; quotes of what it and qwen/qwen3.6-27b refuse",
        seen="2026-10-09",
    ),
    Family(
        r"qwen/qwen3[-.].*",
        frozenset({"logprobs"}),
        efforts=("none", "default"),
        source="quotes of qwen/qwen3.6-27b's refusal of `medium`",
        seen="2026-10-09",
    ),
    Family(
        "openai/gpt-oss-.*",
        frozenset({"logprobs"}),
        efforts=LOW_TO_HIGH,
        source="quotes of the refusals of `none`, of `default` and of `logprobs`",
        seen="2026-10-09",
    ),
    Family(
        r"(groq/)?compound(-beta)?(-mini)?|allam-2-7b",
        frozenset({"logprobs", "reasoning", "tools", "json_schema"}),
        source="quotes of what compound, compound-mini and allam-2-7b refuse; Groq's page on its models",
        seen="2026-10-09",
    ),
    Family(
        r"llama-3\.3-70b-(versatile|specdec)|llama-3\.1-8b-instant",
        frozenset({"logprobs", "reasoning", "json_schema"}),
        source="recordings: pydantic/pydantic-ai; quotes of what llama refuses; Groq's page on structured outputs",
        seen="2026-10-09",
    ),
    Family(
        r"llama3-(8b|70b)-8192|gemma2-9b-it"
        r"|meta-llama/llama-4-(scout-17b-16e|maverick-17b-128e)-instruct|moonshotai/kimi-k2-instruct(-0905)?",
        frozenset({"logprobs", "reasoning"}),
        source="recordings: pydantic/pydantic-ai; quotes of what llama and compound refuse; Groq's page on its models",
        seen="2026-11-25",
    ),
    Family(
        "qwen-qwq-32b|deepseek-r1-distill-llama-70b",
        frozenset({"logprobs"}),
        source="recordings: pydantic/pydantic-ai; Groq's page on its models, the retired ones included",
        seen="2026-11-25",
    ),
)

SAMPLING = frozenset({"temperature", "top_p", "stop"})
ANY_REGION = r"(?:[a-z-]+\.)?"
"""An optional region before names of models that the table has with a region only."""

CONVERSE_TESTS = "a list of models that were tried at ConverseStream with tools and a picture"

BEDROCK = (
    Family(
        rf"{ANY_REGION}openai\.gpt-(5\.\d|[6-9]).*",
        SAMPLING,
        source="recordings: pydantic/pydantic-ai; vercel/ai 21374; requests of each model, written down by a project",
        seen="2026-09-09",
    ),
    Family(
        rf"{ANY_REGION}xai\.grok-.*",
        SAMPLING,
        source="NousResearch/hermes-agent 111043; aws-samples/sample-kolya-br-proxy 104",
        seen="2026-09-14",
    ),
    Family(
        r"moonshotai\..*",
        frozenset({"temperature", "stop"}),
        source="quotes of what Kimi's models at Converse refuse",
        seen="2026-09-22",
    ),
    Family(
        r"openai\.gpt-oss.*|minimax\..*|qwen\.(?!.*-vl-).*",
        frozenset({"stop", "images"}),
        source="langgenius/dify-official-plugins 1767; quotes of the refusals of qwen3-coder-480b and gpt-oss-120b; "
        f"{CONVERSE_TESTS}",
        seen="2026-10-10",
    ),
    Family(
        r"qwen\..*",
        frozenset({"stop"}),
        source="langgenius/dify-official-plugins 1767; quotes of the refusals of qwen3-coder-480b",
        seen="2026-08-24",
    ),
    Family(
        rf"{ANY_REGION}amazon\.nova-micro-.*|deepseek\.v3.*|mistral\.(devstral|voxtral)-.*|moonshot\.kimi-k2-thinking"
        r"|nvidia\.nemotron-(nano-(3|9b)|super)-.*|zai\.glm-(4\.7(-flash)?|5)",
        frozenset({"images"}),
        source=CONVERSE_TESTS,
        seen="2026-10-10",
    ),
    Family(
        r"meta\.llama.*",
        frozenset({"forced_tools", "streamed_tools"}),
        source=f"maximhq/bifrost 3196; earendil-works/pi 3739; {CONVERSE_TESTS}",
        seen="2026-10-10",
    ),
    Family(
        r"mistral\.(mistral-(7b-instruct|large-240[27])|mixtral-8x7b-instruct|pixtral-large)-.*",
        frozenset({"streamed_tools"}),
        source=CONVERSE_TESTS,
        seen="2026-10-10",
    ),
    Family(
        r"deepseek\.r1.*",
        frozenset({"tools", "streamed_tools"}),
        source="ldayton/Parable 285; danny-avila/LibreChat 6351",
        seen="2026-01-16",
    ),
    *(one._replace(names=rf"anthropic\.({one.names})(-\d+)?(-v\d.*)?") for one in ANTHROPIC),
)
"""The refusals of Converse; those of Anthropic's models are valid there too, under their longer names."""

OTHER_VENDORS: Mapping[str, tuple[Family, ...]] = {
    "ollama": (
        Family(
            r"gemma3(:.*)?",
            frozenset({"tools", "reasoning", "insert"}),
            source="louisho5/picobot 6 and quotes; taketwo/llm-ollama 54, of gemma3n, for thinking; gergap/vim-ollama "
            "53, of its template, for insert",
            seen="2026-09-29",
        ),
        Family(r"gemma3n(:.*)?", frozenset({"reasoning"}), source="taketwo/llm-ollama 54", seen="2026-08-15"),
        Family(
            r"(llama3(\.[123])?|qwen3-coder(-next)?)(:.*)?",
            frozenset({"reasoning", "images", "insert"}),
            source="Gitlawb/openclaude 1371 (llama3.1); Xoshbin/asyar 618; charmbracelet/crush 2623; for images "
            "ollama/ollama 12780, and its model/models, where only architectures with EncodeMultimodal take them; for "
            "insert ollama/ollama 12387, and its template/llama3-instruct.gotmpl, which has no suffix",
            seen="2026-08-15",
        ),
        Family(
            r"qwen2\.5(-coder)?(:.*)?",
            frozenset({"reasoning", "images"}),
            source="Xoshbin/asyar 618; charmbracelet/crush 2623; for images as llama3",
            seen="2026-08-15",
        ),
        Family(
            r"(gpt-oss|qwen3|deepseek-v4-(flash|pro)|glm-5\.[12])(:.*)?",
            frozenset({"images", "insert"}),
            source="openclaw/openclaw 126653, from /api/show; qwen3 has no EncodeMultimodal in ollama/ollama; for "
            "insert Kurama622/llm.nvim 117, of qwen3",
            seen="2026-08-20",
        ),
        Family(
            r"(llama3\.2-vision|qwen3-vl|qwen3\.5|gemma4)(:.*)?",
            frozenset({"insert"}),
            source="ollama/ollama 12387: renderers have no suffix; its template/llama3-instruct.gotmpl has none either",
            seen="2026-12-01",
        ),
        Family(r"(llama2|orca2|phi4)(:.*)?", frozenset({"tools"}), source="ItzCrazyKns/Vane 1137", seen="2026-09-29"),
    ),
    "cerebras": (Family(r"gpt-oss-120b", frozenset({"images"}), source="recordings: maruel/genai", seen="2026-07-21"),),
    "deepseek": (
        Family(
            r"deepseek-(reasoner|flash|v4(-.*)?)",
            frozenset({"json_schema"}),
            lacks_reasoning=frozenset({"forced_tools", "unreturned_thoughts"}),
            source="deepseek-ai/DeepSeek-V3 1376; EvoScientist/EvoScientist 348",
            seen="2026-09-22",
        ),
        Family(
            "deepseek-chat",
            frozenset({"json_schema"}),
            source="EvoScientist/EvoScientist 348; deepseek-ai/DeepSeek-V3 1376: a forced tool is taken",
            seen="2026-07-13",
        ),
    ),
    "mistral": (
        Family(
            r"mistral-small(-2603)?|mistral-medium(-2604|-3[.-]5)?|magistral-(small|medium)|mistral-vibe-cli.*",
            efforts=("none", "high"),
            default_effort="none",
            source="probes in anomalyco/models.dev 1986; architects-toolkit/SmartHopper 647; requests of each alias",
            seen="2026-10-08",
        ),
        Family(
            "mistral-large-4(-0)?",
            efforts=("none", "high"),
            default_effort="high",
            source="requests of each model, written down by a project",
            seen="2026-10-07",
        ),
        Family(
            "zai-glm(-5(-3)?)?",
            efforts=("low", "high", "max"),
            default_effort="high",
            source="requests to GLM 5.3 at Mistral, written down by two projects",
            seen="2026-10-07",
        ),
        Family(
            r"mistral-large(-2[45]\d\d)?|mistral-medium-25\d\d|(codestral|devstral|ministral|pixtral|open-mistral)-.*",
            frozenset({"reasoning"}),
            source="quotes of Large 3, Medium 2505, Codestral, Devstral, Ministral 3 and others, of `none` too",
            seen="2026-10-07",
        ),
    ),
    "openrouter": (
        Family(
            "deepseek/deepseek-v4-pro(:.*)?",
            frozenset({"images"}),
            source="NousResearch/hermes-agent 23411",
            seen="2026-05-10",
        ),
        Family(
            "google/gemini-3.1-flash-lite-image(:.*)?",
            frozenset({"tools"}),
            source="rbb-dev/Open-WebUI-OpenRouter-pipe 58",
            seen="2026-07-28",
        ),
    ),
    "xai": (
        Family(
            r"grok-4\.20-multi-agent(-.*)?",
            frozenset({"penalties", "stop"}),
            source="NousResearch/hermes-agent 23435; probes of 2026-09-30: its effort is the number of agents",
            seen="2026-09-30",
        ),
        Family(
            r"grok-4\.20(-.*)?",
            frozenset({"penalties", "reasoning", "stop"}),
            source="chenyme/grok2api 814; miaoxworld/NativeTavern 83",
            seen="2026-09-15",
        ),
        Family(
            r"grok-(build|composer)(-.*)?",
            frozenset({"reasoning"}),
            source="router-for-me/CLIProxyAPI 3968, of grok-build and grok-composer-2.5-fast",
            seen="2026-06-23",
        ),
        Family(
            r"grok-4\.[5-9](-.*)?",
            frozenset({"penalties", "stop"}),
            efforts=("minimal", *LOW_TO_HIGH, "xhigh"),
            default_effort="high",
            source="theopenco/llmgateway 3669, and probes of 4.5 to 4.7 until 2026-09-23; miaoxworld/NativeTavern 83",
            seen="2026-09-23",
        ),
        Family(
            r"grok-(4(\.\d|-1)?|code)(-fast|-mini|-reasoning|-non-reasoning|-\d+)*",
            frozenset({"penalties", "stop"}),
            source="miaoxworld/NativeTavern 83; lobehub/lobehub 13332; BerriAI/litellm-docs 817 (stop)",
            seen="2026-09-15",
        ),
    ),
    "zai": (
        Family(
            r"glm-(4\.[5-7](-(air|airx|x|flash|flashx))?|5(\.[1-3])?(-turbo|-code)?)",
            frozenset({"images"}),
            source="quotes by users, of glm-5.2; Z.ai's guide says the same of glm-5.3",
            seen="2026-09-01",
        ),
    ),
}

_ALL = {"openai": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI, "groq": GROQ, "bedrock": BEDROCK}
FAMILIES = {vendor: (*rows, *SINGLE_PURPOSE.get(vendor, ())) for vendor, rows in {**_ALL, **OTHER_VENDORS}.items()}
"""The families by vendor; the first that matches counts."""
