"""Scripts and prompts for the tests, and what a script answers."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from completions.conversation import Message, Prompt, Usage
from completions.outcome import Outcome
from completions.resolve import engine
from completions.script.auto.answer import auto
from completions.script.loader import parse
from completions.script.rules import Script
from completions.script.text.reading import read_text
from completions.state.namespaces import Namespace


def script(text: str) -> Script:
    """Load a script from its text; errors call it `script.yaml`."""
    return parse(read_text(textwrap.dedent(text), "script.yaml"))


def rules(text: str) -> str:
    """Return a script of these rules."""
    return "version: 1\nrules:\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "  ")


def asked(text: str = "Hello", **fields: Any) -> Prompt:
    """Return a prompt of one user message, or of `messages`."""
    body: Mapping[str, object] = {"messages": [{"role": "user", "content": text}]}
    usual: dict[str, Any] = {"messages": (Message("user", text),), "body": body, "model": "gpt-4o"}
    return Prompt(**usual | fields)


def said(*messages: tuple[str, str], **fields: Any) -> str:
    """Return what the script `auto` says to a conversation of roles and texts."""
    return auto(Prompt(model="gpt-4o", messages=tuple(Message(*each) for each in messages), **fields))[0].text or ""


async def used(space: Namespace, prompt: Prompt) -> Usage:
    """Return what the answer to a prompt cost."""
    outcome = await engine.resolve(space, prompt)
    assert outcome.reply is not None and outcome.reply.usage is not None
    return outcome.reply.usage


class World:
    """A namespace whose script is a file that a test writes."""

    def __init__(self, folder: Path, text: str) -> None:
        self.file = folder / "script.yaml"
        self.write(text)
        self.namespace = Namespace("test", str(self.file))

    def write(self, text: str) -> None:
        """Change the script."""
        self.file.write_text(textwrap.dedent(text))

    async def outcome(self, prompt: Prompt | str = "Hello") -> Outcome:
        """Resolve a prompt, or a user message."""
        await self.namespace.check_for_changes()
        return await engine.resolve(self.namespace, asked(prompt) if isinstance(prompt, str) else prompt)

    async def said(self, prompt: Prompt | str = "Hello") -> str:
        """Return the answer's text, or the error's status and code."""
        outcome = await self.outcome(prompt)
        if outcome.error is not None:
            return f"{outcome.error.status} {outcome.error.code}"
        assert outcome.reply is not None
        return outcome.reply.choices[0].text or ""
