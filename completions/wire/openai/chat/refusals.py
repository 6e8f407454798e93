"""What OpenAI's chat completions refuse because of the model, with the API's wording and in its order.

Most come from requests to api.openai.com with gpt-5.6-terra on 2026-08-29 and 2026-08-30 that other projects recorded;
the rest come from recordings and from users' quotes.
"""

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.fields import dicts, mapping, text, texts
from completions.wire.refusals import (
    EFFORT,
    OUTPUT,
    EffortSet,
    Find,
    Occurrence,
    ParameterEquals,
    ParameterSet,
    Refusal,
    any_of,
    offers_tools,
    parameter_refusal,
    role,
    too_long,
    unsupported_parameter,
    wants_schema,
)

UNSUPPORTED = "Unsupported parameter: '{place}' is not supported with this model."
INCOMPATIBLE = "Model incompatible request argument supplied: {place}"
MEASURED = "requests to gpt-5.6-terra"
PYDANTIC = "recordings: pydantic/pydantic-ai"


def _content(kind: str, prompt: Prompt) -> tuple[int, int] | None:
    """Return the index of the message, and in it of the part, of the first content part of a type."""
    for at, message in enumerate(dicts(prompt.body.get("messages"))):
        for place, part in enumerate(dicts(message.get("content"))):
            if part.get("type") == kind:
                return at, place
    return None


def _image(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    found = _content("image_url", prompt)
    return found and Occurrence("messages.[{}].content.[{}].type".format(*found))


def _audio(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    found = _content("input_audio", prompt)
    return found and Occurrence(f"messages[{found[0]}]")


def _file(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    found = _content("file", prompt)
    return found and Occurrence(f"messages[{found[0]}]")


_penalty = any_of(ParameterSet("frequency_penalty", 0), ParameterSet("presence_penalty", 0))
_logprobs = ParameterEquals("logprobs", True)
_spoken = any_of(*map(ParameterSet, ("audio", "modalities", "web_search_options")))
_sampling = any_of(
    *map(ParameterSet, ("temperature", "top_p", "n", "frequency_penalty", "presence_penalty", "logprobs", "seed"))
)


def _without_audio(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    asks = "audio" in texts(prompt.body.get("modalities"))
    return None if asks or _content("input_audio", prompt) else Occurrence("model")


def _many(name: str, most: int) -> Find:
    """Find a number that is above what the model takes."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        value = prompt.body.get(name)
        return Occurrence(name, value) if isinstance(value, int) and value > most else None

    return find


def _noisy(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a sound in another form than samples, where it is streamed."""
    if not prompt.stream or "audio" not in texts(prompt.body.get("modalities")):
        return None
    form = text(mapping(prompt.body.get("audio")).get("format"))
    return Occurrence("audio.format", form) if form and form != STREAMED else None


STREAMED = "pcm16"
MAX_ANSWERS, MAX_OTHERS = 8, 5
KEPT_A_DAY = parameter_refusal(
    "cache_in_memory",
    ParameterEquals("prompt_cache_retention", "in_memory"),
    "This model is compatible only with 24h extended prompt caching",
    source=MEASURED,
    seen="2026-08-30",
)
"""The refusal of a prompt's cache that ends with the memory it is in; responses have a code for it."""


NOT_KEPT_A_DAY = parameter_refusal(
    "cache_for_a_day",
    ParameterEquals("prompt_cache_retention", "24h"),
    "prompt_cache_retention is not supported on this model",
    source="home-assistant/core 161256, for the models; openai/codex 39442, for the words",
    seen="2026-08-19",
)
"""The refusal of a prompt's cache that is kept for a day; responses have a code for it."""

NO_FLEX = parameter_refusal(
    "flex",
    ParameterEquals("service_tier", "flex"),
    "Flex is not available for this model.",
    source="quotes by users, of gpt-5.3-codex, and of gpt-4o in a test of UKGovernmentBEIS/inspect_ai",
    seen="2026-05-19",
)
"""The refusal of the service tier for those who can wait."""


def _tools_while_reasoning(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("reasoning_effort") if prompt.tools else None


def _parallel(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("parallel_tool_calls") if "parallel_tool_calls" in prompt.body else None


REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        "many_answers",
        _many("n", MAX_ANSWERS),
        f"Invalid 'n': integer above maximum value. Expected a value <= {MAX_ANSWERS}, but got {{value}} instead.",
        "integer_above_max_value",
        source=MEASURED,
        seen="2026-08-30",
    ),
    parameter_refusal(
        "many_answers",
        _many("top_logprobs", MAX_OTHERS),
        f"Invalid value for 'top_logprobs': must be less than or equal to {MAX_OTHERS}.",
        source=MEASURED,
        seen="2026-08-30",
    ),
    KEPT_A_DAY,
    NOT_KEPT_A_DAY,
    NO_FLEX,
    parameter_refusal(
        "audio_answers",
        _spoken,
        "Unknown parameter: '{place}'.",
        "unknown_parameter",
        source=MEASURED,
        seen="2026-08-30",
    ),
    parameter_refusal(
        "web_search",
        ParameterSet("web_search_options"),
        "Web search options not supported with this model.",
        source=f"{PYDANTIC} test_openai_web_search_tool_model_not_supported",
        seen="2026-11-25",
    ),
    parameter_refusal(
        "audio_left_out",
        _without_audio,
        "This model requires that either input content or output modality contain audio.",
        "invalid_value",
        source="truefoundry/models 822; CherryHQ/cherry-studio 1179",
        seen="2026-04-20",
    ),
    unsupported_parameter("stop", ParameterSet("stop"), UNSUPPORTED, source=MEASURED, seen="2026-08-30"),
    unsupported_parameter(
        "max_tokens",
        ParameterSet("max_tokens"),
        f"{UNSUPPORTED} Use 'max_completion_tokens' instead.",
        source=MEASURED,
        seen="2026-08-30",
    ),
    parameter_refusal(
        OUTPUT,
        too_long,
        "{place} is too large: {value}. This model supports at most {output} completion tokens, whereas you provided "
        "{value}.",
        "invalid_value",
        source="tailcallhq/forgecode 1185; charmbracelet/catwalk 41, of Azure; a request to gpt-5.6-terra",
        seen="2026-08-27",
    ),
    parameter_refusal(
        "audio_left_out",
        _noisy,
        f"Unsupported value: '{{place}}' does not support '{{value}}' when stream=true. Supported values are: "
        f"'{STREAMED}'.",
        "unsupported_value",
        source="quotes by users, of gpt-audio",
        seen="2026-09-30",
    ),
    parameter_refusal(
        "verbosity",
        ParameterSet("verbosity", "medium"),
        "Unsupported value: '{place}' does not support '{value}' with this model. Supported values are: 'medium'.",
        "unsupported_value",
        source="enricoros/big-AGI 930 and 947, of gpt-5-chat; quotes by users, with the words",
        seen="2026-08-30",
    ),
    Refusal("search_sampling", _sampling, INCOMPATIBLE, source="quotes by users", seen="2026-06-20"),
    parameter_refusal(
        "temperature",
        ParameterSet("temperature", 1),
        "Unsupported value: 'temperature' does not support {value} with this model. Only the default (1) value is "
        "supported.",
        "unsupported_value",
        source=MEASURED,
        seen="2026-08-29",
    ),
    unsupported_parameter("top_p", ParameterSet("top_p", 1), UNSUPPORTED, source=MEASURED, seen="2026-08-29"),
    unsupported_parameter("penalties", _penalty, UNSUPPORTED, source=MEASURED, seen="2026-08-30"),
    Refusal(
        "logprobs_forbidden",
        _logprobs,
        "You are not allowed to request logprobs from this model",
        status=403,
        source="requests to gpt-5, gpt-5-mini, gpt-5-nano and o4-mini, written down by several projects",
        seen="2026-10-01",
    ),
    unsupported_parameter("logprobs", _logprobs, UNSUPPORTED, source=MEASURED, seen="2026-09-25"),
    unsupported_parameter(
        "logit_bias", ParameterSet("logit_bias", {}), UNSUPPORTED, source=MEASURED, seen="2026-08-30"
    ),
    unsupported_parameter("prediction", ParameterSet("prediction"), UNSUPPORTED, source=MEASURED, seen="2026-08-30"),
    parameter_refusal(
        "developer",
        role("developer"),
        "Unsupported value: '{place}' does not support '{value}' with this model.",
        "unsupported_value",
        source=f"{PYDANTIC} test_openai_o1_mini_system_role[developer]",
        seen="2026-11-25",
    ),
    parameter_refusal(
        "system",
        role("system"),
        "Unsupported value: '{place}' does not support '{value}' with this model.",
        "unsupported_value",
        source=f"{PYDANTIC} test_openai_o1_mini_system_role[system]",
        seen="2026-11-25",
    ),
    parameter_refusal(
        "function_role",
        role("function"),
        "Unsupported value: '{place}' does not support '{value}' with this model.",
        "unsupported_value",
        source=f"{MEASURED}; quotes by users, of gpt-5 and o3-mini, with the words",
        seen="2026-09-01",
    ),
    unsupported_parameter("tools", offers_tools, UNSUPPORTED, source="quotes by users", seen="2026-09-05"),
    unsupported_parameter("parallel_tool_calls", _parallel, UNSUPPORTED, source="quotes by users", seen="2026-10-08"),
    unsupported_parameter(
        "reasoning",
        EffortSet("reasoning_effort"),
        UNSUPPORTED,
        source="quotes by users, of gpt-4.1; until 2026-08-28 also `Unrecognized request argument supplied`",
        seen="2026-10-10",
    ),
    parameter_refusal(
        EFFORT,
        EffortSet("reasoning_effort", unsupported_only=True),
        "Unsupported value: 'reasoning_effort' does not support '{value}' with this model. Supported values are: "
        "{supported}.",
        "unsupported_value",
        source=MEASURED,
        seen="2026-08-30",
    ),
    parameter_refusal(
        "tools_while_reasoning",
        _tools_while_reasoning,
        "Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use function "
        "tools, use /v1/responses or set reasoning_effort to 'none'.",
        source="requests to gpt-6-luna and gpt-6-astra, written down by several projects",
        seen="2026-10-09",
    ),
    parameter_refusal(
        "json_schema",
        wants_schema,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        source="quotes by users",
        seen="2026-09-05",
    ),
    parameter_refusal(
        "images",
        _image,
        "Invalid content type. image_url is only supported by certain models.",
        source="zou-group/textgrad 210",
        seen="2026-05-17",
        part="image",
    ),
    parameter_refusal(
        "audio",
        _audio,
        "Invalid '{place}'. Content blocks are expected to be either text or image_url type.",
        "invalid_value",
        source=f"{PYDANTIC} test_multimodal_tool_return_matrix",
        seen="2026-11-25",
        part="audio",
    ),
    parameter_refusal(
        "files",
        _file,
        "Invalid '{place}'. Content blocks are expected to be either text or image_url type.",
        "invalid_value",
        source=f"{PYDANTIC} test_multimodal_tool_return_matrix, of audio",
        seen="2026-11-25",
        part="file",
    ),
)
