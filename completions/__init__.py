"""The mock of the LLM API, as a Django app.

A generating request walks six steps, once, and never back:

1. receive   `receive/`          ASGI scope and body bytes -> request (no thread hop, no temporary file, no database)
2. parse     `wire/<provider>/`  body -> `Prompt`, or `RequestError`
3. resolve   `resolve/`          namespace and `Prompt` -> `Outcome`; with `script/` (the rules and their answers) and
                                 `state/` (namespaces, counters, limits, kept documents; in memory or in Redis)
4. render    `wire/<provider>/`  `Reply` -> one body, or a list of `Event`s
5. deliver   `delivery/`         body or events, pacing and fault -> bytes on time (the only place that sleeps)
6. record    `journal/`          everything above -> one `Exchange`, written in the background as a row of `models.py`

Three faces call them: `views/` (what applications talk to), `control/` (what tests and tools talk to) and `inspector/`
(what people look at); `urls.py` gives them their addresses. `pytest_plugin/` starts a server for tests and speaks to
`control/`, for those without pytest too; `management/` has the commands and Django's checks. `wire/` shares
`base.py`, framing and validation among the providers; `tokens/` splits and counts text, and knows the models.

The ground floor knows nothing of the rooms: `conversation.py` (question and answer), `event/` (a stream's pieces),
`outcome.py` (what a request gets, and how fast), `faults.py` (the closed list), `exceptions.py`, `ids.py`,
`budget.py` (how much work what others wrote may make), and `conf.py` (the settings).
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

# What a `python:` function or a callback of one's own takes and returns.
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
    """Import what users import from here when they do: pytest loads the plugin, and so this, in every project."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from completions import conversation

    return getattr(conversation, name)
