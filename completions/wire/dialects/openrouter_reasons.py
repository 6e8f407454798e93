"""What the makers of OpenRouter's models call finish reasons, where it is not what OpenAI's chat does, for step 4.

They are passed on beside OpenAI's, as `native_finish_reason`: recorded for whole answers and calls; for those that are
cut as logs and tests of its clients have them, read on 2026-11-29; what a filter ended as the maker's API calls it.
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
