"""The finish reasons of the makers of OpenRouter's models, if they differ from those of OpenAI's chat, for step 4.

Answers have them besides OpenAI's, as `native_finish_reason`: recorded for whole answers and calls; for cut answers
as in logs and tests of clients, read on 2026-11-29; for filtered ones as in the maker's API.
"""

from collections.abc import Mapping

CLAUDE: Mapping[str, str] = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}
OPENAI: Mapping[str, str] = {"stop": "completed", "tool_calls": "completed", "length": "max_output_tokens"}
GEMINI: Mapping[str, str] = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
