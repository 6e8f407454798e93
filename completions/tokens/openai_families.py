"""Families of OpenAI's models, with their capabilities."""

from completions.tokens.family import LOW_TO_HIGH, Family

SAMPLING = frozenset({"temperature", "top_p", "penalties", "logprobs"})
"""The features that a reasoning model lacks while it reasons."""

REASONING_LACKS = frozenset({"max_tokens", "logit_bias", "prediction", "audio", "web_search", "computer_use_preview"})
"""The features that all of OpenAI's reasoning models lack."""

PRE_5_4_LACKS = frozenset({"tool_search", "computer"})
"""The features that OpenAI's models before GPT-5.4 lack in responses: quotes of refusals of gpt-5, 5.1, 5-mini, 4.1."""

NO_REASONING_LACKS = PRE_5_4_LACKS | {"reasoning", "audio", "web_search", "flex", "computer_use_preview"}
"""The features that OpenAI's models without reasoning lack, except those made for them.

Of `flex`: UKGovernmentBEIS/inspect_ai asks it of gpt-4o in a test; LiteLLM's table has its prices for others alone.
"""

NO_DAY_CACHE = frozenset({"cache_for_a_day"})
"""Of models whose prompts are not cached for a day: home-assistant/core 161256, with the list of its integration."""

CHAT, RESPONSES = frozenset({"chat"}), frozenset({"responses"})

GPT_5 = Family(
    "gpt-5(-codex)?",
    SAMPLING | REASONING_LACKS | PRE_5_4_LACKS | {"stop", "logprobs_forbidden", "function_role"},
    efforts=("minimal", "low", "medium", "high"),
    source="diffbot/code-gpt-docs 445; owndev/Open-WebUI-Functions 98; huggingface/smolagents 1671",
    seen="2026-10-11",
)
GPT_5_4 = Family(
    r"gpt-5\.4(-mini)?",
    REASONING_LACKS | {"stop", "function_role"},
    lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
    efforts=("none", "low", "medium", "high", "xhigh"),
    default_effort="none",
    source="openai SDK, `reasoning_effort`; johny-b/llmcomp 69",
    seen="2026-04-20",
)
GPT_4_1 = Family(
    r"gpt-4\.1",
    NO_REASONING_LACKS | {"verbosity"},
    source="recordings: pydantic/pydantic-ai test_openai_web_search_tool_model_not_supported; quotes (`verbosity`)",
    seen="2026-11-25",
)
"""Families that others derive from with further lacks."""

OPENAI = (
    Family(
        "o1-mini|o1-preview",
        SAMPLING
        | REASONING_LACKS
        | PRE_5_4_LACKS
        | {"system", "developer", "tools", "parallel_tool_calls", "images", "files", "json_schema"}
        | {"reasoning", "hosted_web_search", "stop", "flex", *NO_DAY_CACHE},
        source="recordings: pydantic/pydantic-ai test_openai_o1_mini_system_role; crewAIInc/crewAI (`stop`)",
        seen="2026-11-25",
    ),
    Family(
        "o1|o1-pro",
        SAMPLING
        | REASONING_LACKS
        | PRE_5_4_LACKS
        | NO_DAY_CACHE
        | {"parallel_tool_calls", "hosted_web_search", "flex"},
        efforts=LOW_TO_HIGH,
        source="langchain-ai/langchain 29704; truefoundry/models 846",
        seen="2026-04-20",
    ),
    Family(
        "o3-mini",
        SAMPLING
        | REASONING_LACKS
        | PRE_5_4_LACKS
        | NO_DAY_CACHE
        | {"parallel_tool_calls", "images", "files", "hosted_web_search", "function_role", "flex"},
        efforts=LOW_TO_HIGH,
        source="recordings: pydantic/pydantic-ai (`stop` is taken); langchain-ai/langchain 29704",
        seen="2026-11-25",
    ),
    Family(
        "o3|o3-pro",
        SAMPLING | REASONING_LACKS | PRE_5_4_LACKS | NO_DAY_CACHE | {"stop", "parallel_tool_calls"},
        efforts=LOW_TO_HIGH,
        source="crewAIInc/crewAI 2738; huggingface/smolagents 1895",
        seen="2025-12-15",
    ),
    Family(
        "o4-mini",
        SAMPLING
        | REASONING_LACKS
        | PRE_5_4_LACKS
        | NO_DAY_CACHE
        | {"stop", "parallel_tool_calls", "logprobs_forbidden"},
        efforts=LOW_TO_HIGH,
        source="langgenius/dify 18971; griptape-ai/griptape 1915; huggingface/smolagents 1895",
        seen="2025-12-15",
    ),
    Family(
        "o3-deep-research|o4-mini-deep-research",
        frozenset({"research_alone"}),
        source="quotes of the refusal without a tool to search with; OpenAI's guide on deep research",
        seen="2026-08-30",
    ),
    Family(
        "gpt-5-chat",
        NO_REASONING_LACKS | {"hosted_web_search", "max_tokens", "verbosity"},
        source="the API's answers as users quote them: the hosted tool is not supported, sampling parameters are",
        seen="2026-08-05",
    ),
    Family(
        r"gpt-5\.\d+-chat",
        SAMPLING | REASONING_LACKS | {"stop"},
        efforts=("medium",),
        source="BerriAI/litellm 38842; quotes of gpt-5.3-chat's refusals",
        seen="2026-08-05",
    ),
    Family(
        "gpt-5-pro",
        SAMPLING | REASONING_LACKS | PRE_5_4_LACKS | {"stop"},
        efforts=("high",),
        default_effort="high",
        formats=RESPONSES,
        source="openai SDK, `Reasoning.effort`: gpt-5-pro takes `high` alone",
        seen="2026-11-25",
    ),
    GPT_5._replace(names="gpt-5(-mini|-nano)", lacks=GPT_5.lacks | NO_DAY_CACHE),
    GPT_5,
    Family(
        r"gpt-5\.1",
        REASONING_LACKS | PRE_5_4_LACKS | {"stop", "function_role"},
        lacks_reasoning=SAMPLING,
        efforts=("none", "low", "medium", "high"),
        default_effort="none",
        source="openai/openai-agents-python 2089; nextai-translator/nextai-translator 1841",
        seen="2025-12-02",
    ),
    Family(
        r"gpt-5\.[12]-codex(-max|-mini)?",
        SAMPLING | REASONING_LACKS | PRE_5_4_LACKS | {"stop", "verbosity"},
        formats=RESPONSES,
        source="egoist/chatwise-releases 1256; quotes of the refusal of a low verbosity",
        seen="2026-08-30",
    ),
    Family(
        r"gpt-5\.3-codex(-max|-mini)?",
        SAMPLING | REASONING_LACKS | {"stop", "flex"},
        formats=RESPONSES,
        source="egoist/chatwise-releases 1256; a project's notes on `flex`",
        seen="2026-05-19",
    ),
    Family(
        r"gpt-5\.\d+-pro",
        SAMPLING | REASONING_LACKS | {"stop"},
        efforts=("medium", "high", "xhigh"),
        formats=RESPONSES,
        source="micz/ThunderAI 570; quotes of gpt-5.4-pro's refusal of `low`",
        seen="2026-08-30",
    ),
    GPT_5_4._replace(names=r"gpt-5\.2", lacks=GPT_5_4.lacks | PRE_5_4_LACKS),
    GPT_5_4._replace(
        names=r"gpt-5\.4(-mini)?-2026-\d\d-\d\d",
        lacks=GPT_5_4.lacks | {"logprobs_forbidden"},
        source="requests of 41 models, written down by a project: the names without a day and nano tell them",
        seen="2026-09-26",
    ),
    GPT_5_4._replace(
        names=r"gpt-5\.4-nano",
        lacks=GPT_5_4.lacks | {"tool_search"},
        source="openai SDK, `reasoning_effort`; quotes of its refusal of the search for tools",
        seen="2026-11-29",
    ),
    GPT_5_4,
    Family(
        r"gpt-5\.6(-sol|-terra|-luna)?",
        REASONING_LACKS
        | {"stop", "audio_answers", "cache_in_memory", "many_answers", "max_in_responses_alone"}
        | {"function_role", "old_summaries"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        efforts=("none", "low", "medium", "high", "xhigh"),
        source="requests to gpt-5.6-terra on 2026-08-30, and to 5.6-luna and 5.6-sol; Gitlawb/openclaude 1957",
        seen="2026-10-09",
    ),
    Family(
        r"gpt-5\.[5-9](-sol|-terra|-luna|-mini|-nano)?",
        REASONING_LACKS | {"stop", "audio_answers", "function_role"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        efforts=("none", "low", "medium", "high", "xhigh"),
        source="requests to gpt-5.6-terra and gpt-5.6-luna on 2026-08-30; Gitlawb/openclaude 1957",
        seen="2026-10-09",
    ),
    Family(
        r"gpt-6(\.\d+)?(-\w+)?",
        REASONING_LACKS | {"stop", "audio_answers"},
        lacks_reasoning=SAMPLING | {"tools_while_reasoning"},
        source="quotes of gpt-6-luna's and gpt-6-astra's refusals",
        seen="2026-10-09",
    ),
    Family(
        r"gpt-4o(-mini)?-search-preview",
        frozenset({"search_sampling", "tools", "reasoning", "audio", "images", "flex", *NO_DAY_CACHE}),
        formats=CHAT,
        source="quotes of the API's `Model incompatible request argument supplied`, and of its refusal in responses",
        seen="2026-08-15",
    ),
    Family(
        "gpt-5-search-api",
        frozenset({"search_sampling", "tools", "reasoning", "stop", "logit_bias", "verbosity"}),
        source="requests of 41 models, written down by a project",
        seen="2026-09-30",
    ),
    Family(
        "chat-latest",
        frozenset({"stop", "logit_bias"}),
        source="requests of 41 models, written down by a project",
        seen="2026-09-30",
    ),
    Family(
        r"gpt-4o(-mini)?-audio-preview|gpt-audio(-mini|-1\.5)?",
        frozenset({"images", "json_schema", "reasoning", "web_search", "files", "audio_left_out"}),
        formats=CHAT,
        source="quotes of the API's refusals of gpt-audio in responses, and of requests without audio",
        seen="2026-10-08",
    ),
    Family(
        r"gpt-4o(-mini)?-realtime-preview|gpt-realtime(-mini|-1\.5|-2|-2\.1|-2\.1-mini)?",
        formats=frozenset({"realtime"}),
        source="OpenAI's page on its models: these are for the realtime API alone; `openai.types.realtime`",
        seen="2026-11-26",
    ),
    Family(
        r"gpt-live-1(\.1)?",
        formats=frozenset({"gpt_live"}),
        source="`SessionConfig.model` in `openai.types.live`; LiteLLM's page on GPT-Live, of the error in Realtime",
        seen="2026-11-20",
    ),
    Family(
        "dall-e-[23]",
        formats=frozenset({"images", "image_edits", "image_variations"}),
        source="OpenAI's page on its models",
        seen="2026-11-26",
    ),
    Family(
        "codex-mini",
        SAMPLING | REASONING_LACKS | {"stop"},
        formats=RESPONSES,
        source="quotes of the API's `This model is only supported in v1/responses`",
        seen="2026-10-05",
    ),
    Family(
        r"gpt-3\.5-turbo-instruct(-0914)?",
        frozenset({"echoed_logprobs"}),
        source="a request that a project wrote down; keirp/automatic_prompt_engineer 25; fastai/lm-hackers 7",
        seen="2026-08-28",
    ),
    Family(
        r"gpt-3\.5-turbo(-16k|-0125|-1106|-0613|-0301)?",
        NO_REASONING_LACKS | NO_DAY_CACHE | {"images", "files", "json_schema", "hosted_web_search"},
        source="vllm-project/vllm 11629; nextcloud/integration_openai 282; quotes of `text.format`",
        seen="2026-09-20",
    ),
    Family(
        "gpt-4(-32k|-0613|-0314|-1106-preview|-0125-preview)?",
        NO_REASONING_LACKS | {"images", "files", "json_schema", "hosted_web_search"},
        source="quotes of `text.format` of type `json_schema` with gpt-4, and of its refusal of the hosted search",
        seen="2026-07-10",
    ),
    Family(
        "gpt-4-turbo|gpt-4-turbo-preview|gpt-4o-2024-05-13|chatgpt-4o-latest",
        NO_REASONING_LACKS | NO_DAY_CACHE | {"json_schema"},
        source="OpenAI's guide on structured outputs: from gpt-4o-2024-08-06 and gpt-4o-mini on",
        seen="2026-11-25",
    ),
    Family(
        r"gpt-4\.1-nano",
        NO_REASONING_LACKS | NO_DAY_CACHE | {"hosted_web_search", "verbosity"},
        source="quotes of its refusal of the hosted search, of which OpenAI's guide warns",
        seen="2026-11-26",
    ),
    GPT_4_1,
    GPT_4_1._replace(names=r"gpt-4o(-mini)?|gpt-4\.1-mini", lacks=GPT_4_1.lacks | NO_DAY_CACHE),
)
