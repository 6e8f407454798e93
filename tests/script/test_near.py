"""Near misses: the rules that came nearest, the nearest first."""

from completions.script.match.near import near_misses, unmatched
from tests.scripts import asked, rules, script

SCRIPT = rules(
    """
    - {name: far, match: {last_user: {eq: sun}, user: bob}, reply: a}
    - {name: half, match: {last_user: {eq: Hello world}, user: bob}, reply: a}
    - {name: also far, match: {last_user: {eq: sea}, user: eve}, reply: a}
    - {name: nearest, match: {last_user: Hello, user: bob}, reply: a}
    - {name: far too, match: {last_user: {eq: sky}, user: ann}, reply: a}
    """
)


def test_near_misses__are_three_nearest_first_and_the_equally_near_in_the_script_s_order() -> None:
    assert [miss.rule for miss in near_misses(script(SCRIPT), asked("Hello"))] == ["nearest", "half", "far"]


def test_near_misses__of_equally_near_rules_the_first_of_the_script_stand() -> None:
    text = rules("\n".join(f"- {{name: {name}, match: {{user: {name}}}, reply: a}}" for name in "dcbae"))
    assert [miss.rule for miss in near_misses(script(text), asked("Hello"))] == ["d", "c", "b"]


def test_unmatched__of_a_script_without_rules_says_that_it_has_none() -> None:
    told = unmatched(script(rules("[]")), ()).message
    assert told.endswith(" matches this request, and the script is strict. It has no rules.")
