"""Step 3, resolve: what a prompt gets in a namespace."""

from completions.conf import conf
from completions.conversation import Prompt
from completions.outcome import Outcome, Pacing
from completions.state import Namespace


def resolve(namespace: Namespace, prompt: Prompt) -> Outcome:
    """Find the rule that answers `prompt`, and what it answers."""
    rule = namespace.script.rule_for(prompt)
    return Outcome(rule.name, rule.reply, Pacing(conf.MOCK_TTFT_MS, conf.MOCK_ITL_MS))
