"""What `auto` answers where a prompt gives a template: labels, and places for the values behind them."""

import json
import re

import pytest

from completions.conversation import ResponseFormat
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
            "Answer using the entire template below.\n\nTEMPLATE:\nPoint 1: <a point>\nPoint 2: <a point>\n...\n",
            r"Point 1: \w[^\n]+\nPoint 2: \w[^\n]+",
        ),
        (
            "Please judge using the following template:\n\nScore: 7 to 9, where 7 is the lowest score\nEvidence: <why>",
            r"Score: [789]\nEvidence: \w[^\n]+",
        ),
        (
            "Extract names of each kind, in the following format:\n\nPlace: <names>\nPerson: <names>\n\nText: Rome.",
            r"Place: \w[^\n]*\nPerson: \w[^\n]*",
        ),
        (
            "You must output only two new sections: `## Positive` and `## Negative`.\n\nCats are nice.",
            r"## Positive\n\w[^\n]+\n\n## Negative\n\w[^\n]+",
        ),
        (
            JUDGE,
            r"#### Output for Text 1\nRating: [1-3]\nRationale: .+\n\n#### Output for Text 2\nRating: [1-3]\n[^\n]+",
        ),
    ],
    ids=["judge", "classifier", "ticket", "headings", "lists", "points", "scale", "names", "sections", "distilabel"],
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
        f"When the user asks for a grade, use this format:\n{SCORE}",
        "Respond with a title:\nScore: [1-5]",
        "Respond in the format of this page:\n\nSome words.\n[a link]\n[another link]",
    ],
)
def test_template__only_where_the_answer_is_meant(asked: str) -> None:
    assert not re.search(r"(?m)^(Score|Reasoning): ", said(("user", asked)))


SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}


@pytest.mark.parametrize(
    "asked",
    [
        "Respond only as a number from 6 to 8, where 6 is the lowest score according to the criteria.",
        "You should rate the result on a scale of 6 to 8, where:\n6: nothing fits",
        "Grade it from 6 to 8.",
    ],
)
def test_score__is_of_the_scale_that_the_prompt_tells(asked: str) -> None:
    """TruLens gave up where a score was none of its scale, which stood behind no word of the field's name."""
    form = ResponseFormat("json_schema", "x", SCHEMA)
    assert json.loads(said(("system", asked), ("user", "Hello"), response_format=form))["score"] in (6, 7, 8)
