"""A script in memory: rules in order, of which the first that matches answers."""

from dataclasses import dataclass

from completions.conversation import Prompt, Reply


@dataclass(frozen=True, slots=True)
class Rule:
    """A named answer."""

    name: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Script:
    """A script: where it comes from, the models it lists, whether requests are validated, and its rules."""

    source: str
    models: tuple[str, ...]
    rules: tuple[Rule, ...]

    def rule_for(self, prompt: Prompt) -> Rule:
        """Return the first rule that matches; a script has at least one, and each takes every prompt so far."""
        return self.rules[0]
