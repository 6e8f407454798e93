"""What OpenRouter's answers cost: the recorded costs of recorded counts of tokens."""

import pytest

from completions.conversation import Usage
from completions.wire.dialects.openrouter_costs import costs, table_name


@pytest.mark.parametrize(
    ("model", "tokens", "asked", "said"),
    [
        ("anthropic/claude-sonnet-4.5", (43, 36), 0.000129, 0.00054),
        ("anthropic/claude-haiku-4.5", (326, 387), 0.000326, 0.001935),
        ("google/gemini-2.5-flash", (316, 60), 0.0000948, 0.00015),
        ("openai/gpt-4o-mini", (888, 74), 0.0001332, 0.0000444),
        ("openai/o3", (9, 104), 0.000018, 0.000832),
        ("minimax/minimax-m2:free", (43, 10), 0, 0),
        ("nobody/nothing", (1000, 10), 0.001, 0.00001),
    ],
)
def test_costs__are_those_of_the_recordings(model: str, tokens: tuple[int, int], asked: float, said: float) -> None:
    assert costs(model, Usage(*tokens)) == pytest.approx((asked, said))


def test_costs__are_less_for_what_was_cached() -> None:
    asked, _ = costs("anthropic/claude-sonnet-4.5", Usage(1000, 10, cached_tokens=900))
    assert asked == pytest.approx(100 * 3e-6 + 900 * 3e-7)


def test_table_name__of_what_the_table_does_not_know() -> None:
    assert table_name("nobody/nothing") == "nobody/nothing" and table_name("x-ai/grok-4.3") == "xai/grok-4.3"
