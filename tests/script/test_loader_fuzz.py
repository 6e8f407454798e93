"""Whatever text is given as a script, it is one or a `ScriptError` with its place: never another exception."""

import json
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from completions.exceptions import ScriptError
from completions.script import language
from completions.script.loader import parse
from completions.script.match.fields import FIELDS, STRUCTURED_FIELDS
from completions.script.match.lookups import LOOKUPS
from completions.script.review import doubts
from completions.script.rules import Script
from completions.script.text.reading import read_text
from tests.fuzzing import quiet

TABLES = [table for table in vars(language).values() if isinstance(table, dict)]
KEYS = sorted(
    {key for table in TABLES for key in table if isinstance(key, str)} | {*FIELDS, *STRUCTURED_FIELDS, *LOOKUPS}
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 600),
    st.sampled_from([10**400, -(10**20), 1e308, 2**63, 429, 0.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            "/a{99999999999}/",
            "/(a+)+$/",
            "/[/",
            "/" + "(" * 300 + "/",
            "{{ prompt.model }}",
            "{{ x",
            "{% if %}",
            "{% for %}{{ a|b:c }}",
            "[" * 300,
            "temperature > `1`",
            "a:b",
            "json:loads",
            "nowhere:f",
            "http://[::1",
            "http://localhost/",
            "auto",
            "stall",
            "lognormal",
            "none",
            "azure",
            "Wed, 21 Oct 2026 07:28:00 GMT",
            "é\u2028\U0001f381",
        ]
    ),
    st.text(max_size=20),
)

VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=12,
)

RULES = st.lists(st.dictionaries(st.sampled_from(sorted(language.RULE)), VALUES, min_size=1, max_size=5), max_size=4)

SCRIPTS = st.fixed_dictionaries(
    {"version": st.sampled_from([1, 1, 1, 2, "1"]), "rules": RULES},
    optional={"defaults": st.dictionaries(st.sampled_from(sorted(language.DEFAULTS)), VALUES, max_size=5)},
)

PIECES = (
    """version: 1|rules:|  - |reply: |match: {|}|[|]|: |'|"|&a |*a|!!float |!!int |!!map |!!binary |!x |<<: |? |> """
)
MORE_PIECES = """%TAG|---|...|#|{{ x }}|, |\\ud83c|name|a|1e999|\x00|\ufeff|é|  |\n|\t|\n    |- |@|`|%"""
TEXTS = st.lists(st.sampled_from([*PIECES.split("|"), *MORE_PIECES.split("|"), "|", "9" * 400]), max_size=40).map(
    "".join
)


def loaded(text: str) -> Script | None:
    """Load a script; return None where it is none, which must have been said with a place."""
    try:
        script = parse(read_text(text, "s.yaml"))
    except ScriptError as exc:
        for each in (exc, *exc.others):
            assert each.message
            assert each.line is None or 1 <= each.line <= text.count("\n") + len(text.splitlines()) + 2
        return None
    doubts(script)
    return script


@quiet
@given(SCRIPTS)
def test_loader__takes_or_refuses_any_document(document: dict[str, Any]) -> None:
    in_json = loaded(json.dumps(document))
    in_yaml = loaded(yaml.safe_dump(document, allow_unicode=True))
    assert in_yaml is None or in_json is not None, "what is written in both ways is a script in both"


@quiet
@given(TEXTS)
def test_loader__takes_or_refuses_any_text(text: str) -> None:
    loaded(text)


@quiet
@given(st.text(max_size=60))
def test_loader__takes_or_refuses_any_characters(text: str) -> None:
    loaded(text)
