"""The vendors with foreign tokenizers: the weights for a model, by its name."""

import functools
import re
from dataclasses import replace

from completions.tokens import weights
from completions.tokens.vendor import Media, Vendor, Weights, fixed_size, squares


def _claude(name: str, weighed: Weights, tool_search: int | None = None, **others: float) -> Vendor:
    return Vendor(
        name,
        {**weighed, **others},
        weights.CLAUDE_MEDIA,
        hosted=weights.CLAUDE_HOSTED | ({} if tool_search is None else {"tool_search": tool_search}),
        hosted_once=weights.CLAUDE_HOSTED_ONCE,
    )


VENDORS: tuple[tuple[str, Vendor], ...] = (
    ("claude-fable-5-1", _claude("claude-5.1", weights.CLAUDE_LATER, tool_search=260, tools=229)),
    ("claude-(?:opus-5|fable)", _claude("claude-5", weights.CLAUDE_5, tool_search=275)),
    ("claude-opus-4-7", _claude("claude-4.7", weights.CLAUDE_LATER, tool_search=290, adaptive=5)),
    ("claude-sonnet-5", _claude("claude-sonnet-5", weights.CLAUDE_5, tool_search=290, tools=359)),
    ("claude-opus-4-8", _claude("claude-4.8", weights.CLAUDE_LATER, tool_search=290)),
    ("claude-3-(?:5-)?haiku", _claude("claude-3-haiku", weights.CLAUDE, base=9, tools=279)),
    ("claude-3-sonnet", _claude("claude-3-sonnet", weights.CLAUDE, base=9, tools=174)),
    ("claude-3-5-sonnet-20240620", _claude("claude-3.5", weights.CLAUDE, base=9, tools=309)),
    ("claude-3-[57]", _claude("claude-3.7", weights.CLAUDE, base=9, tools=361)),
    ("claude-3", _claude("claude-3", weights.CLAUDE, base=9, tools=545)),
    ("claude-(?:sonnet|opus)-4-(?:0|1|2\\d{3})", _claude("claude-4.0", weights.CLAUDE, tools=324, required=-2)),
    (
        "claude-sonnet-4-6",
        replace(_claude("claude-4", weights.CLAUDE), hosted={**weights.CLAUDE_FILTERING, **weights.CLAUDE_HOSTED}),
    ),
    ("claude", _claude("claude-4", weights.CLAUDE)),
    ("gemini-(?:1|2\\.0)", Vendor("gemini-2.0", weights.GEMINI_20, weights.GEMINI_20_MEDIA)),
    (
        "gemini-3\\.[5-9]",
        Vendor("gemini-3.5", {**weights.GEMINI_3, "sealed_ever": 21, "seal_ever": -25}, weights.GEMINI_3_MEDIA),
    ),
    ("gemini-3", Vendor("gemini-3", {**weights.GEMINI_3, "sealed": 21, "seal": -25}, weights.GEMINI_3_MEDIA)),
    ("gemma[1-3]", Vendor("gemma-ollama", {**weights.GEMINI, "base": 9, "message": 5}, weights.GEMINI_MEDIA)),
    ("gemini|gemma|learnlm", Vendor("gemini-2.5", weights.GEMINI, weights.GEMINI_MEDIA)),
    (
        "(?<!mistral\\.)(?:mistral|magistral)-small|mistral-large-4",
        Vendor(
            "mistral-small",
            {**weights.MISTRAL, "base": 15, "message": 3.1, "tools": 19, "tool": 15.5, "tool_json": 1.41, "property": 0}
            | {"call": 3.2, "call_json": 1.5},
            weights.MISTRAL_MEDIA,
            free_without_choice=True,
        ),
    ),
    ("ministral-14b", Vendor("ministral", weights.MINISTRAL, weights.MISTRAL_MEDIA)),
    (
        "(?:mi(?:ni)?stral|mixtral|magistral|codestral|pixtral|voxtral|devstral|open-mi)",
        Vendor("mistral", weights.MISTRAL, weights.MISTRAL_MEDIA, free_without_choice=True),
    ),
    ("deepseek-r1-distill", Vendor("deepseek-r1-distill", {"base": 3, "text": 1, "message": 1}, weights.DEFAULT_MEDIA)),
    (
        "deepseek-v4-flash",
        Vendor("deepseek-v4", {**weights.DEEPSEEK, "effort": 79}, weights.DEFAULT_MEDIA, free_without_choice=True),
    ),
    (
        "deepseek-flash",
        Vendor("deepseek-flash", weights.DEEPSEEK_FLASH, weights.DEFAULT_MEDIA, free_without_choice=True),
    ),
    (
        "deepseek\\.v3",
        Vendor("deepseek-bedrock", {**weights.DEEPSEEK, "tools": 268}, weights.DEFAULT_MEDIA, free_without_choice=True),
    ),
    ("deepseek", Vendor("deepseek", weights.DEEPSEEK, weights.DEFAULT_MEDIA, free_without_choice=True)),
    ("llama(?:-?3\\.|3-3-)", Vendor("llama-3", weights.LLAMA_3, weights.DEFAULT_MEDIA)),
    (
        "llama-4",
        Vendor(
            "llama",
            {"base": 9.7, "text": 1, "message": 4, "tools": 671.4, "tool": 10, "tool_json": 0.75, "property": 4.3}
            | {"required": 12, "call": 25, "call_json": 3.6},
            Media(squares(22)),
            free_without_choice=True,
        ),
    ),
    (
        "qwen3:4b",
        Vendor("qwen-3-thinking", {**weights.QWEN_OLLAMA, "base": 10, "unthinking": 0}, weights.DEFAULT_MEDIA),
    ),
    ("qwen3(?::|$)", Vendor("qwen-3-ollama", weights.QWEN_OLLAMA, weights.DEFAULT_MEDIA)),
    ("qwen3\\.8", Vendor("qwen-3.8", {**weights.QWEN, "base": 12, "effort": -2}, weights.DEFAULT_MEDIA)),
    ("qwen3\\.[5-9]", Vendor("qwen-3.5", weights.QWEN, weights.DEFAULT_MEDIA)),
    ("qwen3-coder", Vendor("qwen-3-coder", weights.QWEN_CODER, weights.DEFAULT_MEDIA)),
    ("qwen3", Vendor("qwen-3", weights.QWEN_3, weights.DEFAULT_MEDIA)),
    ("moonshotai\\.kimi-k2\\.5", Vendor("kimi-k2.5-bedrock", {**weights.KIMI_25, "tools": 37}, weights.DEFAULT_MEDIA)),
    ("kimi-k[3-9]", Vendor("kimi-k3", weights.KIMI_3, weights.DEFAULT_MEDIA)),
    ("kimi-k2\\.[5-9]", Vendor("kimi-k2.5", weights.KIMI_25, weights.DEFAULT_MEDIA)),
    (
        "kimi-k2",
        Vendor(
            "kimi-k2",
            {"base": 7, "text": 1, "message": 4, "tools": 44, "tool": 41, "tool_json": 1, "call": 24, "call_json": 1},
            weights.DEFAULT_MEDIA,
        ),
    ),
    ("glm-(?:4\\.[5-9]|[5-9])", Vendor("glm", weights.GLM, weights.DEFAULT_MEDIA, free_without_choice=True)),
    (
        "llama|qwen|kimi|glm|minimax",
        Vendor(
            "open models",
            {"base": 10, "text": 1, "message": 4, "tools": 150, "tool": 10, "tool_json": 1.05, "call": 25}
            | {"call_json": 1.5},
            weights.DEFAULT_MEDIA,
            free_without_choice=True,
        ),
    ),
    (
        "grok",
        Vendor(
            "grok",
            {"base": 192, "text": 1, "message": 53, "tools": 54, "tool": 24, "tool_json": 0.78, "property": 10.4}
            | {"call": 55, "call_json": 1.5, "schema": 25, "schema_json": 0.77, "sealed": 12},
            Media(squares(32, more=4)),
        ),
    ),
    ("nova-2", Vendor("nova-2", weights.NOVA_2, weights.DEFAULT_MEDIA)),
    ("nova-premier", Vendor("nova-premier", weights.NOVA_PREMIER, weights.DEFAULT_MEDIA)),
    ("nova", Vendor("nova", weights.NOVA, weights.DEFAULT_MEDIA)),
    ("command-a-plus", Vendor("command-a-plus", weights.COMMAND, weights.DEFAULT_MEDIA)),
    ("command|c4ai", Vendor("command", {**weights.COMMAND, "document_field": 2}, weights.DEFAULT_MEDIA)),
)
"""By patterns of the model's name, at its start or after the vendor's name; the first match counts."""

VERTEX_2 = Vendor("vertex", weights.VERTEX, weights.GEMINI_20_MEDIA._replace(second=32, image=fixed_size(258)))
VERTEX_3 = Vendor(
    "vertex",
    {"fine_values": 1, "tool_fine": 1, "described": 8, "call": 3, "call_fine": 0.85, "schema": 65},
    weights.GEMINI_3_MEDIA._replace(page_in_result=None),
)

LLAMA_4 = Vendor(
    "llama-4 elsewhere",
    {"base": 9.7, "text": 1, "message": 4, "tools": 85, "tool": 10, "tool_json": 1.5, "call": 8, "call_json": 1.2},
    Media(squares(22)),
    free_without_choice=True,
)
"""Only Groq adds a long text to Llama 4's tools (Together AI, December 2025)."""

GROK_AT_AZURE = Vendor(
    "grok at Azure",
    {"text": 1, "message": 5.4, "tools": 157, "tool_json": 1.04, "call": 12.7, "call_json": 2.44, "schema": 73},
    Media(squares(32, more=4)),
)

_NAMES = [(re.compile(f"(?:^|[/.])(?:{pattern})"), vendor) for pattern, vendor in VENDORS]


@functools.lru_cache(maxsize=1024)
def vendor_of(model: str, format_: str, vertex: bool, dialect: str | None) -> Vendor | None:
    """Return the vendor that counts a model's prompts, by its name; None for OpenAI, and for unknown names.

    Some models are counted differently on Vertex AI or in a dialect, and some formats belong to one vendor.
    """
    model = model.lower()
    if "gemini" in model and (vertex or dialect == "openrouter"):
        return VERTEX_3 if "gemini-3" in model else VERTEX_2
    if "grok" in model and dialect == "azure":
        return GROK_AT_AZURE
    if "llama-4" in model and dialect != "groq":
        return LLAMA_4
    found = next((vendor for pattern, vendor in _NAMES if pattern.search(model)), None)
    if found is None and format_ in ("anthropic", "count_tokens"):
        return CLAUDE_4
    return GEMINI_25 if found is None and format_ in ("gemini", "interactions") else found


CLAUDE_4 = next(vendor for _, vendor in VENDORS if vendor.name == "claude-4")
GEMINI_25 = next(vendor for _, vendor in VENDORS if vendor.name == "gemini-2.5")
