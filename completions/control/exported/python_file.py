"""Write a run as a Python file."""

from collections import Counter
from pprint import pformat
from typing import Any

from completions.control.exported.run import Run
from completions.script.text.yaml_text import yaml_text

WIDTH = 110

MAX_QUESTION = 300
"""The most characters of a question in an assertion; longer ones are only in the rules."""

HEAD = '''"""A run of {count}, exported from the namespace `{namespace}` of the mock.

`run` repeats the requests. Replace its body with a call of your own code, and keep the rules and the assertions.
"""

import contextlib

import httpx

'''

RUN = '''

def run(mock_llm):
    """Repeat the recorded requests."""
    with httpx.Client(base_url=mock_llm.url, trust_env=False) as client:
        for address, headers, body in REQUESTS:
            sent = {"content": body} if isinstance(body, (str, bytes)) else {"json": body}
            with contextlib.suppress(httpx.HTTPError):  # faults can cause it
                client.post(address, headers=headers, **sent)


'''


def pytest_file(namespace: str, run: Run) -> str:
    """Return the text of the file."""
    count = f"{len(run.requests)} request{'' if len(run.requests) == 1 else 's'}"
    script = yaml_text({"version": 1, "rules": run.rules})
    left_out = "".join(f"# Left out: {why}\n" for why in map(_line, run.left_out))
    return (
        HEAD.format(count=count, namespace=_line(namespace))
        + left_out
        + f"SCRIPT = {_block(script)}\n\nREQUESTS = [\n"
        + "".join(f"{_indented(_python((each.address, dict(each.headers), each.body)))},\n" for each in run.requests)
        + "]\n"
        + RUN
        + "def test_run(mock_llm):\n"
        + "".join(f"{_indented(line)}\n" for line in _assertions(run))
    )


def _assertions(run: Run) -> list[str]:
    """Return the lines of the test."""
    lines = ["mock_llm.script(SCRIPT)", "run(mock_llm)"]
    lines.append(f"assert [exchange.status for exchange in mock_llm.exchanges] == {_python(run.statuses)}")
    for text, times in Counter(run.questions).items():
        if 0 < len(text) <= MAX_QUESTION:
            when = _python({"last_user": {"eq": text}})
            lines.append(f"mock_llm.assert_called(times={times}, when={when})")
    if run.calls:
        lines.append(f"mock_llm.assert_tools_called({_python(run.calls)})")
    return [*lines, "mock_llm.assert_no_unmatched()", "mock_llm.assert_all_rules_used()"]


def _python(value: Any) -> str:
    return pformat(value, width=WIDTH, sort_dicts=False)


def _block(text: str) -> str:
    """Return a text as a multi-line literal."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\n{escaped}"""'


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _line(text: str) -> str:
    """Return a text that is valid in a comment or a docstring."""
    return text if text.isprintable() and '"""' not in text and "\\" not in text else ascii(text).replace("\\", "/")
