"""The regular expressions of scripts: what is refused when they are read, and how large they may be."""

import pytest

from completions.script.match.regexes import MAX_LENGTH, MAX_PARTS, Pattern, PatternError, parts


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        ("colou?r", "", "a color", True),
        ("colou?r", "", "a COLOR", False),
        ("colou?r", "i", "a COLOR", True),
        ("^b", "", "a\nb", False),
        ("^b", "m", "a\nb", True),
        ("a.b", "", "a\nb", False),
        ("a.b", "ss", "a\nb", True),
        (r"(\w)\1", "", "über öö", True),
        (r"(?<=a)b(?!c)", "", "abc ab", True),
        ("b$", "", "ab\n", True),
    ],
)
def test_pattern__means_what_it_does_in_re(pattern: str, flags: str, text: str, found: bool) -> None:
    assert Pattern(pattern, flags).found_in(text) is found


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("", 0),
        ("abc", 3),
        ("a{3}", 3),
        ("(?:ab){10}", 40),
        ("a{2,5}b{0}", 6),
        (r"\{3}[a{9}]x", 5),
        (r"[]x]{4}[^]]", 5),
        ("((a{10}){10}){10}", 1000),
        ("a{b}", 4),
        ("a{", 2),
        ("a)", 2),
    ],
)
def test_parts__counts_are_written_out(pattern: str, number: int) -> None:
    assert parts(pattern) == number


@pytest.mark.parametrize(
    "pattern",
    [
        "a{99999999999}",
        "(?:(?:a{1000}){1000}){1000}",
        "(?:a{100}){101}",
        "(" * 500 + "a" + ")" * 500,
        "a" * (MAX_LENGTH + 1),
        "a{" + "9" * 5000 + "}",
        "[",
        "(?P<a>x)(?P<a>y)",
        r"\p{L}",
        "*",
        f"a{{{MAX_PARTS + 1}}}",
    ],
)
def test_pattern__that_is_none_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Pattern(pattern)
