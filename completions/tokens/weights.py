"""The weights of the measures of prompts, and of images, sounds and documents: fitted to recordings of the APIs.

`docs/usage.md` has their accuracy, `vendors.py` the weights of each vendor's models.
"""

from completions.tokens.vendor import Media, Resolution, Weights, fixed_size, squares, tiles

CLAUDE: Weights = {
    "base": 7,
    "small": 1,
    "exchange": 6,
    "newline": 0.41,
    "digit": 0.06,
    "contraction": 0.9,
    "number": 0.47,
    "tools": 509,
    "hidden": -65,
    "tool": 13.9,
    "tool_json": 1.63,
    "tool_text": -0.59,
    "required": 90,
    "named": 0.8,
    "serial": -208,
    "call": 44.4,
    "call_json": 2.37,
    "schema": 116,
    "schema_json": 1.43,
    "thinking": 29,
    "adaptive": 16.5,
    "thought": 1.08,
    "text_document": 37,
    "citations": 561,
    "search": 64,
    "encrypted": 35.6,
    "compaction": 93,
    "later": 2.7,
}
CLAUDE_LATER: Weights = {
    **{name: weight for name, weight in CLAUDE.items() if not name.startswith("tool_") and name != "tool"},
    **{"base": 6, "small": 0, "exchange": 0, "newline": 0, "digit": 0, "contraction": 0, "number": 0, "later": 1.5},
    **{"fours": 1.12, "tools": 291, "tool_fours": 1.12, "tool_marks": 2.3, "required": 73, "serial": -216},
    **{"hidden": 0, "all_deferred": 95},
    **{"call": 17, "call_json": 2, "adaptive": 0, "task_budget": 40},
}
"""Since Opus 4.7 words are split into pieces of about four letters: 1.4 times as many tokens as before in prose."""

CLAUDE_5: Weights = {
    **CLAUDE_LATER,
    **{"tools": 291, "tool_fours": 0.75, "tool_marks": 1.2, "required": 120, "named": 1, "serial": 0},
    **{"deferred": 84, "all_deferred": 11, "loaded": 16, "call": 46, "call_json": 0.85},
}
"""As Sonnet 5 counted tools in July 2026 (activeagents/activeagent), and calls; one at once costs nothing less."""

GEMINI: Weights = {
    "base": 1,
    "fine": 1,
    "message": 1,
    "tools": 17.8,
    "tool": 18.2,
    "tool_fine": 1.03,
    "property": 10.3,
    "object": 30,
    "call": 15,
    "call_fine": 1.75,
}
GEMINI_3: Weights = {
    **GEMINI,
    **{"tools": 1.7, "tool": 7.5, "tool_schema": 11, "tool_fine": 1.05, "property": 16, "object": 0},
    **{"described": 4.9, "title": 1, "call": 12.4, "call_fine": 1.5},
}
GEMINI_20: Weights = {"fine": 1, "property": 5.5, "parameters": 10.8, "call_fine": 1.02}
VERTEX: Weights = {"fine_values": 1, "tool_fine": 1.1, "property": 1.9, "call": 8, "call_fine": 1, "sealed_ever": 12}
MISTRAL: Weights = {
    "base": 3,
    "text": 1,
    "digit": 1,
    "message": 4,
    "tools": 28,
    "tool": 21,
    "tool_json": 0.96,
    "property": 7.1,
    "call": 6,
    "call_json": 1.2,
}
MINISTRAL: Weights = {
    "base": 3,
    "text": 1,
    "digit": 1,
    "message": 2,
    "tools": 31,
    "tool": 24,
    "tool_spaced": 1,
    "call": 6,
    "call_json": 1,
}
DEEPSEEK: Weights = {
    "base": 3,
    "text": 1,
    "user": 1,
    "assistant": 3,
    "tools": 234,
    "tool": 13,
    "tool_spaced": 1,
    "required": 7,
    "turn": 23,
    "call": 12,
    "argument": 12.5,
    "call_json": 1,
    "json_object": 20,
    "thought": 1,
}
DEEPSEEK_FLASH: Weights = {**DEEPSEEK, "base": 29, "unthinking": -26, "tools": 225, "json_object": 23}
QWEN: Weights = {
    "base": 10,
    "text": 1,
    "digit": 1,
    "message": 5,
    "unthinking": 2,
    "tools": 228,
    "tool": 20,
    "tool_spaced": 1,
    "turn": 5,
    "call": 23,
    "argument": 3,
    "call_json": 1,
}
QWEN_OLLAMA: Weights = {
    "base": 8,
    "text": 1,
    "digit": 1,
    "message": 5,
    "unthinking": 4,
    "tools": 89,
    "tool": 15,
    "tool_json": 1,
    "call": 40,
    "call_json": 1,
    "thought": 1,
}
"""Qwen's template in Ollama (0xPlaygrounds/rig, October 2026), which writes tools without blanks."""

LLAMA_3: Weights = {
    "base": 30,
    "text": 1,
    "user": 5,
    "assistant": 5,
    "tools": 200,
    "tool_json": 1.05,
    "call": 8,
    "json_object": 16,
}
"""Today's date comes before each prompt, with a system message or without (Groq, April 2025 to September 2026)."""

QWEN_3: Weights = {
    "base": 8,
    "text": 1,
    "digit": 1,
    "message": 5,
    "unthinking": 4,
    "tools": 109,
    "tool": 20,
    "tool_spaced": 1,
    "call": 32,
    "call_json": 1,
}
QWEN_CODER: Weights = {
    "base": 8,
    "text": 1,
    "digit": 1,
    "message": 5,
    "tools": 274,
    "tool": 26,
    "tool_text": 1,
    "property": 22,
    "call": 24,
    "argument": 8,
    "call_text": 1,
}
"""Qwen's coder has its tools and calls in tags, with a name, a type and a description for each of their parameters."""

KIMI_25: Weights = {
    "base": 7,
    "text": 1,
    "digit": 1,
    "message": 4,
    "tools": 14,
    "tool_types": 1,
    "call": 30,
    "call_json": 1,
    "thought": 1,
}
"""Kimi has its tools as types since K2.5, and reads its earlier thoughts again (Moonshot, February 2026)."""

KIMI_3: Weights = {**KIMI_25, "base": 84, "tools": 83}
"""Kimi K3 has longer texts before a prompt, and before its tools (vercel/ai, August 2026)."""

GLM: Weights = {
    "base": 6,
    "text": 1,
    "message": 3,
    "tools": 118,
    "tool": 18,
    "tool_spaced": 1,
    "call": 15.5,
    "argument": 1.5,
    "call_json": 1,
    "thought": 0.95,
}
"""GLM since 4.5 has calls in tags, and reads its earlier thoughts again (charmbracelet/fantasy, October 2025)."""

NOVA: Weights = {"base": 2, "text": 1, "tools": 358, "tool_json": 1, "property": 7, "call": 30, "call_json": 1}
NOVA_2: Weights = {**NOVA, "base": 46, "tools": 835, "call": 60}
NOVA_PREMIER: Weights = {**NOVA, "base": 35, "tools": 643, "call": 40}
"""At Converse (tmc/langchaingo, March 2026), like the weights of Qwen's, DeepSeek's and Llama's models at Bedrock."""

COMMAND: Weights = {"text": 1, "digit": 1, "documents": 1, "tools": 1, "tool_json": 1, "turn": 2.5}

CLAUDE_HOSTED = {
    "code_execution_20250": 1600,
    "code_execution": 4680,
    "tool_search": 212,
    "memory": 1060,
    "web_search": 1678,
    "web_fetch": 500,
    "advisor": 2360,
}
CLAUDE_HOSTED_ONCE = {"web_": 522}
"""The tokens that search and fetching share (fetching alone by Haiku 4.5, February 2026; both by Sonnet 4.5)."""

CLAUDE_FILTERING = {"code_execution_20260521": 2237, "web_search_20260318": 3953, "web_fetch_20260318": 3286}
"""The tokens of tools that filter results with code (Sonnet 4.6, recorded 2026-08; Haiku 4.5's search costs less)."""

DEFAULT_MEDIA = Media(squares(28))
"""An image in squares of 28 pixels, as open models have them."""

CLAUDE_MEDIA = Media(squares(28, more=3), page=1600, character=0.368, unread=2670)
LOW_RESOLUTION = {"MEDIA_RESOLUTION_LOW": Resolution(66, 66, 66)}
GEMINI_3_RESOLUTIONS = {
    "MEDIA_RESOLUTION_LOW": Resolution(280, 280),
    "MEDIA_RESOLUTION_MEDIUM": Resolution(560),
    "MEDIA_RESOLUTION_HIGH": Resolution(None, 1120, 280),
    "MEDIA_RESOLUTION_ULTRA_HIGH": Resolution(2240),
}
"""The costs at other resolutions than the default, by Google's guide; up to Gemini 2.5, low alone has its own."""

GEMINI_MEDIA = Media(fixed_size(258), second=32, page=258, character=0, unread=258, resolutions=LOW_RESOLUTION)
GEMINI_20_MEDIA = GEMINI_MEDIA._replace(image=tiles(258), second=25, page_alone=1290, film_second=258)
GEMINI_3_MEDIA = Media(
    fixed_size(1102),
    second=25,
    page=532,
    page_in_result=1092,
    character=0,
    unread=532,
    video=80,
    film_second=64,
    resolutions=GEMINI_3_RESOLUTIONS,
)
MISTRAL_MEDIA = Media(squares(28, rows=1), page=5, character=0.307, unread=893)
