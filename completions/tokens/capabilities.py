"""What each model takes of what a request can ask: beside windows and prices, by LiteLLM's table and a list of ours.

LiteLLM's table is believed where it says that a model has no ability; where it is silent, a model has it, unless our
list of families (`families.py`) says otherwise. A model that neither knows is allowed everything.
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
"""What a text or an image can be flagged for; `openai.types.Moderation`."""

MISTRAL_FIRST = (
    "sexual", "hate_and_discrimination", "violence_and_threats", "dangerous_and_criminal_content", "selfharm",
    "health", "financial", "law", "pii",
)  # fmt: skip  # a table by hand
"""What Mistral's first moderation model (2411) flags a text for; `ModerationLlmv1CategoryThresholds` of its SDK."""

MISTRAL_CATEGORIES = (
    "sexual", "hate_and_discrimination", "violence_and_threats", "dangerous", "criminal", "selfharm", "health",
    "financial", "law", "pii", "jailbreaking",
)  # fmt: skip  # a table by hand
"""What Mistral's next one (2603) flags a text for; `ModerationLlmv2CategoryThresholds`."""

ALL_CATEGORIES = tuple(dict.fromkeys((*CATEGORIES, *MISTRAL_CATEGORIES, *MISTRAL_FIRST)))
"""What a script can score."""

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
}
"""What a model may lack, by the names that scripts use too."""

MANNERS: Mapping[str, str] = {
    "cache_in_memory": "A prompt that is to be kept in memory alone is refused.",
    "many_answers": "More than 8 answers, and more than 5 other tokens for each, are refused in chat completions.",
    "max_in_responses_alone": "The effort `max` is refused in chat completions.",
    "audio_left_out": "A request that neither has audio nor asks for it is refused.",
    "logprobs_forbidden": "`logprobs` are refused by a 403.",
    "research_alone": "A request for research without a tool to search with is refused.",
    "effort_without_thinking": "An effort above `high` is refused where thinking is turned off.",
    "unreturned_thoughts": "A call of a tool whose thoughts are not sent back is refused.",
    "verbosity": "A verbosity other than `medium` is refused.",
    "function_role": "A message of the role `function` is refused in chat completions.",
    "old_summaries": "`reasoning.generate_summary` is unknown in responses, where others take it for `summary`.",
    "search_sampling": "What samples is refused as models do that always search.",
}
"""What else a model may be known for, by the names that its family has for it; scripts do not use these."""
"""Ways of some models of their own to refuse what they lack."""

FLAGS: Mapping[str, str] = {
    "vision": "images",
    "audio_input": "audio",
    "function_calling": "tools",
    "response_schema": "json_schema",
    "parallel_function_calling": "parallel_tool_calls",
    "assistant_prefill": "prefill",
    "forced_tool_use": "forced_tools",
}
"""The table's names of abilities, by ours."""

NAMED_ABILITIES: Mapping[str, Mapping[str, str]] = {
    "anthropic": {"output_config": "reasoning", "adaptive_thinking": "adaptive_thinking"}
}
"""Abilities that the table names for each of a vendor's models that has them, and for no other."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The efforts of reasoning that OpenAI has, of which a model takes some."""

SMALL_WINDOW = 8192
"""The tokens of windows up to which an answer has no other limit (ChatGPTNextWeb/NextChat 3195, of gpt-4)."""

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
"""Where models of a mode are to be asked, by the formats' names; a mode that is not here (`rerank`) has none."""

ENDPOINTS: Mapping[str, str] = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}


class Capabilities(NamedTuple):
    """What a model lacks of `FEATURES`, what more it lacks while it reasons, and what it takes besides.

    `efforts` are the reasoning efforts it takes, None: any. `formats` are where it is to be asked, None: anywhere.
    `budget` is the least and the most tokens that it may be told to think. `output` are the most tokens that an answer
    may be asked to have, None: as many as the context window has room for.
    """

    lacks: frozenset[str] = frozenset()
    lacks_reasoning: frozenset[str] = frozenset()
    efforts: tuple[str, ...] | None = None
    default_effort: str = "medium"
    formats: frozenset[str] | None = None
    budget: tuple[int, int] | None = None
    output: int | None = None

    def efforts_in(self, format_: str) -> tuple[str, ...]:
        """Return the reasoning efforts that requests in a format can have; none where any is taken."""
        more = ("max",) if format_ == "responses" and "max_in_responses_alone" in self.lacks else ()
        return (*(self.efforts or ()), *more)

    def lacking(self, effort: str | None) -> frozenset[str]:
        """Return what the model lacks in a request with this effort, None: the model's own."""
        asleep = not self.lacks_reasoning or (effort or self.default_effort) == "none"
        return self.lacks if asleep else self.lacks | self.lacks_reasoning


EVERYTHING = Capabilities()


@functools.lru_cache(maxsize=4096)
def capabilities(model: str | None, vendor: str) -> Capabilities:
    """Return what a vendor's model takes; everything where neither table knows it."""
    if not model:
        return EVERYTHING
    entry, family = table.entry(model, vendor), _family(table.base(model), vendor)
    if entry is None and family is None:
        return EVERYTHING
    named = NAMED_ABILITIES.get(vendor, {}) if entry else {}  # nothing is said of a model newer than the table
    efforts = _efforts(entry, vendor) if entry else None
    entry, family = entry or table.UNKNOWN, family or Family("")
    lacks = {ours for theirs, ours in FLAGS.items() if theirs in entry.no}
    lacks |= {ours for theirs, ours in named.items() if theirs not in entry.yes}
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
    """Tell whether the tables know a vendor's model of this name."""
    return table.entry(model, vendor) is not None or _family(table.base(model), vendor) is not None


def _family(model: str, vendor: str) -> Family | None:
    return next((one for one in FAMILIES.get(vendor, ()) if one.matches(model)), None)


def _efforts(entry: table.Entry, vendor: str) -> tuple[str, ...] | None:
    """Return the efforts that the table names; Anthropic's models are described in full, others where it says no."""
    flags = {name: f"{name}_reasoning_effort" for name in EFFORTS}
    said_no = any(flag in entry.no for flag in flags.values())
    if vendor != "anthropic" and not said_no:
        return None
    taken = (
        name for name, flag in flags.items() if flag in entry.yes or (name in COMMON_EFFORTS and flag not in entry.no)
    )
    return tuple(taken)


def _output(entry: table.Entry) -> int | None:
    """Return the limit of an answer; gpt-4 takes as many tokens as its window has, whatever the table says."""
    window, output, _ = entry.limits
    return output if (window or 0) > SMALL_WINDOW else None


def _formats(entry: table.Entry) -> frozenset[str] | None:
    if entry.mode is None:
        return None
    usual = MODES.get(entry.mode, frozenset())
    named = frozenset(ENDPOINTS[address] for address in entry.endpoints if address in ENDPOINTS)
    return named or usual
