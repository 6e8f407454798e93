"""What users import from the packages: the names, and nothing else; and what readers find of the errors."""

import re

import completions
import llmclient
from completions import conversation, exceptions


def test_completions__exports_what_functions_take_and_return() -> None:
    assert sorted(completions.__all__) == completions.__all__
    assert all(getattr(completions, name) is getattr(conversation, name) for name in completions.__all__)
    assert {"Choice", "Prompt", "Reply", "ToolCall", "Usage"} <= {*completions.__all__}


def test_llmclient__exports_what_it_names() -> None:
    assert all(hasattr(llmclient, name) for name in llmclient.__all__)


def test_errors__each_is_below_its_base_in_the_tree() -> None:
    bases: list[str] = []
    tree: dict[str, str] = {}
    for indent, name in re.findall(r"^([│├└─ ]*)([A-Z]\w+)(?: |$)", exceptions.__doc__ or "", re.MULTILINE)[1:]:
        depth = len(indent) // 4
        bases[depth:] = [name]
        tree[name] = bases[depth - 1] if depth else "Exception"
    errors = {name: each for name, each in vars(exceptions).items() if isinstance(each, type)}
    assert tree == {name: each.__mro__[1].__name__ for name, each in errors.items() if issubclass(each, Exception)}
