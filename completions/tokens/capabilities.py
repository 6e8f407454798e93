"""The capabilities of each model, except windows and prices, by LiteLLM's table and our own list.

If LiteLLM's table denies an ability, the model lacks it; if the table is silent, the model has it, unless our list of
families (`families.py`) says otherwise. A model that is in neither can do everything.
"""

import functools
from collections.abc import Mapping
from typing import NamedTuple

from completions.tokens import models as table
from completions.tokens.families import FAMILIES
from completions.tokens.family import Family

CATEGORIES = (
    "harassment", "harassment/threatening", "sexual", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm/intent", "self-harm/instructions", "self-harm", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip  # a table by hand
"""OpenAI's moderation categories; `openai.types.Moderation`."""

MISTRAL_FIRST = (
    "sexual", "hate_and_discrimination", "violence_and_threats", "dangerous_and_criminal_content", "selfharm",
    "health", "financial", "law", "pii",
)  # fmt: skip  # a table by hand
"""The categories of Mistral's first moderation model (2411); `ModerationLlmv1CategoryThresholds` of its SDK."""

MISTRAL_CATEGORIES = (
    "sexual", "hate_and_discrimination", "violence_and_threats", "dangerous", "criminal", "selfharm", "health",
    "financial", "law", "pii", "jailbreaking",
)  # fmt: skip  # a table by hand
"""The categories of Mistral's next one (2603); `ModerationLlmv2CategoryThresholds`."""

ALL_CATEGORIES = tuple(dict.fromkeys((*CATEGORIES, *MISTRAL_CATEGORIES, *MISTRAL_FIRST)))
"""The categories that a script can score."""

FEATURES: Mapping[str, str] = {
    "temperature": "A `temperature` other than the default.",
    "top_p": "A `top_p` other than the default.",
    "top_k": "A `top_k`.",
    "sampling_pair": "`temperature` and `top_p` in the same request.",
    "penalties": "`presence_penalty` and `frequency_penalty`.",
    "logprobs": "Log probabilities.",
    "logit_bias": "`logit_bias`.",
    "candidates": "More than one answer.",
    "stop": "Stop sequences.",
    "prediction": "A predicted output.",
    "max_tokens": "The token limit under its old name, `max_tokens`.",
    "system": "System messages.",
    "developer": "Developer messages.",
    "images": "Images in the request.",
    "audio": "Audio in the request.",
    "audio_answers": "Spoken answers: `audio` and `modalities`.",
    "files": "Files in the request.",
    "tools": "Tools.",
    "forced_tools": "A tool choice that demands a call.",
    "streamed_tools": "Tools in a streamed answer.",
    "parallel_tool_calls": "The parameter `parallel_tool_calls`.",
    "tools_while_reasoning": "Functions in chat completions while it reasons.",
    "json_schema": "Answers held to a JSON Schema.",
    "reasoning": "A reasoning effort.",
    "thinking_budget": "A number of tokens to think.",
    "thinking_level": "A level of thinking, as `low`.",
    "adaptive_thinking": "Thinking whose length the model chooses.",
    "no_thinking": "Thinking that is turned off.",
    "thinking_between_tools": "Thinking that is turned off but for what is told between calls of tools.",
    "web_search": "`web_search_options` in chat completions.",
    "hosted_web_search": "The API's own web search tool in responses.",
    "tool_search": "The tool `tool_search` in responses.",
    "computer": "The tool `computer` in responses.",
    "computer_use_preview": "The tool `computer_use_preview` in responses.",
    "flex": "The service tier `flex`.",
    "cache_for_a_day": "A prompt's cache that is kept for a day (`prompt_cache_retention: 24h`).",
    "prefill": "A conversation that ends with the beginning of the answer.",
    "insert": "A `suffix` of a completion, at Ollama.",
}
"""The features that a model may lack, by the names that scripts use too."""

QUIRKS: Mapping[str, str] = {
    "cache_in_memory": "A prompt that is to be kept in memory alone is refused.",
    "many_answers": "More than 8 answers, and more than 5 other tokens for each, are refused in chat completions.",
    "max_in_responses_alone": "The effort `max` is refused in chat completions.",
    "audio_left_out": "A request that neither has audio nor asks for it is refused.",
    "logprobs_forbidden": "`logprobs` are refused by a 403.",
    "research_alone": "A request for research without a tool to search with is refused.",
    "effort_without_thinking": "An effort above `high` is refused where thinking is turned off.",
    "unreturned_thoughts": "A call of a tool whose thoughts are not sent back is refused.",
    "echoed_logprobs": "`echo` and `logprobs` in the same request are refused.",
    "verbosity": "A verbosity other than `medium` is refused.",
    "function_role": "A message of the role `function` is refused in chat completions.",
    "old_summaries": "`reasoning.generate_summary` is unknown in responses, where others take it for `summary`.",
    "search_sampling": "What samples is refused as models do that always search.",
}
"""Special behaviour of some models, by the names that families use; scripts do not use these."""

TABLE_FLAGS: Mapping[str, str] = {
    "vision": "images",
    "audio_input": "audio",
    "function_calling": "tools",
    "response_schema": "json_schema",
    "parallel_function_calling": "parallel_tool_calls",
    "assistant_prefill": "prefill",
    "forced_tool_use": "forced_tools",
}
"""The names of features by the table's names of abilities."""

NAMED_ABILITIES: Mapping[str, Mapping[str, str]] = {
    "anthropic": {"output_config": "reasoning", "adaptive_thinking": "adaptive_thinking"}
}
"""Abilities that the table has for each of a vendor's models that supports them, and for no other."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""OpenAI's reasoning efforts, of which a model supports some."""

SMALL_WINDOW = 8192
"""The size of windows up to which an answer has no other limit (ChatGPTNextWeb/NextChat 3195, of gpt-4)."""

COMMON_EFFORTS = frozenset({"low", "medium", "high"})

MODES: Mapping[str, frozenset[str]] = {
    "chat": frozenset({"chat", "responses"}),
    "responses": frozenset({"responses"}),
    "completion": frozenset({"legacy"}),
    "embedding": frozenset({"embeddings"}),
    "moderation": frozenset({"moderations"}),
    "audio_speech": frozenset({"speech"}),
    "audio_transcription": frozenset({"transcriptions", "translations"}),
    "image_generation": frozenset({"images", "image_edits", "image_variations"}),
}
"""The formats for models of a mode; other modes (`rerank`) have none."""

ENDPOINTS: Mapping[str, str] = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}


class Capabilities(NamedTuple):
    """The `FEATURES` that a model lacks, those that it lacks while it reasons, and its other limits.

    `efforts` are its reasoning efforts, None: any. `formats` are the formats that it supports, None: all. `budget` is
    the smallest and the largest thinking budget in tokens. `output` is the largest limit of an answer in tokens, None:
    that of the context window.
    """

    lacks: frozenset[str] = frozenset()
    lacks_reasoning: frozenset[str] = frozenset()
    efforts: tuple[str, ...] | None = None
    default_effort: str = "medium"
    formats: frozenset[str] | None = None
    budget: tuple[int, int] | None = None
    output: int | None = None

    def efforts_in(self, format_: str) -> tuple[str, ...]:
        """Return the reasoning efforts that requests in a format can have; empty if any is accepted."""
        more = ("max",) if format_ == "responses" and "max_in_responses_alone" in self.lacks else ()
        return (*(self.efforts or ()), *more)

    def lacking(self, effort: str | None) -> frozenset[str]:
        """Return the features that the model lacks with this effort, None: the model's default."""
        is_not_reasoning = not self.lacks_reasoning or (effort or self.default_effort) == "none"
        return self.lacks if is_not_reasoning else self.lacks | self.lacks_reasoning


EVERYTHING = Capabilities()


@functools.lru_cache(maxsize=4096)
def capabilities(model: str | None, vendor: str) -> Capabilities:
    """Return the capabilities of a vendor's model; all if it is in neither table."""
    if not model:
        return EVERYTHING
    entry, family = table.entry(model, vendor), _family(table.base(model), vendor)
    if entry is None and family is None:
        return EVERYTHING
    named_abilities = NAMED_ABILITIES.get(vendor, {}) if entry else {}  # a model newer than the table has no entry
    efforts = _efforts(entry, vendor) if entry else None
    entry, family = entry or table.UNKNOWN, family or Family("")
    lacks = {feature for table_name, feature in TABLE_FLAGS.items() if table_name in entry.no}
    lacks |= {feature for table_name, feature in named_abilities.items() if table_name not in entry.yes}
    if "sampling_params" in entry.no:
        lacks |= {"temperature", "top_p", "top_k"}
    return Capabilities(
        lacks=frozenset(lacks - family.has | family.lacks),
        lacks_reasoning=family.lacks_reasoning,
        efforts=family.efforts or efforts,
        default_effort=family.default_effort,
        formats=_formats(entry) if family.formats is None else family.formats,
        budget=family.budget,
        output=family.output or _output(entry),
    )


def is_known(model: str, vendor: str) -> bool:
    """Tell whether the tables have a vendor's model of this name."""
    return table.entry(model, vendor) is not None or _family(table.base(model), vendor) is not None


def _family(model: str, vendor: str) -> Family | None:
    return next((one for one in FAMILIES.get(vendor, ()) if one.matches(model)), None)


def _efforts(entry: table.Entry, vendor: str) -> tuple[str, ...] | None:
    """Return the efforts in the table, which describes Anthropic's models in full, and others if it denies one."""
    flags = {name: f"{name}_reasoning_effort" for name in EFFORTS}
    denies_some = any(flag in entry.no for flag in flags.values())
    if vendor != "anthropic" and not denies_some:
        return None
    supported = (
        name for name, flag in flags.items() if flag in entry.yes or (name in COMMON_EFFORTS and flag not in entry.no)
    )
    return tuple(supported)


def _output(entry: table.Entry) -> int | None:
    """Return the limit of an answer; that of gpt-4 is its window, whatever the table says."""
    window, output, _ = entry.limits
    return output if (window or 0) > SMALL_WINDOW else None


def _formats(entry: table.Entry) -> frozenset[str] | None:
    if entry.mode is None:
        return None
    default = MODES.get(entry.mode, frozenset())
    listed = frozenset(ENDPOINTS[address] for address in entry.endpoints if address in ENDPOINTS)
    return listed or default
