"""The mock of the LLM API, as a Django app.

A generating request goes through six steps, once and in this order:

1. receive   `receive/`          ASGI scope and body bytes -> request (no thread hop, no temporary file, no database)
2. parse     `wire/<provider>/`  body -> `Prompt`, or `RequestError`
3. resolve   `resolve/`          namespace and `Prompt` -> `Outcome`; with `script/` (the rules and their answers) and
                                 `state/` (namespaces, counters, limits, stored documents; in memory or in Redis)
4. render    `wire/<provider>/`  `Reply` -> one body, or a list of `Event`s
5. deliver   `delivery/`         body or events, pacing and fault -> bytes on time (the only place that sleeps)
6. record    `journal/`          everything above -> one `Exchange`, written in the background as a row of `models.py`

Three packages use them: `views/` (the APIs that applications call), `control/` (the API for tests and tools) and
`inspector/` (the web pages); `urls.py` has their addresses. `pytest_plugin/` starts a server for tests and calls
`control/`, also for tests without pytest; `management/` has the commands and Django's checks. In `wire/`, the providers
share `base.py`, framing and validation; `tokens/` splits and counts text, and has the table of models.

These modules import none of the packages above: `conversation.py` (question and answer), `event/` (the pieces of a
stream), `outcome.py` (what a request gets, and how fast), `faults.py` (the list of faults), `exceptions.py`, `ids.py`,
`budget.py` (limits of time and size for what users write or send), and `conf.py` (the settings).
Django's own: `apps.py`, `migrations/`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from completions.conversation import (
        Block,
        Choice,
        Message,
        Moderation,
        Part,
        Prompt,
        Reply,
        Tool,
        ToolCall,
        ToolResult,
        Usage,
    )

# What a user's `python:` function or callback takes and returns.
__all__ = [
    "Block",
    "Choice",
    "Message",
    "Moderation",
    "Part",
    "Prompt",
    "Reply",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Usage",
]


def __getattr__(name: str) -> Any:
    """Import these names on first use: pytest loads the plugin, and so this module, in every project."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from completions import conversation

    return getattr(conversation, name)
