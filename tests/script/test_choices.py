"""What `auto` answers where a prompt wants one of several answers, a number or a mark: the prompts are in the manner of
graders, routers, supervisors and evaluations."""

import re
import time
from typing import Any

import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool
from completions.script.auto.answer import auto

GRADER = "You are a grader. Here is a document: {x}. Give a binary score 'yes' or 'no' to indicate whether it helps."
ROUTER = "Classify the request into one of the following categories: technical, billing, sales.\nRespond with only it."
LINES = (
    "Classify the message into one of these categories:\n1. technical - crashes\n2. billing - invoices\n3. sales\n\n"
)
ROLES = "You are in a play. Select the next role from ['Planner', 'Coder'] to play. Only return the role."
WORKERS = "Given the conversation above, who acts next? Select one of: ['FINISH', 'Researcher', 'Coder']"
LETTERS = 'Grade it as one of:\nA: CORRECT\nB: INCORRECT\n\nJust return the letters "A" or "B", with no text around it.'


def said(*messages: Message, **fields: Any) -> str:
    return auto(Prompt(model="gpt-4o", messages=messages, **fields))[0].text or ""


def user(text: str) -> Message:
    return Message("user", text)


@pytest.mark.parametrize(
    ("system", "asked", "expected"),
    [
        ("", "Is the sky blue? Answer only yes or no.", "yes"),
        ("", "Is the following true? Answer true or false.\n\nCats sleep.", "true"),
        ("", "Is water wet? (yes/no) Answer with one word.", "yes"),
        ("You answer with a single word: YES or NO.", "Is Paris in France?", "YES"),
        ("Reply with ACK or NAK only \u2014 no explanation.", "Is it well translated?", "ACK"),
        ("Respond only with GOOD, FAIR, or BAD - no explanation", "Is it fair?", "FAIR"),
        ("", "Does it look like spam?\n\nBuy!\n\nRespond with 'yes' or 'no' and nothing else.", "yes"),
        ("", "If you can, reply with 'Yes' or 'No' directly.", "Yes"),
        ("", 'Message: "Hi"\nQuestion: Should it be blocked (Yes or No)?\nAnswer:', "No"),
        ("", "Does it follow from the documents (yes/no)?\n\nYour answer:", "yes"),
        ("", "Does it hallucinate? Answer only true or false.", "false"),
        ("", GRADER, "yes"),
        ("", "Score the answer as either CORRECT or INCORRECT.\n\nGRADE: CORRECT or INCORRECT here", "CORRECT"),
        ("", LETTERS, "A"),
        ("", f"{ROUTER}\n\nRequest: I want to talk to sales", "sales"),
        ("Classify it as being about `Chains`, `Claude`, or `Other`.\nUse one word only.", "what is claude?", "Claude"),
        ("", f"{LINES}Message: my invoice is wrong\n\nRespond with ONLY the category name.", "billing"),
        (
            "You classify.\nDefinitions:\n- follow-up - more.\n- sign-up: new users.\nReturn exactly one intent.",
            *("a new user", "sign-up"),
        ),
        (
            "You classify.\nDefinitions:\n- ASK: questions.\n- BUY: orders.\nReturn exactly one intent.",
            "my order",
            "BUY",
        ),
        ("", "What is its sentiment? Answer with one of: negative, positive, neutral\n\nA positive one", "positive"),
        ("", "Classify the mood as good, bad or neutral. Return just one word.\n\nSo bad!", "bad"),
        ("Allowed labels: 'technical', 'billing'. Output just the label.", "A billing problem", "billing"),
        (ROLES, "Write code, coder", "Coder"),
        ("", "Is it so? Your response should be one of YES or NO. It should be exactly one of these.", "YES"),
        ("", "Does it contain a fallacy? Yes or No.", "Yes"),
        (
            "",
            "Assess ONLY THE LAST message.\n- First line must read 'safe' or 'unsafe'.\n- If unsafe, add a list.",
            "safe",
        ),
        (WORKERS, "Let the coder do it", "Coder"),
        ("You respond in the following modes: chat, draw, code. Say only a single word, the mode.", "A chat", "chat"),
        ("", "Say only one of the following names and nothing else (no quotes, no lines, ...): m or M.", "m"),
        ("Decide if it is safe. Output exactly one token: SAFE or UNSAFE.", "hello", "SAFE"),
        ("", "Which one is best? Your answer should ONLY contain: Output (a) or Output (b).", "Output (a)"),
    ],
)
def test_choice__is_one_of_those_that_the_prompt_lists(system: str, asked: str, expected: str) -> None:
    before = (Message("system", system),) if system else ()
    assert said(*before, user(asked)) == expected


def test_choice__ends_once_a_worker_has_spoken() -> None:
    asked, instruction = user("Some code, please"), Message("system", WORKERS)
    for worker in (Message("user", "Here it is.", name="coder"), Message("assistant", "Here it is.")):
        assert said(asked, worker, instruction) == "FINISH"


def test_choice__has_an_end_that_is_told_of_after_the_list() -> None:
    told = "You manage these workers: ['planner', 'coder']. Respond with one of the workers. Then respond with FINISH."
    assert said(Message("system", told), user("Let the coder do it")) == "coder"
    assert said(Message("system", told), user("Let the coder do it"), user("It is done.")) == "FINISH"


def test_choice__is_explained_where_that_is_asked() -> None:
    assert re.match(r"Yes\. \w+", said(user("Should we go on? Answer Yes or No and explain why.")))


@pytest.mark.parametrize(
    ("system", "asked"),
    [
        ("", "What is better, tea or coffee?"),
        ("", "Write a poem about cats or dogs."),
        ("", "Should I answer 'yes' or 'no' to the offer?"),
        ("Answer only questions about cooking or baking.", "How do I boil eggs?"),
        ("Respond only in English or French.", "Hello there, friend"),
        ("", "Return only Python or JavaScript code that sorts."),
        ("", "Follow these rules: be brief, be kind or leave.\nHow are you?"),
        ("If you do not know, answer 'I don't know' or 'Ask support'. Be nice.", "Where is my order?"),
        (
            "",
            "Compare the following options and say which is best:\n- React: a library\n- Vue: a framework\nJust do it.",
        ),
        ("One word answers are best. You have:\n- Read: reads\n- Write: writes\nUse one of these.", "Fix it"),
        ("", "List only the number of ways to cook eggs and describe each."),
        ("", "Pick a color, red or blue, and write a story with exactly 100 words."),
    ],
)
def test_choice__only_where_it_is_demanded(system: str, asked: str) -> None:
    before = (Message("system", system),) if system else ()
    assert len(said(*before, user(asked))) > 40


def test_choice__not_where_tools_or_json_are_wanted() -> None:
    asked = user("Is it so? Answer only yes or no.")
    assert said(asked, response_format=ResponseFormat("json_object")).startswith("{")
    assert auto(Prompt(model="gpt-4o", messages=(asked,), tools=(Tool("look_up"),)))[0].tool_calls


@pytest.mark.parametrize(
    ("asked", "low", "high"),
    [
        ("Provide a score from 1 to 5, where 1 is the worst. Return ONLY the numeric score, without text.", 3, 5),
        ("Scale: 1\u201310.\nReturn ONLY a number.\n\nUser: x", 6, 10),
        ("You are a RELEVANCE grader. Respond only as a number from 0 to 10 where 0 is the least.", 5, 10),
        ("Score it on a scale of 0.0 to 1.0.\nRespond with ONLY a decimal number between 0.0 and 1.0.", 0.5, 1),
        ("Evaluate the likeness between 0 (none) and 100 (same). Output a single integer.", 50, 100),
        ("How many legs has a spider? Answer with just a number.", 1, 10),
        ("Rate the coherence (1-5).\n\nEvaluation Form (scores ONLY):\n- Coherence:", 3, 5),
        ("What is 17 * 3? Reply with only the number.", 51, 51),
        ("Respond with a float value between 0 and 1. 1 represents a positive sentiment.\n\nText: Nice!", 0.5, 1),
    ],
)
def test_score__is_a_good_one_of_the_scale(asked: str, low: float, high: float) -> None:
    assert low <= float(said(user(asked))) <= high


@pytest.mark.parametrize(
    ("asked", "ending"),
    [
        (
            'Rate it on a scale of 1 to 10 by this format: "[[rating]]", for example: "Rating: [[5]]".',
            r"Rating: \[\[\d+\]\]",
        ),
        ('Format: "Feedback: (write it) [RESULT] (an integer number between 1 and 5)"', r"(?s:.*)\[RESULT\] [3-5]"),
        ('Format: "Feedback: (write it) [RESULT] (Either "A" or "B")"', r"(?s:.*)\[RESULT\] A"),
        ('Give your verdict by this format: "[[A]]" if A is better, "[[B]]" if B is.', r"\[\[A\]\]"),
        ("What is 2+2? Put your final answer within \\boxed{}.", r"The final answer is \$\\boxed\{4\}\$\."),
        ("The last line should be: 'ANSWER: $LETTER' (without quotes) where LETTER is one of ABCD.", "ANSWER: A"),
        ("Its format: 'ANSWER: $LETTERS' (without quotes) where LETTERS is one or more of A,B,C.", "ANSWER: A"),
        ("End with 'GRADE: $LETTER' where LETTER is one of CI. For example: 'GRADE: C' or 'GRADE: I'.", "GRADE: C"),
        ('The last line is of the form "Answer: $ANSWER" (without quotes).', r"Answer: \d+"),
    ],
)
def test_score__stands_behind_the_mark_that_is_wanted(asked: str, ending: str) -> None:
    assert re.fullmatch(ending, said(user(asked)).splitlines()[-1])


@pytest.mark.parametrize(
    "text",
    [
        "only a number " * 20_000,
        "yes or no, " * 20_000,
        "'a' or " * 30_000,
        "one of: a, " * 20_000,
        "one of the categories\n" + "- a: b\n" * 20_000,
        "one of the categories\n" * 10_000,
        "from [" * 30_000,
        "from 1 (" * 30_000,
        "classify " * 20_000 + ": a or b",
        "[[" * 50_000,
        '"ANSWER: $' * 30_000,
    ],
    ids=lambda text: text[:20],
)
def test_choice__long_texts_cost_little(text: str) -> None:
    began = time.process_time()
    assert said(Message("system", f"Answer only with one word of these. {text}"), user(text))
    assert time.process_time() - began < 5, "seconds of CPU; some tenths are usual"
