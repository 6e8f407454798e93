"""What `auto` answers where a prompt gives a template: labels, and places for the values behind them."""

import re

import pytest

from tests.scripts import said

SCORE = "Reasoning: <explain your reasoning>\nScore: <number from 1 to 5>"
JUDGE = """Rate outputs 1 to 3 based on the overall quality.

## Format:

### Input
Instruction: [Specify the goal]

Texts:
<text 1> [Text 1]

### Output
#### Output for Text 1
Rating: [Rating for text 1]
Rationale: [Rationale in short sentences]

#### Output for Text 2
Rating: [Rating]
Rationale: [Rationale]

---

## Annotation

### Input
Instruction: Say hi

### Output
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (f"Rate this: it is.\n\nRespond in the following format:\n\n{SCORE}", r"Reasoning: \w[^\n]+\nScore: [1-5]"),
        (
            "I love it. Format your answer as:\n```\nSentiment: [positive/negative/neutral]\nSure: [0-100]%\n```",
            r"Sentiment: (positive|negative|neutral)\nSure: \d{1,3}%",
        ),
        (
            "A ticket: the app crashes in Rome.\n\nOutput format:\n- **Priority**: <low|high>\n- **City**: ...\n"
            "- **Summary**: <one sentence>\n\nBe brief.",
            r"- \*\*Priority\*\*: (low|high)\n- \*\*City\*\*: Rome\n- \*\*Summary\*\*: \w[^\n]+",
        ),
        (
            "Use this structure for your answer:\n\n## Summary\n[summary here]\n\n## Score\n[score 1-10]",
            r"## Summary\n\w[^\n]+\n\n## Score\n\d+",
        ),
        (
            "Reply with:\nPros:\n1. [a reason]\n2. [a reason]\nCons:\n1. {reason}",
            r"Pros:\n1\. \w.+\n2\. \w.+\nCons:\n1\. \w.+",
        ),
        (
            JUDGE,
            r"#### Output for Text 1\nRating: [1-3]\nRationale: .+\n\n#### Output for Text 2\nRating: [1-3]\n[^\n]+",
        ),
    ],
    ids=["judge", "classifier", "ticket", "headings", "lists", "distilabel"],
)
@pytest.mark.parametrize("role", ["system", "user"])
def test_template__is_filled(asked: str, expected: str, role: str) -> None:
    messages = [(role, asked)] + [("user", "Well, in Rome?")] * (role == "system")
    assert re.fullmatch(expected, said(*messages))


@pytest.mark.parametrize(
    "asked",
    [
        f"The data has this format:\n{SCORE}\n\nWhat is the mean?",
        f"You will be given texts in the following format:\n{SCORE}",
        f"Write a Python function that returns lines with this form:\n{SCORE}",
        f"What does this say?\n{SCORE}",
        "Respond with a title:\nScore: [1-5]",
        "Respond in the format of this page:\n\nSome words.\n[a link]\n[another link]",
    ],
)
def test_template__only_where_the_answer_is_meant(asked: str) -> None:
    assert not re.search(r"(?m)^(Score|Reasoning): ", said(("user", asked)))
