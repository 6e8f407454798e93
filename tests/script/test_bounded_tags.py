"""Tags and filters that could make a huge text: they are Django's own, up to a bound."""

import pytest
from django.template import Context, Engine

from completions.conversation import Message, Prompt
from completions.exceptions import AuthorError
from completions.script.reply import templates
from completions.script.text.as_json import as_json
from completions.script.text.reading import read_text

PROMPT = Prompt(model="gpt-4o", messages=(Message("user", "Hello"),), stop=("one", "two"))


def said(text: str) -> str:
    """Return what a template of a script says to the prompt."""
    return templates.write(templates.text(read_text(as_json(text), "test")), templates.context(PROMPT))


@pytest.mark.parametrize(
    "text",
    [
        "{{ prompt.model|ljust:9 }}|",
        "{{ prompt.model|rjust:9 }}|",
        "{{ prompt.model|center:9 }}|",
        "{{ prompt.model|stringformat:'10s' }}|",
        "{{ 3.14159|floatformat:2 }}|",
        "{{ prompt.stop|join:', ' }}|",
        "{{ prompt.stop|add:prompt.stop|length }}|",
        "{{ 2|add:'3' }}|",
        "{% lorem 4 w %}|",
        "{% lorem 1 p %}|",
    ],
)
def test_filter__says_what_django_s_does(text: str) -> None:
    django = Engine(autoescape=False).from_string(text).render(Context({"prompt": PROMPT}, autoescape=False))
    assert said(text) == django != "|"


@pytest.mark.parametrize(
    "text",
    [
        "{{ prompt.model|ljust:500001 }}",
        "{{ prompt.model|rjust:500001 }}",
        "{{ prompt.model|center:500001 }}",
        "{{ prompt.model|stringformat:'1001s' }}",
        "{{ 3.14159|floatformat:1001 }}",
        "{% with long=prompt.model|ljust:400000 %}{{ prompt.stop|join:long|length }}{% endwith %}",
        "{% with long=prompt.model|ljust:400000 %}{{ long|add:long|length }}{% endwith %}",
        "{% lorem 250001 w %}",
        "{% lorem 10001 p %}",
    ],
)
def test_filter__makes_no_text_of_more_than_the_bound(text: str) -> None:
    with pytest.raises(AuthorError):
        said(text)
